"""A tool call in one line that opens to its arguments and result."""

import json
from typing import Any

from textual.content import Content

from agent.events import (
    CallStatus,
    ToolCallApproved,
    ToolCallFinished,
    ToolCallProgress,
    ToolCallProposed,
    ToolCallStarted,
)
from tui.widgets.fold import Fold

_KEY_ARGUMENTS = 2
_KEY_LENGTH = 60
_RESULT_LINES = 40
_ENDS: dict[CallStatus, tuple[str, str, str]] = {
    "done": ("✓", "$text-success", ""),
    "failed": ("✗", "$text-error", "실패"),
    "declined": ("✗", "$text-warning", "거절함"),
    "cancelled": ("-", "$secondary", "멈춤"),
    "unknown": ("?", "$text-warning", "결과를 알 수 없음"),
}


CallEvent = ToolCallApproved | ToolCallStarted | ToolCallProgress | ToolCallFinished


class ToolCard(Fold):
    def __init__(self, call: ToolCallProposed) -> None:
        super().__init__()
        self._call = call
        self._state = ("-", "$secondary", "준비")
        self._progress = ""
        self._end: ToolCallFinished | None = None

    def wait(self) -> None:
        """A person is asked."""
        self._show("?", "$text-warning", "확인을 기다림")

    def apply(self, event: CallEvent) -> None:
        """Follow the call."""
        match event:
            case ToolCallApproved():
                self._show("-", "$secondary", "준비")
            case ToolCallStarted():
                self._show("▸", "$text-accent", "실행 중")
            case ToolCallProgress(progress=done, total=total, message=message):
                self._progress = " ".join(filter(None, (f"{done / total:.0%}" if total else "", message)))
                self.redraw()
            case ToolCallFinished(status=status):
                self._end = event
                self._progress = ""
                self.set_class(status == "failed", "-failed")
                self._show(*_ENDS[status])

    def head(self) -> Content:
        mark, colour, word = self._state
        summary = " ".join(self._end.summary.split()) if self._end else ""
        return Content.assemble(
            (f"{mark} ", colour),
            (self._call.title, "bold"),
            ("  [외부]" if self._end and self._end.outside else "", "$text-warning"),
            *self._about(summary),
            (f"  {word}" if word and not summary else "", colour),
            (f" {self._progress}" if self._progress else "", "$secondary"),
        )

    def _about(self, summary: str) -> tuple[tuple[str, str], str]:
        """Which call it is and what came of it, nothing of it twice."""
        keys = key_arguments(self._call.arguments)
        if keys and keys[0] in summary:
            keys = []
        summary = summary.removeprefix(self._call.title).removeprefix(":").strip()
        return (f"  {' / '.join(keys)}" if keys else "", "$secondary"), f"  {summary}" if summary else ""

    def body(self) -> Content:
        parts: list[str | tuple[str, str]] = [(f"{self._call.server}_{self._call.tool}\n", "$secondary")]
        parts += [f"{key}: {_value(value)}\n" for key, value in self._call.arguments.items()]
        if self._end and self._end.result:
            source = "결과 (외부에서 온 글)" if self._end.outside else "결과"
            parts += [(f"{source}\n", "bold"), _first_lines(_readable(self._end.result))]
        return Content.assemble(*parts).rstrip()

    def _show(self, mark: str, colour: str, word: str) -> None:
        self._state = (mark, colour, word)
        self.redraw()


def key_arguments(arguments: dict[str, Any]) -> list[str]:
    """The words among the arguments that tell people which call this is."""
    texts = [" ".join(value.split()) for value in arguments.values() if isinstance(value, str) and value.strip()]
    return [text if len(text) <= _KEY_LENGTH else f"{text[:_KEY_LENGTH]}…" for text in texts[:_KEY_ARGUMENTS]]


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _readable(result: str) -> str:
    """JSON, which most results are, one field a line."""
    try:
        found = json.loads(result)
    except ValueError:
        return result.strip()
    return json.dumps(found, ensure_ascii=False, indent=2)


def _first_lines(text: str) -> str:
    lines = text.splitlines()
    if len(lines) <= _RESULT_LINES:
        return text
    return "\n".join([*lines[:_RESULT_LINES], f"(아래 {len(lines) - _RESULT_LINES}줄은 줄였습니다)"])
