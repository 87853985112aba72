"""Finds the words of time in a text: every rule where it may begin, the longest reading first."""

import re
from collections.abc import Iterator
from functools import cache

from mcp_servers.calendar.korean_time.links import BIRTH_GLUE
from mcp_servers.calendar.korean_time.step import Cyclic, Fixed, Level, Shift
from mcp_servers.calendar.korean_time.words import (
    anniversaries,
    day_parts,
    days,
    english,
    every,
    holidays,
    hours,
    iso8601,
    lengths,
    lunar,
    months,
    pointers,
    weeks,
    years,
    zones,
)
from mcp_servers.calendar.korean_time.words.token import Rule, Token

_MODULES = (
    iso8601,
    zones,
    every,
    anniversaries,
    lunar,
    days,
    hours,
    lengths,
    years,
    months,
    weeks,
    day_parts,
    holidays,
    pointers,
    english,
)
"""Of two readings of one length the first module's wins."""
# What may follow a word of time in one breath: particles, endings of "to be", and words such as 쯤.
_PARTICLES = (
    "에서 에게 에는 에도 에만 에야 에 엔 은 는 이 가 을 를 의 도 만 로 으로 와 과 랑 이랑 나 이나 하고 부터 부턴 까지 "
    "까진 보다 마다 처럼 만큼 인 인데 이고 이며 이면 면 이라 라 이야 야 이에요 예요 입니다 이었 였 쯤 경 께 때 무렵 "
    "중 내 간 동안 정각 이후 이전 대비 뿐 밖에 조차 이라도 라도 든지 요 이요 때문 부로 자로 자 부 한정 분 당"
)
_PARTICLE = rf"(?:{'|'.join(_PARTICLES.split())}|다(?=[\s.,!?]|$)|날(?<!오늘날))"
_WORD_END = re.compile(rf"{_PARTICLE}{{0,3}}(?![가-힣A-Za-z0-9_])|까지|부터|에(?=[봐봬보만뵈뵙출도])")
_JOINED_NOUN = re.compile(
    r"(?:회의|미팅|약속|일정|예약|점심|저녁|아침|수업|출근|퇴근|출발|도착|마감|식사|모임|행사|시험|면접|발표|회식|촬영|휴가)"
)
_BESIDE = re.compile(r"\s?[의이]?\s?")
_LINK = re.compile(r"(?:부터|에서|까지|에는|에|의|은|는|엔|마다|과|와|이나|나|하고)\s?")
_CLAUSE_END = re.compile(r"[는은고에을를]$")
_BARRED_BEFORE = re.compile(r"[A-Za-z0-9_.:/$%+#@-]$")
_GREETING = re.compile(r"(?:좋은|즐거운|행복한|편안한|멋진|따뜻한)\s$")
_A_DAY = re.compile(r"\d{1,2}\s?일")
_AFTER_CLAUSE = "오내모어"
_LOOK_BACK = 6
_DEEP = 20
_NEAR, _FAR = 4, 16


@cache
def _rules(letter: str) -> tuple[tuple[re.Pattern[str], Rule], ...]:
    """The rules for what begins with a letter, with their patterns; most letters of the vocabulary seldom come."""
    return tuple((_pattern(rule.pattern), rule) for module in _MODULES for rule in module.RULES if letter in rule.first)


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@cache
def _beginnings() -> re.Pattern[str]:
    letters = {letter for module in _MODULES for rule in module.RULES for letter in rule.first}
    return re.compile(f"[{re.escape(''.join(sorted(letters)))}]")


def scan(text: str) -> list[Token]:
    """The words of time of a text, in its order and without overlap."""
    return _Scanner(text).tokens()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._joined: dict[int, Token | None] = {}
        self._depth = 0

    def tokens(self) -> list[Token]:
        found: list[Token] = []
        position = 0
        while match := _beginnings().search(self._text, position):
            start, before = match.start(), found[-1] if found else None
            token = self._best(start, before) if self._begins(start, before) else None
            if token:
                found.append(token)
            position = token.end if token else start + 1
        return found

    def _begins(self, start: int, before: Token | None) -> bool:
        """Whether a word may begin here: not inside another word or number."""
        if start == 0 or (before and before.end == start):
            return True
        if before and start - before.end <= _NEAR and _LINK.fullmatch(self._text, before.end, start):
            return True
        behind = self._text[max(0, start - _LOOK_BACK) : start]
        if "가" <= behind[-1] <= "힣":
            letter = self._text[start]
            return letter.isdigit() or (letter in _AFTER_CLAUSE and _CLAUSE_END.search(behind) is not None)
        if before and before.end == start - 1 and behind[-1] in "-/":
            return True
        return not _BARRED_BEFORE.search(behind) and not _GREETING.search(behind)

    def _best(self, start: int, before: Token | None) -> Token | None:
        """The longest word of time that begins here."""
        return max(self._matches(start, before), key=lambda token: token.end, default=None)

    def _matches(self, start: int, before: Token | None) -> Iterator[Token]:
        beside = before if before and self._is_glued(_BESIDE, before, start) else None
        for pattern, rule in _rules(self._text[start]):
            match = pattern.match(self._text, start)
            if match is None or (rule.after is not None and not self._stands_after(rule.after, before, start)):
                continue
            meaning = rule.build(match)
            if meaning is None or (isinstance(meaning, Shift) and _is_wide(beside, Level.MONTH) and _is_date(match)):
                continue
            token = Token(start, match.end(), meaning)
            if not rule.whole or self._ends(token):
                yield token

    def _stands_after(self, level: Level, before: Token | None, start: int) -> bool:
        glue = BIRTH_GLUE if level == Level.DAY else _BESIDE
        return before is not None and _is_wide(before, level) and self._is_glued(glue, before, start)

    def _is_glued(self, glue: re.Pattern[str], before: Token, start: int) -> bool:
        return start - before.end <= _FAR and glue.fullmatch(self._text, before.end, start) is not None

    def _ends(self, token: Token) -> bool:
        if _WORD_END.match(self._text, token.end) or _JOINED_NOUN.match(self._text, token.end):
            return True
        if token.end not in self._joined:
            if self._depth > _DEEP or token.end >= len(self._text):
                return False
            self._depth += 1
            self._joined[token.end] = self._best(token.end, token)
            self._depth -= 1
        return self._joined[token.end] is not None


def _is_wide(before: Token | None, level: Level) -> bool:
    step = before.meaning if before else None
    return isinstance(step, Fixed | Cyclic) and step.level <= level


def _is_date(match: re.Match[str]) -> bool:
    """ "다음 달 3일 전까지" names the third, it does not count days."""
    return match.group()[0].isdigit() and _A_DAY.match(match.group()) is not None
