"""Simple recurrences: "매주 화요일 오전 10시", "격주 금요일", "매월 25일", "월수금 9시", "일요일마다"."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mcp_servers.calendar.korean_time.duration import lengths
from mcp_servers.calendar.korean_time.expression import Expression, Hours
from mcp_servers.calendar.korean_time.library import library_times
from mcp_servers.calendar.korean_time.number import DIGITS, NATIVE, SINO, number
from mcp_servers.calendar.korean_time.reading import WEEKDAYS

_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_EVERY = {
    "매일": ("DAILY", 1), "날마다": ("DAILY", 1), "격일": ("DAILY", 2), "매주": ("WEEKLY", 1), "격주": ("WEEKLY", 2),
    "매월": ("MONTHLY", 1), "매달": ("MONTHLY", 1), "다달이": ("MONTHLY", 1), "달마다": ("MONTHLY", 1),
    "격월": ("MONTHLY", 2), "매년": ("YEARLY", 1), "매해": ("YEARLY", 1), "해마다": ("YEARLY", 1),
}  # fmt: skip
_FREQUENCIES = {"일": "DAILY", "주": "WEEKLY", "주일": "WEEKLY", "개월": "MONTHLY", "달": "MONTHLY", "년": "YEARLY"}
_WORK_WEEK, _WEEKEND = "월화수목금", "토일"
_NTH = {"첫째": 1, "첫": 1, "둘째": 2, "두": 2, "셋째": 3, "세": 3, "넷째": 4, "네": 4, "다섯째": 5, "마지막": -1}

_DAY = r"[월화수목금토일](?:요일|욜)?"
_DAYS = rf"{_DAY}(?:(?:\s*(?:,|·|/|와|과|하고|및)\s*|\s*){_DAY}){{0,6}}"
_AFTER = r"(?=\s|$|[,.!?\d]|에|엔|은|는|마다|부터|로|오전|오후|아침|저녁|점심|밤|새벽|낮|[월화수목금토일])"
_HEAD = re.compile(
    rf"(?<![가-힣])(?:(?P<every>{'|'.join(_EVERY)})(?!매일)(?:로|에)?{_AFTER}"
    rf"|(?P<step>{DIGITS}|{NATIVE}|{SINO})\s*(?P<unit>주일|주|개월|달|일|년)(?:에\s*(?:한|1)\s*번(?:씩)?|마다)"
    r"|(?P<daily>하루에\s*(?:한|1)\s*번(?:씩)?)"
    r"|(?:매\s*)?(?P<group>평일|주말)(?:마다|에?\s*매번)"
    rf"|(?P<series>[월화수목금토일]{{2,7}})(?=(?:마다)?\s*(?:오전|오후|아침|저녁|점심|밤|새벽|낮|\d))"
    rf"|(?P<each>{_DAYS})(?P<between>[^.!?\n□]{{0,12}}?)마다"
    r"|(?P<month>\d{1,2})\s*월\s*(?P<day>\d{1,2})\s*일\s*마다)"
)
_GAP = re.compile(r"\s*(?:마다|에는|에|엔|은|는|로|의|,)?\s*")
_WEEKLY = re.compile(rf"\s*(?P<days>{_DAYS}){_AFTER}(?:마다)?")
_MONTHLY = re.compile(
    rf"\s*(?:(?P<day>\d{{1,2}})\s*일(?!요일)|(?P<last>말일|마지막\s*날)|(?P<first>첫날)"
    rf"|(?P<nth>{'|'.join(_NTH)})\s*(?:번째)?\s*(?:주\s*)?(?P<weekday>[월화수목금토일])(?:요일|욜))"
)
_YEARLY = re.compile(r"\s*(?P<month>\d{1,2})\s*월\s*(?P<day>\d{1,2})\s*일")

Matches = Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class _Rule:
    """Which days recur, as RFC 5545 parts and as a test of a day."""

    frequency: str
    step: int = 1
    by: str = ""
    matches: Matches = bool


def recurrences(text: str, now: datetime, hours: Hours) -> list[Expression]:
    """Every recurrence in the text."""
    found: list[Expression] = []
    for match in _HEAD.finditer(text):
        if found and match.start() < found[-1].span[1]:
            continue
        for rule, stop in _rules(text, match):
            found.append(_expression(text, match, rule, stop, now, hours))
    return found


def _rules(text: str, match: re.Match[str]) -> Iterator[tuple[_Rule, int]]:
    """The rule the match begins, and where in the text its days end; none for a word that only looks like one."""
    stop = match.end()
    if every := match["every"]:
        frequency, step = _EVERY[every]
        yield _narrowed(text, stop, frequency, step)
    elif unit := match["unit"]:
        if step := int(number(match["step"]) or 0):
            yield _narrowed(text, stop, _FREQUENCIES[unit], step)
    elif match["daily"]:
        yield _Rule("DAILY"), stop
    elif group := match["group"]:
        yield _weekly(_WORK_WEEK if group == "평일" else _WEEKEND, 1), stop
    elif series := match["series"]:
        if list(series) == sorted(series, key=WEEKDAYS.index) and (
            len(series) > 2 or series in ("월수", "화목", "토일")
        ):
            yield _weekly(series, 1), stop
    elif match["each"]:
        yield _weekly(_letters(match["each"]), 1), match.end("each")
    elif month := match["month"]:
        yield _yearly(int(month), int(match["day"]), 1), stop


def _narrowed(text: str, stop: int, frequency: str, step: int) -> tuple[_Rule, int]:
    """With the days that follow: "매주" + "화요일과 목요일"."""
    if frequency in ("WEEKLY", "DAILY") and (days := _WEEKLY.match(text, stop)):
        return _weekly(_letters(days["days"]), step if frequency == "WEEKLY" else 1), days.end()
    if frequency == "MONTHLY" and (day := _MONTHLY.match(text, stop)):
        return _monthly(day, step), day.end()
    if frequency == "YEARLY" and (day := _YEARLY.match(text, stop)):
        return _yearly(int(day["month"]), int(day["day"]), step), day.end()
    return _Rule(frequency, step), stop


def _letters(days: str) -> str:
    return "".join(letter for letter in WEEKDAYS if letter in re.sub(r"요일|욜", "", days))


def _weekly(letters: str, step: int) -> _Rule:
    wanted = {WEEKDAYS.index(letter) for letter in letters}
    codes = ",".join(_CODES[day] for day in sorted(wanted))
    return _Rule("WEEKLY", step, f";BYDAY={codes}", lambda day: day.weekday() in wanted)


def _monthly(match: re.Match[str], step: int) -> _Rule:
    if nth := match["nth"]:
        weekday, order = WEEKDAYS.index(match["weekday"]), _NTH[nth]
        return _Rule("MONTHLY", step, f";BYDAY={order}{_CODES[weekday]}", lambda day: _is_nth(day, weekday, order))
    if match["last"]:
        return _Rule("MONTHLY", step, ";BYMONTHDAY=-1", lambda day: (day + timedelta(days=1)).day == 1)
    wanted = 1 if match["first"] else int(match["day"])
    return _Rule("MONTHLY", step, f";BYMONTHDAY={wanted}", lambda day: day.day == wanted)


def _yearly(month: int, day: int, step: int) -> _Rule:
    return _Rule("YEARLY", step, f";BYMONTH={month};BYMONTHDAY={day}", lambda on: (on.month, on.day) == (month, day))


def _is_nth(day: date, weekday: int, order: int) -> bool:
    if day.weekday() != weekday:
        return False
    return (day + timedelta(days=7)).month != day.month if order < 0 else (day.day - 1) // 7 + 1 == order


def _expression(text: str, match: re.Match[str], rule: _Rule, stop: int, now: datetime, hours: Hours) -> Expression:
    at, stop = _time_of_day(text, stop, now, hours)
    stop = max(stop, match.end())
    start = _first(rule, now, at)
    end = start + (at.end - at.start) if at and at.start and at.end and start else None
    exact = at is not None and not at.loose and at.start is not None
    clock = f";BYHOUR={at.start.hour};BYMINUTE={at.start.minute}" if exact and at and at.start else ""
    interval = f";INTERVAL={rule.step}" if rule.step > 1 else ""
    said = text[match.start() : stop].strip()
    return Expression(
        kind="recurrence",
        text=said,
        span=(match.start(), match.start() + len(said)),
        grain=at.grain if at else "day",
        start=start,
        end=end,
        rrule=f"FREQ={rule.frequency}{interval}{rule.by}{clock}",
        reading=said,
    )


def _time_of_day(text: str, stop: int, now: datetime, hours: Hours) -> tuple[Expression | None, int]:
    """The clock time, range or part of the day right after the days, and where it ends."""
    gap = _GAP.match(text, stop)
    begin = gap.end() if gap else stop
    found = next(iter(library_times(text[begin : begin + 40], now, hours, "future")), None)
    if found is None or found.dated or found.span[0] != 0:
        return None, stop
    stop = begin + found.span[1]
    length = next(lengths(text[stop : stop + 20]), None)
    if found.start and length and re.fullmatch(r"\s*(?:부터|에)?\s*", text[stop : stop + length.span[0]]):
        until = found.start + length.delta
        return Expression("interval", found.text, found.span, found.grain, found.start, until), stop + length.span[1]
    return found, stop


def _first(rule: _Rule, now: datetime, at: Expression | None) -> datetime:
    """The first occurrence that is not over."""
    clock = at.start.time() if at and at.start else None
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    days = [today + timedelta(days=ahead) for ahead in range(366 * 4)]
    starts = [day.replace(hour=clock.hour, minute=clock.minute) if clock else day for day in days if rule.matches(day)]
    return next((start for start in starts if start >= (now if clock else today)), today)
