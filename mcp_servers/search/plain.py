"""Readers of plain text and Markdown."""

import codecs
import re

from mcp_servers.search.extract import Extract, Part, Places, Unreadable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HEADING = re.compile(r"#{1,6}\s+(.+?)\s*#*")


def decode(data: bytes) -> str:
    """Text by its byte order mark, else UTF-8, else CP949 (which holds every EUC-KR text).

    Raises:
        Unreadable: none of them fits.
    """
    encodings = [encoding for mark, encoding in _MARKS if data.startswith(mark)] or ["utf-8", "cp949"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text.replace("\r\n", "\n").replace("\r", "\n")
    raise Unreadable("글자로 읽을 수 없는 파일입니다 (UTF-8, UTF-16, CP949가 아님)")


def read_text(data: bytes) -> Extract:
    places = Places()
    return Extract([places.paragraph(block) for block in re.split(r"\n\s*\n", decode(data)) if block.strip()])


def read_markdown(data: bytes) -> Extract:
    places, parts, title, fenced = Places(), list[Part](), "", False
    paragraph: list[str] = []

    def flush() -> None:
        if text := "\n".join(paragraph).strip():
            parts.append(places.paragraph(text))
        paragraph.clear()

    for line in decode(data).split("\n"):
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        if not fenced and (found := _HEADING.fullmatch(line.strip())):
            flush()
            parts.append(places.heading(found[1]))
            title = title or found[1]
        elif line.strip() or fenced:
            paragraph.append(line)
        else:
            flush()
    flush()
    return Extract(parts, title)
