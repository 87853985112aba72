"""The text as the rules read it, and the way back to the places of the text as it was written."""

import re
import unicodedata

_CLUSTER = re.compile(r" +|[ᄀ-ᅟ][ᅠ-ᆧ]?[ᆨ-ᇿ]?|[\s\S][̀-ͯ]*")
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xA0: 0x20, 0x200B: 0x20, 0x09: 0x20}


class Normal:
    """NFC with half-width letters and digits, and single spaces."""

    def __init__(self, original: str) -> None:
        self.text = original.translate(_WIDE)
        self._places: list[int] | None = None
        if not unicodedata.is_normalized("NFC", self.text) or "  " in self.text:
            self._compose()

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Where a stretch of the normal text stands in the original one."""
        return (start, end) if self._places is None else (self._places[start], self._places[end])

    def _compose(self) -> None:
        composed: list[str] = []
        places: list[int] = []
        for cluster in _CLUSTER.finditer(self.text):
            part = " " if cluster.group()[0] == " " else unicodedata.normalize("NFC", cluster.group())
            composed.append(part)
            places.extend([cluster.start()] * len(part))
        self._places = [*places, len(self.text)]
        self.text = "".join(composed)
