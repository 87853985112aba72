"""What a text says about one time: chains alone, in ranges, with an open side, and lengths around now."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from mcp_servers.calendar.korean_time.amount import Amount
from mcp_servers.calendar.korean_time.chain import Chain, Scene, beside, following, readings
from mcp_servers.calendar.korean_time.expression import Open
from mcp_servers.calendar.korean_time.links import Linked, Linker
from mcp_servers.calendar.korean_time.period import CLOCKS, Period, instant, midnight, one_day, unit_at
from mcp_servers.calendar.korean_time.step import Clock, Cyclic, Fixed, Level, Shift
from mcp_servers.calendar.korean_time.token import Length, Pointer, Token

_RANGE = re.compile(r"(?:쯤|경)?\s?(?:부터|에서부터|에서|~|∼|〜|-|–|—|--)\s?(?:약\s)?|/")
_PAIR = re.compile(r"\s?(?:와|과|하고|랑|이랑|에서|부터|~|-)\s?")
_BETWEEN = re.compile(r"\s?(?:의\s)?사이")
_UNTIL = re.compile(r"(?:쯤|경)?\s?(?:까지|사이에?)")
_SINCE = re.compile(r"(?:쯤|경)?(?:에)?\s?(?:부터|이후|이래로?|후로|(?:또는|그리고)\s?그\s?이후)")
_DUE = re.compile(r"(?:쯤|경)?\s?(?:까지|이전|전(?=에|까지|$|[\s.,])(?:까지|에)?|안으로|안에|내에|내로|중으로)")
_LENGTH_GLUE = re.compile(r"(?:쯤|경)?\s?(?:부터|에서|에|,|로|의)?\s?(?:약|총|딱)?\s?")
_AND = re.compile(r"(?:에|날)?\s?(?:와|과|,|또는|혹은|이나|나|및|·|하고|아니면|그리고|랑|이랑)\s?(?:그\s?)?")
_ANAPHOR = re.compile(r"그\s?(?:다음|이튿|전|뒷)")
_ELEVEN_MONTHS = timedelta(days=340)


@dataclass(frozen=True, slots=True)
class Reading:
    """One meaning of a phrase: a period, or a length."""

    period: Period | None = None
    open: Open | None = None
    amount: Amount | None = None


@dataclass(slots=True)
class Phrase:
    start: int
    end: int
    next: int
    readings: list[Reading] = field(default_factory=list)
    linked: Linked | None = None
    zone: str | None = None

    @property
    def first(self) -> Period | None:
        return self.readings[0].period if self.readings else None


class Reader:
    """Reads the phrase that begins with a token."""

    def __init__(self, text: str, tokens: list[Token], scene: Scene) -> None:
        self.text = text
        self.tokens = tokens
        self.scene = scene
        self.linker = Linker(text, tokens)

    def phrase_at(self, index: int, before: Phrase | None) -> Phrase | None:
        token = self.tokens[index]
        if isinstance(token.meaning, Length):
            return self._length(index, token.meaning)
        if isinstance(token.meaning, Pointer) and (around := self._around(index, token.meaning)):
            return around
        linked = self.linker.chain_at(index)
        if linked is None:
            return None
        if linked.broken:
            return Phrase(linked.start, linked.end, linked.next)
        head = linked.chain.steps[0]
        if isinstance(head, Shift) and self.linker.event_before(linked.start):
            alone = (
                [Reading(amount=head.amount)]
                if len(linked.chain.steps) == 1 and not head.amount.terms == ((1, "D"),)
                else []
            )
            return Phrase(linked.start, linked.end, linked.next, alone)
        begins = self._begins(linked, before)
        return self._range(linked, begins) or self._lasting(linked, begins) or self._opened(linked, begins)

    def _begins(self, linked: Linked, before: Phrase | None) -> list[Period]:
        """The readings of a chain, in the light of a time named just before it."""
        found = readings(linked.chain, self.scene)
        if before is None or before.first is None:
            return found
        between = self.text[before.end : linked.start]
        if _AND.fullmatch(between):
            if isinstance(linked.chain.steps[0], Shift) and _ANAPHOR.match(self.text, linked.start):
                moved = following(linked.chain, before.first, self.scene)
                return [moved] if moved else found
            return beside(linked.chain, before.first) or found
        return found

    def _range(self, linked: Linked, begins: list[Period]) -> Phrase | None:
        if linked.next >= len(self.tokens) or not begins:
            return None
        index = linked.next
        between = self.text[linked.end : self.tokens[index].start]
        joint = _RANGE.fullmatch(between)
        if not joint and not _PAIR.fullmatch(between):
            return None
        last = self.linker.chain_at(index)
        if last is None or last.broken:
            return None
        until = _UNTIL.match(self.text, last.end)
        apart = _BETWEEN.match(self.text, last.end)
        if not joint and not apart:
            return None
        if joint and "에서" in between and not until and not apart and not _are_years(linked.chain, last.chain):
            return None
        pairs = self._pairs(linked.chain, begins, last.chain)
        if not pairs:
            return None
        end = until.end() if until else last.end
        found = [Reading(_joined(first, second)) for first, second in pairs]
        if apart and pairs[0][1].grain in ("month", "year"):
            found.append(Reading(replace(_joined(*pairs[0]), end=pairs[0][1].start)))
        return Phrase(linked.start, end, last.next, found, linked, linked.zone or last.zone)

    def _pairs(self, first: Chain, begins: list[Period], last: Chain) -> list[tuple[Period, Period]]:
        if first.clock and first.clock.bare and isinstance(last.steps[0], Clock) and not last.steps[0].bare:
            begins = self._nearest(begins, last)
        pairs = self._backwards(first, last) or [
            (begin, end) for begin in begins if (end := following(last, begin, self.scene))
        ]
        return [
            (begin, end)
            for begin, end in pairs
            if end.start >= begin.start
            and not (begin.exact and end.start == begin.start)
            and (isinstance(last.steps[0], Fixed) or end.start - begin.start < _ELEVEN_MONTHS)
        ]

    def _nearest(self, begins: list[Period], last: Chain) -> list[Period]:
        """ "11시부터 오후 3시까지" begins in the morning, "5시부터 오후 6시까지" in the afternoon."""

        def length(begin: Period) -> timedelta:
            end = following(last, begin, self.scene)
            return end.start - begin.start if end else timedelta.max

        same = [begin for begin in begins if begin.start.date() == begins[0].start.date()]
        return [min(same if len(same) > 1 else begins, key=length)]

    def _backwards(self, first: Chain, last: Chain) -> list[tuple[Period, Period]]:
        """ "5월부터 2020년 10월까지": what comes back begins right before the end."""
        head, final = first.steps[0], last.steps[0]
        if not (isinstance(final, Fixed) and final.explicit and isinstance(head, Cyclic) and head.cycle == "year"):
            return []
        ends = readings(last, self.scene)
        if not ends:
            return []
        before = replace(self.scene, now=ends[0].start, toward="past")
        return [(begin, ends[0]) for begin in readings(first, before)[:1]]

    def _lasting(self, linked: Linked, begins: list[Period]) -> Phrase | None:
        """A start with a length behind it: "3시부터 두 시간", "12월 1일부터 사흘간", "오늘로부터 2주 안에"."""
        if linked.next >= len(self.tokens) or not begins:
            return None
        token = self.tokens[linked.next]
        if not isinstance(token.meaning, Length):
            return None
        between = self.text[linked.end : token.start]
        since = "부터" in between
        if not (_LENGTH_GLUE.fullmatch(between) or since and len(between) < 8):
            return None
        amount = token.meaning.amount
        whole_days = begins[0].grain not in CLOCKS
        if not since and (whole_days or not begins[0].exact or amount.in_days):
            return None
        if whole_days and not amount.in_days:
            return None
        found = [Reading(Period(first.start, amount.after(first.start), first.grain)) for first in begins]
        return Phrase(linked.start, token.end, linked.next + 1, found, linked, linked.zone)

    def _opened(self, linked: Linked, begins: list[Period]) -> Phrase:
        side: Open | None = None
        end = linked.end
        if after := _SINCE.match(self.text, end):
            side, end = "after", after.end()
        elif due := _DUE.match(self.text, end):
            side, end = "before", due.end()
        found = [Reading(period, side) for period in begins]
        if begins and side:
            found.extend(_edges(begins[0], side, self.text[linked.end : end]))
        return Phrase(linked.start, end, linked.next, found, linked, linked.zone)

    def _length(self, index: int, length: Length) -> Phrase:
        token = self.tokens[index]
        if length.role == "ahead":
            found = [Reading(period) for period in _beside_now(Pointer("ahead"), length.amount, self.scene.now)]
        elif length.role == "within" and not self.linker.event_before(token.start):
            found = [Reading(period) for period in _within(length.amount, self.scene.now)]
        else:
            found = [Reading(amount=amount) for amount in (length.amount, *length.others)]
        return Phrase(token.start, token.end, index + 1, found)

    def _around(self, index: int, pointer: Pointer) -> Phrase | None:
        """ "지난 사흘 동안", "앞으로 두 시간"."""
        if index + 1 >= len(self.tokens) or self.linker.gap(index).strip():
            return None
        token = self.tokens[index + 1]
        length = token.meaning
        if not isinstance(length, Length) or pointer.to in ("this", "then"):
            return None
        found = [
            Reading(period)
            for amount in (length.amount, *length.others)
            for period in _beside_now(pointer, amount, self.scene.now)
        ]
        return Phrase(self.tokens[index].start, token.end, index + 2, found)


def _are_years(first: Chain, last: Chain) -> bool:
    return first.level <= Level.YEAR and last.steps[0].level == Level.YEAR


def _joined(first: Period, last: Period) -> Period:
    grain = first.grain if first.grain in CLOCKS or first.grain == last.grain else "day"
    return Period(first.start, last.start if last.exact else last.end, grain)


def _edges(period: Period, side: Open, words: str) -> Iterator[Reading]:
    """The other readings of an open side: 이후 without the period itself, 까지 as the last second."""
    if side == "after" and "후" in words and period.grain not in CLOCKS:
        yield Reading(replace(period, start=period.end), side)
    if side == "before" and "까지" in words and period.grain not in CLOCKS:
        yield Reading(instant(period.end - timedelta(seconds=1), "second"))


def _within(amount: Amount, now: datetime) -> list[Period]:
    """From now on, or the moment when it is over."""
    if amount.business:
        last = Shift(amount, 1).from_now(now)
        return [Period(midnight(now), last.end, "day"), last]
    last_moment = amount.after(now)
    if amount.in_days:
        return [Period(midnight(now), one_day(last_moment).end, "day"), one_day(last_moment)]
    return [Period(now, last_moment, amount.grain), instant(last_moment, amount.grain)]


def _beside_now(pointer: Pointer, amount: Amount, now: datetime) -> list[Period]:
    if not amount.in_days:
        if pointer.to in ("last", "back"):
            return [Period(amount.after(now, -1), now, amount.grain)]
        return [Period(now, amount.after(now), amount.grain)]
    today = midnight(now)
    if pointer.to in ("last", "back"):
        return [Period(amount.after(today, -1), today, "day")]
    first = unit_at("day", now, 1).start
    if amount.business:
        return [Period(first, Shift(amount, 1).from_now(now).end, "day")]
    return [Period(first, amount.after(first), "day")]
