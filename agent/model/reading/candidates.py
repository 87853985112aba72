"""Whether a text that has begun may still become a call: what cannot is shown at once."""

import re
from collections.abc import Callable

from agent.model.reading.names import Names
from agent.model.reading.shapes import ARGUMENT_KEYS, NAME_KEYS, WRAPPING_KEYS

Verdict = Callable[[str], bool | None]
"""True: hold it to its end; False: it is no call; None: too early to say."""

_KEYS = (*NAME_KEYS, *ARGUMENT_KEYS, *WRAPPING_KEYS, "id", "type", "index")
_FIRST_KEY = re.compile(r"[\[\s]*\{\s*(?:[\"'](\w*)([\"'])?|(\w*)(\s*:)?)")
_FIRST_NAME = re.compile(rf"[\[\s]*\{{\s*[\"']?(?:{'|'.join(NAME_KEYS)})[\"']?\s*:\s*[\"']([^\"']*)([\"'])?")
_PYTHON = re.compile(r"\[?\s*(?:print\()?([\w.:]*)\s*(\()?")
_NAMED = re.compile(r"[\w.:/\-]*[ \t]*(?:([({<\[\n])|$)", re.ASCII)
_TAGS = ("<tool_call", "<|tool_call", "<function", "<invoke")
_ACTION = re.compile(r"[ \t]*([^\n]*)(\n)?")
DECISIVE = 200
"""Characters after which what is still undecided is no call."""


def tagged(body: str) -> bool | None:
    """Behind a tag anything that looks like a call is one, whatever the name."""
    begun = body.lstrip()
    if not begun:
        return None
    if begun[0] in "{[<`":
        return True
    named = _NAMED.match(begun)
    if not named:
        return False
    return True if named[1] else None


def bare(names: Names) -> Verdict:
    """Without a tag a call must name an offered tool: JSON, or Python in brackets."""

    def verdict(body: str) -> bool | None:
        begun = body.lstrip()
        inner = begun.lstrip("[ \t\r\n")
        if not inner:
            return None
        if inner[0] == "{":
            return _json(begun, names)
        return _python(begun, names) if begun[0] == "[" else False

    return verdict


def fenced(names: Names) -> Verdict:
    """In a block of code also a tag or a plain Python call may stand."""
    plain = bare(names)

    def verdict(body: str) -> bool | None:
        begun = body.lstrip()
        if begun[:1] == "<":
            return _tag(begun.lower())
        if not begun.strip("`"):
            # Perhaps the end of an empty block.
            return None
        return _python(begun, names) if begun[:1].isalpha() else plain(body)

    return verdict


def _tag(begun: str) -> bool | None:
    if begun.startswith(_TAGS):
        return True
    return None if any(tag.startswith(begun) for tag in _TAGS) else False


def action(names: Names) -> Verdict:
    """`Action: name` on a line of its own."""

    def verdict(body: str) -> bool | None:
        found = _ACTION.match(body)
        name = found[1].strip() if found else ""
        if found and found[2]:
            return names.meant(name) is not None
        return None if not name or names.may_become(name) else False

    return verdict


def _json(begun: str, names: Names) -> bool | None:
    key = _FIRST_KEY.match(begun)
    if not key:
        return None
    word, whole = (key[1], key[2]) if key[1] is not None else (key[3], key[4])
    if not whole:
        return None if any(one.startswith(word or "") for one in _KEYS) else False
    if word not in _KEYS:
        return False
    if word not in NAME_KEYS:
        return True
    name = _FIRST_NAME.match(begun)
    if not name:
        # `"function": {"name": …}` is settled at the end.
        return True if "{" in begun[key.end() :] else None
    return names.meant(name[1]) is not None if name[2] else None if names.may_become(name[1]) else False


def _python(begun: str, names: Names) -> bool | None:
    found = _PYTHON.match(begun)
    name = found[1] if found else ""
    if found and found[2]:
        return names.meant(name) is not None
    rest = begun[found.end() :] if found else begun
    return None if not rest and (not name or "print".startswith(name) or names.may_become(name)) else False
