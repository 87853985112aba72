"""A question to the user that somebody else may answer first."""

from typing import Generic, TypeVar

from textual.screen import ModalScreen

Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer | None], Generic[Answer]):
    """Its result is None where it was withdrawn."""

    _over = False
    _withdrawn = False

    def answer(self, answer: Answer) -> None:
        self._finish(answer)

    def withdraw(self) -> None:
        """Close without an answer, as soon as nothing covers it."""
        self._withdrawn = True
        if self.app.screen is self:
            self._finish(None)

    def on_screen_resume(self) -> None:
        if self._withdrawn:
            self._finish(None)

    def _finish(self, answer: Answer | None) -> None:
        # The user and somebody else may answer at the same moment.
        if not self._over:
            self._over = True
            self.dismiss(answer)
