"""What chat templates leave at the two ends of an answer: tokens of their own, the name of the role, white space."""

import re

_WORDS = ("<s>", "</s>", "<eos>", "<bos>", "<pad>", "<start_of_turn>", "<end_of_turn>", "[eos]", "[bos]")
_TOKEN = re.compile(
    r"<[|｜][^<>|｜\s]{1,40}[|｜]>|\[\|[a-z_]{1,20}\|\]|" + "|".join(map(re.escape, _WORDS)), re.IGNORECASE
)
_BEGUN_TOKEN = re.compile(r"<(?:[|｜][^<>|｜\s]{0,40}[|｜]?)?|\[(?:\|[a-z_]{0,20}\|?)?", re.IGNORECASE)
_BEGUN_WORDS = {word[:length] for word in _WORDS for length in range(1, len(word))}
_LONGEST = 44
_MOST = 400
"""Characters that are held back at most: no template leaves more."""
_ROLE = "assistant"
_ROLE_HEAD = re.compile(_ROLE)
_ROLE_LINE = re.compile(f"{_ROLE}\n")


class Edges:
    """Passes the text on, holding back what would be trimmed if the answer began or ended with it."""

    def __init__(self) -> None:
        self._held = ""
        self._begun = False
        self._cut = False
        self._just_cut = False

    def feed(self, text: str) -> str:
        if not self._begun:
            return self._begin(self._held + text)
        if self._just_cut:
            # The lines round the machinery were its own.
            text = text.lstrip("\n") if self._held.endswith("\n") else text
            self._just_cut = not text
        return self._out(self._held + text if self._held else text)

    def cut_out(self) -> None:
        """Something that is no text stood here: white space at either end next to it means nothing."""
        self._cut = self._just_cut = True

    def finish(self) -> str:
        """The rest of the text, without what is trimmed."""
        held, self._held = self._held, ""
        bare = _TOKEN.sub("", held if self._begun else _without_head(held))
        return bare.rstrip() if self._cut or _TOKEN.search(held) else bare

    def _begin(self, text: str) -> str:
        rest = _without_head(text[:_MOST]) + text[_MOST:]
        cut = len(rest) < len(text.lstrip())
        begun, role = rest.lstrip(), _ROLE if cut else f"{_ROLE}\n"
        if len(text) < _MOST and (role.startswith(begun) or _token_begins(begun)):
            self._held = text
            return ""
        self._begun, self._held, self._just_cut = True, "", False
        return self._out(rest if cut else _first_lines_cut(text) if self._cut else text)

    def _out(self, text: str) -> str:
        end = _settled(text)
        self._held = text[end:]
        return text[:end]


def trimmed(text: str) -> str:
    """A whole text as `Edges` would pass it on."""
    edges = Edges()
    edges.cut_out()
    return edges.feed(text) + edges.finish()


def _without_head(text: str) -> str:
    """Without the tokens and the role before the first word; white space alone is the answer's own."""
    rest = text.lstrip()
    cut = False
    while head := _TOKEN.match(rest) or (_ROLE_HEAD if cut else _ROLE_LINE).match(rest):
        rest, cut = rest[head.end() :].lstrip(), True
    return rest if cut else text


def _first_lines_cut(text: str) -> str:
    """Empty first lines go, the indentation of the first line with text stays."""
    blank = text[: len(text) - len(text.lstrip())]
    return text[blank.rfind("\n") + 1 :]


def _token_begins(text: str) -> bool:
    return bool(_BEGUN_TOKEN.fullmatch(text)) or text.lower() in _BEGUN_WORDS


def _settled(text: str) -> int:
    """How many characters at the beginning cannot be trimmed any more, whatever comes."""
    if not text[-1:].isspace() and "<" not in text[-_LONGEST:] and "[" not in text[-_LONGEST:]:
        return len(text)
    end = _before_begun(text)
    while end > len(text) - _MOST:
        end = len(text[:end].rstrip())
        first = max(end - _LONGEST, 0)
        start = max(text.rfind("<", first, end), text.rfind("[", first, end))
        if start < 0 or not _TOKEN.fullmatch(text, start, end):
            return end
        end = start
    return end


def _before_begun(text: str) -> int:
    start = max(text.rfind("<", -_LONGEST), text.rfind("[", -_LONGEST))
    return start if start >= 0 and _token_begins(text[start:]) else len(text)
