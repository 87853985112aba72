"""Joins words of time that stand together into chains: "다음 달" + "셋째 주" + "토요일" + "오후 2시"."""

import re
from dataclasses import dataclass, field, replace

from mcp_servers.calendar.korean_time.chain import Chain
from mcp_servers.calendar.korean_time.step import Clock, Cyclic, Fixed, Level, Shift, Step
from mcp_servers.calendar.korean_time.token import Invalid, Meaning, Pointer, Token, Weekdays, Zone
from mcp_servers.calendar.korean_time.weeks import week_part, weekday_step

_GLUE = re.compile(r"\s{0,3}(?:\)\s?)?(?:의|에|날|,|\(|-|인|부로)?\s{0,3}")
_SHIFT_GLUE = re.compile(
    r"\s{0,3}(?:의|에서|(?:으)?로부터|부터|에서부터|생|출생|에\s?(?:태어난|결혼한|돌아가신|시작한)(?:\s\S{1,5}?의?)?)?\s{0,3}(?:최소|약|대략|정확히|딱|꼭)?\s{0,2}(?:그\s?)?"
)
_SINCE = re.compile(r"\s{0,3}(?:에서|부터)")
_UNTIL = re.compile(r"(?:쯤)?\s?까지")
# What a length of time counts from when it stands right behind: "회의 2시간 전" is not two hours before now.
_EVENT = re.compile(
    r"(?:회의|미팅|수업|시험|마감|출발|도착|발표|결혼식|여행|행사|공연|수술|검진|면접|경기|촬영|약속|식사|일정|이벤트|"
    r"만기|납기|기한|퇴실|입실|체크인|체크아웃|탑승|비행|방송|개봉|출시|이사|입학|졸업|수능|생일|기념일|시작|종료|거기|그때|그로)(?:하기|기|에서|서|부터)?\s?$"
)
_LOOK_BACK = 8


@dataclass(frozen=True, slots=True)
class Linked:
    """A chain with its place among the tokens and in the text."""

    chain: Chain
    start: int
    end: int
    next: int
    """The index of the first token behind it."""
    zone: str | None = None
    broken: bool = False
    """Whether a part of it is no date, and so it is none."""


@dataclass(slots=True)
class _Building:
    steps: list[Step] = field(default_factory=list)
    zone: str | None = None
    broken: bool = False

    @property
    def level(self) -> Level:
        return self.steps[-1].level


class Linker:
    def __init__(self, text: str, tokens: list[Token]) -> None:
        self._text = text
        self._tokens = tokens

    def chain_at(self, index: int) -> Linked | None:
        """The chain that begins with a token, or None when that token cannot begin one."""
        first, pointer, start = index, None, self._tokens[index].start
        meaning = self._tokens[first].meaning
        if isinstance(meaning, Zone):
            return self._zoned(index)
        if isinstance(meaning, Pointer):
            if not self._points(first):
                return None
            pointer, first = meaning, first + 1
        built = _Building()
        last, position = first, first
        while position < len(self._tokens):
            token = self._tokens[position]
            if position > first and not self._is_linked(last, position, built):
                break
            self._take(built, token.meaning)
            last, position = position, position + 1
        if not built.steps and not built.broken:
            return None
        chain = Chain(tuple(_ordered(built.steps)), pointer)
        return Linked(chain, start, self._tokens[last].end, last + 1, built.zone, built.broken)

    def event_before(self, start: int) -> bool:
        """Whether what is counted from is something else than now."""
        return _EVENT.search(self._text, max(0, start - _LOOK_BACK), start) is not None

    def gap(self, index: int) -> str:
        """The text between a token and the one behind it."""
        return self._text[self._tokens[index].end : self._tokens[index + 1].start]

    def _zoned(self, index: int) -> Linked | None:
        if index + 1 >= len(self._tokens) or len(self.gap(index).strip(" ,의")) > 1:
            return None
        linked = self.chain_at(index + 1)
        zone = self._tokens[index].meaning
        if linked is None or not isinstance(zone, Zone):
            return None
        return replace(linked, start=self._tokens[index].start, zone=zone.key)

    def _points(self, index: int) -> bool:
        if index + 1 >= len(self._tokens) or self.gap(index).strip():
            return False
        return isinstance(self._tokens[index + 1].meaning, Cyclic | Clock)

    def _take(self, built: _Building, meaning: Meaning) -> None:
        match meaning:
            case Zone():
                built.zone = meaning.key
            case Invalid():
                built.broken = True
            case Weekdays() if built.steps:
                days = meaning.days
                built.steps.append(weekday_step(days[0]) if len(days) == 1 else week_part(days[0], len(days)))
            case Fixed() | Cyclic() | Clock() | Shift():
                built.steps.append(meaning)

    def _is_linked(self, last: int, position: int, built: _Building) -> bool:
        token = self._tokens[position]
        between = self._text[self._tokens[last].end : token.start]
        if isinstance(token.meaning, Invalid | Zone):
            return _GLUE.fullmatch(between) is not None and (
                isinstance(token.meaning, Invalid) or self._leads_on(position)
            )
        if not built.steps:
            return built.broken and _GLUE.fullmatch(between) is not None
        if isinstance(token.meaning, Shift):
            return self._is_shifted(built, between, token)
        if isinstance(token.meaning, Weekdays):
            days = token.meaning.days
            if built.level == Level.WEEK:
                return not between.strip() and days[-1] - days[0] == len(days) - 1 > 0
            bracketed = "(" in between and self._text[token.end : token.end + 1] == ")"
            return bracketed and len(days) == 1 and built.level == Level.DAY
        if not isinstance(token.meaning, Fixed | Cyclic | Clock) or not _GLUE.fullmatch(between):
            return False
        return _fits(built.steps, token.meaning)

    def _leads_on(self, position: int) -> bool:
        return position + 1 < len(self._tokens) and not self.gap(position).strip(" ,의에")

    def _is_shifted(self, built: _Building, between: str, token: Token) -> bool:
        if not _SHIFT_GLUE.fullmatch(between) or built.level < Level.PART_OF_WEEK and not between.strip():
            return False
        if _SINCE.match(between) and _UNTIL.match(self._text, token.end):
            return False
        shift = token.meaning
        assert isinstance(shift, Shift)
        return shift.amount.in_days or built.level >= Level.PART_OF_DAY or "서" in between or "로" in between


def _fits(steps: list[Step], step: Step) -> bool:
    """Whether a step leads further in, or says again what day it is, or names the year afterwards."""
    last = steps[-1]
    if isinstance(step, Clock) and isinstance(last, Shift) and last.sign < 0 and not last.amount.in_days:
        return len(steps) == 1
    if isinstance(step, Fixed):
        names_year = step.level == Level.YEAR and step.explicit and isinstance(steps[0], Cyclic)
        names_date = step.level == Level.DAY and step.explicit and _is_weekday(last) and len(steps) == 1
        return names_year and Level.MONTH <= last.level <= Level.DAY or names_date
    if step.level > last.level:
        return True
    if last.level == Level.DAY and step.level <= Level.DAY and isinstance(step, Cyclic):
        return _is_weekday(step) != _is_weekday(last) and (_is_weekday(step) or len(steps) == 1)
    return False


def _is_weekday(step: Step) -> bool:
    return isinstance(step, Cyclic) and step.weekday is not None


def _ordered(steps: list[Step]) -> list[Step]:
    """The wider steps first: "월요일, 1월 22일, 2018" becomes year, day, weekday."""
    if len(steps) > 1 and isinstance(steps[0], Shift) and isinstance(steps[1], Clock):
        return [steps[1], steps[0]]
    if len(steps) > 1 and _is_weekday(steps[0]) and steps[1].level <= Level.DAY:
        steps = [*steps[1:2], steps[0], *steps[2:]]
    years = [step for step in steps[1:] if isinstance(step, Fixed) and step.level == Level.YEAR]
    return [*years, *(step for step in steps if step not in years)]
