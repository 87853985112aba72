"""How much CPU time recurrences take: `python tests/bench/bench_recurrence.py`."""

import sys
import timeit
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from time import process_time
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parents[2]))

from mcp_servers.calendar.recurrence import RecurrenceSet, Rule, lunar, spoken, starts

SEOUL = ZoneInfo("Asia/Seoul")
BEGAN, NOW = datetime(2016, 11, 28, 9), datetime(2026, 11, 30, tzinfo=SEOUL)


def series(text: str) -> RecurrenceSet:
    return RecurrenceSet(BEGAN, "Asia/Seoul", (Rule.parse(text),))


def week(text: str) -> Callable[[], object]:
    recurring = series(text)
    return lambda: recurring.between(NOW, NOW + timedelta(days=7))


CASES: dict[str, Callable[[], object]] = {
    "a week of a weekly rule, begun 10 years ago": week("FREQ=WEEKLY;BYDAY=MO,WE"),
    "a week of a daily rule": week("FREQ=DAILY"),
    "a week of a monthly rule": week("FREQ=MONTHLY;BYDAY=2TH"),
    "a week of a yearly rule": week("FREQ=YEARLY"),
    "a week of a yearly lunar rule": week("RSCALE=DANGI;FREQ=YEARLY;BYMONTH=8;BYMONTHDAY=15"),
    "a week of an hourly rule": week("FREQ=HOURLY;INTERVAL=3"),
    "a week of a weekly rule that is counted": week("FREQ=WEEKLY;BYDAY=MO,WE;COUNT=5000"),
    "1,000 occurrences of a daily rule": lambda: [*islice(starts(Rule.parse("FREQ=DAILY"), BEGAN), 1000)],
    "a rule that never occurs": lambda: [*starts(Rule.parse("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), BEGAN)],
    "a rule read": lambda: Rule.parse("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;UNTIL=20261231T145959Z"),
    "a rule said": lambda: spoken(Rule.parse("FREQ=WEEKLY;BYDAY=TU,TH;COUNT=10")),
    "a lunar date": lambda: lunar(date(2026, 9, 25)),
}


def main() -> None:
    for name, run in CASES.items():
        run()
        repeats = max(1, int(0.05 / max(1e-5, timeit.timeit(run, timer=process_time, number=1))))
        best = min(timeit.repeat(run, timer=process_time, number=repeats, repeat=5)) / repeats
        print(f"{best * 1e6:12,.1f} µs  {name}")


if __name__ == "__main__":
    main()
