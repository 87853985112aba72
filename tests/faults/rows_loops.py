"""Rows: answers that never end by themselves. A client that does not leave is told off by the server."""

from collections.abc import Callable
from typing import Any

from tests.faults.conversation import TOOL, UNDONE, WRITTEN, Stage
from tests.faults.row import Failing, Row
from tests.faults.server import Connection, Do
from tests.faults.styles import CHUNKED, Delta, chunk, event, every, first

PATIENCE = 2_500
"""Events after which the server holds that nobody will ever stop it."""


def endless(of: Callable[[int], Delta], *head: Delta) -> Do:
    async def do(connection: Connection) -> None:
        await connection.send(CHUNKED)
        for number in range(-len(head), PATIENCE):
            given = event(chunk(of(number) if number >= 0 else head[number]))
            await connection.send(b"%x\r\n%b\r\n" % (len(given), given))
        connection.complaints.append(f"{PATIENCE} events without end, and the client still reads")
        await connection.end("close")

    return do


def call_piece(arguments: str, name: str | None = None) -> Delta:
    head = {"id": "x", "type": "function"} if name else {}
    function = {"name": name} if name else {}
    return {"tool_calls": [{"index": 0, **head, "function": {**function, "arguments": arguments}}]}


SENTENCE = "확인해 보겠습니다. 잠시만 기다려 주세요. "
NUMBERED = "번째로 확인해 보겠습니다. 잠시만 기다려 주세요.\n"
THOUGHT = "그런데 다시 생각해 보면 내일이 맞는지 확인해야 한다. "
HALF = WRITTEN[: len(WRITTEN) // 2]


def both(name: str, does: str, do: Do, stage: Stage = "answer", **more: Any) -> list[Row]:
    """Once, then the right answer; and for ever."""
    failing: dict[str, Any] = {"fails": Failing(), "most": 6}
    task = {} if stage == "answer" else {"task": UNDONE}
    return [
        Row(f"{name}-once", f"{does}, once", first(do, stage=stage), **{"extra": 1} | more),
        Row(f"{name}-for-ever", f"{does}, for ever", every(do, stage), **failing | task),
    ]


ROWS = [
    *both("sentence-loop", "one sentence again and again", endless(lambda _n: {"content": SENTENCE})),
    *both(
        "mark-loop",
        "exclamation marks, as a model whose numbers overflowed",
        endless(lambda _n: {"content": "!!!!!!!!"}),
    ),
    *both("reasoning-loop", "one thought again and again", endless(lambda _n: {"reasoning": THOUGHT})),
    *both(
        "inline-reasoning-loop",
        "one thought in <think> again and again",
        endless(lambda _n: {"content": THOUGHT}, {"content": "<think>"}),
    ),
    *both(
        "whitespace-in-arguments",
        "blanks in the arguments",
        endless(lambda _n: call_piece("\n      "), call_piece(HALF, TOOL)),
        stage="call",
    ),
    *both(
        "argument-loop",
        "one value in the arguments again and again",
        endless(lambda _n: call_piece("디자인 리뷰 "), call_piece('{"title": "', TOOL)),
        stage="call",
    ),
    *both("empty-delta-loop", "empty deltas", endless(lambda _n: {"content": ""})),
    Row(
        "call-loop-once",
        "the same call again and again in one answer, once",
        first(
            endless(
                lambda n: {
                    "tool_calls": [
                        {
                            "index": n,
                            "id": f"x{n}",
                            "type": "function",
                            "function": {"name": TOOL, "arguments": WRITTEN},
                        }
                    ]
                }
            )
        ),
        extra=None,
        asks="any",
    ),
    Row(
        "numbered-loop-for-ever",
        "one sentence again and again, numbered",
        every(endless(lambda n: {"content": f"{n}{NUMBERED}"}), "answer"),
        fails=Failing(),
        most=6,
        known="sentences that differ in their number are no loop to us: they are read until the server ends them",
    ),
]
