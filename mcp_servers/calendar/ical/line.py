"""Content lines (RFC 5545 section 3.1): read without losing how they were written, and written folded."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

_NAME = re.compile(r"[A-Za-z0-9-]+(?=[;:])")
_FOLD = re.compile(r"\n[ \t]")
_PARAMETER = re.compile(r';([A-Za-z0-9-]+)=((?:"[^"]*"|[^";:])*)')
_ESCAPED = re.compile(r"\\([\\;,nN])")
_ESCAPES = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}
_TO_ESCAPE = re.compile(r"[\\;,\n]")
_CARET = {"^n": "\n", "^'": '"', "^^": "^"}
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_FOLD_OCTETS = 75


@dataclass(frozen=True, slots=True)
class Line:
    """A property as it was written: its folds stay in `raw`, which ends its lines in LF."""

    raw: str
    name: str = field(init=False, repr=False, compare=False)
    """Upper case; empty when this is no content line."""

    def __post_init__(self) -> None:
        found = _NAME.match(self.raw) or _NAME.match(_unfolded(self.raw))
        object.__setattr__(self, "name", found[0].upper() if found else "")

    @property
    def parameters(self) -> Mapping[str, str]:
        """Values as they were written, names in upper case; of one written twice the first."""
        return _split(self.raw)[0]

    def parameter(self, name: str) -> str:
        """The value of a parameter without quotes and RFC 6868 carets; empty when it is not there."""
        return _unquoted(self.parameters.get(name, ""))

    @property
    def value(self) -> str:
        """The value as it was written, without folds."""
        return _split(self.raw)[1]

    @property
    def text(self) -> str:
        """The value as TEXT (section 3.3.11)."""
        return unescaped(self.value)


def _unfolded(raw: str) -> str:
    return _FOLD.sub("", raw) if "\n" in raw else raw


@lru_cache(maxsize=128)
def _split(raw: str) -> tuple[dict[str, str], str]:
    """Parameters and value of a content line."""
    plain = _unfolded(raw)
    found = _NAME.match(plain)
    at = found.end() if found else 0
    parameters: dict[str, str] = {}
    while found := _PARAMETER.match(plain, at):
        parameters.setdefault(found[1].upper(), found[2])
        at = found.end()
    if plain[at : at + 1] != ":":
        # A quote that nobody closed: the value begins at the first colon.
        at = plain.find(":", at)
    return parameters, plain[at + 1 :] if at >= 0 else ""


def line(name: str, value: str, parameters: Mapping[str, str] | None = None) -> Line:
    """A line to write. `value` is escaped already, values of `parameters` are quoted where they must be."""
    given = "".join(f";{key}={quoted(text)}" for key, text in (parameters or {}).items() if text)
    return Line(folded(f"{name}{given}:{value}"))


def rewritten(old: Line, value: str, changes: Mapping[str, str]) -> Line:
    """`old` with another value and some parameters changed (an empty text removes one), the rest as it was written."""
    parameters = dict(old.parameters) | {name: quoted(text) for name, text in changes.items()}
    return Line(
        folded("".join([old.name, *(f";{name}={text}" for name, text in parameters.items() if text), ":", value]))
    )


def quoted(text: str) -> str:
    """A parameter value by section 3.2 and RFC 6868."""
    text = plain_text(text).replace("^", "^^").replace('"', "^'").replace("\n", "^n")
    return f'"{text}"' if re.search(r"[:;,]|^\s|\s$", text) else text


def _unquoted(text: str) -> str:
    text = text.replace('"', "")
    return re.sub(r"\^[n'^]", lambda found: _CARET[found[0]], text) if "^" in text else text


def escaped(text: str) -> str:
    """TEXT as it is written in a value."""
    return _TO_ESCAPE.sub(lambda found: _ESCAPES[found[0]], plain_text(text))


def unescaped(value: str) -> str:
    if "\\" not in value:
        return value
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


def listed(value: str) -> list[str]:
    """The texts of a list value, whose commas are not escaped."""
    return [unescaped(part) for part in re.split(r"(?<!\\),", value)]


def plain_text(text: str) -> str:
    """Without what RFC 5545 forbids: control characters, and line ends other than LF."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def folded(plain: str) -> str:
    """At most 75 octets a line, cut between characters."""
    if len(plain) * 3 <= _FOLD_OCTETS or len(plain.encode()) <= _FOLD_OCTETS:
        return plain
    lines, start, size = [], 0, 0
    for at, character in enumerate(plain):
        octets = len(character.encode())
        if size + octets > _FOLD_OCTETS:
            lines.append(plain[start:at])
            # The blank that a continuation begins with counts.
            start, size = at, 1
        size += octets
    return "\n ".join([*lines, plain[start:]])
