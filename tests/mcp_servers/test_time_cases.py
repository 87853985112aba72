"""Our own collection of Korean time cases, `time_cases/*.jsonl`, read by the engine and compared with the calendar.

A case: suite, id, text, ref (local time in Seoul), expect (alternatives, any may be met) and optionally also (further
lists of alternatives, for the other times of the text). The kinds, and value and strict, mean what they mean in the
shared scorer, with three additions: `rrule` (compared by its occurrences; `skips` and `exdates` are its exceptions),
the direction of open ends, and the first result, which must be right alone because tools take it.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr

from mcp_servers.calendar.korean_time import Expression, parse

SEOUL = ZoneInfo("Asia/Seoul")
FOLDER = Path(__file__).parent / "time_cases"
THEMES = sorted(path.stem for path in FOLDER.glob("*.jsonl"))

Case = dict[str, Any]
Fit = tuple[bool, bool]
"""Value (the start, the length, the rule) and strict (the end, the exceptions, the direction too)."""

DEPTH = {"year": 1, "half": 2, "quarter": 2, "month": 2, "week": 3, "day": 3, "hour": 4, "minute": 5, "second": 6}
SLACK = {"year": 366, "half": 31, "quarter": 31, "month": 31, "week": 1, "day": 1}
"""How many days an end may be off: suites disagree on whether the last day counts."""
SECONDS = {"Y": 31536000, "M": 2592000, "W": 604800, "D": 86400, "TH": 3600, "TM": 60, "TS": 1}
WITHIN = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "second": timedelta(minutes=1)}
FREQUENCY = {"D": "DAILY", "W": "WEEKLY", "M": "MONTHLY", "Y": "YEARLY"}
OCCURRENCES = 40
UNREAD = {"modu-anniversary-028", "modu-recurrence-095", "modu-several-023"}
"""Ids of cases that the engine does not read yet; one that it reads must leave the list."""


def cases(theme: str) -> list[Case]:
    return [json.loads(line) for line in (FOLDER / f"{theme}.jsonl").read_text(encoding="utf-8").splitlines()]


def local(instant: datetime | None) -> datetime | None:
    return instant.astimezone(SEOUL).replace(tzinfo=None) if instant else None


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def same(got: datetime, wanted: datetime, grain: str) -> bool:
    return got.timetuple()[: DEPTH[grain]] == wanted.timetuple()[: DEPTH[grain]]


def seconds(duration: str) -> float:
    date, _, time = duration.removeprefix("P").partition("T")
    parts = [
        *re.findall(r"([\d.]+)([YMWD])", date),
        *((n, f"T{unit}") for n, unit in re.findall(r"([\d.]+)([HMS])", time)),
    ]
    return sum(float(n) * SECONDS[unit] for n, unit in parts)


def rule_parts(rrule: str) -> dict[str, str]:
    return {"INTERVAL": "1"} | dict(part.split("=", 1) for part in rrule.removeprefix("RRULE:").split(";"))


def occurrences(rrule: str, start: datetime) -> list[datetime]:
    def until(match: re.Match[str]) -> str:
        return f"UNTIL={local(datetime.fromisoformat(match[1])):%Y%m%dT%H%M%S}"

    return list(islice(rrulestr(re.sub(r"UNTIL=(\w+Z)", until, rrule), dtstart=start), OCCURRENCES))


def fits_duration(want: Case, got: Expression) -> Fit:
    right = got.duration is not None and abs(seconds(got.duration) - float(want["seconds"])) < 0.5
    return right, right


def fits_set(want: Case, got: Expression) -> Fit:
    if not got.rrule or not (timex := re.fullmatch(r"P(\d+)([DWMY])", want["timex"])):
        return False, False
    parts = rule_parts(got.rrule)
    right = (parts["FREQ"], parts["INTERVAL"]) == (FREQUENCY[timex[2]], timex[1])
    return right, right


def fits_rrule(want: Case, got: Expression) -> Fit:
    if not got.rrule:
        return False, False
    rrule, start = want["rrule"], local(got.start)
    if not want["start"]:
        right = rule_parts(got.rrule).items() >= rule_parts(rrule).items()
        return right, right
    if start is None:
        return False, False
    if rrule.startswith("RSCALE"):
        untimed = {part for part in rule_parts(got.rrule).items() if part[0] not in ("BYHOUR", "BYMINUTE")}
        right = untimed == set(rule_parts(rrule).items()) and start.date() == at(want["start"]).date()
        return right, right and start == at(want["start"])
    expected, found = occurrences(rrule, at(want["start"])), occurrences(got.rrule, start)
    value = [one.date() for one in found] == [one.date() for one in expected]
    exact = value and (want.get("dates") is True or found == expected)
    ended = not want.get("end") or local(got.end) == at(want["end"])
    return value, exact and ended and exceptions(got) == exceptions_of(want, got)


def exceptions(got: Expression) -> tuple[bool, list[str]]:
    return got.except_holidays, sorted(day.isoformat() for day in got.exdates)


def exceptions_of(want: Case, got: Expression) -> tuple[bool, list[str]]:
    skips = got.except_holidays if want.get("skips") == "any" else want.get("skips") == "holidays"
    return skips, sorted(want.get("exdates", []))


def fits_open_before(want: Case, got: Expression) -> Fit:
    value = any(one and same(one, at(want["start"]), want["grain"]) for one in (local(got.end), local(got.start)))
    return value, value and got.open == "before"


def fits_open_after(want: Case, got: Expression) -> Fit:
    start = local(got.start)
    value = start is not None and same(start, at(want["start"]), want["grain"])
    return value, value and got.open == "after"


def fits_instant(want: Case, got: Expression) -> Fit:
    start = local(got.start)
    value = start is not None and got.kind != "recurrence" and same(start, at(want["start"]), want["grain"])
    return value, value and got.open is None


def fits_interval(want: Case, got: Expression) -> Fit:
    value, _ = fits_instant(want, got)
    end, grain = local(got.end), want["grain"]
    slack = timedelta(days=SLACK[grain]) if grain in SLACK else WITHIN[grain]
    return value, value and end is not None and abs(end - at(want["end"])) <= slack


FITS: dict[str, Callable[[Case, Expression], Fit]] = {
    "duration": fits_duration,
    "set": fits_set,
    "rrule": fits_rrule,
    "open_before": fits_open_before,
    "open_after": fits_open_after,
    "instant": fits_instant,
    "interval": fits_interval,
}


def fits(alternatives: list[Case], results: list[Expression]) -> Fit:
    if alternatives[0]["kind"] == "none":
        return not results, not results
    pairs = [FITS[want["kind"]](want, got) for want in alternatives for got in results]
    return any(value for value, _ in pairs), any(strict for _, strict in pairs)


def faults(case: Case, results: list[Expression]) -> Iterator[str]:
    value, strict = fits(case["expect"], results[:3])
    first = case["expect"] + [want for group in case.get("also", []) for want in group]
    if not value:
        yield "value"
    elif not strict:
        yield "strict"
    elif not fits(first, results[:1])[1]:
        yield "first"
    if not all(fits(group, results)[1] for group in case.get("also", [])):
        yield "also"


def shown(found: Expression) -> str:
    fields = (found.kind, local(found.start), local(found.end), found.grain, found.duration, found.rrule, found.open)
    return " ".join(str(field) for field in fields if field is not None)


def misses(theme: str) -> dict[str, str]:
    lines = {}
    for case in cases(theme):
        results = parse(case["text"], at(case["ref"]).replace(tzinfo=SEOUL))
        if found := list(faults(case, results)):
            shown_results = [shown(one) for one in results]
            lines[case["id"]] = f"{case['id']} {found} {case['text']!r} at {case['ref']}: {shown_results}"
    return lines


@pytest.mark.parametrize("theme", THEMES)
def test_every_case_of_a_theme_is_read_as_a_korean_reader_would(theme: str) -> None:
    missed = misses(theme)
    known = {case["id"] for case in cases(theme)} & UNREAD

    assert missed.keys() == known, (
        "\n".join(missed[name] for name in sorted(missed.keys() - known)) or "UNREAD is read now"
    )


def test_nearly_every_case_is_read() -> None:
    assert len(UNREAD) <= 0.01 * sum(len(cases(theme)) for theme in THEMES)


@pytest.mark.parametrize("theme", THEMES)
def test_every_reading_points_at_a_piece_of_its_text(theme: str) -> None:
    for case in cases(theme):
        for found in parse(case["text"], at(case["ref"]).replace(tzinfo=SEOUL)):
            assert case["text"][slice(*found.span)] == found.text != ""


def test_the_collection_is_large_and_names_every_case_once() -> None:
    ids = Counter(case["id"] for theme in THEMES for case in cases(theme))

    assert len(ids) >= 600
    assert ids.most_common(1)[0][1] == 1


def test_a_wrong_reading_is_a_miss() -> None:
    case = next(case for case in cases("clock") if case["text"] == "내일 3시에 미팅 있어요")

    wrong = parse("모레 3시", at(case["ref"]).replace(tzinfo=SEOUL))

    assert list(faults(case, wrong)) == ["value"]
    assert list(faults(case, [])) == ["value"]
