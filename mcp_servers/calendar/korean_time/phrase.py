"""What a text says about one time: a chain alone, with an open side or a length, a range, or a length around now."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from mcp_servers.calendar.korean_time.amount import Amount
from mcp_servers.calendar.korean_time.chain import Scene, beside, following, readings
from mcp_servers.calendar.korean_time.expression import Open
from mcp_servers.calendar.korean_time.leaning import leaning
from mcp_servers.calendar.korean_time.links import Linked, Linker
from mcp_servers.calendar.korean_time.period import CLOCKS, DAY, Period, instant, midnight, unit_at
from mcp_servers.calendar.korean_time.ranges import pairs_of, reach
from mcp_servers.calendar.korean_time.step import Shift
from mcp_servers.calendar.korean_time.words.token import Length, Pointer, Token

_SINCE = re.compile(r"(?:쯤|경)?(?:에)?\s?(?:부터|이후|이래로?|후로|(?:또는|그리고)\s?그\s?이후)")
_DUE = re.compile(r"(?:쯤|경)?\s?(?:까지|이전|전(?=에|까지|$|[\s.,])(?:까지|에)?|안으로|안에|내에|내로|중으로)")
_LENGTH_GLUE = re.compile(r"(?:쯤|경)?\s?(?:부터|에서|에|,|로|의)?\s?(?:약|총|딱)?\s?")
_AND = re.compile(r"(?:에|날)?\s?(?:와|과|,|또는|혹은|이나|나|및|·|하고|아니면|그리고|랑|이랑)\s?(?:그\s?)?")
_AND_THEN = re.compile(r"그\s?(?:다음|이튿|전|뒷)")
_BY = re.compile(r"(?i:\bby )$")
_A_DAY = Amount(((1, "D"),))


@dataclass(frozen=True, slots=True)
class Reading:
    """One meaning of a phrase: a period, or a length."""

    period: Period | None = None
    open: Open | None = None
    amount: Amount | None = None


@dataclass(frozen=True, slots=True)
class Phrase:
    start: int
    end: int
    next: int
    """The index of the first token behind it."""
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
        """The phrase, without readings when it names no time after all; `before` is the one before it."""
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
            return self._counted_from_event(linked, head)
        begins = self._begins(linked, before)
        return self._range(linked, begins) or self._lasting(linked, begins) or self._opened(linked, begins)

    def _begins(self, linked: Linked, before: Phrase | None) -> list[Period]:
        """The readings of a chain, in the light of a time named just before it."""
        found = readings(linked.chain, self.scene)
        if linked.chain.clock and linked.chain.clock.bare:
            found = leaning(self.text, linked.start, linked.end, found)
        if before is None or before.first is None or not _AND.fullmatch(self.text, before.end, linked.start):
            return found
        if isinstance(linked.chain.steps[0], Shift):
            then = following(linked.chain, before.first, self.scene)
            return [then] if then and _AND_THEN.match(self.text, linked.start) else found
        return beside(linked.chain, before.first) or found

    def _counted_from_event(self, linked: Linked, shift: Shift) -> Phrase:
        """ "회의 2시간 전" names a length; "마감 전날" names a day that nobody knows here."""
        alone = len(linked.chain.steps) == 1 and shift.amount != _A_DAY
        found = [Reading(amount=shift.amount)] if alone else []
        return Phrase(linked.start, linked.end, linked.next, found)

    def _range(self, linked: Linked, begins: list[Period]) -> Phrase | None:
        if linked.next >= len(self.tokens) or not begins:
            return None
        last = self.linker.chain_at(linked.next)
        span = reach(self.text, linked, last) if last and not last.broken else None
        if span is None or last is None:
            return None
        pairs = pairs_of(linked.chain, begins, last.chain, self.scene)
        if not pairs:
            return None
        found = [Reading(_joined(first, second)) for first, second in pairs]
        if span.between and pairs[0][1].grain in ("month", "year"):
            found.append(Reading(replace(_joined(*pairs[0]), end=pairs[0][1].start)))
        return Phrase(linked.start, span.end, last.next, found, linked, linked.zone or last.zone)

    def _lasting(self, linked: Linked, begins: list[Period]) -> Phrase | None:
        """A start with a length behind it: "3시부터 두 시간", "12월 1일부터 사흘간", "오늘로부터 2주 안에"."""
        token = self.tokens[linked.next] if linked.next < len(self.tokens) else None
        if token is None or not begins or not isinstance(token.meaning, Length):
            return None
        amount = token.meaning.amount
        if not _LENGTH_GLUE.fullmatch(self.text, linked.end, token.start):
            return None
        since = "부터" in self.text[linked.end : token.start]
        whole_days = begins[0].grain not in CLOCKS
        fits = amount.in_days if whole_days else begins[0].exact and (since or not amount.in_days)
        if not fits or (whole_days and not since):
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
        elif _BY.search(self.text, max(0, linked.start - 4), linked.start):
            side = "before"
        found = [Reading(period, side) for period in begins]
        if begins and side:
            found.extend(_edges(begins[0], side, self.text[linked.end : end]))
        return Phrase(linked.start, end, linked.next, found, linked, linked.zone)

    def _length(self, index: int, length: Length) -> Phrase:
        token = self.tokens[index]
        if length.role == "ahead":
            found = [Reading(_beside_now("ahead", length.amount, self.scene.now))]
        elif length.role == "within" and not self.linker.event_before(token.start):
            found = [Reading(period) for period in _within(length.amount, self.scene.now)]
        else:
            found = [Reading(amount=amount) for amount in (length.amount, *length.others)]
        return Phrase(token.start, token.end, index + 1, found)

    def _around(self, index: int, pointer: Pointer) -> Phrase | None:
        """ "지난 사흘 동안", "앞으로 두 시간"."""
        if index + 1 >= len(self.tokens) or self.linker.gap(index).strip() or pointer.to in ("this", "then"):
            return None
        token = self.tokens[index + 1]
        if not isinstance(token.meaning, Length):
            return None
        amounts = (token.meaning.amount, *token.meaning.others)
        found = [Reading(_beside_now(pointer.to, amount, self.scene.now)) for amount in amounts]
        return Phrase(self.tokens[index].start, token.end, index + 2, found)


def _joined(first: Period, last: Period) -> Period:
    grain = first.grain if first.grain in CLOCKS or first.grain == last.grain else "day"
    return Period(first.start, last.start if last.exact else last.end, grain)


def _edges(period: Period, side: Open, words: str) -> Iterator[Reading]:
    """The other readings of an open side: 이후 without the period itself, 까지 as the last second."""
    if period.grain in CLOCKS:
        return
    if side == "after" and "후" in words:
        yield Reading(replace(period, start=period.end, end=period.end + DAY), side)
    if side == "before" and "까지" in words:
        yield Reading(instant(period.end - timedelta(seconds=1), "second"))


def _within(amount: Amount, now: datetime) -> list[Period]:
    """From now on, or the moment when it is over."""
    last = Shift(amount, 1).from_now(now)
    if amount.in_days:
        return [Period(midnight(now), last.end, "day"), last]
    return [Period(now, last.start, amount.grain), last]


def _beside_now(to: str, amount: Amount, now: datetime) -> Period:
    """So long up to now or from now on; whole days do not count today."""
    back = to in ("last", "back")
    if not amount.in_days:
        other = amount.after(now, -1 if back else 1)
        return Period(min(other, now), max(other, now), amount.grain)
    if back:
        return Period(amount.after(midnight(now), -1), midnight(now), "day")
    tomorrow = unit_at("day", now, 1).start
    if amount.business:
        return Period(tomorrow, Shift(amount, 1).from_now(now).end, "day")
    return Period(tomorrow, amount.after(tomorrow), "day")
