"""Numbers money moves by: payment cards and bank accounts."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from agent.privacy.checks import digits, luhn, starts_with_date
from agent.privacy.reading import Reading
from agent.privacy.spans import Span
from agent.privacy.words import Kind

_ALONE = r"(?<![0-9a-z])(?<![0-9a-z][-.])"
_AFTER = r"(?![0-9a-z*])(?![-.][0-9])"
_CARD = re.compile(
    rf"{_ALONE}(?:[0-9]{{4}}(?P<between> ?[-./_] ?| {{1,2}}|)[0-9]{{4}}(?P=between)[0-9]{{4}}(?P=between)[0-9]{{4}}"
    rf"|3[47][0-9]{{2}}(?P<american>[- ]?)[0-9]{{6}}(?P=american)[0-9]{{5}}"
    rf"|3[068][0-9]{{2}}(?P<diners>[- ]?)[0-9]{{6}}(?P=diners)[0-9]{{4}}){_AFTER}"
)
_ISSUED = re.compile(r"4|5[0-9]|2[2-7]|3[0-9]|6|9")
"""First digits that issuers of cards use, domestic ones included."""
_HYPHENS = re.compile(
    rf"{_ALONE}(?<![0-9] - )[0-9]{{2,6}}(?: {{0,2}}-{{1,2}} {{0,2}}[0-9]{{1,8}}){{1,4}}(?![0-9a-z*])(?!-[0-9*])"
)
_SPACES = re.compile(rf"{_ALONE}[0-9]{{3,6}}(?:[ .][0-9]{{2,7}}){{1,3}}{_AFTER}")
_PLAIN = re.compile(rf"(?<![₩$]){_ALONE}[0-9]{{10,16}}{_AFTER}(?! ?(?:원|krw|won|usd|달러|엔))")
_MONEY: tuple[Kind, ...] = ("account", "bank", "transfer")
_RECORD = 120
"""How far to the left and to the right a line is looked at."""
_DATE = re.compile(r"(?:19|20)[0-9]{2} ?- ?[01]?[0-9] ?- ?[0-3]?[0-9](?![0-9])")


def cards(reading: Reading) -> Iterator[Span]:
    """Card numbers of 14 to 16 digits: a label, hyphens in groups of four, or a valid check digit."""
    for found in _CARD.finditer(reading.text):
        if _is_card(found, reading):
            yield Span(*found.span(), "카드번호")


def _is_card(found: re.Match[str], reading: Reading) -> bool:
    number, start = digits(found[0]), found.start()
    if reading.foreign(start, 16) or starts_with_date(number) or not number.strip("0"):
        return False
    if reading.named(start, "card", reach=40):
        return True
    if not _ISSUED.match(number):
        return False
    in_groups = "-" in found[0] and not reading.unknown(start, 16)
    return in_groups or (luhn(number) and not reading.in_row(*found.span()))


def accounts(reading: Reading) -> Iterator[Span]:
    """Account numbers; their shapes are anybody's, so a bank or a word about money must stand near."""
    for pattern, is_account in ((_HYPHENS, _is_grouped), (_SPACES, _is_spaced), (_PLAIN, _is_plain)):
        for found in pattern.finditer(reading.text):
            if 9 <= len(digits(found[0])) <= 16 and is_account(found, reading):
                yield Span(*found.span(), "계좌번호")


def unlabelled_accounts(reading: Reading, found: Sequence[Span]) -> Iterator[Span]:
    """Three and more groups of digits in a line that holds other data of a person, as in a record without headings."""
    persons = sorted(span.start for span in found if span.category != "주소")
    for groups in _HYPHENS.finditer(reading.text):
        start, end = groups.span()
        number = digits(groups[0])
        if groups[0].count("-") < 2 or not 11 <= len(number) <= 14 or starts_with_date(number):
            continue
        left, right = reading.line(start, _RECORD)
        if bisect_left(persons, left) < bisect_left(persons, right) and not reading.unknown(start, 16):
            yield Span(start, end, "계좌번호")


def _is_grouped(found: re.Match[str], reading: Reading) -> bool:
    start, end = found.span()
    if _DATE.match(found[0]) or reading.foreign(start, 12):
        return False
    if starts_with_date(digits(found[0])):
        return reading.named(start, "account", "bank", reach=12)
    if reading.named(start, *_MONEY, reach=40) or reading.labels.after(end, *_MONEY, reach=12):
        return True
    near = found[0].count("-") > 1 and reading.labels.around(start, "account", "bank", reach=300)
    return near and not reading.unknown(start, 12)


def _is_spaced(found: re.Match[str], reading: Reading) -> bool:
    return not starts_with_date(digits(found[0])) and reading.labels.before(found.start(), "account", "bank", reach=10)


def _is_plain(found: re.Match[str], reading: Reading) -> bool:
    start, end = found.span()
    if reading.unknown(start, 16):
        return False
    if starts_with_date(found[0]):
        return reading.labels.before(start, "account", "bank", reach=6)
    return reading.named(start, *_MONEY, reach=30) or reading.labels.after(end, "account", "bank", reach=4)
