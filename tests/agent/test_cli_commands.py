"""The commands beside a request: help, sessions, doctor, models, index, and a tool server alone."""

import socket
import sys

import httpx
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from agent import __version__
from agent.__main__ import main
from agent.events import EVENT
from tests.command_line import CommandLine


class Here:
    """The program in this process, with its home and what it printed."""

    def __init__(self, modu: CommandLine, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture
        modu.enter(patch)
        patch.chdir(modu.work)

    def run(self, *arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        return code, *self._capture.readouterr()


@pytest.fixture
def here(modu: CommandLine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    for name in ("LANG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    return Here(modu, monkeypatch, capsys)


def test_help_speaks_korean_unless_told_otherwise(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    korean = here.run("--help")
    english = here.run("--lang", "en", "--help")
    other_spelling = here.run("--lang=en", "--help")
    of_a_command = here.run("doctor", "--help")
    monkeypatch.setenv("LANG", "en_US.UTF-8")

    assert korean == of_a_command
    assert (korean[0], korean[2]) == (0, "")
    assert "사용법" in korean[1]
    options = ("--model NAME", "--mode plan|ask|edit|auto", "--stream-json", "--max-turns N", "--server NAME", "--yes")
    assert not [option for option in options if option not in korean[1]]
    assert not [option for option in options if option not in english[1]]
    assert english == other_spelling == here.run("--help")
    assert "Usage" in english[1]
    assert "사용법" not in english[1]


def test_a_new_home_is_for_its_user_alone(modu: CommandLine, here: Here) -> None:
    code, _, _ = here.run("sessions")

    assert code == 0
    assert [path.stat().st_mode & 0o777 for path in (modu.home, modu.home / "logs")] == [0o700, 0o700]


def test_the_version_is_one_line(here: Here) -> None:
    assert here.run("--version") == (0, f"modu {__version__}\n", "")


def test_a_session_is_listed_shown_exported_and_deleted(modu: CommandLine, here: Here) -> None:
    session = modu.run("--model", "offline", "--json", "--yes", "내일 오후 3시에 디자인 리뷰 잡아줘").object["session"]

    listed, shown, exported = here.run("sessions"), here.run("sessions", "show", session), _export(here, session)
    deleted, after = here.run("sessions", "delete", session), here.run("sessions")

    assert session in listed[1]
    assert "내일 오후 3시에 디자인 리뷰 잡아줘" in listed[1]
    assert "> 내일 오후 3시에 디자인 리뷰 잡아줘" in shown[1]
    assert exported[0] == "turn_started"
    assert exported[-1] == "turn_finished"
    assert (deleted[0], deleted[1]) == (0, "")
    assert after[:2] == (0, "")
    assert here.run("sessions", "show", session)[0] == 2


def _export(here: Here, session: str) -> list[str]:
    return [EVENT.validate_json(line).type for line in here.run("sessions", "export", session)[1].splitlines()]


def test_the_doctor_finds_a_whole_installation_well(modu: CommandLine, here: Here) -> None:
    modu.configure('model = "offline"\n')

    code, out, _ = here.run("doctor")

    assert code == 0, out
    assert "모두 정상입니다" in out
    assert all(f"[정상] 도구 서버 {server}" in out for server in ("calendar", "phone", "search", "code"))


def test_the_doctor_advises_on_each_fault(modu: CommandLine, here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    modu.configure('base_url = "http://127.0.0.1:9/v1"\n[servers.broken]\ncommand = "no-such-program-here"\n')
    ill = here.run("doctor")
    modu.configure("mode = 3\n")
    broken = here.run("doctor")
    modu.configure("")
    monkeypatch.setenv("MODU_HOME", "/proc/modu")
    homeless = here.run("doctor")

    assert (ill[0], broken[0], homeless[0]) == (1, 1, 1)
    assert "[문제] 모델" in ill[1]
    assert "http://127.0.0.1:9/v1 의 서버를 켜거나" in ill[1]
    assert "[문제] 도구 서버 broken" in ill[1]
    assert "[servers.broken]" in ill[1]
    assert "문제 2가지가 있습니다" in ill[1]
    assert "[문제] 설정" in broken[1]
    assert "[문제] 저장 폴더" in homeless[1]
    assert "MODU_HOME" in homeless[1]


def test_models_lists_profiles_and_what_answers(modu: CommandLine, here: Here) -> None:
    modu.configure('base_url = "http://127.0.0.1:9/v1"\n[profiles.mine]\nnote = "내 모델"\n')

    code, out, _ = here.run("models")

    assert code == 0
    names = [line.split()[0] for line in out.splitlines()[1:] if line.strip()]
    assert names[:3] == ["offline", "ax-4.1", "ax-4.0"]
    assert names[names.index("generic") + 1] == "mine"
    assert any(line.split() == ["http://127.0.0.1:9/v1", "응답", "없음"] for line in out.splitlines())


def test_an_indexed_document_answers_a_question(modu: CommandLine, here: Here) -> None:
    folder = modu.work / "문서"
    folder.mkdir()
    (folder / "출장.md").write_text("# 출장 규정\n\n국내 출장 숙박비 한도는 1박 12만원이다.\n", encoding="utf-8")
    (folder / "깨짐.pdf").write_bytes(b"%PDF-1.4 broken")

    code, out, err = here.run("index", str(folder))
    asked = modu.run("--model", "offline", "--json", "출장 숙박비 한도가 얼마야?")

    assert code == 0
    assert "1개" in out
    assert "깨짐.pdf" in err
    assert "\x1b" not in err
    assert "12만원" in asked.object["text"]


async def test_a_tool_server_runs_alone_over_standard_input_and_output(modu: CommandLine) -> None:
    arguments = ["-m", "agent", "server", "calendar"]
    parameters = StdioServerParameters(command=sys.executable, args=arguments, env=modu.env, cwd=modu.work)

    async with Client(stdio_client(parameters)) as client:
        made = await client.call_tool("create_event", {"title": "디자인 리뷰", "start": "내일 오후 3시"})
        found = await client.call_tool("search_events", {"when": "내일"})

    assert made.structured_content
    assert found.structured_content
    assert [event["title"] for event in found.structured_content["items"]] == ["디자인 리뷰"]


async def test_a_tool_server_runs_alone_over_http(modu: CommandLine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = modu.start("server", "calendar", "--http", f"127.0.0.1:{port}")
    try:
        url = f"http://127.0.0.1:{port}/mcp"
        patient = httpx.AsyncHTTPTransport(retries=6)
        async with httpx.AsyncClient(transport=patient) as http:
            foreign = await http.post(url, headers={"Host": "evil.example"}, json={})
        async with Client(url) as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
    finally:
        process.terminate()
        process.communicate(timeout=30)

    assert {"create_event", "search_events"} <= names
    assert foreign.status_code in (403, 421)


def test_a_port_that_is_taken_is_said(here: Here) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, out, err = here.run("server", "calendar", "--http", f"127.0.0.1:{taken.getsockname()[1]}")

    assert (code, out) == (1, "")
    assert "다른 포트를 고르세요" in err
