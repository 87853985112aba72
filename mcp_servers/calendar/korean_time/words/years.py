"""Years and what divides them: decades, halves, quarters, seasons, and the beginnings and ends of a year."""

import re
from collections.abc import Iterator
from datetime import datetime

from mcp_servers.calendar.korean_time.period import Period, unit_at
from mcp_servers.calendar.korean_time.step import Cyclic, Fixed, Level
from mcp_servers.calendar.korean_time.words.numerals import SINO, number
from mcp_servers.calendar.korean_time.words.token import Invalid, Meaning, rule, words

_SEASONS = {"봄": 3, "여름": 6, "가을": 9, "겨울": 12}
_A_DATE = re.compile(r"일,?\s?$")
_IN_IT = r"\s?(?:\d{1,2}월|[1-4]\s?[Q분]|Q[1-4]|[12]H|[상하]반기|봄|여름|가을|겨울|연말|연초)"


def year_step(year: int) -> Fixed | Invalid:
    if not 1 <= year <= 9998:
        return Invalid()
    return Fixed(Level.YEAR, lambda now: unit_at("year", datetime(year, 1, 1)), explicit=True)


def full_year(text: str) -> int:
    """Two digits stand for 1970 to 2069."""
    year = int(number(text))
    if len(text) > 2 or year > 99:
        return year
    return year + (2000 if year < 70 else 1900)


def relative_year(ahead: int) -> Fixed:
    return Fixed(Level.YEAR, lambda now: unit_at("year", now, ahead))


def months_of_year(first: int, count: int, grain: str) -> Cyclic:
    """`count` months of a year from the month `first` on; they may run into the next year."""

    def within(outer: Period) -> Iterator[Period]:
        year = unit_at("year", outer.start).start
        begin = unit_at("month", year, first - 1)
        yield Period(begin.start, unit_at("month", year, first - 2 + count).end, grain)

    return Cyclic(Level.PART_OF_YEAR, "year", within)


def _relative(unit: str, ahead: int) -> Fixed:
    return Fixed(Level.PART_OF_YEAR, lambda now: unit_at(unit, now, ahead))


def _era(unit: str, year: int) -> Fixed:
    return Fixed(Level.ERA, lambda now: unit_at(unit, datetime(year, 1, 1)), explicit=True)


def _decade(match: re.Match[str]) -> Meaning | None:
    digits = match["decade"]
    if int(digits) % 10 or len(digits) == 3:
        return None
    return _era("decade", int(digits) if len(digits) == 4 else int(digits) + (1900 if int(digits) >= 30 else 2000))


def _century(match: re.Match[str]) -> Meaning:
    century = int(match["century"])
    return _era("century", 100 * century - 50) if 1 <= century <= 98 else Invalid()


def _year(match: re.Match[str]) -> Meaning:
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


def _half(match: re.Match[str]) -> Meaning:
    return months_of_year(6 * int(match["half"]) - 5, 6, "half")


def _season(match: re.Match[str]) -> Meaning:
    return months_of_year(_SEASONS[match["season"]], 3, "quarter")


_DIGITS = "0123456789"

RULES = (
    words({
        "올해|금년|올_한_해|올_해|이번_해|당해|당년|그_해|같은_해": relative_year(0),
        "내년|명년|익년|다음_해|이듬해|오는_해|다가오는_해": relative_year(1),
        "내후년|후년|다다음_해|다음다음_해": relative_year(2),
        "후후년": relative_year(3),
        "작년|지난_해|전년|저번_해|거년": relative_year(-1),
        "재작년|지지난_해|전전년|저저번_해": relative_year(-2),
        "재재작년|그끄러께|삼작년": relative_year(-3),
        "이번_10년": Fixed(Level.ERA, lambda now: unit_at("decade", now)),
        "상반기|전반기": months_of_year(1, 6, "half"),
        "하반기|후반기": months_of_year(7, 6, "half"),
        "이번_분기|금_분기|당_분기": _relative("quarter", 0),
        "다음_분기|차_분기": _relative("quarter", 1),
        "지난_분기|전_분기|저번_분기|직전_분기": _relative("quarter", -1),
        "이번_반기": _relative("half", 0),
        "다음_반기": _relative("half", 1),
        "지난_반기": _relative("half", -1),
        "연초|년초": months_of_year(1, 1, "month"),
        "연말|년말|세밑|세모": months_of_year(12, 1, "month"),
        "연말연시": months_of_year(12, 2, "month"),
    }),
    rule("분", r"분기(?=\s?(?:마지막|말|첫|초|내))", _relative("quarter", 0), whole=False),
    rule("전", r"전년(?=\s?대비|\s?동기)", relative_year(-1), whole=False),
    rule("올", r"올(?=\s?(?:\d{1,2}월|추석|설|연말|[상하]반기|크리스마스))", relative_year(0), whole=False),
    rule(_DIGITS, r"(?P<decade>\d{2,4})년대", _decade),
    rule(_DIGITS, r"(?P<century>\d{1,2})세기", _century, whole=False),
    rule(
        _DIGITS,
        rf"(?P<year>\d{{3,4}}|\d{{2}}(?=년{_IN_IT}))\s?년(?:도)?(?!\s?(?:동안|간|대(?![한서설])|만|짜리|[전후뒤](?!반)))",
        _year,
        whole=False,
    ),
    rule("'’", r"['’](?P<year>\d{2})년(?:도)?", _year, whole=False),
    rule("F", r"FY\s?(?P<year>\d{2}(?:\d{2})?)", _year),
    rule(
        "이일천",
        rf"(?P<year>(?=[이일]?천)(?:{SINO}))\s?년(?=\s?\S{{1,3}}월|에|\s?[상하]반기|도|$)",
        _year,
        whole=False,
    ),
    rule("12", r"(?P<year>(?:1[5-9]|20)\d{2})(?=에|\s|[.,]|$)", _year_behind, whole=False),
    rule(
        "12",
        r"(?P<first>(?:1[5-9]|20)\d{2})\s?[-~]\s?(?P<last>(?:1[5-9]|20)\d{2})(?![\d-])년?",
        _years,
        whole=False,
    ),
    rule("1234일이삼사", r"(?P<quarter>[1-9]|[일이삼사])\s?(?:사\s?|/\s?4\s?)?분기", _quarter, whole=False),
    rule("Q", r"Q(?P<quarter>[1-4])", _quarter),
    rule("1234", r"(?P<quarter>[1-4])Q", _quarter),
    rule("12", r"(?P<half>[12])H", _half),
    rule("H", r"H(?P<half>[12])", _half),
    rule(
        "봄여가겨",
        r"(?P<season>봄|여름|가을|겨울)(?:철|\s?휴가|\s?방학|\s?학기)?(?=\s|$|에|은|까지|부터|께|[.,!?~])",
        _season,
    ),
)  # fmt: skip
