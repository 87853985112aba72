"""Korean telephone numbers: any usual writing in, one stored form, one displayed form."""

import re
import unicodedata

_WRITING = re.compile(r"\+?[\d\s().\-~/]+")
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")

_NATIONAL = re.compile(
    r"""
    010\d{8} | 01[16789]\d{7,8}      # mobile
    | 02\d{7,8}                      # Seoul
    | 0[3-6][1-5]\d{7,8}             # provinces
    | 0(?:70|80|60)\d{7,8}           # internet, free, paid
    | 050\d{8,9}                     # personal numbers
    """,
    re.VERBOSE,
)
_REPRESENTATIVE = re.compile(r"1[568]\d{6}")
_SERVICE = re.compile(r"1\d{2,3}")
_FOREIGN = re.compile(r"[1-9]\d{7,14}")


def parse(text: str) -> str | None:
    """The stored form: `+82` and the national digits (`+821012345678`), or None where this is no number.

    Service numbers such as 119 have no international form and are kept as they are.
    """
    writing = _DASHES.sub("-", unicodedata.normalize("NFKC", text).strip())
    if not _WRITING.fullmatch(writing):
        return None
    digits = re.sub(r"\D", "", writing)
    if writing.lstrip("(").startswith("+") and not digits.startswith("82"):
        return f"+{digits}" if _FOREIGN.fullmatch(digits) else None
    if coded := re.fullmatch(r"(?:00)?82(\d{8,})", digits):
        return _domestic(coded[1], trunk="" if coded[1].startswith("0") else "0")
    return _domestic(digits)


def display(stored: str) -> str:
    """The way Koreans write it: 010-1234-5678."""
    if not stored.startswith("+82"):
        return stored
    national = stored.removeprefix("+82")
    if _REPRESENTATIVE.fullmatch(national):
        return f"{national[:4]}-{national[4:]}"
    digits = f"0{national}"
    head = 2 if digits.startswith("02") else 4 if len(digits) == 12 else 3
    return f"{digits[:head]}-{digits[head:-4]}-{digits[-4:]}"


def looks_like_number(text: str) -> bool:
    """Only digits and the marks people put between them, so it cannot be a name."""
    writing = unicodedata.normalize("NFKC", text).strip()
    return bool(_WRITING.fullmatch(_DASHES.sub("-", writing))) and any(mark.isdigit() for mark in writing)


def _domestic(digits: str, trunk: str = "") -> str | None:
    if _REPRESENTATIVE.fullmatch(digits):
        return f"+82{digits}"
    if _SERVICE.fullmatch(digits):
        return digits
    national = trunk + digits
    return f"+82{national[1:]}" if _NATIONAL.fullmatch(national) else None
