"""Reader of HTML pages."""

import re
from typing import TYPE_CHECKING

from mcp_servers.search.extract import Extract, Part, Places
from mcp_servers.search.plain import decode

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_CHARSET = re.compile(rb"<meta[^>]+charset=[\"']?\s*([\w-]+)", re.IGNORECASE)
_KOREAN_CHARSETS = {b"euc-kr", b"ks_c_5601-1987", b"cp949"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_BLOCKS = (
    _HEADINGS
    | {"p", "li", "tr", "pre", "blockquote", "dt", "dd", "figcaption", "caption"}
    | {"div", "section", "article", "main", "aside", "header", "footer", "nav", "body"}
)
_CELLS = {"td", "th"}


def read_html(data: bytes) -> Extract:
    """The visible text by blocks, with the page's title."""
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(_decode(data))
    title = tree.css_first("title")
    name = " ".join(title.text().split()) if title else ""
    for dropped in tree.css("script, style, noscript, template, head"):
        dropped.decompose()
    places = Places()
    parts: list[Part] = []
    for tag, text in _blocks(tree.body):
        parts.append(places.heading(text) if tag in _HEADINGS else places.paragraph(text))
    return Extract(parts, name)


def _blocks(body: "LexborNode | None") -> list[tuple[str, str]]:
    """Tag and text of every block that has text of its own, in order."""
    found: list[tuple[str, list[str]]] = []
    last = None
    for node in body.traverse(include_text=True) if body else ():
        if node.tag in _CELLS and found:
            found[-1][1].append(" ")
        if node.tag != "-text":
            continue
        owner = node.parent
        while owner and owner.tag not in _BLOCKS:
            owner = owner.parent
        identity = owner and owner.mem_id
        if identity != last or not found:
            found.append(((owner and owner.tag) or "body", []))
            last = identity
        found[-1][1].append(node.text())
    texts = ((tag, " ".join("".join(pieces).split())) for tag, pieces in found)
    return [(tag, text) for tag, text in texts if text]


def _decode(data: bytes) -> str:
    declared = _CHARSET.search(data[:2048])
    if declared and declared[1].lower() in _KOREAN_CHARSETS:
        # The codecs of those names lack the syllables that CP949 adds and pages use all the same.
        return data.decode("cp949", errors="replace")
    return decode(data)
