"""What the user has sent and the session has not taken yet."""

from collections import deque

from textual.widgets import Static

from agent.contract import RequestOptions


class Outbox(Static):
    def __init__(self) -> None:
        super().__init__(id="outbox", markup=False)
        self._texts: deque[tuple[str, RequestOptions]] = deque()

    @property
    def waiting(self) -> bool:
        return bool(self._texts)

    def put(self, text: str, options: RequestOptions) -> None:
        self._texts.append((text, options))
        self._show()

    def take(self) -> tuple[str, RequestOptions]:
        """The oldest."""
        found = self._texts.popleft()
        self._show()
        return found

    def take_all(self) -> list[str]:
        texts = [text for text, _ in self._texts]
        self._texts.clear()
        self._show()
        return texts

    def _show(self) -> None:
        self.update("\n".join(f"다음에 보냄: {text}" for text, _ in self._texts))
        self.set_class(self.waiting, "-waiting")
