"""`modu mcp`: another program asks the assistant over MCP."""

import asyncio
import sqlite3
import sys
import threading
from contextlib import aclosing, closing
from functools import partial
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import CallToolResult, TextContent

from agent.contract import Assistant
from agent.endpoints.mcp_server import Reach, build
from agent.events import TurnFinished
from agent.session.assistant import load
from agent.settings import Settings
from tests.command_line import CommandLine
from tests.conftest import MakeSettings, Serve
from tests.scripted_model import calls, in_order, says

SMS = ("phone_send_message", {"to": "010-1234-5678", "text": "10분 늦습니다"})


def here(settings: Settings) -> Reach:
    """The sessions of this process."""
    return partial(load, settings)


def content(result: CallToolResult) -> dict[str, Any]:
    assert not result.is_error, result.content
    assert result.structured_content
    return result.structured_content


def refusal(result: CallToolResult) -> str:
    [block] = result.content
    assert result.is_error
    assert isinstance(block, TextContent)
    return block.text


async def test_a_program_asks_over_standard_input_and_output(modu: CommandLine, serve: Serve) -> None:
    model = serve(in_order(says("안녕하세요."), says("네, 이어서요.")))
    env = modu.env | {"MODU_BASE_URL": model.base_url}
    parameters = StdioServerParameters(command=sys.executable, args=["-m", "agent", "mcp"], env=env, cwd=modu.work)

    async with Client(stdio_client(parameters)) as client:
        [tool] = (await client.list_tools()).tools
        first = content(await client.call_tool("ask", {"request": "안녕"}))
        second = content(await client.call_tool("ask", {"request": "계속", "session": first["session"]}))

    assert tool.name == "ask"
    assert (first["status"], first["text"], first["pending"]) == ("done", "안녕하세요.", [])
    assert (second["session"], second["text"]) == (first["session"], "네, 이어서요.")
    assert [message["role"] for message in model.requests[-1]["messages"]] == ["system", "user", "assistant", "user"]


async def test_what_needs_a_person_is_reported_and_not_done(make_settings: MakeSettings, serve: Serve) -> None:
    model = serve(in_order(calls(SMS), says("보내지 않았습니다.")))
    settings = make_settings(model=None, base_url=model.base_url)

    async with Client(build(here(settings))) as client:
        asked = content(await client.call_tool("ask", {"request": "문자 보내"}))
        after = content(await client.call_tool("ask", {"request": "됐어", "session": asked["session"]}))

    assert asked["status"] == "needs_approval"
    assert f"modu --session {asked['session']} --yes" in asked["text"]
    [line] = asked["pending"]
    assert "문자 보내기" in line
    assert "10분 늦습니다" in line
    assert after["status"] == "done"
    assert sent(settings.home) == 0


async def test_a_question_back_is_answered_in_the_same_session(make_settings: MakeSettings, serve: Serve) -> None:
    question = calls(("ask_user", {"question": "누구에게요?", "options": ["김민수", "박지영"]}))
    model = serve(in_order(question, says("알겠습니다.")))

    async with Client(build(here(make_settings(model=None, base_url=model.base_url)))) as client:
        asked = content(await client.call_tool("ask", {"request": "문자 보내"}))
        done = content(await client.call_tool("ask", {"request": "박지영", "session": asked["session"]}))

    assert (asked["status"], asked["text"]) == ("needs_approval", "누구에게요?\n- 김민수\n- 박지영")
    assert (done["status"], done["text"]) == ("done", "알겠습니다.")
    assert model.requests[-1]["messages"][-1]["content"] == "박지영"


async def test_what_goes_wrong_is_said(make_settings: MakeSettings) -> None:
    settings = make_settings(model=None, base_url="http://127.0.0.1:9/v1", model_is_explicit=True)

    async with Client(build(here(settings))) as client:
        unknown = refusal(await client.call_tool("ask", {"request": "안녕", "session": "s_none"}))
        blank = refusal(await client.call_tool("ask", {"request": " \x1b "}))
        failed = content(await client.call_tool("ask", {"request": "안녕"}))

    assert "대화 's_none' 이(가) 없습니다" in unknown
    assert "부탁이 비어 있습니다" in blank
    assert failed["status"] == "error"
    assert "http://127.0.0.1:9/v1" in failed["text"]


async def test_a_program_and_a_terminal_share_the_sessions_of_the_resident_process(
    modu: CommandLine, serve: Serve
) -> None:
    model = serve(in_order(says("프로그램에게."), says("터미널에게.")))
    env = modu.env | {"MODU_BASE_URL": model.base_url}
    del env["MODU_NO_DAEMON"]
    parameters = StdioServerParameters(command=sys.executable, args=["-m", "agent", "mcp"], env=env, cwd=modu.work)

    with modu.resident():
        async with Client(stdio_client(parameters)) as client:
            first = content(await client.call_tool("ask", {"request": "안녕"}))
            status = await asyncio.to_thread(modu.run, "daemon", "status")
            told = await asyncio.to_thread(
                modu.run, "--session", first["session"], "계속", MODU_BASE_URL=model.base_url
            )

    assert "대화           1개 열림" in status.out
    assert told.out.strip() == "터미널에게."
    assert [message["role"] for message in model.requests[-1]["messages"]] == ["system", "user", "assistant", "user"]


async def test_a_call_that_is_given_up_ends_its_turn(make_settings: MakeSettings, serve: Serve) -> None:
    model = serve(in_order(says("길고 긴 답입니다.")))
    model.hold = threading.Event()
    settings = make_settings(model=None, base_url=model.base_url)
    assistant = await load(settings)

    async def reached() -> Assistant:
        return assistant

    async with Client(build(reached)) as client:
        call = asyncio.create_task(client.call_tool("ask", {"request": "안녕"}))
        while not model.requests:
            await asyncio.sleep(0.01)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        [listed] = await assistant.sessions()
        session = await assistant.open(listed.id)
        async with aclosing(session.follow()) as following:
            while not isinstance(last := (await anext(following)).event, TurnFinished):
                pass
        model.hold.set()

    assert last.stop_reason == "cancelled"


def sent(home: Path) -> int:
    with closing(sqlite3.connect(home / "phone.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM phone_message").fetchone()[0])
