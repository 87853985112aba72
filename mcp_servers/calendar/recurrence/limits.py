"""Whether a day keeps to the parts of a rule that limit it, by the limit column of RFC 5545 section 3.3.10."""

from collections.abc import Callable, Iterator

from mcp_servers.calendar.recurrence.rule import Rule
from mcp_servers.calendar.recurrence.scale import Scale, span
from mcp_servers.calendar.recurrence.weeks import Weeks, weekday, weekdays_within

Limit = Callable[[int], bool]


def limits(rule: Rule, scale: Scale, within_month: bool) -> Iterator[Limit]:
    """A test of a day for each part, cheap ones first; `within_month`: numbered weekdays count in the month."""
    if rule.by_day:
        yield _on_weekday(rule, scale, within_month)
    if rule.by_month or rule.by_month_day:
        yield _in_month(rule, scale)
    if rule.by_year_day:
        yield _on_year_day(rule, scale)
    if rule.by_week_no:
        weeks = Weeks(scale, rule.week_start)
        yield lambda day: weeks.holds(day, rule.by_week_no)


def _on_weekday(rule: Rule, scale: Scale, within_month: bool) -> Limit:
    every = frozenset(day.weekday for day in rule.by_day if not day.nth)
    numbered = [day for day in rule.by_day if day.nth]

    def limit(day: int) -> bool:
        if weekday(day) in every or not numbered:
            return weekday(day) in every
        month = scale.month(scale.month_index(day))
        months = [month] if within_month and month else scale.months(scale.year(day))
        return bool(months) and day in weekdays_within(*span(months), numbered)

    return limit


def _in_month(rule: Rule, scale: Scale) -> Limit:
    months, days = frozenset(rule.by_month), frozenset(rule.by_month_day)

    def limit(day: int) -> bool:
        month = scale.month(scale.month_index(day))
        if month is None or (months and (month.number, month.leap) not in months):
            return False
        number = day - month.first + 1
        return not days or number in days or number - month.length - 1 in days

    return limit


def _on_year_day(rule: Rule, scale: Scale) -> Limit:
    days = frozenset(rule.by_year_day)

    def limit(day: int) -> bool:
        months = scale.months(scale.year(day))
        if not months:
            return False
        first, length = span(months)
        return day - first + 1 in days or day - first - length in days

    return limit
