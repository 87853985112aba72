"""`modu "요청"` as scripts use it: what stands on stdout, what on stderr, and what the exit code means."""

import json
import os
import pty
import signal
import socket
import threading
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from agent.events import EVENT
from tests.command_line import CommandLine, Ended
from tests.conftest import Serve
from tests.scripted_model import ScriptedModel, calls, in_order, says

KEYS = {"session", "text", "stop_reason", "tool_calls", "usage", "model", "error"}
CALL_KEYS = {"id", "server", "tool", "arguments", "status", "result"}
USAGE_KEYS = {"input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens"}
SMS = ("phone_send_message", {"to": "010-1234-5678", "text": "10분 늦습니다"})
FIND_SMS = ("phone_search_messages", {"text": "늦습니다"})
SECRET = "sk-very-secret-0123456789"


def at(model: ScriptedModel) -> tuple[str, str]:
    return ("--base-url", model.base_url)


def last_words(model: ScriptedModel) -> str:
    return str(model.requests[-1]["messages"][-1]["content"])


def test_the_answer_stands_on_stdout_and_the_progress_on_stderr(modu: CommandLine, serve: Serve) -> None:
    model = serve(in_order(calls(("calendar_search_events", {"when": "내일"})), says("내일은 비어 있습니다.")))
    request = unicodedata.normalize("NFD", "내일 일정 알려줘")

    done = modu.run(*at(model), request, stdin="붙인 글\x1b[31m".encode())

    assert (done.code, done.out) == (0, "내일은 비어 있습니다.\n")
    assert "[완료] 일정" in done.err
    said = str(model.requests[0]["messages"][-1]["content"])
    assert said.startswith("내일 일정 알려줘")
    assert "<outside>\n[첨부: 표준 입력]\n붙인 글[31m\n</outside>" in said


def test_standard_input_alone_is_the_request_also_in_cp949(modu: CommandLine, serve: Serve) -> None:
    model = serve(in_order(calls(("calendar_search_events", {"when": "내일"})), says("네")))

    done = modu.run(*at(model), "--json", stdin="내일 일정 알려줘\n".encode("cp949"))

    assert done.code == 0
    assert done.object.keys() == KEYS
    assert done.object["stop_reason"] == "done"
    assert done.object["usage"].keys() == USAGE_KEYS
    assert (done.object["usage"]["input_tokens"], done.object["model"], done.object["error"]) == (200, "scripted", None)
    [call] = done.object["tool_calls"]
    assert call.keys() == CALL_KEYS
    assert (call["server"], call["tool"], call["status"]) == ("calendar", "search_events", "done")
    assert "CP949" in done.err
    assert "<outside>" not in last_words(model)


def test_an_answer_by_schema_is_one_line_of_json(modu: CommandLine, serve: Serve) -> None:
    model = serve(in_order(*(says("모두 셋입니다."), says('{"합계": 3}')) * 3))
    schema = {"type": "object", "properties": {"합계": {"type": "integer"}}, "required": ["합계"]}
    (modu.work / "틀.json").write_text(json.dumps(schema), encoding="utf-8")
    arguments = (*at(model), "--schema", "틀.json", "몇 개야?")

    plain, whole = modu.run(*arguments), modu.run("--json", *arguments)

    assert (plain.code, plain.out) == (0, '{"합계": 3}\n')
    assert "모두 셋입니다.\n" in plain.err
    assert list(whole.object)[:3] == ["session", "text", "data"]
    assert whole.object.keys() == KEYS | {"data"}
    assert (whole.object["text"], whole.object["data"]) == ("모두 셋입니다.", {"합계": 3})


def test_the_event_stream_is_json_lines_and_no_secret_is_written_anywhere(modu: CommandLine, serve: Serve) -> None:
    shell = ("code_run_command", {"command": "env"})
    model = serve(in_order(calls(shell), says("환경입니다.")))

    done = modu.run(*at(model), "--stream-json", "--yes", "환경 변수 보여줘", MODU_API_KEY=SECRET)
    *events, result = map(json.loads, done.out.splitlines())
    exported = modu.run("sessions", "export", result["session"])

    assert [EVENT.validate_python(event).type for event in events][-1] == "turn_finished"
    assert result.pop("type") == "result"
    assert result.keys() == KEYS
    assert result["tool_calls"][0]["status"] == "done"
    assert exported.out.count("tool_call_finished") == 1
    kept = b"".join(path.read_bytes() for path in modu.home.rglob("*") if path.is_file())
    assert SECRET not in done.out + done.err + exported.out + exported.err
    assert SECRET.encode() not in kept


def test_an_approval_that_nobody_can_give_is_given_later_and_done_once(modu: CommandLine, serve: Serve) -> None:
    model = serve(in_order(calls(SMS), says("보냈습니다."), calls(FIND_SMS), says("한 통입니다.")))

    asked = modu.run(*at(model), "--json", "늦는다고 문자 보내줘")
    session = asked.object["session"]
    done = modu.run(*at(model), "--session", session, "--yes")
    again = modu.run(*at(model), "--session", session, "--yes")
    found = modu.run(*at(model), "--continue", "--json", "몇 통 보냈지?")

    assert (asked.code, asked.object["stop_reason"]) == (4, "needs_approval")
    assert asked.object["tool_calls"][0]["status"] == "pending"
    assert "10분 늦습니다" in asked.err
    assert f"modu --session {session} --yes" in asked.err
    assert (done.code, done.out) == (0, "보냈습니다.\n")
    assert "[완료] 문자" in done.err
    assert again.code == 2
    assert "이어서 할 일이 없습니다" in again.err
    assert found.object["session"] == session
    assert found.object["tool_calls"][0]["result"].count("10분 늦습니다") == 1


def test_a_question_is_answered_by_the_next_request(modu: CommandLine, serve: Serve) -> None:
    question = calls(("ask_user", {"question": "누구에게요?", "options": ["김민수", "박지영"]}))
    model = serve(in_order(question, says("알겠습니다.")))

    asked = modu.run(*at(model), "--json", "문자 보내")
    done = modu.run(*at(model), "--session", asked.object["session"], stdin="박지영".encode())

    assert (asked.code, asked.object["stop_reason"], asked.object["text"]) == (4, "needs_approval", "누구에게요?")
    assert "2. 박지영" in asked.err
    assert (done.code, done.out) == (0, "알겠습니다.\n")
    assert last_words(model) == "박지영"


def test_plan_mode_and_chosen_servers_and_folder(modu: CommandLine, serve: Serve, tmp_path: Path) -> None:
    model = serve(in_order(calls(SMS), says("계획입니다.")))
    folder = tmp_path / "다른 폴더"
    folder.mkdir()
    chosen = ("--server", "calendar", "--server", "phone")

    done = modu.run(*at(model), "--mode", "plan", *chosen, "--cwd", str(folder), "--json", "--yes", "문자 보내")

    assert done.code == 0
    assert done.object["tool_calls"][0]["status"] == "declined"
    assert str(folder) in model.requests[0]["messages"][0]["content"]
    offered = {tool["function"]["name"].partition("_")[0] for tool in model.requests[0]["tools"]}
    assert {"calendar", "phone"} <= offered
    assert not offered & {"code", "search"}


def test_a_turn_that_uses_up_its_steps_fails(modu: CommandLine, serve: Serve) -> None:
    model = serve(lambda body: calls(("calendar_search_events", {"text": str(len(body["messages"]))})))

    done = modu.run(*at(model), "--max-turns", "2", "찾아줘")

    assert done.code == 1
    assert "단계(2번)" in done.err
    assert len(model.requests) == 2


def test_ctrl_c_ends_the_turn_and_leaves_a_session_that_goes_on(modu: CommandLine, serve: Serve) -> None:
    model = serve(in_order(says("긴 답을 시작합니다"), says("이어서 합니다.")))
    model.hold = threading.Event()
    process = modu.start(*at(model), "--stream-json", "길게 말해줘")
    assert process.stdout
    lines = [process.stdout.readline()]
    while b"text_delta" not in lines[-1]:
        lines.append(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    model.hold = None

    result = json.loads(out.splitlines()[-1])
    done = modu.run(*at(model), "--session", result["session"], "--json", "계속해")

    assert process.returncode == 130, err
    assert (result["type"], result["stop_reason"], result["text"]) == ("result", "cancelled", "긴 답")
    assert done.object["stop_reason"] == "done"
    assert [message["role"] for message in model.requests[-1]["messages"]] == ["system", "user", "assistant", "user"]


def test_ctrl_c_before_there_is_a_turn_ends_the_wait(modu: CommandLine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process = modu.start("--base-url", f"http://127.0.0.1:{silent.getsockname()[1]}/v1", "--json", "안녕")
        silent.settimeout(60)
        probe, _ = silent.accept()
        asked, _ = silent.accept()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        probe.close()
        asked.close()

    assert process.returncode == 130, err
    assert json.loads(out)["stop_reason"] == "cancelled"


def test_a_reader_that_leaves_ends_the_turn_without_a_traceback(modu: CommandLine, serve: Serve) -> None:
    model = serve(in_order(says("가나다라마바사" * 30), says("네")))
    model.hold = threading.Event()
    process = modu.start(*at(model), "길게 말해줘")
    assert process.stdout
    process.stdout.close()
    model.hold.set()
    assert process.stderr
    err = process.stderr.read().decode()
    process.stderr.close()

    assert process.wait(timeout=30) == 130
    assert "Traceback" not in err
    assert "Exception" not in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
def test_output_that_cannot_be_written_is_said(modu: CommandLine) -> None:
    with Path("/dev/full").open("wb") as full:
        process = modu.start("--model", "offline", "안녕", stdout=full)
        _, err = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "답을 쓸 수 없습니다: 디스크가 가득 찼습니다" in err.decode()


def test_ten_megabytes_of_standard_input_are_cut_for_the_model(modu: CommandLine, serve: Serve) -> None:
    model = serve(in_order(says("길군요.")))

    done = modu.run(*at(model), stdin="모두의 긴 기록 한 줄\n".encode() * 350_000)

    assert (done.code, done.out) == (0, "길군요.\n")
    assert "앞 12,000자만" in done.err
    assert len(model.raw[0]) < 100_000


def test_a_person_at_the_terminal_is_asked(modu: CommandLine, serve: Serve) -> None:
    model = serve(in_order(calls(SMS), says("보냈습니다.")))

    done = at_the_terminal(modu, [*at(model), "문자 보내"], b"y\n")

    assert (done.code, done.out) == (0, "보냈습니다.\n")
    assert "10분 늦습니다" in done.err
    assert "실행할까요?" in done.err


def test_ctrl_c_at_the_question_leaves_it_open(modu: CommandLine, serve: Serve) -> None:
    model = serve(in_order(calls(SMS), says("보냈습니다.")))

    left = at_the_terminal(modu, [*at(model), "문자 보내"], signal.SIGINT)
    listed = modu.run("sessions")

    assert left.code == 130
    assert "modu --session" in left.err
    assert "[확인 대기]" in listed.out


def at_the_terminal(modu: CommandLine, arguments: list[str], reaction: bytes | signal.Signals) -> Ended:
    """Run with a terminal as stdin and stderr; react to the question."""
    ours, theirs = pty.openpty()
    process = modu.start(*arguments, stdin=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    while b"(y/N)" not in shown:
        shown += os.read(ours, 4096)
    if isinstance(reaction, bytes):
        os.write(ours, reaction)
    else:
        process.send_signal(reaction)
    out, _ = process.communicate(timeout=60)
    shown += _rest(ours)
    os.close(ours)
    return Ended(process.returncode, out.decode(), shown.decode())


def _rest(terminal: int) -> bytes:
    pieces: list[Any] = []
    try:
        while piece := os.read(terminal, 4096):
            pieces.append(piece)
    except OSError:
        # Linux says so when the other side has closed.
        pass
    return b"".join(pieces)
