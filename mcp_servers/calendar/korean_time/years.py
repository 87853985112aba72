"""Years and what divides them: decades, halves, quarters, seasons, and the beginnings and ends of a year."""

import re
from collections.abc import Iterator
from datetime import datetime

from mcp_servers.calendar.korean_time.numerals import ORDINAL, SINO, number
from mcp_servers.calendar.korean_time.period import Period, unit_at
from mcp_servers.calendar.korean_time.step import Cyclic, Fixed, Level
from mcp_servers.calendar.korean_time.token import Invalid, Meaning, Rule, words

_A_DATE = re.compile(r"일,?\s?$")
_SEASONS = {"봄": 3, "여름": 6, "가을": 9, "겨울": 12}


def year_step(year: int) -> Fixed | Invalid:
    if not 1 <= year <= 9998:
        return Invalid()
    return Fixed(Level.YEAR, lambda now: unit_at("year", datetime(year, 1, 1)), explicit=True)


def full_year(text: str) -> int:
    """Two digits stand for 1970 to 2069."""
    year = int(number(text))
    return year if len(text) > 2 and text[0].isdigit() or year > 99 else year + (2000 if year < 70 else 1900)


def relative_year(ahead: int) -> Fixed:
    return Fixed(Level.YEAR, lambda now: unit_at("year", now, ahead))


def months_of_year(first: int, count: int, grain: str) -> Cyclic:
    """`count` months of a year from the month `first` on; they may run into the next year."""

    def within(outer: Period) -> Iterator[Period]:
        year = unit_at("year", outer.start).start
        begin = unit_at("month", year, first - 1)
        yield Period(begin.start, unit_at("month", year, first - 2 + count).end, grain)

    return Cyclic(Level.PART_OF_YEAR, "year", within)


def _decade(match: re.Match[str]) -> Meaning | None:
    digits = match["decade"]
    if int(digits) % 10 or len(digits) == 3:
        return None
    year = int(digits) if len(digits) == 4 else int(digits) + (1900 if int(digits) >= 30 else 2000)
    return Fixed(Level.ERA, lambda now: unit_at("decade", datetime(year, 1, 1)), explicit=True)


def _century(match: re.Match[str]) -> Meaning | None:
    century = int(match["century"])
    if not 1 <= century <= 98:
        return Invalid()
    return Fixed(Level.ERA, lambda now: unit_at("century", datetime(100 * century - 50, 1, 1)), explicit=True)


def _year(match: re.Match[str]) -> Meaning | None:
    return year_step(full_year(match["year"]))


def _year_behind(match: re.Match[str]) -> Meaning | None:
    """ "9월 21일 1978": a bare number is a year only right behind a date."""
    return _year(match) if _A_DATE.search(match.string, max(0, match.start() - 4), match.start()) else None


def _years(match: re.Match[str]) -> Meaning | None:
    first, last = int(match["first"]), int(match["last"])
    if last <= first:
        return None
    return Fixed(Level.ERA, lambda now: Period(datetime(first, 1, 1), datetime(last + 1, 1, 1), "year"), explicit=True)


def _quarter(match: re.Match[str]) -> Meaning:
    quarter = int(number(match["quarter"]))
    return months_of_year(3 * quarter - 2, 3, "quarter") if 1 <= quarter <= 4 else Invalid()


def _season(match: re.Match[str]) -> Meaning:
    return months_of_year(_SEASONS[match["season"]], 3, "quarter")


RULES = (
    words({
        "올해|금년|올_한_해|올_해|이번_해|당해|당년|그_해|같은_해": relative_year(0),
        "내년|명년|익년|다음_해|이듬해|오는_해|다가오는_해": relative_year(1),
        "내후년|후년|다다음_해|다음다음_해": relative_year(2),
        "후후년": relative_year(3),
        "작년|지난_해|전년|지난해|저번_해|거년": relative_year(-1),
        "재작년|지지난_해|전전년|저저번_해": relative_year(-2),
        "재재작년|그끄러께|삼작년": relative_year(-3),
        "이번_10년": Fixed(Level.ERA, lambda now: unit_at("decade", now)),
        "상반기|전반기": months_of_year(1, 6, "half"),
        "하반기|후반기": months_of_year(7, 6, "half"),
        "이번_분기|금_분기|당_분기": Fixed(Level.PART_OF_YEAR, lambda now: unit_at("quarter", now)),
        "다음_분기|차_분기": Fixed(Level.PART_OF_YEAR, lambda now: unit_at("quarter", now, 1)),
        "지난_분기|전_분기|저번_분기|직전_분기": Fixed(Level.PART_OF_YEAR, lambda now: unit_at("quarter", now, -1)),
        "이번_반기": Fixed(Level.PART_OF_YEAR, lambda now: unit_at("half", now)),
        "다음_반기": Fixed(Level.PART_OF_YEAR, lambda now: unit_at("half", now, 1)),
        "지난_반기": Fixed(Level.PART_OF_YEAR, lambda now: unit_at("half", now, -1)),
        "연초|년초": months_of_year(1, 1, "month"),
        "연말|년말|세밑|세모": months_of_year(12, 1, "month"),
        "연말연시": months_of_year(12, 2, "month"),
    }),
    Rule("전", re.compile(r"전년(?=\s?대비|\s?동기)"), lambda match: relative_year(-1), whole=False),
    Rule("올", re.compile(r"올(?=\s?(?:\d{1,2}월|추석|설|여름|겨울|가을|봄|연말|상반기|하반기|크리스마스))"),
         lambda match: relative_year(0), whole=False),
    Rule("123456789", re.compile(r"(?P<decade>\d{2,4})년대"), _decade),
    Rule("123456789", re.compile(r"(?P<century>\d{1,2})세기"), _century, whole=False),
    Rule("0123456789", re.compile(r"(?P<year>\d{3,4}|\d{2}(?=년\s?\d{1,2}월))\s?년(?:도)?(?!\s?(?:동안|간|대|만|짜리|[전후뒤](?!반)))"),
         _year, whole=False),
    Rule("12", re.compile(r"(?P<year>(?:1[5-9]|20)\d{2})(?=에|\s|[.,]|$)"), _year_behind, whole=False),
    Rule("12", re.compile(r"(?P<first>(?:1[5-9]|20)\d{2})\s?[-~]\s?(?P<last>(?:1[5-9]|20)\d{2})(?![\d-])년?"), _years, whole=False),
    Rule("'’", re.compile(r"['’](?P<year>\d{2})년(?:도)?"), _year, whole=False),
    Rule("이일천", re.compile(rf"(?P<year>(?=[이일]?천)(?:{SINO}))\s?년(?=\s?\S{{1,3}}월|에|\s?[상하]반기|도|$)"), _year, whole=False),
    Rule("1234일이삼사", re.compile(r"(?P<quarter>[1-9]|[일이삼사])\s?(?:사\s?)?[/]?\s?(?:4\s?)?분기"), _quarter, whole=False),
    Rule("1234", re.compile(r"(?P<quarter>[1-4])/4\s?분기"), _quarter, whole=False),
    Rule("Qq", re.compile(r"[Qq](?P<quarter>[1-4])(?![\w])"), _quarter),
    Rule("봄여가겨", re.compile(r"(?P<season>봄|여름|가을|겨울)(?:철)?(?=\s|$|에|철|은|까지|부터|께|[.,!?~])"), _season),
)  # fmt: skip
