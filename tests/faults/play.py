"""Plays one row: the request, the answers to what is asked, the next request; says everything that is wrong."""

import asyncio
import re
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from agent.contract import ApprovalAnswered, Assistant, Session
from agent.events import (
    ApprovalAsked,
    Event,
    Failure,
    ReasoningDelta,
    ReplyRestarted,
    TextDelta,
    ToolCallFinished,
    ToolCallProposed,
    TurnFinished,
)
from tests.faults.conversation import NEXT, NEXT_ANSWER
from tests.faults.row import Row
from tests.faults.server import KEY, MODEL, FaultServer
from tests.faults.strict import Strict

OPEN = Callable[..., Awaitable[Assistant]]
HANGS = 20
"""Seconds after which a row counts as one that never ends."""
_MOST_QUESTIONS = 4


@dataclass
class Heard:
    """One turn as a face hears it."""

    events: list[Event] = field(default_factory=list)
    asked: int = 0

    async def listen(self, events: AsyncIterator[Event]) -> None:
        async for event in events:
            self.events.append(event)

    @property
    def finished(self) -> TurnFinished | None:
        return self.events[-1] if self.events and isinstance(self.events[-1], TurnFinished) else None

    @property
    def failure(self) -> Failure | None:
        return next((event for event in self.events if isinstance(event, Failure)), None)

    def shown(self, kind: type[TextDelta] | type[ReasoningDelta]) -> list[str]:
        """What stands on the screen at the end, reply by reply."""
        replies = [""]
        for event in self.events:
            match event:
                case ReplyRestarted():
                    replies[-1] = ""
                case ToolCallFinished():
                    replies.append("")
                case TextDelta(text=text) | ReasoningDelta(text=text) if isinstance(event, kind):
                    replies[-1] += text
        return [reply.strip() for reply in replies if reply.strip()]

    def done(self) -> Counter[str]:
        """How often each tool was carried out."""
        tools = {event.call_id: event.tool for event in self.events if isinstance(event, ToolCallProposed)}
        ended = (event for event in self.events if isinstance(event, ToolCallFinished) and event.status == "done")
        return Counter(tools[event.call_id] for event in ended)


async def play(row: Row, assist: OPEN, home: Path) -> list[str]:
    """Everything that is wrong, nothing if the row holds."""
    server = FaultServer(row.script, row.task, Strict(MODEL, row.rewrites), dict(row.listed), row.models)
    await server.listen()
    try:
        async with asyncio.timeout(HANGS):
            wrong = [complaint async for complaint in _played(row, assist, server, home)]
    except TimeoutError:
        wrong = [f"no end after {HANGS} s and {len(server.posts)} requests"]
    finally:
        await server.deafen()
    return [*wrong, *server.complaints]


async def _played(row: Row, assist: OPEN, server: FaultServer, home: Path) -> AsyncIterator[str]:
    given = {"model": None, "base_url": server.base_url, "mode": "auto", "only_servers": ("calendar",), "api_key": KEY}
    assistant = await assist(**given | row.settings)
    session = await assistant.open()
    for text in row.before:
        await _turn(session, text, row)
    await row.prepare(server)
    heard = await _turn(session, row.task.request, row)
    if row.fails:
        await row.heal(server)
    spent = len(server.posts)
    after = await _turn(session, NEXT, row)
    for complaint in (
        *(_failed(row, heard) if row.fails else _answered(row, heard)),
        *_carried_out(row, heard, home),
        *_next(after),
        *_requests(row, server, spent),
        *_secret(heard, after),
    ):
        yield complaint


async def _turn(session: Session, text: str, row: Row) -> Heard:
    heard = Heard()
    await heard.listen(session.send(text))
    while isinstance(asked := heard.events[-1], ApprovalAsked) and heard.asked < _MOST_QUESTIONS:
        heard.asked += 1
        approved = tuple(call.call_id for call in asked.calls) if row.approves else ()
        await heard.listen(session.resume(ApprovalAnswered(approved=approved)))
    return heard


def _answered(row: Row, heard: Heard) -> Iterator[str]:
    ended = heard.finished
    if ended is None or ended.stop_reason != "done":
        why = f": {heard.failure.message} {heard.failure.hint}" if heard.failure else ""
        yield f"the turn ended with {ended.stop_reason if ended else 'nothing'}{why}"
        return
    wanted = row.task.answer if row.text is None else row.text
    fits = wanted.search(ended.text) if isinstance(wanted, re.Pattern) else ended.text == wanted
    if not fits:
        yield f"the answer is {_short(ended.text)}, not {_short(str(wanted))}"
    if (shown := "\n\n".join(heard.shown(TextDelta))) != ended.text:
        yield f"shown was {_short(shown)}, the answer is {_short(ended.text)}"
    if row.thinks is not None and (thought := "".join(heard.shown(ReasoningDelta))) != row.thinks:
        yield f"the reasoning is {_short(thought)}, not {_short(row.thinks)}"
    if row.asks != "any" and bool(heard.asked) != (row.asks == "yes"):
        yield f"the user was {'' if heard.asked else 'not '}asked"


def _failed(row: Row, heard: Heard) -> Iterator[str]:
    assert row.fails
    failure, ended = heard.failure, heard.finished
    if failure is None or ended is None or ended.stop_reason != "error":
        yield f"no failure, but {heard.events[-1]!r}"[:300]
        return
    said = f"{failure.message} {failure.hint}"
    if not re.search("[가-힣]{2}", failure.message) or not re.search("세요|습니다.+하면", said):
        yield f"the failure does not say in Korean what to do: {said!r}"
    yield from (
        f"the failure does not mention {one}: {said!r}" for one in row.fails.mentions if not re.search(one, said)
    )
    if failure.exit_code not in row.fails.exit_codes:
        yield f"the exit code is {failure.exit_code}"


def _carried_out(row: Row, heard: Heard, home: Path) -> Iterator[str]:
    if (done := dict(heard.done())) != row.task.done:
        yield f"carried out: {done}, not {row.task.done}"
    with closing(sqlite3.connect(home / "calendar.db")) as database:
        stored = database.execute(
            "SELECT title, substr(starts_at, 1, 16) FROM calendar_occurrence JOIN calendar_component USING (item)"
            " ORDER BY title"
        ).fetchall()
    if tuple(stored) != row.task.events:
        yield f"the calendar holds {stored}"


def _next(after: Heard) -> Iterator[str]:
    ended = after.finished
    if ended is None or ended.stop_reason != "done" or ended.text != NEXT_ANSWER:
        why = after.failure.message if after.failure else ""
        yield f"the next turn ended with {ended!r} {why}"[:400]


def _requests(row: Row, server: FaultServer, spent: int) -> Iterator[str]:
    regular = len(row.before) + (1 if row.fails or not row.task.calls else 2)
    extra = spent - regular
    if row.fails or row.extra is None:
        if extra > row.most:
            yield f"{extra} requests too many"
    elif extra != row.extra:
        yield f"{extra} extra requests, not {row.extra}: {' '.join(post.stage for post in server.posts)}"
    if server.posts:
        lost = server.posts[0].body.keys() - server.posts[-1].body.keys() - set(row.loses)
        yield from (f"{name} is no longer sent" for name in sorted(lost))
    yield from row.inspect(server.posts)


def _secret(*turns: Heard) -> Iterator[str]:
    if any(KEY in event.model_dump_json() for heard in turns for event in heard.events):
        yield "the key was shown"


def _short(text: str) -> str:
    return repr(text if len(text) <= 200 else f"{text[:120]} … {text[-60:]} ({len(text)} characters)")
