"""The calls in a piece of text that is marked as holding some, whatever notation it is in."""

import re
from dataclasses import replace
from typing import NamedTuple

from agent.model.reading import markup, pythonic, shapes
from agent.model.reading.raw import Raw
from agent.model.reading.repair import mended
from agent.model.reading.values import leading

_FENCE = re.compile(r"`{3,}[ \t]*\w*[ \t]*\n?(.*?)(?:\n?[ \t]*`{3,}[ \t]*|\Z)", re.DOTALL)
_BOUNDARY = re.compile(r"<[|｜]tool[▁_]calls?[▁_](?:section[▁_])?(?:begin|end)[|｜]>|\[/?TOOL_CALLS\]", re.IGNORECASE)
_TAG = re.compile(r"<[/|]{0,2}(?:tool|function)_calls?\|?>", re.IGNORECASE)
_SEPARATOR = re.compile(r"<[|｜]tool[▁_]sep[|｜]>|<\|tool_call_argument_begin\|>|\[ARGS\]", re.IGNORECASE)
_CALL_ID = re.compile(r"\[CALL_ID\]\w*", re.IGNORECASE)
_NAMED = re.compile(r"([\w.:/\-]+)[ \t]*\n?\s*(\{.*)", re.DOTALL)
_NAME = re.compile(r"[\"'](?:name|tool|tool_name|function)[\"']\s*:\s*[\"']([^\"'\\]{1,100})[\"']")
_CLOSERS = "]}) \t\r\n;,"


class Written(NamedTuple):
    calls: list[Raw]
    rest: str = ""
    """What follows the last call."""


def calls_in(body: str) -> Written:
    """The calls; a call that cannot be read is there with what was written in place of its arguments."""
    text = body.strip()
    if fenced := _FENCE.fullmatch(text):
        text = fenced[1].strip()
    if _TAG.match(text):
        return Written([call for part in _TAG.split(text) if part.strip() for call in calls_in(part).calls])
    if _BOUNDARY.search(text) or _SEPARATOR.search(text):
        return _bounded(text)
    if calls := markup.calls_of(text) or pythonic.calls_of(text):
        return Written(calls)
    return _json(text) if text.startswith(("{", "[")) else _named(text)


def _json(text: str) -> Written:
    values, rest = leading(text)
    calls, rest = shapes.calls_of(values), rest.lstrip(_CLOSERS if values else "")
    if values and not rest.startswith(("{", "[")):
        return Written(calls or [_unreadable(text)], rest)
    # A broken call that names no arguments may have been cut before them.
    more = [replace(call, repaired=True) for call in shapes.calls_of(mended(rest)) if call.said_arguments]
    return Written([*calls, *(more or [_unreadable(rest)])])


def _named(text: str) -> Written:
    named = _NAMED.fullmatch(text)
    values, rest = leading(named[2]) if named else ([], "")
    if named and values and isinstance(values[0], dict):
        return Written([Raw(named[1], values[0])], rest)
    return Written([Raw(named[1], named[2])] if named else [])


def _unreadable(text: str) -> Raw:
    name = _NAME.search(text)
    return Raw(name[1] if name else "", text, unreadable=True)


def _bounded(text: str) -> Written:
    parts = (part.strip() for part in _BOUNDARY.split(text))
    calls = [call for part in parts if part for call in (_separated(part) or calls_in(part).calls)]
    return Written(calls)


def _separated(part: str) -> list[Raw]:
    separator = _SEPARATOR.search(part)
    if not separator:
        return []
    name, arguments = part[: separator.start()].strip(), part[separator.end() :].strip()
    if name == "function" and not arguments.startswith("{"):
        # DeepSeek V3 writes the kind of the tool, then its name on a line, then the arguments in a fence.
        name, _, arguments = arguments.partition("\n")
    fenced = _FENCE.fullmatch(arguments.strip())
    return [Raw(_CALL_ID.sub("", name).strip(), fenced[1] if fenced else arguments)]
