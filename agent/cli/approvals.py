"""What a one-shot request is asked, answered by `--yes` or on the terminal."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from agent.text import clean


class Person:
    """Who started the program."""

    def __init__(self, *, agrees: bool, present: bool) -> None:
        self.agrees = agrees
        """Said `--yes`."""
        self.present = present
        """Sits at a terminal that can ask and be answered."""

    def decide(self, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        """The decision as it crosses the wire, or None if nobody can be asked."""
        match asked:
            case {"type": "approval_asked", "calls": calls} if self.agrees:
                return _approval(calls, [call["call_id"] for call in calls])
            case _ if not self.present:
                return None
        # The writer has already shown what is asked.
        try:
            return _ask(asked)
        except EOFError:
            return None


def _ask(asked: Mapping[str, Any]) -> dict[str, Any]:
    if "calls" in asked:
        return _approval(asked["calls"], [call["call_id"] for call in asked["calls"] if _agrees(call)])
    return {"type": "answer", "text": _chosen(_line("> "), asked["options"]), "asked": [asked["call_id"]]}


def _approval(calls: Sequence[Mapping[str, Any]], approved: list[str]) -> dict[str, Any]:
    """Names the question too, so that it never answers a later one."""
    return {"type": "approval", "approved": approved, "asked": [call["call_id"] for call in calls]}


def _agrees(call: Mapping[str, Any]) -> bool:
    said = _line(f"{call['title']}: {call['reason']}\n실행할까요? (y/N) ")
    return said.casefold() in ("y", "yes", "예", "네", "응", "ㅛ")


def _chosen(text: str, options: Sequence[str]) -> str:
    return options[int(text) - 1] if text.isdecimal() and 0 < int(text) <= len(options) else text


def _line(prompt: str) -> str:
    """One line from the terminal. Raises `EOFError` on Ctrl-D."""
    sys.stderr.write(prompt)
    sys.stderr.flush()
    if not (line := sys.stdin.readline()):
        raise EOFError
    return clean(line).strip()
