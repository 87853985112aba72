"""The face's end of the wire against a process that leaves, refuses, stammers and dies, over real sockets."""

import os
import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.errors import ModelUnavailable, UsageError, UserError
from agent.wire.dialing import reach
from agent.wire.frames import MAX_LINE, PIECE, encode
from agent.wire.link import Link, raised
from tests.scripted_wire import GREETED, Frame, Peer, Script, ScriptedWire, answering

Play = Callable[[Script], tuple[Link, ScriptedWire]]
DELTAS = [{"type": "text_delta", "text": f"{number}번째 조각"} for number in range(1, 61)]


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    wires: list[ScriptedWire] = []
    links: list[Link] = []

    def start(script: Script) -> tuple[Link, ScriptedWire]:
        wires.append(ScriptedWire(tmp_path, script))
        links.append(Link(lambda: reach(tmp_path), {"modu": 1, "cwd": "/"}))
        return links[-1], wires[-1]

    yield start
    for link in links:
        link.close()
    for wire in wires:
        wire.close()


def events(link: Link, method: str = "session.say", **params: Any) -> list[Frame]:
    return [line["event"] for line in link.stream(method, **params) if "event" in line]


def test_nothing_is_lost_and_nothing_comes_twice_however_the_connection_is_cut(play: Play) -> None:
    chance = random.Random(7)

    def cut(peer: Peer) -> None:
        peer.read()
        if not (asked := peer.read()):
            return
        after = asked["params"].get("position", {}).get("number", 0)
        lines = [GREETED, {"id": asked["id"], "n": after, "epoch": "e1", "session": "s_1"}]
        lines += [{"id": asked["id"], "n": n, "event": DELTAS[n - 1]} for n in range(after + 1, len(DELTAS) + 1)]
        whole = b"".join(map(encode, [*lines, {"id": asked["id"], "result": None}]))
        # Often enough past the next event, so that it never takes six cuts to get there.
        peer.raw(whole[: chance.randrange(1200) if peer.number % 2 else chance.randrange(300, 1500)])

    link, wire = play(cut)
    told = events(link, text="안녕")

    assert told == DELTAS
    assert len(wire.methods()) > 5


def test_what_comes_again_is_asked_for_by_session_and_position(play: Play) -> None:
    def script(peer: Peer) -> None:
        peer.greet()
        asked = peer.wait_for("session.say")
        if peer.number == 1:
            peer.say(asked, {"type": "text_delta", "text": "반"}, session="s_9")
        else:
            peer.say(asked, {"type": "text_delta", "text": "쪽"}, session="s_9", first=2)
            peer.write({"id": asked["id"], "result": None})

    link, wire = play(script)
    told = events(link, session="newest", text="안녕", key="k")
    first, second = (frame["params"] for frame in wire.heard if "method" in frame)

    assert [event["text"] for event in told] == ["반", "쪽"]
    assert first == {"session": "newest", "text": "안녕", "key": "k"}
    position = {"epoch": "e1", "number": 1, "turn": 0, "keys": [], "partial": True}
    assert second == {"session": "s_9", "text": "안녕", "key": "k", "position": position}


def test_a_process_that_is_just_leaving_is_called_again(play: Play) -> None:
    def script(peer: Peer) -> None:
        if peer.number > 2:
            answering(result={"session": "s_1"})(peer)

    link, wire = play(script)

    assert link.call("assistant.open", session=None) == {"session": "s_1"}
    assert link.peer == GREETED
    link.greet()
    assert len([frame for frame in wire.heard if "modu" in frame]) == 1


def test_a_refused_greeting_is_raised_also_while_much_is_being_sent(play: Play) -> None:
    def script(peer: Peer) -> None:
        peer.read()
        peer.write({"error": {"kind": "UsageError", "message": "판이 다릅니다.", "hint": "다시", "exit_code": 2}})

    link, wire = play(script)
    with pytest.raises(UsageError, match="판이 다릅니다") as caught:
        list(link.stream("session.say", [("stdin", "가" * 3 * PIECE)], text="요약"))

    assert (caught.value.hint, caught.value.exit_code) == ("다시", 2)
    assert len(wire.heard) == 1


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        ({"kind": "ModelUnavailable", "message": "없음", "hint": "켜기", "exit_code": 3}, ModelUnavailable, 3),
        ({"kind": "Unreachable", "message": "없음", "hint": "켜기", "exit_code": 9}, UserError, 9),
        ({"kind": "ToolFailed", "message": "없음", "hint": "켜기"}, UserError, 1),
        ({"kind": "UsageError", "message": "없음", "hint": "켜기", "exit_code": "?"}, UsageError, 2),
    ],
)
def test_an_error_frame_is_the_exception_that_it_names(error: Frame, kind: type[UserError], code: int) -> None:
    fault = raised(error)

    assert (type(fault), str(fault), fault.hint, fault.exit_code) == (kind, "없음", "켜기", code)
    assert str(raised(["?"])) == ""


def test_a_request_that_fails_leaves_a_connection_for_the_next(play: Play) -> None:
    def script(peer: Peer) -> None:
        peer.greet()
        one = peer.wait_for("one")
        peer.write({"id": one["id"], "error": {"kind": "UsageError", "message": "아니요"}})
        two = peer.wait_for("two")
        peer.write({"id": one["id"], "n": 5, "event": {}}, {"id": two["id"], "result": 2})

    link, _ = play(script)
    with pytest.raises(UsageError, match="아니요"):
        link.call("one")

    assert link.call("two") == 2


@pytest.mark.parametrize(
    "said", [b"HTTP/1.1 400 Bad Request\r\n", b"[1]\n", b'{"modu":99}\n', b"[" * 99_999 + b"\n", b"x" * (MAX_LINE + 99)]
)
def test_what_is_no_frame_is_said_in_korean(play: Play, said: bytes) -> None:
    def script(peer: Peer) -> None:
        peer.read()
        peer.raw(said)

    link, _ = play(script)
    with pytest.raises(UserError, match="알아들을 수 없습니다") as caught:
        link.call("assistant.open")

    assert "modu daemon restart" in caught.value.hint


def test_a_process_that_does_not_answer_is_given_up(play: Play) -> None:
    def script(peer: Peer) -> None:
        peer.wait_for("never")

    _, wire = play(script)
    home = Path(wire.socket).parents[1]
    hasty = Link(lambda: reach(home), {"modu": 1}, patience=0.05)
    with pytest.raises(UserError, match="대답하지 않습니다"):
        hasty.call("assistant.open")


def test_a_process_that_dies_of_the_request_each_time_is_given_up(play: Play) -> None:
    def script(peer: Peer) -> None:
        peer.greet()
        peer.say(peer.wait_for("session.say"), DELTAS[0], epoch=f"e{peer.number}")

    link, wire = play(script)
    with pytest.raises(UserError, match="자꾸 끊깁니다"):
        events(link, text="안녕")

    assert wire.methods() == ["session.say"] * 6


def test_what_was_recorded_in_between_is_progress(play: Play) -> None:
    def script(peer: Peer) -> None:
        peer.greet()
        asked = peer.wait_for("session.say")
        number = {"id": asked["id"], "n": peer.number}
        peer.write(number | {"epoch": f"e{peer.number}", "session": "s_1"})
        peer.write(number | {"k": f"1/call/{peer.number}", "event": DELTAS[peer.number]})
        if peer.number == 9:
            peer.write({"id": asked["id"], "result": None})

    link, _ = play(script)

    assert events(link, text="안녕") == DELTAS[1:10]


def test_a_signal_handler_cancels_the_running_request(play: Play) -> None:
    def script(peer: Peer) -> None:
        peer.greet()
        asked = peer.wait_for("session.say")
        peer.say(asked, DELTAS[0])
        os.kill(os.getpid(), signal.SIGUSR1)
        cancel = peer.wait_for("cancel")
        assert cancel["params"] == {"request": asked["id"]}
        peer.say(asked, {"type": "turn_finished"}, first=2)
        peer.write({"id": asked["id"], "result": None})

    link, _ = play(script)
    before = signal.signal(signal.SIGUSR1, lambda *_: link.cancel())
    try:
        told = events(link, text="안녕")
    finally:
        signal.signal(signal.SIGUSR1, before)

    assert [event["type"] for event in told] == ["text_delta", "turn_finished"]
    assert not link.asking


def test_a_cancellation_outlives_its_connection(play: Play) -> None:
    def script(peer: Peer) -> None:
        peer.greet()
        asked = peer.wait_for("session.say")
        if peer.number == 1:
            peer.say(asked, DELTAS[0])
            peer.wait_for("cancel")
        else:
            cancel = peer.wait_for("cancel")
            assert cancel["params"] == {"request": asked["id"]}
            peer.write({"id": asked["id"], "result": None})

    link, wire = play(script)
    for line in link.stream("session.say", text="안녕"):
        if "event" in line:
            assert link.asking
            link.cancel()

    assert wire.methods() == ["session.say", "cancel"] * 2


def test_long_texts_go_ahead_in_pieces_with_every_connection(play: Play) -> None:
    text = "가나" * PIECE + "끝"

    def script(peer: Peer) -> None:
        peer.greet()
        asked = peer.wait_for("session.say")
        if peer.number == 2:
            peer.write({"id": asked["id"], "n": 0, "epoch": "e", "session": "s"}, {"id": asked["id"], "result": None})

    link, wire = play(script)
    list(link.stream("session.say", [("stdin", text)], text="요약"))
    sent = [frame["params"] for frame in wire.heard if frame.get("method") == "upload"]

    assert wire.methods() == [*["upload"] * 3, "session.say"] * 2
    assert "".join(piece["text"] for piece in sent[3:]) == text
    assert {piece["name"] for piece in sent} == {"stdin"}


def test_the_lines_of_a_report_are_shown_once(play: Play) -> None:
    def script(peer: Peer) -> None:
        peer.greet()
        asked = peer.wait_for("report.doctor")
        peer.write(*({"id": asked["id"], "line": str(number)} for number in range(2 if peer.number == 1 else 4)))
        if peer.number == 2:
            peer.write({"id": asked["id"], "result": {"exit_code": 1}})

    link, _ = play(script)
    shown: list[str] = []

    assert link.report("report.doctor", shown.append) == {"exit_code": 1}
    assert shown == ["0", "1", "2", "3"]


def test_a_request_that_no_line_can_hold_is_refused_here(play: Play) -> None:
    link, wire = play(answering())

    with pytest.raises(UsageError, match="너무 깁니다"):
        link.call("session.pin", text="가" * (MAX_LINE // 6))

    assert wire.methods() == []
