"""Numbers a state gives to a person: resident registration, passport, driving licence."""

import re
from collections.abc import Iterator

from agent.privacy.checks import barcode, digits, is_birth, is_living_birth, is_registry, resident_checksum
from agent.privacy.reading import Reading
from agent.privacy.spans import Span

_RESIDENT = re.compile(
    r"(?<![0-9a-z])(?<![0-9][-.,])(?P<birth>[0-9]{6})(?P<between> {0,3}[-./_~]{0,2} {0,3})(?P<rest>[0-9]{7})"
    r"(?![0-9a-z*])(?![-.][0-9])"
)
_SECOND_HALF = re.compile(r"(?:뒷\s?(?:자리|번호)?|뒤)(?:는|은|가)?[\s:]{0,2}(?P<rest>[1-8][0-9]{6})(?![0-9a-z-])")
_PASSPORT = re.compile(
    r"(?<![0-9a-z_-])(?:[a-z]{1,2} ?[0-9]{7,8}|[a-z] ?[0-9]{4} ?[0-9]{4}|[a-z] ?[0-9]{3} ?[a-z] ?[0-9]{4})"
    r"(?![0-9a-z_-])"
)
_NEW_PASSPORT = re.compile(r"[msrgd][0-9]{3}[a-z][0-9]{4}")
_REGION = (
    r"(?:서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충북|충남|전북|전남|경북|경남|제주)"
    r"(?:특별시|광역시|남부|북부)?"
)
_LICENCE = re.compile(
    r"(?<![0-9a-z-])(?:1[1-9]|2[0-8]) ?[-.] ?[0-9]{2} ?[-.] ?[0-9]{6} ?[-.] ?[0-9]{2}(?![0-9a-z-])"
    rf"|{_REGION} ?[-. ]? ?[0-9]{{2}} ?[-. ]? ?[0-9]{{6}} ?[-. ]? ?[0-9]{{2}}(?![0-9a-z-])"
)
_BARE_LICENCE = re.compile(r"(?<![0-9a-z.-])[0-9]{2}[- ]?[0-9]{2}[- ]?[0-9]{6}[- ]?[0-9]{2}(?![0-9a-z-])")


def residents(reading: Reading) -> Iterator[Span]:
    """Resident registration numbers of Koreans and foreigners, with or without a valid check digit."""
    for found in _RESIDENT.finditer(reading.text):
        if _is_resident(found, reading):
            yield Span(*found.span(), "주민등록번호")
    for found in _SECOND_HALF.finditer(reading.text):
        if reading.labels.around(found.start(), "resident", reach=40):
            yield Span(*found.span("rest"), "주민등록번호")


def _is_resident(found: re.Match[str], reading: Reading) -> bool:
    number, start = found["birth"] + found["rest"], found.start()
    if reading.named(start, "resident", reach=40):
        return True
    if not is_birth(number) or reading.foreign(start, 12) or reading.named(start, "corporate", "account", reach=16):
        return False
    if "-" in found["between"]:
        return resident_checksum(number) or not is_registry(number)
    if not is_living_birth(number):
        return False
    return bool(found["between"]) or not _looks_counted(number)


def _looks_counted(number: str) -> bool:
    """Bar codes, and milliseconds since 1970 in the months whose first digits read as a birth."""
    return number[:2] in ("15", "16", "17") or (barcode(number) and not resident_checksum(number))


def passports(reading: Reading) -> Iterator[Span]:
    """Passport numbers: one or two letters and digits, or the form with a letter inside (since December 2021)."""
    for found in _PASSPORT.finditer(reading.text):
        new = _NEW_PASSPORT.fullmatch(found[0]) and not reading.foreign(found.start(), 12)
        if new or reading.named(found.start(), "passport", reach=30):
            yield Span(*found.span(), "여권번호")


def licences(reading: Reading) -> Iterator[Span]:
    """Driving licences: region, year, six digits, check digits."""
    for found in _LICENCE.finditer(reading.text):
        if not reading.foreign(found.start(), 12):
            yield Span(*found.span(), "면허번호")
    for found in _BARE_LICENCE.finditer(reading.text):
        if len(digits(found[0])) == 12 and reading.named(found.start(), "licence", reach=20):
            yield Span(*found.span(), "면허번호")
