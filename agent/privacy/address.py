"""Korean postal addresses, by road name or by lot number, down to the flat."""

import re
from collections.abc import Iterator

from agent.privacy.places import ADVERBS, BUILDINGS, DISTRICTS, MOTIONS, PROVINCES, UNITS, UNITS_APART
from agent.privacy.reading import Reading
from agent.privacy.spans import Span

_AREA = rf"(?:{PROVINCES}[ ,]{{0,2}})?(?P<district>(?:{DISTRICTS}[ ,]{{0,2}}){{0,2}})"
_NUMBER = (
    r"(?:지하 ?|산 ?)?[0-9]{1,4}(?:-[0-9]{1,4})?(?:번지)?"
    rf"(?![0-9a-z]|[.,:][0-9]|{UNITS}| {UNITS_APART})"
)
_BRANCH = r"(?: ?[0-9]{1,4}(?:번|[가나다라마바사아])?(?:안?길|로))"
_ROAD = rf"[가-힣][가-힣0-9.·]{{0,10}}(?:(?<!으)로|길){_BRANCH}?"
_SMALL = r"[가-힣]{1,5}[읍면]"
_DONG = r"(?:[가-힣]{1,5}[0-9]{0,2}동|[가-힣]{1,4}[0-9]가)"
_RI = r"[가-힣]{1,4}[0-9]?리"
_IN_BRACKETS = (
    rf"\((?:[가-힣0-9.·]{{1,8}}[동가리읍면](?:, ?[가-힣0-9a-z .-]{{1,20}})?|[가-힣0-9a-z .-]{{1,16}}{BUILDINGS})\)"
)
_DETAIL = (
    rf"(?:(?:, ?| |(?=\())(?:{_IN_BRACKETS}"
    r"|(?:지하|b|제)? ?[0-9]{1,3}층|[0-9]{1,4}동 ?[0-9]{1,4}호|[a-z가-힣]동 ?[0-9]{1,4}호"
    r"|제?[0-9]{1,4}[동호](?![가-힣]?선|[가-힣]*점)"
    rf"|[가-힣a-z0-9]{{1,14}}{BUILDINGS}(?: ?[0-9]{{1,2}}차)?"
    r"|[가-힣a-z0-9]{2,14}(?: ?[0-9]{1,2}(?:차|단지))?(?= [a-z]?[0-9]{0,4}[동호층])"
    r")){0,5}"
)
_FULL = re.compile(
    rf"{_AREA}(?:(?:{_SMALL} |{_DONG} ){{0,2}}(?P<road>{_ROAD}) ?{_NUMBER}"
    rf"|(?P<lot>(?:{_SMALL} )?{_DONG}|{_SMALL} {_RI}|(?<=군 ){_SMALL}) ?{_NUMBER})(?P<detail>{_DETAIL})"
)
_FIRST = "".join(sorted({name[0] for name in re.findall("[가-힣]+", PROVINCES + DISTRICTS)}))
_STARTS = re.compile(rf"(?<![가-힣])(?=[{_FIRST}])(?:{PROVINCES}|{DISTRICTS})")
_LABELLED = re.compile(
    rf"(?:(?={PROVINCES}|{DISTRICTS}){_AREA}(?:(?:{_SMALL}|{_DONG}|{_RI}|{_ROAD})(?: |(?![가-힣0-9]))){{1,3}}"
    rf"(?:{_NUMBER})?|{_DONG} {_NUMBER}){_DETAIL}"
)
_LABEL = re.compile(
    r"(?:주소|배송지|거주지|소재지|자택|수령지|사는 ?곳|도착지|출발지|본점|addr(?:ess)?)"
    r"""[\s:="'>|은는]{0,6}(?:\([0-9]{5}\) ?|[0-9]{5},? )?"""
)
_LONGEST_LABEL = 20
_ROAD_ENDS = re.compile(rf"(?:로|길){_BRANCH}? ?{_NUMBER}(?P<detail>{_DETAIL})")
_ROAD_NAME = re.compile(r"(?<![가-힣0-9])[가-힣][가-힣0-9.·]{0,10}\Z")
_FLAT = re.compile(r"(?<![0-9])[1-9][0-9]{2,3}동 ?[1-9][0-9]{2,3}호(?![가-힣]?선)")
_HOUSE = re.compile(rf"[가-힣a-z0-9]{{1,12}}{BUILDINGS}(?: ?[0-9]{{1,2}}(?:차|단지))? ?\Z")
_ADVERB = re.compile(rf"{ADVERBS}\Z")
_MOTION = re.compile(rf"{MOTIONS}\Z")


def addresses(reading: Reading) -> Iterator[Span]:
    """Addresses with a district and a number; with less, only behind a label or with a flat."""
    text = reading.text
    for place in _STARTS.finditer(text):
        found = _FULL.match(text, place.start())
        if found and _is_full(found):
            yield _span(found.start(), found)
    for label in _LABEL.finditer(text):
        if found := _LABELLED.match(text, label.end()):
            yield _span(found.start(), found)
    yield from _roads(text)
    yield from _flats(text)


def _is_full(found: re.Match[str]) -> bool:
    if found["lot"]:
        return bool(found["district"] or found[0].startswith("세종")) and not _MOTION.search(found["lot"])
    if _ADVERB.search(found["road"]):
        return False
    sure = found["detail"] or found["road"].endswith(("대로", "길")) or found[0].startswith("세종")
    return bool(found["district"] or sure or _is_labelled(found.string, found.start()))


def _roads(text: str) -> Iterator[Span]:
    """A road and a number alone: many words end the same way, so a flat or a label must be there."""
    for found in _ROAD_ENDS.finditer(text):
        name = _ROAD_NAME.search(text, max(0, found.start() - 12), found.start())
        if not name or name[0].endswith("으") or _ADVERB.search(name[0] + found[0][0]):
            continue
        if found["detail"].strip(" ,") or _is_labelled(text, name.start()):
            yield _span(name.start(), found)


def _flats(text: str) -> Iterator[Span]:
    """Block and flat, with the name of the house before it."""
    for found in _FLAT.finditer(text):
        house = _HOUSE.search(text, max(0, found.start() - 24), found.start())
        yield Span(house.start() if house else found.start(), found.end(), "주소")


def _is_labelled(text: str, place: int) -> bool:
    return any(label.end() == place for label in _LABEL.finditer(text, max(0, place - _LONGEST_LABEL), place))


def _span(start: int, found: re.Match[str]) -> Span:
    return Span(start, found.start() + len(found[0].rstrip(" ,")), "주소")
