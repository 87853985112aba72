"""`modu "요청"` through a real resident process, and without one: the same contract."""

import json
import signal
import threading
from collections.abc import Iterator

import pytest

from agent.wire.build import build
from agent.wire.home import DaemonFolder
from tests.command_line import CommandLine
from tests.conftest import Serve
from tests.scripted_model import calls, in_order, says

SMS = ("phone_send_message", {"to": "010-1234-5678", "text": "10분 늦습니다"})
FIND_SMS = ("phone_search_messages", {"text": "늦습니다"})


@pytest.fixture
def resident(modu: CommandLine) -> Iterator[CommandLine]:
    with modu.resident():
        yield modu


def test_requests_share_a_process_and_its_sessions(resident: CommandLine, serve: Serve) -> None:
    model = serve(in_order(calls(SMS), says("보냈습니다."), calls(FIND_SMS), says("한 통입니다.")))
    at = ("--base-url", model.base_url)

    asked = resident.run(*at, "--json", "늦는다고 문자 보내줘")
    done = resident.run(*at, "--session", asked.object["session"], "--yes")
    found = resident.run(*at, "--continue", "--json", "몇 통 보냈지?")
    listed, doctor = resident.run("sessions"), resident.run("doctor", MODU_MODEL="offline")

    assert (asked.code, asked.object["stop_reason"]) == (4, "needs_approval"), asked.err
    assert (done.code, done.out) == (0, "보냈습니다.\n")
    assert found.object["session"] == asked.object["session"]
    assert found.object["tool_calls"][0]["result"].count("10분 늦습니다") == 1
    assert asked.object["session"] in listed.out
    assert doctor.out.startswith("[정상] 상주 프로세스: 실행 중 (PID ")


def test_what_is_wrong_is_said_as_without_it(resident: CommandLine) -> None:
    wrong = [
        (("--session", "s_none", "안녕"), 2, "대화 's_none' 이(가) 없습니다"),
        (("--continue", "안녕"), 2, "이어서 할 대화가 없습니다"),
        (("--thinking", "많이", "안녕"), 2, "--thinking 에 쓸 수 없는 값입니다: '많이'"),
        (("--max-turns", "0", "안녕"), 2, "--max-turns: 1 이상이어야 합니다"),
        (("--base-url", "http://127.0.0.1:9/v1", "안녕"), 3, "http://127.0.0.1:9/v1"),
    ]

    for arguments, code, said in wrong:
        done = resident.run("--json", *arguments)

        assert (done.code, done.object["stop_reason"]) == (code, "error"), done.err
        assert said in done.object["error"]["message"] + done.object["error"]["hint"]


def test_each_request_has_the_folder_of_its_face(resident: CommandLine, serve: Serve) -> None:
    model = serve(in_order(says("하나"), says("둘")))
    other = resident.work / "다른 폴더"
    other.mkdir()
    at = ("--base-url", model.base_url)

    resident.run(*at, "안녕")
    resident.run(*at, "--cwd", "다른 폴더", "안녕", stdin=b"piped")
    first, second = (request["messages"] for request in model.requests)

    assert str(other) not in first[0]["content"]
    assert str(other) in second[0]["content"]
    assert "[첨부: 표준 입력]\npiped" in second[-1]["content"]


def test_ctrl_c_ends_the_turn_in_the_process_too(resident: CommandLine, serve: Serve) -> None:
    model = serve(in_order(says("긴 답을 시작합니다"), says("이어서 합니다.")))
    model.hold = threading.Event()
    process = resident.start("--base-url", model.base_url, "--stream-json", "길게 말해줘")
    assert process.stdout
    lines = [process.stdout.readline()]
    while b"text_delta" not in lines[-1]:
        lines.append(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    model.hold = None

    result = json.loads(out.splitlines()[-1])
    done = resident.run("--base-url", model.base_url, "--session", result["session"], "--json", "계속해")

    assert process.returncode == 130, err
    assert (result["type"], result["stop_reason"]) == ("result", "cancelled")
    assert (done.code, done.object["text"]) == (0, "이어서 합니다.")


def test_where_no_process_can_be_had_the_request_is_run_here(modu: CommandLine) -> None:
    folder = DaemonFolder(modu.home)
    folder.make()
    # It has just given up after several crashes.
    folder.gave_up.write_text(build(), encoding="utf-8")

    done = modu.run("--model", "offline", "안녕", MODU_NO_DAEMON="0")
    doctor = modu.run("doctor", MODU_NO_DAEMON="")

    assert (done.code, done.err.count("알림: ")) == (0, 1), done.err
    assert done.out
    assert "상주 프로세스 없이 이 요청만 따로 처리합니다" in done.err
    assert "[주의] 상주 프로세스: " in doctor.out


@pytest.mark.parametrize("arguments", [["--no-daemon", "doctor"], ["doctor", "--no-daemon"]])
def test_who_wants_no_process_gets_none(modu: CommandLine, arguments: list[str]) -> None:
    modu.configure('model = "offline"\n')

    doctor = modu.run(*arguments, MODU_NO_DAEMON="")

    assert doctor.code == 0, doctor.out
    assert "[정상] 상주 프로세스: 쓰지 않음 (--no-daemon)\n" in doctor.out
    assert not (modu.home / "daemon").exists()
