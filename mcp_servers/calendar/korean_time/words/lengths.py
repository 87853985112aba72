"""Lengths of time and what follows them: "한 시간 반", "사흘 뒤", "2주 이내", "30분짜리"."""

import re
from collections.abc import Iterator
from typing import Literal

from mcp_servers.calendar.korean_time.amount import Amount
from mcp_servers.calendar.korean_time.step import Shift
from mcp_servers.calendar.korean_time.words.numerals import DAYS, LONG_SINO, NATIVE, ONE_SINO, SINO, number
from mcp_servers.calendar.korean_time.words.token import Length, Meaning, rule
from mcp_servers.calendar.korean_time.words.weeks import week_of_year

_UNITS = {
    "시간": "H", "분": "M", "초": "S", "일": "D", "주일": "W", "주": "W", "개월": "Mo", "달": "Mo", "년": "Y",
    "해": "Y", "영업일": "BD", "근무일": "BD", "박": "D",
}  # fmt: skip
_ORDER = ("Y", "Mo", "W", "D", "BD", "H", "M", "S")
_WORDS: dict[str, tuple[float, str]] = {
    **{name.replace(" ", ""): (count, "D") for name, count in DAYS.items()},
    "한나절": (0.5, "D"), "반나절": (0.25, "D"), "반년": (0.5, "Y"), "반시간": (30, "M"), "반달": (15, "D"),
    "며칠": (3, "D"), "몇일": (3, "D"), "사나흘": (3, "D"), "하루이틀": (1, "D"),
}  # fmt: skip
_PAIRS = {
    "한두": (1, 2), "두세": (2, 3), "두어": (2, 3), "두서너": (2, 4), "서너": (3, 4), "네댓": (4, 5), "대여섯": (5, 6),
    "이삼": (2, 3), "삼사": (3, 4), "사오": (4, 5), "오륙": (5, 6), "육칠": (6, 7), "칠팔": (7, 8),
}  # fmt: skip
_FEW = (3, 2)
"""며칠 and 몇 are two or three, the usual one first; they stand in one list with the pairs."""
_HALF = {"H": (30, "M"), "M": (30, "S"), "D": (12, "H"), "Mo": (15, "D"), "Y": (0.5, "Y"), "W": (0.5, "W")}

_WORD = (
    r"하루(?!\s?하루)|스무\s?날|반\s?시간|반\s?년|"
    + "|".join(sorted(set(_WORDS) - {"하루", "스무날", "반시간", "반년"}, key=len, reverse=True))
)  # fmt: skip
_PAIR = "|".join(_PAIRS)
_TERM = (
    r"(?:\d{1,4}(?:\.\d{1,3})?\s?"
    r"(?:시간|주일|개월|영업일|근무일|분(?!기)|초(?!순|반)|일(?!요일|곱)|주(?!말|년)|달|박(?=\s?\S+일))"
    r"|\d{1,3}(?:\.\d)?\s?년(?!대|도)|(?:몇|수)\s?(?:시간|주일?|개월|분|초|달|년|일)"
    rf"|(?:{_PAIR})\s?(?:시간|달|주|해|일|개월|년|분)"
    r"|\d{1,2}\s?[~-]\s?\d{1,2}\s?(?:시간|일|주|개월|달|년|분)"
    r"(?=\s?(?:정도|가량|쯤|동안|간|이내|안에|내|뒤|후|전|걸))"
    rf"|{NATIVE}\s?(?:시간|주일|개월|주(?!말|소|인)|달|해|박(?=\s?\S+일))"
    rf"|{LONG_SINO}\s?(?:시간|분(?!기)|초(?!순)|일(?!요일)|개월|년(?!대)|주)"
    rf"|{ONE_SINO}(?:개월|년(?!대|도)|주일|시간|분|일|주)|{ONE_SINO}\s(?:년|주일|개월|주)|{_WORD})"
)
_JOIN = r"(?:\s?,\s?|\s?그리고\s|\s?하고도?\s|\s?)"
_BUSINESS = (
    r"(?P<business>(?:(?:영업일|근무일|평일|업무일|working\s?days?)(?:\s?기준)?(?:으로|로)?"
    r"|(?:공휴일|휴일|주말)(?:은|을)?\s?(?:제외|빼)(?:하고|고)?)\s?(?P<ahead>앞으로\s?)?)?"
)
_LENGTH = (
    rf"{_BUSINESS}(?P<terms>{_TERM}(?:{_JOIN}{_TERM}){{0,5}}(?P<half>\s?반(?:(?=짜리|동안|간|정도|쯤)|(?![가-힣]|\s?(?:년|나절))))?)"
    r"여?(?:\s?(?:정도|가량|쯤|남짓))?"
)
_END = (
    r"(?=$|[\s.,!?~)/·:-]|에|까지|부터|의|으?로|이[에야고]|은|는|쯤|인|입|만|과|도|면|고|엔|가|를|을|예|요|라|보다"
    r"|오전|오후|아침|점심|저녁|밤|새벽|정오|자정|[월화수목금토일]요일"
    r"|출발|도착|시작|\d{1,2}\s?[시:]|(?:한|두|세|네|다섯|여섯|일곱|여덟|아홉|열[한두]?)\s?시)"
)
_LATER = rf"만?\s?(?P<later>후|뒤|이후(?!로)|있다가?|이따가?|지나(?:서|면|고))(?:쯤)?{_END}"
_EARLIER = rf"\s?(?P<earlier>전|이전|앞서)(?!체|혀|부(?!터)|국|시|화|달|문|주|망|쟁){_END}"
_WITHIN = r"\s?(?P<within>이내|안에|안으로|내에|내로|내(?=$|[\s.,])|안(?=까지))(?:에|로)?(?:까지)?"
_DURING = (
    r"\s?(?P<during>동안|간(?![가-힣]{2})|내내|짜리|이상|이하|미만|초과|종일(?:\s?내내)?|더(?=\s|$)|만에|이면|정도|가량"
    r"|(?=\s?걸[리려렸릴린]))"
)
_PLAIN = re.compile(
    r"\s?(?:연속|째|차(?![가-힣])|대(?![가-힣])|마다|에\s?(?:한|두|세|\d)\s?번|단위|앞|형식|일과|제(?=\s|$)|권|때)"
    r"|이\s?멀다|이에요|이야|인가|이지|일까|인지"
)
_DATEISH = re.compile(rf"(?:\d{{1,4}}|{SINO})\s?[일년](?:\s?\d{{1,2}}\s?일)?")
_OTHER_WORD = re.compile(rf"{ONE_SINO}(?:분|일|주|시간)|[이삼사오육칠팔구]\s주|수\s?[분초주일]|영\S+")
_SPLIT = re.compile(
    rf"(?P<few>몇|수)?(?P<pair>{_PAIR}|\d{{1,2}}\s?[~-]\s?\d{{1,2}}(?=\s?[가-힣]))?"
    rf"(?P<number>\d+(?:\.\d+)?|(?:{NATIVE})(?=\s?(?:시간|주|달|개월|해|박))|{SINO}|영)?"
    rf"\s?(?P<unit>시간|주일|개월|영업일|근무일|분|초|일|주|달|년|해|박)|(?P<word>{_WORD})"
)


def length_of(text: str) -> Amount | None:
    """The amount that a whole text names, also where it could be a date ("3일")."""
    match = re.fullmatch(_LENGTH, text.strip())
    return _amount(match) if match else None


def _amount(match: re.Match[str], choice: int = 0) -> Amount | None:
    """The amount, or None for a list of days ("10일, 20일"); `choice` 1 takes the other number of "두세 시간"."""
    terms = list(_terms(match, choice))
    order = [_ORDER.index(unit) for _, unit in terms]
    if len(terms) > 1 and "박" in match["terms"]:
        terms = terms[1:]
    elif order != sorted(set(order)):
        return None
    if match["half"]:
        terms.append(_HALF[terms[-1][1]])
    if match["business"]:
        terms = [(max(1, round(count)), "BD") if unit == "D" else (count, unit) for count, unit in terms]
    return Amount(tuple(terms))


def _terms(match: re.Match[str], choice: int) -> Iterator[tuple[float, str]]:
    for part in _SPLIT.finditer(match["terms"]):
        if word := part["word"]:
            count, unit = _WORDS[re.sub(r"\s", "", word)]
            yield (_FEW[choice] if word in ("며칠", "몇일") else count), unit
        elif pair := part["pair"]:
            yield _pair(pair)[choice], _UNITS[part["unit"]]
        else:
            yield _FEW[choice] if part["few"] else number(part["number"] or "1"), _UNITS[part["unit"]]


def _pair(words: str) -> tuple[float, float]:
    if words[0].isdigit():
        first, last = re.split(r"\s?[~-]\s?", words)
        return float(first), float(last)
    return _PAIRS[words]


def _earlier(match: re.Match[str]) -> Meaning | None:
    amount = _amount(match)
    return Shift(amount, -1) if amount else None


def _later(match: re.Match[str]) -> Meaning | None:
    amount = _amount(match)
    return Shift(amount, 1) if amount else None


def _length(match: re.Match[str], role: Literal["alone", "within", "during", "ahead"]) -> Meaning | None:
    amount, other = _amount(match), _amount(match, 1)
    if amount is None:
        return None
    return Length(amount, role, (other,) if other and other != amount else ())


def _alone(match: re.Match[str]) -> Meaning | None:
    terms = match["terms"].strip()
    if match["ahead"] or _PLAIN.match(match.string, match.end()) or _OTHER_WORD.fullmatch(terms):
        return None
    if _DATEISH.fullmatch(terms) and not match["business"]:
        return None
    if (week := re.fullmatch(r"(\d\d)\s?주", terms)) and int(week[1]) > 12:
        return week_of_year(int(week[1]))
    return _length(match, "alone")


_FIRST = "0123456789영일이삼사오육칠팔구십백한두세네석넉다여아열스서마쉰예하닷엿나반보며몇수대근평업공휴주w"

RULES = (
    rule(_FIRST, _LENGTH + _EARLIER, _earlier, whole=False),
    rule(_FIRST, _LENGTH + _LATER, _later, whole=False),
    rule(_FIRST, _LENGTH + _WITHIN, lambda match: _length(match, "within"), whole=False),
    rule(_FIRST, _LENGTH + _DURING, lambda match: _length(match, "ahead" if match["ahead"] else "during"), whole=False),
    rule(_FIRST, _LENGTH, _alone),
)
