"""Joins words of time that stand together into chains: "다음 달" + "셋째 주" + "토요일" + "오후 2시"."""

import re
from dataclasses import dataclass, field, replace

from mcp_servers.calendar.korean_time.chain import Chain
from mcp_servers.calendar.korean_time.step import Clock, Cyclic, Fixed, Level, Shift, Step
from mcp_servers.calendar.korean_time.words.token import Invalid, Meaning, Pointer, Token, Weekdays, Zone
from mcp_servers.calendar.korean_time.words.weeks import week_around, week_part, weekday_step

_GLUE = re.compile(r"\s?(?:\)\s?)?(?:의|에|날|이(?=\s끝)|,|\(|-|인|부로)?\s?")
_SHIFT_GLUE = re.compile(
    r"\s?(?:의|에서|(?:으)?로부터|부터|에서부터|기준(?:으로)?)?\s?(?:최소|약|대략|정확히|딱|꼭)?\s?(?:그\s?)?"
)
# "내일 회의 3시", "목요일 저녁 식사 7시".
_WHAT = re.compile(r"\s?(?:회의|미팅|식사|약속|모임|수업|회식)(?:는|은)?\s")
# What a person did or what happened on a day that an anniversary is counted from: "3월 1일에 태어난 아기의 백일".
BIRTH_GLUE = re.compile(
    r"\s?(?:생|출생)?(?:에|부터)?,?\s?"
    r"(?:(?:태어|출생|결혼|별세|돌아가|사망|입사|사귀|사귄|만난|만나|시작|개업|창립)[가-힣]{0,5},?\s?(?:지\s)?)?"
    r"(?:[가-힣]{1,4}\s)?"
)
_SINCE = re.compile(r"\s?(?:에서|부터)")
_UNTIL = re.compile(r"쯤?\s?까지")
# What a length of time counts from when it stands right behind: "회의 2시간 전" is not two hours before now.
_EVENT = re.compile(
    r"(?:회의|미팅|수업|시험|마감|출발|도착|발표|결혼식|여행|행사|공연|수술|검진|면접|경기|촬영|약속|식사|일정|이벤트|"
    r"만기|납기|기한|퇴실|입실|체크인|체크아웃|탑승|비행|방송|개봉|출시|이사|입학|졸업|수능|생일|기념일|시작|종료|"
    r"거기|그때|그로)(?:하기|기|에서|서|부터)?\s?$"
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
        return self.steps[-1].level if self.steps else Level.ERA

    def take(self, meaning: Meaning, repeated: bool) -> None:
        match meaning:
            case Zone():
                self.zone = meaning.key
            case Invalid():
                self.broken = True
            case Weekdays(days=days):
                self.steps.append(
                    weekday_step(days[0]) if len(days) == 1 else week_part(days[0], len(days), strict=True)
                )
            case Cyclic(weekday=int()) if isinstance(self.steps[-1] if self.steps else None, Shift):
                self.steps.extend((week_around(), meaning))
            case Fixed(moved=Cyclic() as moved) if self.level == Level.DAY:
                self.steps.append(moved)
            case Fixed() | Cyclic() | Clock() | Shift() if not repeated:
                self.steps.append(meaning)


class Linker:
    def __init__(self, text: str, tokens: list[Token]) -> None:
        self._text = text
        self._tokens = tokens

    def chain_at(self, index: int) -> Linked | None:
        """The chain that begins with a token, or None when that token cannot begin one."""
        first, pointer = index, None
        match self._tokens[index].meaning:
            case Zone() as zone:
                return self._zoned(index, zone)
            case Pointer() as found:
                if not self._points(index):
                    return None
                pointer, first = found, index + 1
            case Weekdays(run=False):
                return None
        built, position = _Building(), first
        while position < len(self._tokens) and (position == first or self._is_linked(position, built)):
            built.take(self._tokens[position].meaning, self._is_repeated(position, built))
            position += 1
        if not built.steps and not built.broken:
            return None
        chain = Chain(tuple(_ordered(built.steps)), pointer)
        end = self._closed(self._tokens[position - 1].end)
        return Linked(chain, self._tokens[index].start, end, position, built.zone, built.broken)

    def event_before(self, start: int) -> bool:
        """Whether what is counted from is something else than now."""
        return _EVENT.search(self._text, max(0, start - _LOOK_BACK), start) is not None

    def gap(self, index: int) -> str:
        """The text between a token and the one behind it."""
        return self._text[self._tokens[index].end : self._tokens[index + 1].start]

    def _zoned(self, index: int, zone: Zone) -> Linked | None:
        if index + 1 >= len(self._tokens) or len(self.gap(index).strip(" ,의")) > 1:
            return None
        if isinstance(self._tokens[index + 1].meaning, Zone):
            return None
        linked = self.chain_at(index + 1)
        return replace(linked, start=self._tokens[index].start, zone=zone.key) if linked else None

    def _points(self, index: int) -> bool:
        if index + 1 >= len(self._tokens) or self.gap(index).strip():
            return False
        behind = self._tokens[index + 1].meaning
        return isinstance(behind, Cyclic | Clock) or (isinstance(behind, Weekdays) and _is_run(behind))

    def _closed(self, end: int) -> int:
        """Past the bracket that "(화)" and "(UTC-3)" leave open."""
        opened = self._text.rfind("(", max(0, end - _LOOK_BACK), end)
        return end + 1 if opened >= 0 and self._text[end : end + 1] == ")" else end

    def _is_repeated(self, position: int, built: _Building) -> bool:
        """Whether the day is only said again: "다음 주 수요일(25일)"."""
        if not built.steps or self._text[self._tokens[position].end : self._tokens[position].end + 1] != ")":
            return False
        meaning = self._tokens[position].meaning
        return isinstance(meaning, Cyclic) and built.level == Level.DAY == meaning.level and meaning.weekday is None

    def _is_linked(self, position: int, built: _Building) -> bool:
        meaning = self._tokens[position].meaning
        between = self.gap(position - 1)
        glued = _GLUE.fullmatch(between) is not None
        match meaning:
            case Invalid():
                return glued
            case Zone():
                return glued and (self._leads_on(position) or built.level == Level.CLOCK)
            case Shift():
                return bool(built.steps) and self._is_shifted(built, between, position, meaning)
            case Weekdays():
                return self._are_weekdays(meaning, between, position, built)
            case Fixed() | Cyclic() | Clock():
                timed = isinstance(meaning, Clock) and built.level in (Level.DAY, Level.PART_OF_DAY)
                glued = glued or (timed and _WHAT.fullmatch(between) is not None)
                return glued and self._leads_in(meaning, between, position, built)
        return False

    def _leads_in(self, step: Fixed | Cyclic | Clock, between: str, position: int, built: _Building) -> bool:
        if not built.steps:
            return built.broken
        if "(" in between and self._is_repeated(position, built):
            return True
        if "," in between and isinstance(built.steps[0], Clock) and not isinstance(step, Clock):
            return step.level <= Level.DAY if len(built.steps) == 1 else _fits(built.steps[1:], step)
        return _fits(built.steps, step)

    def _leads_on(self, position: int) -> bool:
        return position + 1 < len(self._tokens) and not self.gap(position).strip(" ,의에")

    def _are_weekdays(self, letters: Weekdays, between: str, position: int, built: _Building) -> bool:
        if built.level == Level.WEEK:
            return not between.strip() and _is_run(letters)
        end = self._tokens[position].end
        bracketed = "(" in between and self._text[end : end + 1] == ")"
        return bracketed and len(letters.days) == 1 and built.level == Level.DAY

    def _is_shifted(self, built: _Building, between: str, position: int, shift: Shift) -> bool:
        if shift.from_past:
            return built.level == Level.DAY and BIRTH_GLUE.fullmatch(between) is not None
        if not _SHIFT_GLUE.fullmatch(between) or (built.level < Level.PART_OF_WEEK and not between.strip()):
            return False
        if _SINCE.match(between) and _UNTIL.match(self._text, self._tokens[position].end):
            return False
        return shift.amount.in_days or built.level >= Level.PART_OF_DAY or "서" in between or "로" in between


def _is_run(letters: Weekdays) -> bool:
    return letters.days[-1] - letters.days[0] == len(letters.days) - 1 > 0


def _fits(steps: list[Step], step: Fixed | Cyclic | Clock) -> bool:
    """Whether a step leads further in, or says again what day it is, or names the year afterwards."""
    last = steps[-1]
    if isinstance(step, Clock) and _is_to(last):
        return len(steps) == 1
    if isinstance(step, Fixed):
        return _fits_fixed(steps, step)
    if step.level > last.level:
        return True
    if last.level == Level.DAY and isinstance(step, Cyclic):
        return _is_weekday(step) != _is_weekday(last) and (_is_weekday(step) or len(steps) == 1)
    return False


def _fits_fixed(steps: list[Step], step: Fixed) -> bool:
    first, last = steps[0], steps[-1]
    if step.moved:
        return isinstance(last, Cyclic) and last.cycle == "year" and last.level == Level.DAY
    if not step.explicit:
        return False
    if step.level == Level.YEAR:
        return isinstance(first, Cyclic) and Level.MONTH <= last.level <= Level.DAY
    return step.level == Level.DAY and _is_weekday(last) and len(steps) == 1


def _is_to(step: Step) -> bool:
    """ "15분 전 다섯 시": a quarter to five."""
    return isinstance(step, Shift) and step.sign < 0 and not step.amount.in_days


def _is_weekday(step: Step) -> bool:
    return isinstance(step, Cyclic) and step.weekday is not None


def _ordered(steps: list[Step]) -> list[Step]:
    """The wider steps first: "월요일, 1월 22일, 2018" becomes year, day, weekday."""
    if len(steps) < 2:
        return steps
    if _is_to(steps[0]) and isinstance(steps[1], Clock):
        return [steps[1], steps[0]]
    if isinstance(steps[0], Clock) and steps[1].level <= Level.DAY:
        return [*_ordered(steps[1:]), steps[0]]
    if _is_weekday(steps[0]) and steps[1].level <= Level.DAY:
        steps = [steps[1], steps[0], *steps[2:]]
    years = [step for step in steps[1:] if isinstance(step, Fixed) and step.level == Level.YEAR]
    return [*years, *(step for step in steps if step not in years)]
