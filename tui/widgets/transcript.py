"""The conversation as it grows, one event at a time."""

from collections.abc import Sequence
from typing import assert_never

from agent.events import (
    ApprovalAsked,
    Compacted,
    Event,
    Failure,
    Notice,
    PlanChanged,
    QuestionAsked,
    ReasoningDelta,
    Reminder,
    ReplyRestarted,
    TextDelta,
    ToolCallApproved,
    ToolCallFinished,
    ToolCallProgress,
    ToolCallProposed,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
    Usage,
)
from tui.widgets.blocks import MOST_BLOCKS
from tui.widgets.lines import ENDINGS, ErrorBlock, Line, Plan
from tui.widgets.markdown import Answer
from tui.widgets.reply import ReplyBlocks
from tui.widgets.tool_card import CallEvent, ToolCard
from tui.widgets.welcome import Welcome


class Transcript(ReplyBlocks):
    """Draws events; the `match` in `apply` is the only place where the screen learns of one."""

    def __init__(self) -> None:
        super().__init__()
        self._begin()

    def _begin(self) -> None:
        self.begin_replies()
        self._cards: dict[str, ToolCard] = {}
        self._plan: Plan | None = None

    async def draw(self, events: Sequence[Event]) -> None:
        """Show a session from its start, or as much of its end as is kept mounted."""
        await self.close()
        await self.remove_children()
        self._begin()
        shown = _recent_turns(events)
        if shown and isinstance(first := shown[0], TurnStarted) and first.turn > 1:
            await self.mark_shortened()
        if not events:
            await self.mount(Welcome())
        with self.app.batch_update():
            for event in shown:
                await self.apply(event)
        self.scroll_end(animate=False)

    async def apply(self, event: Event) -> None:
        """Draw one event."""
        match event:
            case TurnStarted(text=text):
                await self._begin_turn(text)
            case TextDelta(text=text):
                await self.answer(text)
            case ReasoningDelta(text=text):
                await self.think(text)
            case ReplyRestarted():
                await self.restart_reply()
            case ToolCallProposed() | ApprovalAsked() | QuestionAsked():
                await self._propose(event)
            case ToolCallApproved() | ToolCallStarted() | ToolCallProgress() | ToolCallFinished():
                self._call(event)
            case PlanChanged() | Compacted() | Notice() | Failure():
                await self._say(event)
            case TurnFinished():
                await self._end_turn(event)
            case Usage() | Reminder():
                pass
            case _:
                assert_never(event)

    async def _begin_turn(self, text: str) -> None:
        self._begin()
        await self.query(Welcome).remove()
        await self.add(Line(text, "user"))
        self.scroll_end(animate=False)

    def _call(self, event: CallEvent) -> None:
        if card := self._cards.get(event.call_id):
            card.apply(event)
        if isinstance(event, ToolCallFinished):
            self.begin_reply()

    async def _propose(self, event: ToolCallProposed | ApprovalAsked | QuestionAsked) -> None:
        self.end_reasoning()
        match event:
            case ToolCallProposed(call_id=call_id):
                self._cards[call_id] = ToolCard(event)
                await self.add(self._cards[call_id])
            case ApprovalAsked(calls=calls):
                for call in calls:
                    if card := self._cards.get(call.call_id):
                        card.wait()
            case QuestionAsked(call_id=call_id, question=question):
                if card := self._cards.get(call_id):
                    card.wait()
                else:
                    await self.add(Line(f"물음: {question}", "question"))

    async def _say(self, event: PlanChanged | Compacted | Notice | Failure) -> None:
        match event:
            case PlanChanged(steps=steps):
                if self._plan is None:
                    self._plan = Plan()
                    await self.add(self._plan)
                self._plan.show(steps)
            case Compacted(turns=turns):
                await self.add(Line(f"앞의 대화 {turns}개를 요약으로 줄였습니다.", "divider"))
            case Notice(text=text):
                await self.add(Line(text, "notice"))
            case Failure():
                await self.add(ErrorBlock(event))

    async def _end_turn(self, event: TurnFinished) -> None:
        if _squeezed(event.text) not in _squeezed(self.said):
            await self.add(Answer(event.text))
        await self.close()
        self.begin_reply()
        if line := ENDINGS.get(event.stop_reason):
            await self.add(Line(line, "divider"))


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _recent_turns(events: Sequence[Event]) -> Sequence[Event]:
    """Whole turns from the end, about as many as are kept mounted."""
    start = max(len(events) - MOST_BLOCKS, 0)
    while start and not isinstance(events[start], TurnStarted):
        start -= 1
    return events[start:]
