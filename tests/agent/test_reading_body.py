"""Bytes of a body as JSON objects: event streams, whole bodies, pages, in any pieces."""

from typing import Any

import pytest

from agent.model.reading.body import Body
from agent.model.reading.faults import Cut, NotAModel, ReplyFault
from agent.model.reading.lines import Lines

Read = tuple[list[dict[str, Any] | None], bool, str]


def read(body: bytes, size: int, content_type: str = "text/event-stream") -> Read:
    """Objects, whether the end was announced, and the kind of fault."""
    reader, found = Body(content_type), []
    try:
        for at in range(0, len(body), size):
            found += reader.feed(body[at : at + size])
        found += reader.finish()
    except ReplyFault as fault:
        return found, reader.done, type(fault).__name__
    return found, reader.done, ""


@pytest.mark.parametrize(
    ("body", "objects", "done"),
    [
        (b'data: {"a": 1}\n\ndata: [DONE]\n\n', [{"a": 1}], True),
        (b'data:{"a": 1}\r\n\r\ndata:[DONE]\r\n\r\n', [{"a": 1}], True),
        (b'data: {"a": 1}\r\rdata: "[DONE]"\r\r', [{"a": 1}], True),
        (b'data: {"a": 1}\ndata: {"a": 2}\ndata: [DONE]', [{"a": 1}, {"a": 2}], True),
        (b'data: {"a":\ndata: 1}\n\n', [{"a": 1}], False),
        (b'data: {"a":\ndata: {"a": 2}\n\n', [None, {"a": 2}], False),
        (b'data: {"a": 1}', [{"a": 1}], False),
        (b": ping\n\nid: 1\nretry: 2\nevent: message\ndata:\n\ndata: ping\n\n", [], False),
        (b'data: [DONE]\n\ndata: {"a": 1}\n\n', [], True),
        (b'data: {"a": "\xff"}\n\n', [{"a": "\ufffd"}], False),
        (b'data: {"a": "\t"}\n\n', [{"a": "\t"}], False),
        (b'data: {"a"\n\n', [None], False),
        (b'event: error\ndata: {"message": "x"}\n\n', [{"error": {"message": "x"}}], False),
        (b'event: error\ndata: {"error": "x"}\n\n', [{"error": "x"}], False),
        (b"event: error\ndata: x\n\n", [{"error": "x"}], False),
        (b'event: error\n\ndata: {"a": 1}\n\n', [{"a": 1}], False),
        (b'error: {"code": 500}\n\n', [{"error": {"code": 500}}], False),
        (b': ping\n\n{"error": "x"}\n', [{"error": "x"}], False),
        (b'{"a": 1}\n{"b": 2}\n', [{"a": 1}, {"b": 2}], False),
        (b'\xef\xbb\xbf\n {"a":\n 1}\n', [{"a": 1}], False),
        (b'[{"error": "x"}, 1]', [{"error": "x"}], False),
        (b'{"a": 1}{"b": 2} {"c', [{"a": 1}, {"b": 2}], False),
        (b"", [], False),
    ],
)
def test_a_body_gives_the_same_objects_in_any_pieces(
    body: bytes, objects: list[dict[str, Any] | None], done: bool
) -> None:
    for size in (1, 2, 3, 7, len(body) + 1):
        assert read(body, size) == (objects, done, "")


def test_json_that_ends_in_the_middle_is_cut() -> None:
    assert read(b'{"choices": [{"mess', 4)[2] == Cut.__name__


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (b"<html><head><title>502 Bad\n Gateway</title></head>", "502 Bad Gateway"),
        (b"<html><style>p {}</style><h1>Not &amp; Found</h1>", "Not & Found"),
        (b"<p>Sign in</p><script>x()</script>", "Sign in"),
        (b"\n<html>" + b"x" * 100_000, "xxx"),
    ],
)
def test_a_page_is_told_by_its_title(page: bytes, said: str) -> None:
    with pytest.raises(NotAModel, match=said):
        [*(reader := Body("text/html")).feed(page), *reader.finish()]


def test_an_event_stream_may_be_called_a_page() -> None:
    assert read(b'data: {"a": 1}\n\n', 3, "text/html; charset=utf-8")[0] == [{"a": 1}]


def test_a_line_of_text_is_kept_to_say_what_the_server_said() -> None:
    body = Body("text/plain")

    assert [*body.feed(b"upstream connect "), *body.feed(b"error\n"), *body.finish()] == []
    assert body.stray == "upstream connect error"


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_lines_end_by_cr_lf_or_both(size: int) -> None:
    lines, data = Lines(), b"a\r\nb\rc\n\r\n\n\rd\re"

    found = [line for at in range(0, len(data), size) for line in lines.feed(data[at : at + size])]

    assert [*found, lines.rest()] == [b"a", b"b", b"c", b"", b"", b"", b"d", b"e"]


@pytest.mark.parametrize(
    "body",
    [
        b"x" * 3_000_000,
        b"data: {" + b"a" * 3_000_000,
        b"{" * 3_000_000,
        b'data: {"a": ' + b"[" * 3_000_000 + b"\n\n",
        b": ping\n\n" * 100_000,
        b"data: x\n" * 100_000,
        b"\r" * 3_000_000,
        b"<p>" * 1_000_000,
    ],
    ids=["a line", "an event", "an object", "brackets", "comments", "one event", "line ends", "a page"],
)
def test_a_body_without_end_costs_no_more_than_its_length(body: bytes) -> None:
    objects, done, fault = read(body, 10_000)

    assert [one for one in objects if one] == []
    assert not done
    assert fault in ("", Cut.__name__, NotAModel.__name__)
