"""Parts of the day as people use them: 새벽, 이른 아침, 저녁 무렵, 퇴근 후."""

import re
from collections.abc import Iterator
from datetime import timedelta

from mcp_servers.calendar.korean_time.period import DAY, Period, instant, midnight
from mcp_servers.calendar.korean_time.step import Clock, Cyclic, Fixed, Level
from mcp_servers.calendar.korean_time.words.token import Meaning, rule, words

_HOUR = timedelta(hours=1)
_PARTS: dict[str, tuple[tuple[int, int], ...]] = {
    "이른새벽": ((0, 3),), "새벽": ((3, 6),), "이른아침": ((6, 8),), "늦은아침": ((10, 12),),
    "아침": ((7, 10), (8, 12)), "오전": ((8, 12), (0, 12)), "점심": ((12, 13),), "대낮": ((12, 15),), "낮": ((12, 17),),
    "이른오후": ((12, 15),), "늦은오후": ((15, 18),), "오후": ((12, 18),), "초저녁": ((18, 20),),
    "이른저녁": ((18, 20),), "늦은저녁": ((20, 22),), "저녁": ((18, 21),), "이른밤": ((20, 22),),
    "늦은밤": ((22, 24),), "밤": ((21, 24), (20, 24)), "오밤중": ((24, 27),), "한밤중": ((24, 27),),
    "한밤": ((24, 27),), "심야": ((24, 27),),
}  # fmt: skip
"""Hours from and to, counted past 24 into the next day; the usual reading first, then what it may mean too."""
_NAMES = "|".join(
    name.replace("이른", r"이른\s?").replace("늦은", r"늦은\s?") for name in sorted(_PARTS, key=len, reverse=True)
)
_BEHIND = (
    r"(?=[\s.,!?~()/·ㄱ-ㅎㅠ-]|$|에|엔|부터|까지|때|녘|쯤|께|으로|의|무렵|마다|중|시간|회의|약속|미팅|늦게|내내|일찍|같이|어때|먹|"
    r"(?<!낮)은(?=\s|$)|(?<!밤)(?<!낮)[이을](?=\s|$)|도(?=\s|$))(?!\s?(?:메뉴|식단|밥|값|반찬|도시락|거리|뉴스|드라마))"
)


def day_part(*readings: tuple[int, int]) -> Cyclic:
    def within(outer: Period) -> Iterator[Period]:
        day = midnight(outer.start)
        for first, last in readings:
            yield Period(day + first * _HOUR, day + last * _HOUR, "hour")

    return Cyclic(Level.PART_OF_DAY, "day", within)


def _fixed(first: int, last: int) -> Fixed:
    """From and to in hours from the last midnight."""
    return Fixed(
        Level.PART_OF_DAY, lambda now: Period(midnight(now) + first * _HOUR, midnight(now) + last * _HOUR, "hour")
    )


def _at(hour: int) -> Clock:
    return Clock((hour * _HOUR,), "hour")


def _part(match: re.Match[str]) -> Meaning:
    how = "이른" if match["early"] else "늦은" if match["late"] else ""
    return day_part(*_PARTS[how + re.sub(r"\s", "", match["name"])])


def _last_second(outer: Period) -> Iterator[Period]:
    yield instant(outer.end - timedelta(seconds=1), "second")


_END_OF_DAY = Cyclic(Level.CLOCK, "day", _last_second)

RULES = (
    rule(
        "이늦새아오점대낮초저밤한심",
        rf"(?P<name>{_NAMES})(?:\s?(?:시간대?|무렵|녘|때|중(?=에|으로)))?"
        rf"(?:\s?(?P<early>(?<=아침\s)일찍|(?<=아침)일찍)|\s?(?P<late>(?<=[밤녁]\s)늦게|(?<=[밤녁])늦게))?{_BEHIND}",
        _part,
        whole=False,
    ),
    rule("끝", r"끝(?:날\s?(?:때|무렵|쯤)|무렵|(?=에))", _END_OF_DAY, after=Level.DAY),
    rule("EC", r"(?:EOD|COB|EOB)(?![A-Za-z])", _END_OF_DAY, whole=False),
    rule("출", r"출근(?=\s?전\s?까지)", _at(9), whole=False),
    rule("퇴", r"퇴근(?=\s?전)", _at(18), whole=False),
    words({
        "해뜰_무렵|해_뜰_무렵|동틀_무렵|동이_틀_무렵": day_part((5, 7)),
        "해질_무렵|해_질_무렵|해질녘": day_part((17, 19)),
        "퇴근하고|퇴근_후|퇴근_뒤": day_part((18, 21)),
        "퇴근_시간|퇴근_시각": _at(18),
        "업무_시간|근무_시간": day_part((9, 18)),
        "어젯밤|간밤|지난_밤": _fixed(-3, 0),
        "엊저녁": _fixed(-6, -3),
        "남은_하루|오늘_남은_하루|오늘_남은_시간": Fixed(
            Level.PART_OF_DAY, lambda now: Period(now, midnight(now) + DAY, "hour")
        ),
    }),
)  # fmt: skip
