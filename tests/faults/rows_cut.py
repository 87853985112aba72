"""Rows: connections that break, and servers that fall silent."""

import asyncio
from typing import Any

from tests.faults.conversation import CREATE, Reply, Stage
from tests.faults.row import Row
from tests.faults.server import Connection, Do, Ending, FaultServer, sends
from tests.faults.styles import CHUNKED, CLOSED, DONE, Style, chunk, deltas, event, events, first, plain, stream, styled

SILENCE = {"model_timeout": 0.6}
"""Seconds after which a silent server is given up."""
SAID = [event(chunk(one)) for one in deltas(Reply(CREATE.answer))]
CALLED = [event(chunk(one)) for one in deltas(Reply(calls=CREATE.calls))]


def breaks(name: str, does: str, *given: bytes, ends: Ending = "close", stage: Stage = "call", **more: Any) -> Row:
    """A stream that ends like this, once."""
    return Row(name, does, first(stream(*given, ends=ends), stage=stage), **{"extra": 1} | more)


def cuts(name: str, does: str, *given: bytes, ends: Ending = "close", **more: Any) -> Row:
    """Raw bytes, then the end, once."""
    return Row(name, does, first(sends(*given, ends=ends)), **{"extra": 1} | more)


def waits(name: str, does: str, *given: bytes, stage: Stage = "call", **more: Any) -> Row:
    """Bytes of a stream, then silence until the client leaves, once."""
    return breaks(name, does, *given, ends="hang", stage=stage, settings=SILENCE, **more)


def slowly(pause: float, filler: bytes) -> Style:
    """Signs of life for longer than the silence that is allowed, then the answer."""

    def style(reply: Reply) -> Do:
        async def do(connection: Connection) -> None:
            await connection.send(CLOSED)
            for _ in range(8):
                await asyncio.sleep(pause)
                await connection.send(filler)
            await connection.send(*events(*deltas(reply), finish=reply.finish))
            await connection.end("close")

        return do

    return style


async def be_away(server: FaultServer) -> None:
    """Whoever comes in the next instant is refused."""
    await server.deafen()
    loop = asyncio.get_running_loop()
    loop.call_later(0.3, lambda: loop.create_task(server.listen()))


async def drop_idle(server: FaultServer) -> None:
    """The server restarts: connections that the client keeps are gone, new ones are welcome."""
    await server.deafen()
    await server.listen()


EMPTY = event(chunk({"role": "assistant", "content": ""}))

ROWS = [
    cuts("closed-before-the-answer", "the connection closes before the answer"),
    cuts("reset-before-the-answer", "it is reset before the answer", ends="reset"),
    cuts("cut-in-the-head", "it closes inside the headers", CHUNKED[:40]),
    cuts("reset-in-the-head", "it is reset inside the headers", CHUNKED[:40], ends="reset"),
    cuts("cut-after-the-head", "it closes after the headers", CLOSED),
    cuts("garbage", "bytes that are no HTTP", b"\x15\x03\x01\x00\x02\x02\x50"),
    cuts("cut-in-a-chunk-size", "it closes inside an HTTP chunk", CHUNKED, b"f0\r\ndata: {"),
    cuts("wrong-chunk-size", "an HTTP chunk with no number", CHUNKED, b"zz\r\n" + EMPTY + b"\r\n"),
    cuts(
        "length-cut", "Content-Length, and half of it", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", *CALLED[:3]
    ),
    breaks("cut-in-text", "it closes inside the answer", *SAID[:3], stage="answer"),
    breaks("reset-in-text", "it is reset inside the answer", *SAID[:3], ends="reset", stage="answer"),
    breaks("cut-in-an-event", "it closes inside an event of the answer", *SAID[:3], SAID[3][:30], stage="answer"),
    breaks(
        "ended-in-text",
        "the stream ends in order in the middle of the answer, without finish_reason and [DONE]",
        *SAID[:3],
        ends="keep",
        stage="answer",
    ),
    breaks("cut-in-call", "it closes inside a call", *CALLED[:3]),
    breaks("reset-in-call", "it is reset inside a call", *CALLED[:3], ends="reset"),
    breaks("cut-after-call", "it closes after a whole call, without finish_reason", *CALLED),
    breaks("reset-after-call", "it is reset after a whole call, without finish_reason", *CALLED, ends="reset"),
    breaks(
        "ended-after-call",
        "the stream ends in order after a whole call, without finish_reason and [DONE]",
        *CALLED,
        ends="keep",
        extra=None,
        asks="any",
    ),
    breaks(
        "cut-after-finish",
        "it closes after the finish_reason, without [DONE]",
        *CALLED,
        event(chunk({}, "tool_calls")),
        extra=0,
    ),
    breaks(
        "reset-after-finish",
        "it is reset after finish_reason and [DONE]",
        *CALLED,
        event(chunk({}, "tool_calls")),
        DONE,
        ends="reset",
        extra=None,
    ),
    breaks("cut-in-thought", "it closes inside the reasoning", event(chunk({"reasoning": "내일은"})), thinks=""),
    Row(
        "cut-twice",
        "it closes inside the answer, twice",
        first(*[stream(*SAID[:3], ends="close")] * 2, stage="answer"),
        extra=2,
    ),
    waits("silent-before-the-answer", "silence before the first byte, once"),
    waits("silent-in-text", "silence in the middle of the answer, once", *SAID[:3], stage="answer"),
    waits("silent-in-call", "silence in the middle of a call, once", *CALLED[:3]),
    waits("silent-after-call", "silence after a whole call, before its finish_reason, once", *CALLED),
    waits("silent-in-thought", "silence in the reasoning, once", event(chunk({"reasoning": "내일은"}))),
    Row("silent-before-the-head", "not even headers, once", first(sends(ends="hang")), extra=1, settings=SILENCE),
    Row(
        "slow-with-comments",
        "only comments for twice the allowed silence, then the answer",
        styled(slowly(0.1, b": ping\n\n")),
        settings=SILENCE,
    ),
    Row("slow-with-empty-deltas", "only empty deltas for as long", styled(slowly(0.1, EMPTY)), settings=SILENCE),
    Row(
        "refused-at-first",
        "the port refuses connections for an instant",
        styled(plain),
        before=("안녕",),
        prepare=be_away,
        extra=0,
    ),
    Row(
        "restarted-between-turns",
        "idle connections are dropped between two turns",
        styled(plain),
        before=("안녕",),
        prepare=drop_idle,
        extra=0,
    ),
]
