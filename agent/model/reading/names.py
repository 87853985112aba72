"""The name of a tool as models write it, led back to the tool that is meant. Never by likeness."""

import re
from collections.abc import Iterable

from agent.model.reading.characters import cleaned
from agent.text import one_line

_TOKEN = re.compile(r"<[|｜][^<>]*?[|｜]>")
_PREFIX = re.compile(r"(?:functions|function|tools|tool|default_api|mcp)(?:[.:=/]|__)|tool_", re.IGNORECASE)
_WORN = ("functions.", "tools.", "default_api.")
"""Prefixes that stand before a name in code."""
_SUFFIX = re.compile(r"(?::\d{1,3}|\(\s*\))$")
_SEPARATORS = re.compile(r"[.\-/:_]+")
_AROUND = " \t\r\n\"'`*,"
_LONGEST = 200


class Names:
    """The offered tools by every way of writing their names."""

    def __init__(self, offered: Iterable[str]) -> None:
        self._offered = frozenset(offered)
        self._by_plain: dict[str, str | None] = {}
        for name in sorted(self._offered):
            plain = _plain(name)
            # Two tools that differ by separators alone are told apart by nothing.
            self._by_plain[plain] = None if plain in self._by_plain else name

    def __bool__(self) -> bool:
        return bool(self._offered)

    def __contains__(self, name: str) -> bool:
        return name in self._offered

    def meant(self, written: str) -> str | None:
        """The offered tool that is meant, if one is."""
        return next((name for form in _forms(written) if (name := self._exact(form))), None)

    def settled(self, written: str) -> str:
        """The tool that is meant, or the name as it stands, fit to be stored."""
        return self.meant(written) or one_line(cleaned(_bare(written)), _LONGEST)

    def may_become(self, begun: str) -> bool:
        """Some offered name may begin like this, as far as it is written."""
        whole = [*self._offered, *(prefix + name for prefix in _WORN for name in self._offered)]
        return any(_plain(name).startswith(_plain(begun)) for name in whole)

    def _exact(self, form: str) -> str | None:
        return form if form in self._offered else self._by_plain.get(_plain(form))


def _forms(written: str) -> Iterable[str]:
    """The name itself, then with ever more of what models put round it taken off."""
    yield written
    name = _bare(written)
    yield name
    while shorter := _SUFFIX.sub("", name):
        if shorter == name:
            break
        name = shorter
        yield name
    while prefix := _PREFIX.match(name):
        name = name[prefix.end() :]
        yield name


def _bare(written: str) -> str:
    return _TOKEN.split(_TOKEN.sub("", written, count=1) if _TOKEN.match(written) else written)[0].strip(_AROUND)


def _plain(name: str) -> str:
    return _SEPARATORS.sub("_", name).strip("_")
