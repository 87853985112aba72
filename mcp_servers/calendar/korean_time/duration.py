"""Lengths of time: "두 시간", "한 시간 반", "30분 동안", "사흘간", "PT1H30M"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from mcp_servers.calendar.korean_time.number import DIGITS, NATIVE, SINO, number

_UNITS = {
    "시간": "H", "분": "M", "초": "S", "일": "D", "주일": "W", "주": "W",
    "개월": "Mo", "달": "Mo", "년": "Y", "해": "Y",
}  # fmt: skip
_WORDS: dict[str, tuple[float, str]] = {
    "하루": (1, "D"), "이틀": (2, "D"), "사흘": (3, "D"), "나흘": (4, "D"), "닷새": (5, "D"), "엿새": (6, "D"),
    "이레": (7, "D"), "여드레": (8, "D"), "아흐레": (9, "D"), "열흘": (10, "D"), "보름": (15, "D"), "반년": (0.5, "Y"),
    "반시간": (30, "M"), "반 시간": (30, "M"),
}  # fmt: skip
_SECONDS = {"Y": 31_536_000, "Mo": 2_592_000, "W": 604_800, "D": 86_400, "H": 3600, "M": 60, "S": 1}
_HALF = {"H": (30, "M"), "M": (30, "S"), "D": (12, "H"), "Mo": (15, "D"), "Y": (0.5, "Y"), "W": (0.5, "W")}

# Native numerals never count minutes or days ("두 분" are people), and a single Sino-Korean syllable
# before 시간 or 분 is usually another word ("이 시간", "이분").
_PART = (
    rf"(?:{DIGITS}\s*(?:시간|주일|개월|분|초|일|주|달|년)"
    rf"|{NATIVE}\s*(?:시간|주일|개월|주|달|해)"
    rf"|[이삼사오육칠팔구]?(?:백|십)[일이삼사오육칠팔구]?\s*(?:시간|분|초|일|개월|년)"
    rf"|[일이삼사오육칠팔구]\s*(?:개월|년|주일)|[일이삼사오육칠팔구](?:일|분)(?=\s*(?:동안|간|내내|짜리))"
    rf"|{'|'.join(_WORDS)})"
)
_MARK = r"\s*(?:동안|간|내내|짜리|이상|이하|미만|종일|더(?=\s|$))"
_LENGTH = re.compile(
    r"(?:(?<![가-힣\d.:/])|(?<=부터)|(?<=에)|(?<=에서))"
    rf"(?P<parts>{_PART}(?:(?:\s*|\s+(?:그리고|하고)\s+){_PART}){{0,5}}(?P<half>\s*반(?![가-힣]|\s*(?:년|나절)))?)"
    r"(?P<about>\s*(?:정도|쯤|가량))?"
    rf"(?P<mark>{_MARK})?"
)
_WORD_END = re.compile(
    r"(?:으로|로|이나|나|은|는|이|가|도|만|씩|을|를|의|에|간의|짜리|이면|면|이야|야|이요|요|입니다|이에요|예요|예약|회의|미팅)*(?![가-힣])"
)
_RELATIVE = re.compile(r"\s*(?:전(?!체)|뒤|후|이전|이후|있다|지나|만에|앞서|앞당|째|연속|차(?![가-힣])|대(?![가-힣]))")
_SPLIT = re.compile(
    rf"(?P<number>{DIGITS}|{NATIVE}|{SINO})\s*(?P<unit>시간|주일|개월|분|초|일|주|달|년|해)|(?P<word>{'|'.join(_WORDS)})"
)
_DATEISH = re.compile(rf"{DIGITS}\s*[일년]")
_ISO = re.compile(
    r"P(?=[\dT])(?:(?P<Y>\d+(?:\.\d+)?)Y)?(?:(?P<Mo>\d+(?:\.\d+)?)M)?(?:(?P<W>\d+(?:\.\d+)?)W)?(?:(?P<D>\d+(?:\.\d+)?)D)?"
    r"(?:T(?=\d)(?:(?P<H>\d+(?:\.\d+)?)H)?(?:(?P<M>\d+(?:\.\d+)?)M)?(?:(?P<S>\d+(?:\.\d+)?)S)?)?(?![\w.])"
)


@dataclass(frozen=True, slots=True)
class Length:
    """A length found in a text."""

    amounts: tuple[tuple[float, str], ...]
    text: str
    span: tuple[int, int]
    marked: bool
    """Whether a word such as 동안 says that it is a length ("20년" alone may be a year)."""

    @property
    def delta(self) -> timedelta:
        """A month counts 30 days and a year 365."""
        return timedelta(seconds=sum(amount * _SECONDS[unit] for amount, unit in self.amounts))

    @property
    def dateish(self) -> bool:
        """Whether it rather names a date, as "3일" and "2026년" alone do."""
        return not self.marked and _DATEISH.fullmatch(self.text.strip()) is not None

    @property
    def in_days(self) -> bool:
        return all(unit in ("Y", "Mo", "W", "D") for _, unit in self.amounts)

    @property
    def iso(self) -> str:
        total: dict[str, float] = {}
        for amount, unit in self.amounts:
            total[unit] = total.get(unit, 0) + amount
        if "W" in total and len(total) > 1:
            total["D"] = total.get("D", 0) + 7 * total.pop("W")
        date = "".join(f"{total[unit]:.12g}{unit[0]}" for unit in ("Y", "Mo", "W", "D") if unit in total)
        time = "".join(f"{total[unit]:.12g}{unit}" for unit in ("H", "M", "S") if unit in total)
        return f"P{date}{'T' + time if time else ''}"


def lengths(text: str) -> Iterator[Length]:
    """Every length in the text; "두 시간 뒤" is not one."""
    for match in _ISO.finditer(text):
        amounts = tuple((float(value), unit) for unit, value in match.groupdict().items() if value)
        if amounts:
            yield Length(amounts, match.group(), match.span(), marked=True)
    for match in _LENGTH.finditer(text):
        if _RELATIVE.match(text, match.end()) or not _WORD_END.match(text, match.end()):
            continue
        yield Length(_amounts(match["parts"], match["half"]), match.group(), match.span(), marked=bool(match["mark"]))


def parse_duration(text: str) -> timedelta | None:
    """The length the text names, ISO 8601 ("PT1H") or Korean ("한 시간 반"); None when there is none."""
    found = next(lengths(text), None)
    return found.delta if found and found.delta else None


def _amounts(parts: str, half: str | None) -> tuple[tuple[float, str], ...]:
    amounts: list[tuple[float, str]] = []
    for match in _SPLIT.finditer(parts):
        if word := match["word"]:
            amounts.append(_WORDS[word])
        elif (value := number(match["number"])) is not None:
            amounts.append((value, _UNITS[match["unit"]]))
    if half and amounts:
        amounts.append(_HALF.get(amounts[-1][1], (0.5, "S")))
    return tuple(amounts)
