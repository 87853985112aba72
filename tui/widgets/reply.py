"""The reply that is coming in: its reasoning and its text, which are void if it breaks off and comes again."""

from textual.widget import Widget

from tui.widgets.blocks import Blocks
from tui.widgets.lines import Line
from tui.widgets.markdown import Answer
from tui.widgets.reasoning import Reasoning

_AGAIN = "연결이 끊겨 다시 받는 중"
_CAME_AGAIN = "연결이 끊겨 다시 받은 답"


class ReplyBlocks(Blocks):
    def __init__(self) -> None:
        super().__init__()
        self.begin_replies()

    def begin_replies(self) -> None:
        """A turn begins."""
        self._said: list[str] = []
        self._again: Line | None = None
        self.begin_reply()

    def begin_reply(self) -> None:
        """What has come stands."""
        if self._again is not None:
            self._again.update(_CAME_AGAIN)
        self._again = None
        self._said_before = len(self._said)
        self._reply: list[Widget] = []
        self._reasoning: Reasoning | None = None

    @property
    def said(self) -> str:
        """The text of the turn."""
        return "".join(self._said)

    async def add(self, block: Widget) -> None:
        await super().add(block)
        if isinstance(block, Answer | Reasoning):
            self._reply.append(block)

    async def answer(self, text: str) -> None:
        """Add to the text of the reply."""
        self._said.append(text)
        self.end_reasoning()
        await self.write(text)

    async def think(self, text: str) -> None:
        """Add to the reasoning of the reply."""
        if self._reasoning is None:
            reasoning = Reasoning()
            await self.add(reasoning)
            self._reasoning = reasoning
        self._reasoning.write(text)

    def end_reasoning(self) -> None:
        """More reasoning would be another thought."""
        self._reasoning = None

    async def restart_reply(self) -> None:
        """Take the reply back, as far as it is there."""
        await self.close()
        void = [*self._reply, *([self._again] if self._again else ())]
        await self.remove_children([block for block in void if block.is_attached])
        del self._said[self._said_before :]
        self._again = None
        self.begin_reply()
        self._again = Line(_AGAIN, "again")
        await self.add(self._again)
