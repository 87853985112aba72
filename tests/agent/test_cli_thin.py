"""The command line as a reader of the wire: real `modu` processes against a process that plays the resident one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.agent.conftest import Play
from tests.command_line import CommandLine
from tests.scripted_wire import Frame, Peer, ScriptedWire, answering, turn

TURN = turn("네, 안녕하세요.\n")
HEAVY = {
    "argparse",
    "asyncio",
    "pydantic",
    "logging",
    "subprocess",
    "ssl",
    "threading",
    "inspect",
    "dataclasses",
    "shutil",
    "traceback",
    "agent.contract",
    "agent.settings",
    "agent.host",
}


def asked(wire: ScriptedWire, method: str = "session.say") -> list[Frame]:
    return [frame["params"] for frame in wire.heard if frame.get("method") == method]


def test_the_answer_is_read_with_nothing_but_the_standard_library(modu: CommandLine, play: Play) -> None:
    play(answering(*TURN))
    code = "import sys; from agent.__main__ import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"

    done = subprocess.run(
        [sys.executable, "-c", code, "안녕"],
        cwd=modu.work,
        env=modu.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout == "네, 안녕하세요.\n"
    assert not HEAVY & set(done.stderr.split())


def test_a_request_says_whose_it_is_and_what_it_wants(modu: CommandLine, play: Play) -> None:
    wire = play(answering(*TURN))
    (modu.work / "틀.json").write_text('\ufeff{"type": "object"}', encoding="utf-8")
    options = ("--mode", "plan", "--max-turns", "3", "--server", "phone", "--cwd", "..", "--thinking", "300")

    modu.run(*options, "--private", "--schema", "틀.json", "--continue", "안녕", stdin=b"piped", MODU_API_KEY="k")
    greeting, [said] = wire.heard[0], asked(wire)

    assert (greeting["modu"], greeting["cwd"], greeting["env"]["MODU_API_KEY"]) == (1, str(modu.work), "k")
    assert greeting["options"] == {
        "model": None,
        "base_url": None,
        "mode": "plan",
        "max_turns": 3,
        "workspace": str(modu.work / ".."),
        "only_servers": ["phone"],
        "lang": None,
    }
    assert len(said.pop("key")) == 32
    assert said == {
        "session": "newest",
        "text": "안녕",
        "attachments": [{"source": "표준 입력", "text": "piped"}],
        "options": {"thinking": "300", "private": True},
        "schema": {"name": "틀.json", "text": '{"type": "object"}'},
    }


def test_the_event_stream_is_printed_as_it_was_sent(modu: CommandLine, play: Play) -> None:
    play(answering(*TURN))

    done = modu.run("--stream-json", "안녕")
    *lines, result = done.out.splitlines()

    assert lines == [json.dumps(event, ensure_ascii=False, separators=(",", ":")) for event in TURN]
    usage = {"input_tokens": 3, "output_tokens": 2, "cached_tokens": 1, "reasoning_tokens": 0}
    assert list(json.loads(result).items()) == [
        ("type", "result"),
        ("session", "s_1"),
        ("text", "네, 안녕하세요.\n"),
        ("stop_reason", "done"),
        ("tool_calls", []),
        ("usage", usage),
        ("model", "scripted"),
        ("error", None),
    ]


def test_long_standard_input_goes_ahead_in_pieces(modu: CommandLine, play: Play) -> None:
    wire = play(answering(*TURN))

    modu.run("요약해줘", stdin="긴 글\n".encode() * 400_000)

    assert "".join(piece["text"] for piece in asked(wire, "upload")) == "긴 글\n" * 400_000
    assert asked(wire)[0]["attachments"] == [{"source": "표준 입력", "upload": "stdin"}]


def test_the_request_does_not_stand_in_the_list_of_processes(modu: CommandLine, play: Play) -> None:
    shown: list[bytes] = []

    def script(peer: Peer) -> None:
        peer.greet()
        request = peer.wait_for("session.say")
        shown.append(Path(f"/proc/{process.pid}/cmdline").read_bytes())
        peer.say(request, *TURN)
        peer.write({"id": request["id"], "result": None})

    wire = play(script)
    process = subprocess.Popen(
        modu.command("--session", "s_secret", "김민수에게 비밀 문자를 보내줘"),
        cwd=modu.work,
        env=modu.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    out, _ = process.communicate(timeout=60)

    assert out.decode() == "네, 안녕하세요.\n"
    assert [line.rstrip(b"\0") for line in shown] == [b"modu"]
    assert asked(wire)[0]["text"] == "김민수에게 비밀 문자를 보내줘"


def test_a_stream_that_ends_too_soon_is_said_with_the_way_back(modu: CommandLine, play: Play) -> None:
    play(answering(TURN[0], TURN[1]))

    done = modu.run("--json", "안녕")

    assert (done.code, done.object["session"]) == (1, "s_1")
    assert "끝나기 전에" in done.object["error"]["message"]
    assert "modu --session s_1" in done.err


def test_an_approval_names_the_question_that_was_shown(modu: CommandLine, play: Play) -> None:
    made = {"server": "phone", "tool": "send_message", "arguments": {"to": "1"}}
    call = made | {"call_id": "c1", "title": "문자 보내기", "effect": "send", "preview": "가\n나", "reason": "보냄"}
    question = {"type": "approval_asked", "calls": [call]}

    def script(peer: Peer) -> None:
        peer.greet()
        while frame := peer.read():
            peer.say(frame, *((question,) if frame["method"] == "session.say" else TURN))
            peer.write({"id": frame["id"], "result": None})

    wire = play(script)
    nobody, agreed = modu.run("보내"), modu.run("--yes", "--json", "보내")
    [resumed] = asked(wire, "session.resume")

    assert (nobody.code, agreed.code) == (4, 0)
    assert "[확인 필요] 문자 보내기\n  가\n  나\n" in nobody.err
    assert "modu --session s_1 --yes" in nobody.err
    decision = {"type": "approval", "approved": ["c1"], "asked": ["c1"]}
    assert (resumed["session"], resumed["decision"], resumed["position"]["number"]) == ("s_1", decision, 1)
    assert agreed.object["tool_calls"] == [{"id": "c1", **made, "status": "pending", "result": ""}]


def test_a_connection_that_breaks_is_not_seen_in_the_answer(modu: CommandLine, play: Play) -> None:
    def script(peer: Peer) -> None:
        peer.greet()
        request = peer.wait_for("session.say")
        after = request["params"].get("position", {}).get("number", 0)
        peer.say(request, *TURN[after : after + 1], first=after + 1)
        if after + 1 == len(TURN):
            peer.write({"id": request["id"], "result": None})

    wire = play(script)
    done = modu.run("안녕")

    assert (done.code, done.out, done.err) == (0, "네, 안녕하세요.\n", "")
    assert len({params["key"] for params in asked(wire)}) == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"kind": "SettingsError", "message": "틀린 설정", "hint": "고치기", "exit_code": 2}, 2),
        ({"message": "틀린 설정"}, 1),
    ],
)
def test_an_error_of_the_process_is_the_error_of_the_command(
    modu: CommandLine, play: Play, error: Frame, code: int
) -> None:
    def script(peer: Peer) -> None:
        peer.greet()
        peer.write({"id": peer.wait_for("session.say")["id"], "error": error})

    play(script)
    plain, scripted = modu.run("안녕"), modu.run("--json", "안녕")

    assert (plain.code, scripted.code, plain.out) == (code, code, "")
    assert plain.err.startswith("오류: 틀린 설정\n")
    assert scripted.object["error"]["message"] == "틀린 설정"


def test_what_does_not_speak_the_protocol_is_said_in_korean(modu: CommandLine, play: Play) -> None:
    play(lambda peer: peer.raw(b"220 mail.example ESMTP\r\n"))

    done = modu.run("안녕")

    assert (done.code, done.out) == (1, "")
    assert "상주 프로세스의 말을 알아들을 수 없습니다" in done.err


def test_sessions_doctor_and_models_are_asked_over_the_wire(modu: CommandLine, play: Play) -> None:
    summary = {"id": "s_1", "title": "회의", "turns": 2, "updated_at": "2020-01-01T09:00:00+09:00", "parked": True}

    def script(peer: Peer) -> None:
        peer.greet()
        while frame := peer.read():
            if frame["method"].startswith("report"):
                peer.write({"id": frame["id"], "line": "한 줄"}, {"id": frame["id"], "result": {"exit_code": 1}})
            elif frame["method"] == "session.history":
                peer.say(frame, *TURN)
                peer.write({"id": frame["id"], "result": None})
            else:
                peer.write({"id": frame["id"], "result": [summary]})

    wire = play(script)
    listed, doctor, models = modu.run("sessions"), modu.run("doctor"), modu.run("models")
    shown, exported, deleted = (modu.run("sessions", verb, "s_1") for verb in ("show", "export", "delete"))

    assert listed.out.split() == ["s_1", "회의", "2번", *listed.out.split()[3:5], "[확인", "대기]"]
    assert (doctor.code, models.code, models.out) == (1, 1, "한 줄\n")
    assert doctor.out.startswith("[정상] 상주 프로세스: 실행 중 (PID 4321, 2026-")
    assert doctor.out.endswith("부터)\n한 줄\n")
    assert shown.out == "\n> 안녕\n네, 안녕하세요.\n\n"
    assert [json.loads(line) for line in exported.out.splitlines()] == list(TURN)
    assert (deleted.code, "s_1 을(를) 지웠습니다" in deleted.err) == (0, True)
    assert wire.methods()[-1] == "assistant.delete"
