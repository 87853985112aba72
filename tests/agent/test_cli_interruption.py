"""A request that is broken off: by Ctrl-C, by whoever ends processes, by a reader that leaves."""

import json
import signal

import pytest

from tests.agent.conftest import Play
from tests.command_line import CommandLine
from tests.scripted_wire import Peer, turn

TURN = turn("네, 안녕하세요.\n")


def test_ctrl_c_cancels_the_turn_and_shows_its_end(modu: CommandLine, play: Play) -> None:
    def script(peer: Peer) -> None:
        peer.greet()
        request = peer.wait_for("session.say")
        peer.say(request, {"type": "text_delta", "text": "반"})
        process.send_signal(signal.SIGINT)
        peer.wait_for("cancel")
        peer.say(request, turn("반", "cancelled")[-1], first=2)
        peer.write({"id": request["id"], "result": None})

    play(script)
    process = modu.start("--json", "안녕")
    out, err = process.communicate(timeout=60)

    assert process.returncode == 130, err
    assert (json.loads(out)["stop_reason"], json.loads(out)["text"]) == ("cancelled", "반")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_second_signal_does_not_wait_for_the_end(modu: CommandLine, play: Play, number: signal.Signals) -> None:
    def script(peer: Peer) -> None:
        peer.greet()
        peer.wait_for("session.say")
        process.send_signal(number)
        peer.wait_for("cancel")
        process.send_signal(number)
        peer.read()

    play(script)
    process = modu.start("--json", "안녕")
    out, err = process.communicate(timeout=60)

    assert (process.returncode, err) == (130, b"")
    assert json.loads(out)["stop_reason"] == "cancelled"


def test_a_turn_that_ended_before_it_began_is_an_interruption(modu: CommandLine, play: Play) -> None:
    def script(peer: Peer) -> None:
        peer.greet()
        request = peer.wait_for("session.say")
        process.send_signal(signal.SIGINT)
        peer.wait_for("cancel")
        peer.write({"id": request["id"], "result": None})

    play(script)
    process = modu.start("안녕")
    out, err = process.communicate(timeout=60)

    assert (process.returncode, out, err) == (130, b"", b"")


def test_a_reader_that_leaves_cancels_the_turn(modu: CommandLine, play: Play) -> None:
    def script(peer: Peer) -> None:
        peer.greet()
        request = peer.wait_for("session.say")
        peer.say(request, *TURN[:3])
        peer.wait_for("cancel")
        peer.say(request, turn("", "cancelled")[-1], first=4)
        peer.write({"id": request["id"], "result": None})

    wire = play(script)
    process = modu.start("안녕")
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    err = process.stderr.read()
    process.stderr.close()

    assert (process.wait(timeout=60), err) == (130, b"")
    assert wire.methods() == ["session.say", "cancel"]
