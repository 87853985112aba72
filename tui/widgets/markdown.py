"""An answer as Markdown, read the way Korean text needs it."""

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from textual.widgets import Markdown


class Answer(Markdown):
    """Streams; a link is only reported, never opened."""

    def __init__(self, markdown: str | None = None) -> None:
        super().__init__(markdown, parser_factory=korean_markdown, open_links=False)
        self.BULLETS = ["- ", "* ", "+ "]


def korean_markdown() -> MarkdownIt:
    """GitHub's Markdown, with HTML shown as text, line breaks kept, and emphasis that may end before a particle."""
    parser = MarkdownIt("gfm-like", {"html": False})
    parser.inline.ruler.at("emphasis", _emphasis)
    parser.inline.ruler2.push("keep_breaks", _keep_breaks)
    return parser


def _emphasis(state: StateInline, silent: bool) -> bool:
    """CommonMark's rule, except that Hangul outside the stars never keeps them from opening or closing.

    By that rule `**오후 3시(수)**에` stays as typed: a star after punctuation and before a letter does not close.
    """
    marker = state.src[state.pos]
    if silent or marker not in "_*":
        return False
    scanned = state.scanDelims(state.pos, marker == "*")
    before = state.src[state.pos - 1 : state.pos]
    after = state.src[state.pos + scanned.length :][:1]
    for _ in range(scanned.length):
        state.push("text", "", 0).content = marker
        state.delimiters.append(
            Delimiter(
                marker=ord(marker),
                length=scanned.length,
                token=len(state.tokens) - 1,
                end=-1,
                open=scanned.can_open or (_is_hangul(before) and after.strip() != ""),
                close=scanned.can_close or (_is_hangul(after) and before.strip() != ""),
            )
        )
    state.pos += scanned.length
    return True


def _is_hangul(character: str) -> bool:
    return "가" <= character <= "힣"


def _keep_breaks(state: StateInline) -> None:
    for token in state.tokens:
        if token.type == "softbreak":
            token.type = "hardbreak"
