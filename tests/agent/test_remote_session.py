"""A session over the wire: streams that outlive their connection, one reader that is slow, an end that is told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from agent.contract import (
    Attachment,
    ContextUse,
    Position,
    QuestionAnswered,
    RequestOptions,
)
from agent.errors import StorageError
from agent.events import (
    Event,
    Failure,
    QuestionAsked,
    TextDelta,
    TurnFinished,
    TurnStarted,
    Usage,
)
from agent.remote import line as remote_line
from agent.remote.assistant import RemoteAssistant, connect
from agent.remote.session import AGAIN, BACK, RemoteSession
from agent.wire.frames import PIECE
from tests.agent.wire_peer import GREETING, Frame, Script, Talk, WirePeer, numbered
from tests.conftest import gather

STARTED = TurnStarted(session="s1", turn=3, text="안녕")
DELTAS = [TextDelta(text=part) for part in ("네, ", "그래", "요")]
USAGE = Usage(input_tokens=7)
DONE = TurnFinished(turn=3, stop_reason="done", text="네, 그래요")
TURN: list[Event] = [STARTED, *DELTAS, USAGE, DONE]
KEYS = {STARTED: "3/said", USAGE: "3/usage/1", DONE: "3/turn_finished"}


def told(*events: Event, after: int = 0) -> list[Frame]:
    """The lines of some events."""
    return [numbered(after + n, event, KEYS.get(event, "")) for n, event in enumerate(events, 1)]


def begin(number: int = 0, epoch: str = "e1") -> Frame:
    return {"n": number, "epoch": epoch, "session": "s1"}


def plays(*lines: Frame) -> Script:
    """An answer that is always the same and ends."""

    async def answer(talk: Talk) -> None:
        await talk.say(*lines, {"result": None})

    return answer


def in_turn(*scripts: Script) -> Script:
    """Each request gets the next one."""
    left = list(scripts)

    async def answer(talk: Talk) -> None:
        await left.pop(0)(talk)

    return answer


def breaking(*lines: Frame) -> Script:
    """The connection is lost behind these lines."""

    async def answer(talk: Talk) -> None:
        await talk.say(*lines)
        talk.hang_up()

    return answer


def lives(*lines: Frame) -> Script:
    """An answer that does not end."""

    async def answer(talk: Talk) -> None:
        await talk.say(*lines)

    return answer


def plays_result(result: Any) -> Script:
    """The answer to a call."""

    async def answer(talk: Talk) -> None:
        await talk.say({"result": result})

    return answer


async def until(condition: Callable[[], object]) -> None:
    while not condition():
        await asyncio.sleep(0.001)


@pytest.fixture
async def peer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WirePeer]:
    monkeypatch.setattr(remote_line, "_FIRST_PAUSE", 0.001)
    peer = WirePeer(tmp_path / "s")
    await peer.start()
    yield peer
    await peer.stop()


@pytest.fixture
async def assistant(peer: WirePeer) -> AsyncIterator[RemoteAssistant]:
    assistant = await connect(Path("/nowhere"), GREETING, peer.dial)
    yield assistant
    await assistant.close()


@pytest.fixture
async def session(peer: WirePeer, assistant: RemoteAssistant) -> RemoteSession:
    peer.scripts["assistant.open"] = plays_result({"session": "s1"})
    return await assistant.open("s1")


async def test_a_request_is_sent_whole_and_its_turn_comes_back(peer: WirePeer, session: RemoteSession) -> None:
    peer.scripts["session.send"] = plays(begin(), *told(*TURN))
    long = "가" * (PIECE + 10)

    events = await gather(
        session.send(
            "안녕",
            [Attachment(source="a", text="짧음"), Attachment(source="b", text=long)],
            RequestOptions(private=True),
        )
    )

    [asked] = peer.asked("session.send")
    pieces = peer.asked("upload")
    assert events == TURN
    assert (asked["session"], asked["text"]) == ("s1", "안녕")
    assert asked["options"] == {"thinking": None, "private": True, "answer_schema": None}
    assert len(asked["key"]) == 32
    assert asked["attachments"] == [{"source": "a", "text": "짧음"}, {"source": "b", "upload": pieces[0]["name"]}]
    assert "".join(piece["text"] for piece in pieces) == long
    assert [frame["method"] for frame in peer.frames[-3:]] == ["upload", "upload", "session.send"]


async def test_a_decision_is_sent_and_a_question_ends_the_stream(peer: WirePeer, session: RemoteSession) -> None:
    asked = QuestionAsked(call_id="q1", question="몇 시?")
    peer.scripts["session.resume"] = plays(begin(9), *told(USAGE, asked, after=9))

    events = await gather(session.resume(QuestionAnswered(text="3시", asked=("q0",))))

    assert events == [USAGE, asked]
    assert peer.asked("session.resume") == [
        {"session": "s1", "decision": {"type": "answer", "text": "3시", "asked": ["q0"]}}
    ]


@pytest.mark.parametrize("seen", range(len(TURN)))
async def test_a_lost_connection_costs_nothing_and_repeats_nothing(
    peer: WirePeer, session: RemoteSession, seen: int
) -> None:
    lines = told(*TURN)
    peer.scripts["session.send"] = in_turn(breaking(begin(), *lines[:seen]), plays(begin(seen), *lines[seen:]))

    events = await gather(session.send("안녕"))

    first, again = peer.asked("session.send")
    assert events == TURN
    assert again == first | {"position": again["position"]}
    assert (again["position"]["epoch"], again["position"]["number"]) == ("e1", seen)


async def test_a_connection_lost_before_the_stream_began_asks_the_same_again(
    peer: WirePeer, session: RemoteSession
) -> None:
    peer.scripts["session.send"] = in_turn(breaking(), plays(begin(), *told(*TURN)))

    events = await gather(session.send("안녕", [Attachment(source="a", text="가" * 70_000)]))

    first, again = peer.asked("session.send")
    assert events == TURN
    assert again == first
    assert len(peer.asked("upload")) == 2


async def test_after_a_restart_the_position_names_what_was_seen(peer: WirePeer, session: RemoteSession) -> None:
    peer.scripts["session.follow"] = in_turn(
        lives(begin(), *told(STARTED, DELTAS[0])),
        lives(begin(2), {"n": 1, "epoch": "e2"}, *told(DELTAS[0], USAGE, DONE, after=1)),
    )
    async with aclosing(session.follow()) as following:
        before = [await anext(following) for _ in range(2)]
        await peer.stop()
        waiting = asyncio.create_task(anext(following))
        await peer.start()
        after = [await waiting, await anext(following), await anext(following)]

    assert peer.asked("session.follow")[1]["position"] == {
        "epoch": "e1",
        "number": 2,
        "turn": 3,
        "keys": ["3/said"],
        "partial": True,
    }
    assert [(each.epoch, each.number, each.key) for each in [*before, *after]] == [
        ("e1", 1, "3/said"),
        ("e1", 2, ""),
        ("e2", 2, ""),
        ("e2", 3, "3/usage/1"),
        ("e2", 4, "3/turn_finished"),
    ]


async def test_a_follower_says_where_it_was_and_lost_history_goes_on(peer: WirePeer, session: RemoteSession) -> None:
    position = Position(epoch="e0", number=5, turn=3, keys=("3/said",), partial=True)
    peer.scripts["session.follow"] = in_turn(breaking(begin(5, "e0")), lives(begin(5, "e0"), *told(USAGE, after=5)))
    async with aclosing(session.follow(position)) as following:
        again = await anext(following)

    peer.scripts["session.follow"] = in_turn(
        breaking(begin(0, ""), numbered(0, STARTED, "3/said")), lives(begin(), *told(DONE))
    )
    async with aclosing(session.follow()) as following:
        history = [(await anext(following)).event for _ in range(2)]

    whole, from_scratch = peer.asked("session.follow")[:2], peer.asked("session.follow")[2:]
    assert again.number == 6
    assert [asked["position"] for asked in whole] == [position.model_dump(mode="json")] * 2
    assert history == [STARTED, DONE]
    assert from_scratch[0]["position"] is None
    assert from_scratch[1]["position"] == {"epoch": "", "number": 0, "turn": 3, "keys": ["3/said"], "partial": False}


async def test_a_stream_that_the_process_ends_in_leaving_is_asked_for_again(
    peer: WirePeer, session: RemoteSession
) -> None:
    peer.scripts["session.send"] = in_turn(plays(begin(), *told(STARTED)), plays(begin(1), *told(*TURN[1:], after=1)))
    peer.scripts["session.follow"] = in_turn(plays(begin()), lives(begin(), *told(STARTED)))

    assert await gather(session.send("안녕")) == TURN
    async with aclosing(session.follow()) as following:
        assert (await anext(following)).event == STARTED


async def test_leaving_a_stream_tells_the_process_and_cancels_nothing(peer: WirePeer, session: RemoteSession) -> None:
    peer.scripts["session.send"] = lives(begin(), *told(STARTED))
    async with aclosing(session.send("안녕")) as events:
        await anext(events)
    await until(lambda: peer.frames[-1]["method"] == "leave")
    [sent] = [frame for frame in peer.frames if frame["method"] == "session.send"]

    assert peer.frames[-1]["params"] == {"request": sent["id"]}
    assert not peer.asked("session.cancel") + peer.asked("cancel")


async def test_cancelling_reaches_a_turn_that_has_not_begun_and_one_of_another_face(
    peer: WirePeer, session: RemoteSession
) -> None:
    asked = asyncio.Event()

    async def waits(talk: Talk) -> None:
        asked.set()
        await until(lambda: peer.asked("cancel"))
        await talk.say(begin(), *told(TurnFinished(turn=3, stop_reason="cancelled")))

    peer.scripts |= {"session.send": waits, "session.cancel": plays_result(None)}
    turn = asyncio.create_task(gather(session.send("안녕")))
    await asked.wait()
    await session.cancel()
    events = await turn
    await session.cancel()

    assert [event.type for event in events] == ["turn_finished"]
    assert len(peer.asked("cancel")) == 1
    assert peer.asked("session.cancel") == [{"session": "s1"}] * 2


async def test_a_cancel_while_the_process_is_away_is_told_when_it_is_back(
    peer: WirePeer, session: RemoteSession
) -> None:
    peer.scripts |= {"session.send": breaking(), "session.cancel": plays_result(None)}
    turn = asyncio.create_task(gather(session.send("안녕")))
    await until(lambda: peer.asked("session.send"))
    await peer.stop()
    cancelling = asyncio.create_task(session.cancel())
    await asyncio.sleep(0)
    peer.scripts["session.send"] = plays(begin(), *told(TurnFinished(turn=3, stop_reason="cancelled")))
    await peer.start()
    await asyncio.gather(turn, cancelling)
    await until(lambda: peer.asked("cancel"))

    [again] = [frame for frame in peer.frames if frame["method"] == "session.send"][1:]
    assert peer.asked("cancel") == [{"request": again["id"]}]


async def test_a_slow_reader_holds_up_its_own_sender_and_nobody_else(
    peer: WirePeer, assistant: RemoteAssistant, session: RemoteSession
) -> None:
    sent = 0
    event = TextDelta(text="가" * 10_000)

    async def floods(talk: Talk) -> None:
        nonlocal sent
        await talk.say(begin())
        while sent < 1_000:
            sent += 1
            await talk.say(numbered(sent, event))

    peer.scripts |= {"session.follow": floods, "assistant.sessions": plays_result([])}
    async with aclosing(session.follow()) as following:
        await anext(following)
        for _ in range(100):
            await assistant.sessions()
        held_up = sent
        read = 1
        while read < 900:
            await anext(following)
            read += 1

    assert held_up < 200
    assert sent > 800


async def test_a_long_event_comes_whole(peer: WirePeer, session: RemoteSession) -> None:
    long = TextDelta(text="가나" * 1_000_000)
    peer.scripts["session.send"] = plays(begin(), *told(STARTED, long, DONE))

    assert await gather(session.send("안녕")) == [STARTED, long, DONE]


async def test_an_outage_is_told_once_when_it_lasts(
    peer: WirePeer, session: RemoteSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_line, "_NOTICED", 0.02)
    peer.scripts["session.follow"] = in_turn(lives(begin(), *told(STARTED)), lives(begin(1), *told(USAGE, after=1)))
    async with aclosing(session.follow()) as following:
        await anext(following)
        await peer.stop()
        away = await anext(following)
        following_on = asyncio.create_task(anext(following))
        await asyncio.sleep(0.05)
        quiet = not following_on.done()
        await peer.start()
        back = [await following_on, await anext(following)]

    assert (away.number, away.key, away.event) == (1, "", AGAIN)
    assert quiet
    assert [(each.number, each.event) for each in back] == [(1, BACK), (2, USAGE)]


async def test_a_stream_that_cannot_go_on_says_so_and_ends(
    peer: WirePeer, session: RemoteSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_line, "_PATIENCE", 0.05)
    peer.scripts["session.send"] = breaking(begin(), *told(STARTED))
    turn = session.send("안녕")
    await anext(turn)
    await peer.stop()

    rest = await gather(turn)

    assert isinstance(rest[0], Failure)
    assert "modu daemon logs" in rest[0].hint
    assert rest[1:] == [TurnFinished(turn=3, stop_reason="error")]


async def test_a_process_that_dies_of_the_same_reply_again_and_again_is_given_up(
    peer: WirePeer, session: RemoteSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_line, "_LONGEST_PAUSE", 0.001)
    peer.scripts["session.send"] = breaking(begin(), *told(DELTAS[0]))

    events = await gather(session.send("안녕"))

    assert [event.type for event in events[-2:]] == ["error", "turn_finished"]
    assert 3 < len(peer.asked("session.send")) < 20


async def test_a_refusal_is_an_end_of_the_stream_and_an_error_of_a_call(peer: WirePeer, session: RemoteSession) -> None:
    fault = {"kind": "StorageError", "message": "저장할 수 없습니다.", "hint": "공간을 비우세요.", "exit_code": 1}

    async def refuses(talk: Talk) -> None:
        await talk.say({"error": fault})

    peer.scripts |= {"session.send": refuses, "session.pin": refuses, "session.history": plays(begin(), *told(STARTED))}
    events = await gather(session.send("안녕"))
    with pytest.raises(StorageError, match="저장할 수 없습니다") as refused:
        await session.pin("글")

    assert events == [
        Failure(message="저장할 수 없습니다.", hint="공간을 비우세요."),
        TurnFinished(turn=1, stop_reason="error"),
    ]
    assert refused.value.hint == "공간을 비우세요."
    assert await session.history() == [STARTED]


async def test_the_short_calls_say_what_they_mean(peer: WirePeer, session: RemoteSession) -> None:
    use = ContextUse(window=10, used=1, exact=True, parts=())
    peer.scripts |= {
        "session.context": plays_result(use.model_dump(mode="json")),
        "session.pin": plays_result(None),
        "session.answer_now": plays_result(None),
    }
    session.answer_now()
    await until(lambda: peer.asked("session.answer_now"))
    await session.pin("글")

    assert await session.context() == use
    assert peer.asked("session.answer_now") == [{"session": "s1"}]
    assert peer.asked("session.pin") == [{"session": "s1", "text": "글"}]


async def test_a_history_that_breaks_off_is_read_from_its_start(peer: WirePeer, session: RemoteSession) -> None:
    lines = [numbered(0, event, KEYS.get(event, "")) for event in TURN]
    peer.scripts["session.history"] = in_turn(breaking(begin(0, ""), *lines[:3]), plays(begin(0, ""), *lines))

    assert await session.history() == TURN
