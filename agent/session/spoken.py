"""What the user has seen of a turn's answer, so that a turn broken off keeps it."""

from agent.events import Event, ReplyRestarted, TextDelta, Usage


class Spoken:
    """`unfinished` is the reply that is not in the transcript yet; `whole` the answer so far."""

    def __init__(self) -> None:
        self._replies: list[str] = []
        self._coming: list[str] = []

    def take(self, event: Event) -> None:
        match event:
            case TextDelta(text=text):
                self._coming.append(text)
            case ReplyRestarted():
                self._coming.clear()
            case Usage():
                # The reply has been written down.
                self._replies.append(self.unfinished)
                self._coming.clear()

    @property
    def unfinished(self) -> str:
        return "".join(self._coming)

    @property
    def whole(self) -> str:
        return "\n\n".join(text for text in (*self._replies, self.unfinished) if text.strip())
