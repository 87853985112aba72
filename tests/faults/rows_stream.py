"""Rows: the syntax of the stream and what HTTP does to it."""

import gzip
import json
import random
import re
import zlib
from typing import Any

from tests.faults.conversation import CREATE, Reply
from tests.faults.row import Row
from tests.faults.server import MODEL, Do, answers, sends
from tests.faults.styles import (
    CHUNKED,
    CLOSED,
    HEAD,
    chunk,
    deltas,
    event,
    events,
    first,
    pieces,
    stream,
    styled,
    whole,
)

PING = b": keep-alive\n\n"
HTTP_10 = b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
NDJSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n\r\n"


def lines(reply: Reply) -> list[bytes]:
    return events(*deltas(reply), finish=reply.finish)


def body(reply: Reply) -> bytes:
    return b"".join(lines(reply))


def with_comments(reply: Reply) -> Do:
    return stream(PING, *(part for line in lines(reply) for part in (PING, line)), PING)


def with_crlf(reply: Reply) -> Do:
    return stream(*(line.replace(b"\n", b"\r\n") for line in lines(reply)))


def with_cr(reply: Reply) -> Do:
    return stream(*(line.replace(b"\n", b"\r") for line in lines(reply)))


def without_space(reply: Reply) -> Do:
    return stream(*(line.replace(b"data: ", b"data:") for line in lines(reply)))


def without_blank_lines(reply: Reply) -> Do:
    """One line break between the events, as some proxies leave it."""
    return stream(*(line.replace(b"\n\n", b"\n") for line in lines(reply)))


def with_fields(reply: Reply) -> Do:
    """All fields that the standard knows."""
    return stream(*(b"event: message\nid: 7\nretry: 3000\n" + line for line in lines(reply)))


def over_lines(reply: Reply) -> Do:
    """An event over several `data:` lines, which the standard joins by line breaks."""
    return stream(*(b"".join(b"data: " + part + b"\n" for part in _indented(line)) + b"\n" for line in lines(reply)))


def _indented(line: bytes) -> list[bytes]:
    given = line.removeprefix(b"data: ").strip()
    written = given if given == b"[DONE]" else json.dumps(json.loads(given), indent=1, ensure_ascii=False).encode()
    return written.splitlines()


def with_mark(reply: Reply) -> Do:
    return stream(b"\xef\xbb\xbf", *lines(reply))


def by_bytes(reply: Reply) -> Do:
    """Every byte is a packet: Hangul syllables come in three."""
    given = body(reply)
    return sends(CLOSED, *(given[n : n + 1] for n in range(len(given))), ends="close")


def chunks_of_bytes(reply: Reply) -> Do:
    """Every byte is a chunk of HTTP."""
    given = body(reply)
    return stream(*(given[n : n + 1] for n in range(len(given))))


def at_once(reply: Reply) -> Do:
    """Head and body in one packet."""
    given = body(reply)
    return sends(CHUNKED + b"%x\r\n%b\r\n0\r\n\r\n" % (len(given), given))


def compressed(reply: Reply) -> Do:
    packed = gzip.compress(body(reply))
    head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    return sends(head, *(packed[n : n + 7] for n in range(0, len(packed), 7)))


def deflated(reply: Reply) -> Do:
    packed = zlib.compress(body(reply))
    return sends(HEAD + b"Content-Encoding: deflate\r\nContent-Length: %d\r\n\r\n" % len(packed), packed)


def too_short(reply: Reply) -> Do:
    """The head promises more bytes than come."""
    given = body(reply)
    return sends(HEAD + b"Content-Length: %d\r\n\r\n" % (len(given) + 50), given, ends="close")


def unfinished_chunks(reply: Reply) -> Do:
    """After [DONE] the last HTTP chunk never comes."""
    return stream(*lines(reply), ends="close")


def lingering(reply: Reply) -> Do:
    """After [DONE] the connection stays open and silent."""
    return stream(*lines(reply), ends="hang")


def plain_json(reply: Reply) -> Do:
    return answers(whole(reply))


def chunked_json(reply: Reply) -> Do:
    given = json.dumps(whole(reply), ensure_ascii=False).encode()
    parts = [given[n : n + 11] for n in range(0, len(given), 11)]
    return sends(JSON_HEAD, *(b"%x\r\n%b\r\n" % (len(part), part) for part in parts), b"0\r\n\r\n")


def json_as_stream(reply: Reply) -> Do:
    """JSON under the name of an event stream."""
    return sends(CLOSED, json.dumps(whole(reply), ensure_ascii=False).encode(), ends="close")


def stream_as_json(reply: Reply) -> Do:
    """An event stream under the name of JSON."""
    return sends(CLOSED.replace(b"text/event-stream", b"application/json"), *lines(reply), ends="close")


def stream_as_text(reply: Reply) -> Do:
    return sends(CLOSED.replace(b"text/event-stream", b"text/plain"), *lines(reply), ends="close")


def stream_as_nothing(reply: Reply) -> Do:
    return sends(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", *lines(reply), ends="close")


def ollama(reply: Reply) -> Do:
    """Ollama's own route: one object a line, arguments as objects."""
    made = [{"function": {"name": name, "arguments": arguments}} for name, arguments in reply.calls]
    messages: list[dict[str, Any]] = [{"role": "assistant", "content": piece} for piece in pieces(reply.text)]
    messages += [{"role": "assistant", "content": "", "tool_calls": made}] if made else []
    given = [{"model": MODEL, "created_at": "now", "message": message, "done": False} for message in messages]
    last = {"model": MODEL, "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}
    counts = {"prompt_eval_count": 100, "eval_count": 10, "total_duration": 1}
    return sends(
        NDJSON_HEAD,
        *(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in [*given, last | counts]),
        ends="close",
    )


def old_http(reply: Reply) -> Do:
    return sends(HTTP_10, *lines(reply), ends="close")


def after_continue(reply: Reply) -> Do:
    """An interim answer first."""
    return sends(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", CLOSED, *lines(reply), ends="close")


_WORDS = random.Random(3)
LONG = "".join(chr(_WORDS.randint(0xAC00, 0xD7A3)) for _ in range(340_000))
"""Hangul that never repeats itself; written as escapes, two million bytes."""
HUGE = b"data: " + json.dumps(chunk({"content": LONG})).encode() + b"\n\n"


def broken_once() -> Do:
    """One event of the answer lost its end."""
    given = lines(Reply(CREATE.answer))
    return stream(*given[:3], b'data: {"id": "chatcmpl-1", "choices": [{"index": 0, "del\n\n', *given[4:])


def unreadable_once() -> Do:
    """Bytes that are no UTF-8, where a syllable was."""
    given = lines(Reply(CREATE.answer))
    return stream(*given[:2], given[2].replace("디".encode(), b"\xeb\x94"), *given[3:])


ROWS = [
    Row("keep-alive-comments", "comments between all events", styled(with_comments)),
    Row("crlf", "CRLF line breaks", styled(with_crlf)),
    Row("cr", "CR line breaks", styled(with_cr)),
    Row("no-space-after-data", "`data:` without a space", styled(without_space)),
    Row("no-blank-lines", "one line break between events", styled(without_blank_lines)),
    Row("all-fields", "event, id and retry fields", styled(with_fields)),
    Row("event-over-lines", "an event over many data lines", styled(over_lines)),
    Row("byte-order-mark", "a byte order mark first", styled(with_mark)),
    Row("one-byte-a-packet", "one byte a packet", styled(by_bytes)),
    Row("one-byte-a-chunk", "one byte an HTTP chunk", styled(chunks_of_bytes)),
    Row("all-at-once", "the whole answer in one packet", styled(at_once)),
    Row("gzip", "gzip although not asked for", styled(compressed)),
    Row("deflate", "deflate", styled(deflated)),
    Row("length-too-long", "Content-Length promises more than comes", styled(too_short)),
    Row("last-chunk-missing", "the HTTP chunk that ends the body never comes", styled(unfinished_chunks)),
    Row("open-after-done", "the connection stays open after [DONE]", styled(lingering)),
    Row("plain-json", "JSON although a stream was asked for", styled(plain_json)),
    Row("chunked-json", "the same in HTTP chunks", styled(chunked_json)),
    Row("json-as-stream", "JSON that calls itself an event stream", styled(json_as_stream)),
    Row("stream-as-json", "an event stream that calls itself JSON", styled(stream_as_json)),
    Row("stream-as-text", "an event stream that calls itself plain text", styled(stream_as_text)),
    Row("stream-without-type", "no Content-Type", styled(stream_as_nothing)),
    Row("ollama-ndjson", "the lines of Ollama's own route", styled(ollama), asks="any"),
    Row("http-1.0", "HTTP/1.0, the end of the connection ends the answer", styled(old_http)),
    Row("interim-answer", "103 Early Hints first", styled(after_continue)),
    Row(
        "broken-event-once",
        "one event is no JSON and a piece is lost, once",
        first(broken_once(), stage="answer"),
        extra=1,
    ),
    Row(
        "invalid-utf-8-once",
        "half a syllable in the bytes, once",
        first(unreadable_once(), stage="answer"),
        extra=None,
        text=re.compile("^3시에 (디|\ufffd)?자인 리뷰를 잡았습니다.$"),
    ),
    Row(
        "huge-event",
        "2 MB of text in one event",
        first(stream(HUGE, event(chunk({}, "stop"))), stage="answer"),
        text=LONG,
        rewrites=9,
    ),
]
