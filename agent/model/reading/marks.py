"""The strings in a model's text that are machinery and not words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

Role = Literal["think", "close", "call", "stray", "header", "end", "dropped", "action", "ticks"]
"""`stray`: the end of a call that nobody has begun; `end`: of a message in harmony; `dropped`: never means anything."""

_THINKING = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<seed:think>": "</seed:think>",
    "[think]": "[/think]",
    "<|start_thinking|>": "<|end_thinking|>",
}
_TAGS = ("tool_call", "tool_calls", "function_call", "function_calls")
_CLOSED_BY: dict[str, tuple[str, ...]] = {
    "<function=": ("</function>",),
    "<invoke name=": ("</invoke>",),
    "<|python_tag|>": ("<|eom_id|>", "<|eot_id|>"),
    "[tool_calls]": ("[/tool_calls]", "</s>"),
    "<｜tool▁calls▁begin｜>": ("<｜tool▁calls▁end｜>",),
    "<｜tool▁call▁begin｜>": ("<｜tool▁call▁end｜>",),
    "<|tool_calls_section_begin|>": ("<|tool_calls_section_end|>",),
    "<|tool_call_begin|>": ("<|tool_call_end|>",),
    "<|tool_call_start|>": ("<|tool_call_end|>",),
    "<|start_action|>": ("<|end_action|>",),
}
_TAG_OPENERS = tuple(form.format(tag) for tag in _TAGS for form in ("<{}>", "<|{}|>"))
_TAG_CLOSERS = tuple(form.format(tag) for tag in _TAGS for form in ("</{}>", "<|/{}|>"))
_CALLS = {opener: (*_TAG_CLOSERS, "<|im_end|>", *_TAG_OPENERS) for opener in _TAG_OPENERS} | _CLOSED_BY
_HEADERS = ("<|channel|>", "<|start|>")
"""Harmony, the format of gpt-oss: a header up to `<|message|>` says what follows."""
_MESSAGE_ENDS = ("<|end|>", "<|return|>", "<|call|>")
HEADER_END = re.compile(r"<\|message\|>", re.IGNORECASE)
HEADER_STOPS = re.compile("|".join(map(re.escape, (*_MESSAGE_ENDS, *_HEADERS))), re.IGNORECASE)
_DROPPED = ("<|start_response|>", "<|end_response|>", "<|start_text|>", "<|end_text|>")
_LEADING = ("action:",)
"""At the beginning of a line only."""


@dataclass(frozen=True)
class Marks:
    """All marks that mean something in a reply, and how to find them."""

    roles: dict[str, Role]
    in_text: re.Pattern[str]
    in_thought: re.Pattern[str]
    in_code: re.Pattern[str]
    in_unthought_code: re.Pattern[str]
    """Before any thinking was seen, where thinking is expected: its end counts in code too."""
    starts: re.Pattern[str]
    """A character without which a text holds no mark, but for those that lead a line."""
    longest: int
    begun: frozenset[str]
    """Every proper beginning of a mark."""

    def role(self, found: str) -> Role:
        return "ticks" if found[0] == "`" else self.roles[found.lower()]

    def unsettled(self, text: str) -> int:
        """How many characters at the end of the text may be the beginning of a mark."""
        start = max(len(text) - self.longest + 1, 0)
        while found := self.starts.search(text, start):
            if text[found.start() :].lower() in self.begun:
                return len(text) - found.start()
            start = found.end()
        return 0


@cache
def marks(opens: str, closes: str, calls: bool) -> Marks:
    """`opens` and `closes`: the tags round the thinking of this model; `calls`: tools are offered."""
    thinking = _THINKING | ({opens.lower(): closes.lower()} if opens and closes else {})
    by_role: dict[Role, Iterable[str]] = {
        "header": _HEADERS,
        "end": _MESSAGE_ENDS,
        "dropped": _DROPPED,
        "stray": _TAG_CLOSERS if calls else (),
        "call": _CALLS if calls else (),
        "action": _LEADING if calls else (),
        "think": thinking,
        "close": thinking.values(),
    }
    roles = {mark: role for role, found in by_role.items() for mark in found}
    ends = [*thinking.values()]
    return Marks(
        roles=roles,
        in_text=_finding([*roles], "`+"),
        in_thought=_finding([*thinking, *ends, *_HEADERS, *_MESSAGE_ENDS], ""),
        in_code=_finding([], r"`+|\n"),
        in_unthought_code=_finding(ends, r"`+|\n"),
        starts=re.compile("[`" + "".join(re.escape(mark[0]) for mark in roles if mark not in _LEADING) + "]"),
        longest=max(map(len, roles)),
        begun=frozenset(mark[:length] for mark in roles if mark not in _LEADING for length in range(1, len(mark))),
    )


@cache
def closers(opener: str) -> re.Pattern[str]:
    """What ends a call that this mark has begun."""
    return _finding([*_CALLS[opener.lower()]], "")


def begins_another(mark: str) -> bool:
    """The mark that ended a call is the beginning of what follows."""
    return mark.lower() in _CALLS or mark.lower() in _HEADERS


def _finding(literals: list[str], more: str) -> re.Pattern[str]:
    found = [*map(re.escape, sorted(literals, key=len, reverse=True)), *([more] if more else [])]
    return re.compile("|".join(found), re.IGNORECASE | re.ASCII)
