"""A scrolling column of blocks that follows its end and lets go of its oldest part."""

from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Markdown
from textual.widgets.markdown import MarkdownStream

from tui.widgets.fold import Fold
from tui.widgets.lines import Line
from tui.widgets.markdown import Answer

MOST_BLOCKS = 200
"""More than this are not kept mounted: a long session must stay quick."""
_DROPPED_AT_ONCE = 40
_WRITE_EVERY = 0.06
"""Seconds of an answer that are drawn together: a layout for every token would keep a core busy."""
_OLDER = "앞의 대화는 화면에서 줄였습니다. 기록에는 그대로 있습니다."


class Blocks(VerticalScroll, can_focus=False):
    """Never takes the focus: that stays in the composer."""

    def __init__(self) -> None:
        super().__init__()
        self._unfolded: set[type[Fold]] = set()
        self._writing: MarkdownStream | None = None
        self._unwritten = ""

    def watch_virtual_size(self) -> None:
        self.call_after_refresh(self._follow_end)

    @property
    def last_answer(self) -> str:
        """The Markdown of the last answer."""
        answers = self.query(Answer)
        return answers.last().source if answers else ""

    async def add(self, block: Widget) -> None:
        """Put a block at the end; the one that was being written is complete."""
        await self.close()
        if isinstance(block, Fold):
            block.opened = type(block) in self._unfolded
        await self.mount(block)
        if len(self.children) > MOST_BLOCKS:
            await self.remove_children(self.children[:_DROPPED_AT_ONCE])
            await self.mark_shortened()

    async def add_aside(self, block: Widget) -> None:
        """Put a block at the end, without breaking into an answer that is being written."""
        if self._writing is None:
            await self.add(block)
        else:
            await self.mount(block, before=self.children[-1])

    async def mark_shortened(self) -> None:
        """Say at the top that there was more."""
        await self.mount(Line(_OLDER, "older"), before=0 if self.children else None)

    async def write(self, text: str) -> None:
        """Add to the answer at the end, or begin one."""
        if self._writing is None:
            if not text.strip():
                return
            answer = Answer()
            await self.add(answer)
            self._writing = Markdown.get_stream(answer)
        if not self._unwritten:
            self.set_timer(_WRITE_EVERY, self._flush)
        self._unwritten += text

    async def close(self) -> None:
        """Complete the answer that is being written."""
        await self._flush()
        writing, self._writing = self._writing, None
        if writing is not None:
            await writing.stop()

    def toggle(self, kind: type[Fold]) -> None:
        """Open or close all folds of a kind, and those that will come."""
        self._unfolded ^= {kind}
        for fold in self.query(kind):
            fold.opened = kind in self._unfolded

    async def _flush(self) -> None:
        text, self._unwritten = self._unwritten, ""
        if self._writing is not None:
            await self._writing.write(text)

    def _follow_end(self) -> None:
        """Stay at the end while there is more than fits; anchored short content would hang from the bottom."""
        overflows = self.max_scroll_y > 0
        if overflows != self.is_anchored:
            self.anchor(overflows)
            if not overflows:
                self.scroll_home(animate=False, immediate=True)
