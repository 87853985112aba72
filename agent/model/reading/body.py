"""The body of an answer as JSON objects, whatever the server took for a stream.

* an event stream, also under another content type
* JSON as one whole, although a stream was asked for
* one JSON object a line
* no answer of a model at all: a page of a proxy, a line of text
"""

import html
import json
import re
from collections.abc import Iterator
from typing import Any, Protocol

from agent.model.reading.events import Broken, Events, decoded
from agent.model.reading.faults import Cut, NotAModel
from agent.text import one_line

_BOM = b"\xef\xbb\xbf"
_PAGE_LIMIT = 65_536
_DECODER = json.JSONDecoder(strict=False)
_WORD = re.compile(r"\S")
_TITLE = re.compile(r"<(title|h1)[^>]*>(.*?)</\1>", re.IGNORECASE | re.DOTALL)
_HIDDEN = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)


class _Reader(Protocol):
    def feed(self, data: bytes) -> Iterator[dict[str, Any] | None]: ...

    def finish(self) -> Iterator[dict[str, Any] | None]: ...


class Body:
    """Feed it the bytes in order, then `finish`. See `Events` for what comes out.

    Raises:
        NotAModel: a page that no model has written.
        Cut: the body is JSON that ends in the middle.
    """

    def __init__(self, content_type: str) -> None:
        self._page = "html" in content_type.lower()
        self._head = b""
        self._reader: _Reader | None = None

    @property
    def done(self) -> bool:
        """The stream said that this was all."""
        return isinstance(self._reader, Events) and self._reader.done

    @property
    def whole(self) -> bool:
        """The body was one JSON value and not a stream."""
        return isinstance(self._reader, _Whole) and self._reader.single

    @property
    def stray(self) -> str:
        """The first line of a body that is text and no event stream."""
        return self._reader.stray.decode("utf-8", "replace") if isinstance(self._reader, Events) else ""

    def feed(self, data: bytes) -> Iterator[dict[str, Any] | None]:
        if self._reader:
            return self._reader.feed(data)
        self._head += data
        if _BOM.startswith(self._head):
            return iter(())
        if head := self._head.removeprefix(_BOM).lstrip():
            self._reader, self._head = self._reader_for(head[:1]), b""
            return self._reader.feed(head)
        self._head = b"\n"
        return iter(())

    def finish(self) -> Iterator[dict[str, Any] | None]:
        return self._reader.finish() if self._reader else iter(())

    def _reader_for(self, first: bytes) -> _Reader:
        # Some proxies call an event stream a page.
        if first == b"<" or (self._page and first not in b"{[:de"):
            return _Page()
        return _Whole() if first in b"{[" else Events()


class _Page:
    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> Iterator[dict[str, Any] | None]:
        self._parts.append(data)
        self._size += len(data)
        return self.finish() if self._size > _PAGE_LIMIT else iter(())

    def finish(self) -> Iterator[dict[str, Any] | None]:
        page = b"".join(self._parts)[:_PAGE_LIMIT].decode("utf-8", "replace")
        title = _TITLE.search(page)
        raise NotAModel(one_line(html.unescape(_HIDDEN.sub(" ", title[2] if title else page)), 200))


class _Whole:
    """JSON from the first byte: one value, or one a line if the first line is one."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._lines: Events | None = None
        self._first_line = True
        self._objects = 0

    @property
    def single(self) -> bool:
        return self._lines is None or self._objects == 1

    def feed(self, data: bytes) -> Iterator[dict[str, Any] | None]:
        if self._lines:
            yield from self._counted(self._lines.feed(data))
            return
        self._parts.append(data)
        if self._first_line and (b"\n" in data or b"\r" in data):
            self._first_line = False
            so_far = b"".join(self._parts)
            if _is_object(so_far.splitlines()[0]):
                self._parts, self._lines = [], Events()
                yield from self._counted(self._lines.feed(so_far))

    def finish(self) -> Iterator[dict[str, Any] | None]:
        if self._lines:
            yield from self._counted(self._lines.finish())
            return
        for value in _values(b"".join(self._parts)):
            yield from (one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict))

    def _counted(self, values: Iterator[dict[str, Any] | None]) -> Iterator[dict[str, Any] | None]:
        for value in values:
            self._objects += 1
            yield value


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(decoded(line), dict)
    except Broken:
        return False


def _values(body: bytes) -> list[Any]:
    """One value, or several without anything between them."""
    text, values, at = body.decode("utf-8", "replace").rstrip(), [], 0
    try:
        while at < len(text):
            value, end = _DECODER.raw_decode(text, at)
            values.append(value)
            at = word.start() if (word := _WORD.search(text, end)) else len(text)
    except (ValueError, RecursionError):
        if not values:
            raise Cut("the JSON body is incomplete") from None
    return values
