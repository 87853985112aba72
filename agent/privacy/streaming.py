"""Values put back into a stream: a placeholder may be split over any number of deltas."""

from agent.privacy.masking import Masking
from agent.privacy.placeholders import decided


class Restorer:
    """Restores one stream; what it gave out, joined, is `masking.restore` of what it was fed, joined."""

    def __init__(self, masking: Masking) -> None:
        self._masking = masking
        self._held = ""

    def feed(self, delta: str) -> str:
        """The text that is certain by now; an unfinished placeholder waits for the next delta."""
        text = self._held + delta
        end = decided(text)
        self._held = text[end:]
        return self._masking.restore(text[:end])

    def flush(self) -> str:
        """What was still waiting, at the end of the stream."""
        held, self._held = self._held, ""
        return self._masking.restore(held)
