"""`modu mcp`: another program asks the assistant over MCP."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import CallToolResult, TextContent

from agent.endpoints.mcp_server import build
from tests.command_line import CommandLine
from tests.conftest import MakeSettings, Serve
from tests.scripted_model import calls, in_order, says

SMS = ("phone_send_message", {"to": "010-1234-5678", "text": "10분 늦습니다"})


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

    async with Client(build(settings)) as client:
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

    async with Client(build(make_settings(model=None, base_url=model.base_url))) as client:
        asked = content(await client.call_tool("ask", {"request": "문자 보내"}))
        done = content(await client.call_tool("ask", {"request": "박지영", "session": asked["session"]}))

    assert (asked["status"], asked["text"]) == ("needs_approval", "누구에게요?\n- 김민수\n- 박지영")
    assert (done["status"], done["text"]) == ("done", "알겠습니다.")
    assert model.requests[-1]["messages"][-1]["content"] == "박지영"


async def test_what_goes_wrong_is_said(make_settings: MakeSettings) -> None:
    settings = make_settings(model=None, base_url="http://127.0.0.1:9/v1", model_is_explicit=True)

    async with Client(build(settings)) as client:
        unknown = refusal(await client.call_tool("ask", {"request": "안녕", "session": "s_none"}))
        blank = refusal(await client.call_tool("ask", {"request": " \x1b "}))
        failed = content(await client.call_tool("ask", {"request": "안녕"}))

    assert "대화 's_none' 이(가) 없습니다" in unknown
    assert "부탁이 비어 있습니다" in blank
    assert failed["status"] == "error"
    assert "http://127.0.0.1:9/v1" in failed["text"]


def sent(home: Path) -> int:
    with closing(sqlite3.connect(home / "phone.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM phone_message").fetchone()[0])
