"""The small blocks of a conversation that need no life of their own."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from agent.events import Failure, PlanStep

_STEP_MARKS = {"done": ("✓", "$text-success"), "in_progress": ("▸", "$text-accent"), "pending": ("-", "$secondary")}


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
