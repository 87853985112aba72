"""The text of a recurrence rule read part by part, with the slips of real clients (RFC 5545 section 3.3.10)."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TypeVar

from mcp_servers.calendar.recurrence.parts import WEEKDAYS, ByDay, ByMonth, Calendar, Frequency, InvalidRule

_M = TypeVar("_M", bound=StrEnum)

_NUMBER = re.compile(r"[+-]?[0-9]{1,9}")
_WEEKDAY = re.compile(rf"([+-]?[0-9]{{1,2}})?({'|'.join(WEEKDAYS)})")
_MONTH = re.compile(r"([0-9]{1,2})(L?)")
_UNTIL = re.compile(r"([0-9]{8})(?:T([0-9]{4})([0-9]{2})?(Z?))?")

_BOUNDS = {
    "BYSECOND": (0, 60), "BYMINUTE": (0, 59), "BYHOUR": (0, 23), "BYMONTHDAY": (-31, 31), "BYYEARDAY": (-385, 385),
    "BYWEEKNO": (-56, 56), "BYSETPOS": (-385, 385),
}  # fmt: skip
"""What a part may hold. The days and weeks of a year are those of the longest lunar one (RFC 7529 section 4.1)."""

_NAMES = {*_BOUNDS, "FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTH", "WKST", "RSCALE", "SKIP"}


class Recur:
    """Names and values in upper case, without what is empty or private (X-). Every reader raises InvalidRule."""

    def __init__(self, text: str) -> None:
        self._values: dict[str, str] = {}
        for part in "".join(text.split()).upper().removeprefix("RRULE:").split(";"):
            name, _, value = part.partition("=")
            if not value.strip(",") or name.startswith("X-"):
                continue
            if name not in _NAMES:
                raise InvalidRule(f"반복 규칙에 모르는 항목이 있습니다: {name[:40]}. RFC 5545의 항목만 적어 주세요.")
            if self._values.setdefault(name, value) != value:
                raise InvalidRule(f"반복 규칙에 {name} 항목이 두 번 있습니다. 하나만 남겨 주세요.")

    def frequency(self) -> Frequency:
        value = self._values.get("FREQ", "")
        if value not in Frequency.__members__:
            wanted = ", ".join(Frequency.__members__)
            raise _wrong("FREQ", value, f"{wanted} 가운데 하나로 적어 주세요.")
        return Frequency[value]

    def member(self, kind: type[_M], name: str, default: _M) -> _M:
        value = self._values.get(name, default)
        if value not in kind.__members__:
            raise _wrong(name, value, f"{', '.join(kind)} 가운데 하나만 계산할 수 있습니다.")
        return kind[value]

    def interval(self) -> int:
        """1 also for the 0 of some clients."""
        return self._amount("INTERVAL", 0) or 1

    def count(self) -> int | None:
        return self._amount("COUNT", 1)

    def until(self) -> date | datetime | None:
        if not (text := self._values.get("UNTIL")):
            return None
        found = _UNTIL.fullmatch(text.replace("-", "").replace(":", ""))
        try:
            if not found:
                raise ValueError
            day, clock, second, utc = found.groups()
            if clock is None:
                return date.fromisoformat(day)
            moment = datetime.fromisoformat(f"{day}T{clock}{min(int(second or 0), 59):02}")
        except ValueError:
            raise _wrong("UNTIL", text, "20261231 또는 20261231T145959Z처럼 적어 주세요.") from None
        return moment.replace(tzinfo=UTC) if utc else moment

    def numbers(self, name: str) -> tuple[int, ...]:
        low, high = _BOUNDS[name]
        numbers = {_number(name, item) for item in self._items(name)}
        for number in numbers:
            if not low <= number <= high or (low < 0 and number == 0):
                wanted = f"1~{high} 또는 {low}~-1" if low < 0 else f"{low}~{high}"
                raise _wrong(name, str(number), f"{wanted} 안에서 적어 주세요.")
        return tuple(sorted(numbers))

    def weekdays(self) -> tuple[ByDay, ...]:
        days = set()
        for item in self._items("BYDAY"):
            found = _WEEKDAY.fullmatch(item)
            if not found or abs(int(found[1] or 0)) > 53:
                raise _wrong("BYDAY", item, "MO, 2TU, -1FR처럼 적어 주세요.")
            days.add(ByDay(WEEKDAYS.index(found[2]), int(found[1] or 0)))
        return tuple(sorted(days))

    def months(self, rscale: Calendar) -> tuple[ByMonth, ...]:
        months = set()
        for item in self._items("BYMONTH"):
            found = _MONTH.fullmatch(item)
            if not found or not 1 <= int(found[1]) <= 12:
                raise _wrong("BYMONTH", item, "1~12 안에서, 윤달은 RSCALE=DANGI와 함께 5L처럼 적어 주세요.")
            if found[2] and rscale is Calendar.GREGORIAN:
                raise _wrong("BYMONTH", item, "윤달은 음력 규칙(RSCALE=DANGI)에만 있습니다.")
            months.add(ByMonth(int(found[1]), bool(found[2])))
        return tuple(sorted(months))

    def week_start(self) -> int:
        day = self._values.get("WKST", "MO")
        if day not in WEEKDAYS:
            raise _wrong("WKST", day, f"{', '.join(WEEKDAYS)} 가운데 하나로 적어 주세요.")
        return WEEKDAYS.index(day)

    def _items(self, name: str) -> Iterator[str]:
        return filter(None, self._values.get(name, "").split(","))

    def _amount(self, name: str, lowest: int) -> int | None:
        if (text := self._values.get(name)) is None:
            return None
        if (number := _number(name, text)) < lowest:
            raise _wrong(name, text, "1 이상으로 적어 주세요.")
        return number


def _number(name: str, text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise _wrong(name, text, "숫자로 적어 주세요.")
    return int(text)


def _wrong(name: str, value: str, wanted: str) -> InvalidRule:
    return InvalidRule(f"반복 규칙의 {name}={value[:40]} 값을 쓸 수 없습니다. {wanted}")
