"""Korean telephone numbers in the ways people write, say and dial them."""

import re
from collections.abc import Iterator

from agent.privacy.checks import digits, starts_with_date
from agent.privacy.reading import Reading
from agent.privacy.spans import Span

_BEFORE = r"(?<![0-9a-z])(?<![0-9][-.])"
_ALONE = r"(?<![0-9a-z])(?<![0-9][-.])(?<![a-z]-)"
_AFTER = r"(?![0-9a-z*])(?![-.][0-9])(?!-[a-z])"
_GAP = r"[-._)/· ]{1,5}"
_GAP_OR_NONE = r"[-._)/· ]{0,5}"
_REST = rf"{_GAP_OR_NONE}[0-9]{{3,4}}{_GAP}[0-9]{{4}}{_AFTER}"
_ABROAD = r"\(?(?:\+|00){plus}82\)?[-. ]{{0,2}}(?:\(0\)|0)?"
_HOME_OR_ABROAD = rf"(?:{_ABROAD.format(plus='?')}|0)"
_AREA = r"(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4])"
_SERVICE = r"(?:70|80|60|50[2-8]?|30[0-9])"

_MOBILE = re.compile(
    rf"{_BEFORE}(?:\(010\)|{_HOME_OR_ABROAD}10\)?){_GAP_OR_NONE}[0-9]{{4}}{_GAP_OR_NONE}[0-9]{{4}}{_AFTER}"
    rf"|{_BEFORE}(?:\(01[016789]\)|{_HOME_OR_ABROAD}1[016789]\)?{_GAP}){_REST}"
    r"|(?<![0-9a-z])0 1 [016789](?:[-. ]{1,3}[0-9]){7,8}(?! ?[0-9])"
)
_FIXED = re.compile(
    rf"{_BEFORE}(?:\(0(?:{_AREA}|{_SERVICE})\)|(?:{_ABROAD.format(plus='')}|0)(?:{_AREA}|{_SERVICE})\)?{_GAP}){_REST}"
    rf"|{_BEFORE}(?:\(0{_AREA}\)|0{_AREA}[-)]) ?[0-9]{{7,8}}{_AFTER}"
    r"|(?<![0-9a-z+])\+[1-9][0-9]{0,2}[-. ]{1,2}\(?[0-9]{1,4}\)?(?:[-. ]{1,2}[0-9]{2,4}){2,3}(?![0-9a-z])(?![-.][0-9])"
)
_BARE = re.compile(
    rf"{_ALONE}(?:01[16789][0-9]{{7,8}}|010[0-9]{{7}}|0{_AREA}[0-9]{{7,8}}|0{_SERVICE}[0-9]{{7,8}}"
    rf"|\+82{_AREA}[0-9]{{7,8}}){_AFTER}"
)
_COMPANY = re.compile(
    rf"{_BEFORE}1(?:522|533|544|551|555|566|577|588|599|600|602|604|611|613|644|660|661|666|668|670|688|800|811|833"
    rf"|855|877|899)(?P<between> ?[-.)] ?| ?)(?P<last>[0-9]{{4}}){_AFTER}"
)
_SHORT = re.compile(rf"{_ALONE}(?:[1-9][0-9]{{2,3}} ?- ?[0-9]{{4}}|10[0-9]{{8}}){_AFTER}")
"""Without the area code, or without the leading zero that a spreadsheet took away."""
_DOCUMENT = re.compile(r"호(?![가-힣])")
_SHORTEST_ABROAD = 9
_LAST_YEAR = 2100


def phones(reading: Reading) -> Iterator[Span]:
    """Mobile, landline, internet, toll-free and representative numbers, at home and from abroad."""
    for pattern, is_phone in ((_MOBILE, _is_mobile), (_FIXED, _is_fixed), (_BARE, _is_bare), (_COMPANY, _is_company)):
        for found in pattern.finditer(reading.text):
            if is_phone(found, reading):
                yield Span(*found.span(), "전화번호")
    for found in _SHORT.finditer(reading.text):
        if reading.named(found.start(), "phone", reach=8) and not starts_with_date(digits(found[0])):
            yield Span(*found.span(), "전화번호")


def _is_mobile(found: re.Match[str], reading: Reading) -> bool:
    """Without separators an order number may look the same; ones and zeros may be bits."""
    value = found[0]
    if "-" not in value and not value.strip("01 ."):
        return reading.named(found.start(), "phone")
    return not value.isdigit() or _is_bare(found, reading)


def _is_bare(found: re.Match[str], reading: Reading) -> bool:
    return reading.named(found.start(), "phone") or not reading.foreign(found.start(), 16)


def _is_fixed(found: re.Match[str], reading: Reading) -> bool:
    value, (start, end) = found[0], found.span()
    if reading.foreign(start, 3) or (reading.text[start - 1 : start] == "제" and _DOCUMENT.match(reading.text, end)):
        return False
    if value[0] == "+":
        return len(digits(value)) >= _SHORTEST_ABROAD
    return not value.replace(" ", "").isdigit() or reading.named(start, "phone") or not reading.in_row(start, end)


def _is_company(found: re.Match[str], reading: Reading) -> bool:
    """Spans of years and of hours look the same, so those need a label."""
    start, end = found.span()
    if reading.named(start, "phone") or reading.labels.after(end, "phone", reach=10):
        return True
    first, last = int(digits(found[0])[:4]), int(found["last"])
    years = first < last <= _LAST_YEAR
    hours = all(hour <= 2400 and hour % 100 < 60 for hour in (first, last))
    return "-" in found["between"] and not (years or hours or reading.foreign(start, 16))
