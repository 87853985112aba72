"""Text as it may be stored and shown: one normal form, whole characters, nothing that a terminal acts on."""

import re
import unicodedata

_CONTROL = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
_HALVES = r"\ud800-\udfff"
_JAMO = re.compile("[\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb]")
_LONGEST = 64
"""Characters held back at most: no letter of any language carries so many marks."""
_PLAIN = re.compile(
    "[\n\t -~가-힣\u3131-\u318e\u2010-\u2027\u2030-\u205e\u3001-\u301b\u4e00-\u9fff\U0001f000-\U0001faff]*"
)
"""Nearly all text; none of it changes whatever stands before or after."""
_UNWANTED = re.compile(f"[{_CONTROL}{_HALVES}]")


class Characters:
    """Cleans one stream of text. What may still join the next piece is held back."""

    def __init__(self) -> None:
        self._held = ""
        self._decomposed = False

    def feed(self, piece: str) -> str:
        if not self._held and _PLAIN.fullmatch(piece):
            return piece
        text = self._held + piece
        self._decomposed = self._decomposed or bool(_JAMO.search(text)) or not unicodedata.is_normalized("NFC", text)
        end = self._settled(text)
        self._held = text[end:]
        return cleaned(text[:end])

    def finish(self) -> str:
        held, self._held = self._held, ""
        return cleaned(held)

    def _settled(self, text: str) -> int:
        """How many characters no longer change, whatever comes."""
        end = len(text)
        if text.endswith("\r") or "\ud800" <= text[-1:] <= "\udbff":
            return end - 1
        while end > len(text) - _LONGEST and end and _joins(text[end - 1]):
            end -= 1
        # The letter before a mark belongs to it; a decomposed stream may go on with a mark after any letter.
        return max(end - 1, 0) if self._decomposed or end < len(text) else end


def _joins(character: str) -> bool:
    return (
        unicodedata.combining(character) != 0 or "\u1160" <= character <= "\u11ff" or "\ud7b0" <= character <= "\ud7fb"
    )


def cleaned(text: str) -> str:
    """NFC, lines ended by LF, without controls and lone halves of characters."""
    if _PLAIN.fullmatch(text):
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _UNWANTED.sub("", _paired(text)))


def _paired(text: str) -> str:
    """Two halves that were sent apart become one character."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
