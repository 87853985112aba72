"""The small blocks of a conversation that need no life of their own."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from agent.events import Failure, PlanStep, StopReason

_STEP_MARKS = {"done": ("✓", "$text-success"), "in_progress": ("▸", "$text-accent"), "pending": ("-", "$secondary")}

ENDINGS: dict[StopReason, str] = {
    "cancelled": "멈췄습니다.",
    "max_turns": "정해진 단계 수에 이르러 멈췄습니다. 더 하려면 '계속해 줘'라고 보내세요.",
    "needs_approval": "확인이 필요해 멈췄습니다.",
}
"""What is said at the end of a turn that did not simply end."""


class Line(Static):
    """A block of plain text; `kind` is its CSS class."""

    def __init__(self, text: str, kind: str) -> None:
        super().__init__(text, classes=kind, markup=False)


class Plan(Static):
    """The checklist of a turn."""

    def show(self, steps: tuple[PlanStep, ...]) -> None:
        lines = [Content.styled("할 일", "bold")]
        for step in steps:
            mark, colour = _STEP_MARKS[step.status]
            lines.append(Content.assemble((f"{mark} ", colour), (step.text, "dim" if step.status == "done" else "")))
        self.update(Content("\n").join(lines))


class ErrorBlock(Vertical):
    """What went wrong and what to do about it."""

    def __init__(self, failure: Failure) -> None:
        super().__init__()
        self._failure = failure

    def compose(self) -> ComposeResult:
        yield Line(f"오류: {self._failure.message}", "error-message")
        if self._failure.hint:
            yield Line(f"해결: {self._failure.hint}", "error-hint")
