"""Numbers of companies: business registration (tax office) and corporate registration (court)."""

import re
from collections.abc import Iterator

from agent.privacy.checks import business_checksum, corporate_checksum, digits, is_registry
from agent.privacy.reading import Reading
from agent.privacy.spans import Span

_BUSINESS = re.compile(
    r"(?<![0-9a-z])(?<![0-9a-z][-.])[0-9]{3}(?P<between> ?[-. ] ?|)[0-9]{2}(?P=between)[0-9]{5}"
    r"(?![0-9a-z])(?![-.][0-9])"
)
_CORPORATE = re.compile(
    r"(?<![0-9a-z])(?<![0-9a-z][-.])[0-9]{6}(?P<between> ?- ?| ?)[0-9]{7}(?![0-9a-z*])(?![-.][0-9])"
)


def businesses(reading: Reading) -> Iterator[Span]:
    """Business registration numbers: a label; or hyphens, and a firm beside or a valid check digit."""
    for found in _BUSINESS.finditer(reading.text):
        if _is_business(found, reading):
            yield Span(*found.span(), "사업자번호")


def corporations(reading: Reading) -> Iterator[Span]:
    """Corporate registration numbers, which look like resident registration numbers."""
    for found in _CORPORATE.finditer(reading.text):
        if _is_corporate(found, reading):
            yield Span(*found.span(), "법인번호")


def _is_business(found: re.Match[str], reading: Reading) -> bool:
    start = found.start()
    if reading.named(start, "business", reach=30):
        return True
    if "-" not in found["between"] or reading.foreign(start):
        return False
    return business_checksum(digits(found[0])) or reading.named(start, "company", reach=30)


def _is_corporate(found: re.Match[str], reading: Reading) -> bool:
    if reading.named(found.start(), "corporate", reach=30):
        return True
    if "-" not in found["between"] or reading.foreign(found.start(), 12):
        return False
    return corporate_checksum(digits(found[0])) or is_registry(found[0])
