"""Lengths of time and what follows them: "한 시간 반", "사흘 뒤", "2주 이내", "30분짜리"."""

import re
from collections.abc import Iterator
from typing import Literal

from mcp_servers.calendar.korean_time.amount import Amount
from mcp_servers.calendar.korean_time.numerals import NATIVE, ONE_SINO, SINO, number
from mcp_servers.calendar.korean_time.step import Shift
from mcp_servers.calendar.korean_time.token import Length, Meaning, Rule
from mcp_servers.calendar.korean_time.weeks import week_of_year

_UNITS = {
    "시간": "H", "분": "M", "초": "S", "일": "D", "주일": "W", "주": "W", "개월": "Mo", "달": "Mo", "년": "Y", "해": "Y",
    "영업일": "BD", "박": "D",
}  # fmt: skip
_WORDS: dict[str, tuple[float, str]] = {
    "하루": (1, "D"), "이틀": (2, "D"), "사흘": (3, "D"), "나흘": (4, "D"), "닷새": (5, "D"), "엿새": (6, "D"),
    "이레": (7, "D"), "여드레": (8, "D"), "아흐레": (9, "D"), "열흘": (10, "D"), "보름": (15, "D"), "한나절": (0.5, "D"),
    "반나절": (0.25, "D"), "반년": (0.5, "Y"), "반시간": (30, "M"), "반달": (15, "D"), "며칠": (3, "D"), "몇일": (3, "D"),
    "사나흘": (3, "D"), "이삼일": (2, "D"), "하루이틀": (1, "D"),
}  # fmt: skip
_HALF = {"H": (30, "M"), "M": (30, "S"), "D": (12, "H"), "Mo": (15, "D"), "Y": (0.5, "Y"), "W": (0.5, "W")}
_NATIVE_PAIRS = {"한두": (1, 2), "두세": (2, 3), "두서너": (2, 4), "서너": (3, 4), "네댓": (4, 5), "대여섯": (5, 6)}
_SINO_PAIRS = {"이삼": (2, 3), "삼사": (3, 4), "사오": (4, 5), "오륙": (5, 6), "육칠": (6, 7), "칠팔": (7, 8)}
_FEW = (3, 2)
"""며칠 and 몇 are two or three, the usual one first; they stand in one list with the pairs."""
_WORD = "|".join(
    sorted((r"\s?".join(word) if word in ("반시간", "반년") else word for word in _WORDS), key=len, reverse=True)
)
# A single Sino-Korean syllable before a unit is another word as often as not ("이분", "이주"); a word must follow.
_TERM = (
    rf"(?:\d{{1,4}}(?:\.\d{{1,3}})?\s?(?:시간|주일|개월|영업일|분(?!기)|초(?!순|반)|일(?!요일|곱)|주(?!말|년)|달|박(?=\s?\S+일))"
    rf"|\d{{1,3}}(?:\.\d)?\s?년(?!대|도)|(?:몇|수)\s?(?:시간|주일?|개월|분|초|달|년|일)"
    rf"|(?:{'|'.join(_NATIVE_PAIRS)})\s?(?:시간|달|주|해)|(?:{'|'.join(_SINO_PAIRS)})\s?(?:일|주|개월|년|분|시간)"
    rf"|\d{{1,2}}\s?[~-]\s?\d{{1,2}}\s?(?:시간|일|주|개월|달|년|분)(?=\s?(?:정도|가량|쯤|동안|간|이내|안에|내|뒤|후|전|걸))"
    rf"|{NATIVE}\s?(?:시간|주일|개월|주(?!말|소|인)|달|해|박(?=\s?\S+일))"
    rf"|(?:[일이삼사오육칠팔구]?[백십])+[일이삼사오육칠팔구]?\s?(?:시간|분(?!기)|초(?!순)|일(?!요일)|개월|년(?!대)|주)"
    rf"|{ONE_SINO}(?:개월|년(?!대|도)|주일|시간|분|일|주)|[일이삼]\s(?:년|주일|개월)|{_WORD})"
)
_JOIN = r"(?:\s?,\s?|\s?그리고\s|\s?하고도?\s|\s?)"
_BUSINESS = r"(?P<business>영업일(?:\s?기준)?(?:으로)?\s?(?P<ahead>앞으로\s?)?|근무일(?:\s?기준)?(?:으로)?\s?)?"
_LENGTH = rf"{_BUSINESS}(?P<terms>{_TERM}(?:{_JOIN}{_TERM}){{0,5}}(?P<half>\s?반(?![가-힣]|\s?(?:년|나절)))?)(?:\s?(?:정도|가량|쯤|남짓))?"
_END = r"(?=$|[\s.,!?~)/·:-]|에|까지|부터|의|으?로|이[에야고]|은|는|쯤|인|입|만|과|도|면|고|엔|가|를|을|예|요|라|보다)"
_LATER = rf"\s?(?P<later>후|뒤|이후(?!로)|있다가?|이따가?|지나(?:서|면|고))(?:쯤)?{_END}"
_EARLIER = rf"\s?(?P<earlier>전|이전|앞서)(?!체|혀|부(?!터)|국|시|화|달|문|주|망|쟁){_END}"
_WITHIN = r"\s?(?P<within>이내|안에|안으로|내에|내로|내(?=$|[\s.,])|안(?=까지))(?:에|로)?(?:까지)?"
_DURING = r"\s?(?P<during>동안|간(?![가-힣]{2})|내내|짜리|이상|이하|미만|초과|종일(?:\s?내내)?|더(?=\s|$)|만에|이면|정도|가량|걸)"
_ALONE = r"(?P<alone>)"
_PLAIN = re.compile(
    r"\s?(?:연속|째|차(?![가-힣])|대(?![가-힣])|마다|에\s?(?:한|두|세|\d)\s?번|단위|앞|형식|일과|제(?=\s|$)|권|때)"
)
_FIRST = "0123456789영일이삼사오육칠팔구십백한두세네석넉다여아열스서마쉰예하닷엿나반보며몇수영근사앞"

_SPLIT = re.compile(
    rf"(?P<few>몇|수)?(?P<pair>{'|'.join((*_NATIVE_PAIRS, *_SINO_PAIRS))}|\d{{1,2}}\s?[~-]\s?\d{{1,2}}(?=\s?[가-힣]))?(?P<number>\d+(?:\.\d+)?|(?:{NATIVE})(?=\s?(?:시간|주|달|개월|해|박))|{SINO}|영)?\s?(?P<unit>시간|주일|개월|영업일|분|초|일|주|달|년|해|박)|(?P<word>{_WORD})"
)


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
    return (_NATIVE_PAIRS | _SINO_PAIRS)[words]


def _amount(match: re.Match[str], choice: int = 0) -> Amount:
    """The amount; `choice` 1 takes the other number of "두세 시간" and "며칠"."""
    terms = list(_terms(match, choice))
    if len(terms) > 1 and "박" in match["terms"]:
        terms = terms[1:]
    if match["half"]:
        terms.append(_HALF[terms[-1][1]])
    if match["business"]:
        terms = [(max(1, round(count)), "BD") if unit == "D" else (count, unit) for count, unit in terms]
    return Amount(tuple(terms))


def _vague(match: re.Match[str]) -> tuple[Amount, ...]:
    other = _amount(match, 1)
    return (other,) if other != _amount(match) else ()


def _shift(match: re.Match[str]) -> Meaning:
    return Shift(_amount(match), -1 if match.groupdict().get("earlier") else 1)


def _bounded(match: re.Match[str]) -> Meaning:
    if match["ahead"]:
        return Length(_amount(match), "ahead")
    role: Literal["within", "during"] = "within" if match.groupdict().get("within") else "during"
    return Length(_amount(match), role, _vague(match))


_DATEISH = re.compile(rf"(?:\d{{1,4}}|{SINO})\s?[일년](?:\s?\d{{1,2}}\s?일)?")


def _alone(match: re.Match[str]) -> Meaning | None:
    text = match["terms"].strip()
    if match["ahead"] or _PLAIN.match(match.string, match.end()) or _DATEISH.fullmatch(text) and not match["business"]:
        return None
    if re.fullmatch(rf"{ONE_SINO}(?:분|일|주|시간)|수\s?[분초주일]|영\S+", text):
        return None
    if (week := re.fullmatch(r"(\d\d)\s?주", text)) and int(week[1]) > 12:
        return week_of_year(int(week[1]))
    return Length(_amount(match), "alone", _vague(match))


def length_of(text: str) -> Amount | None:
    """The amount that a whole text names, also where it could be a date ("3일")."""
    match = _WHOLE.fullmatch(text.strip())
    return _amount(match) if match else None


_WHOLE = re.compile(_LENGTH)

RULES = (
    Rule(_FIRST, re.compile(_LENGTH + _EARLIER), _shift, whole=False),
    Rule(_FIRST, re.compile(_LENGTH + _LATER), _shift, whole=False),
    Rule(_FIRST, re.compile(_LENGTH + _WITHIN), _bounded, whole=False),
    Rule(_FIRST, re.compile(_LENGTH + _DURING), _bounded, whole=False),
    Rule(_FIRST, re.compile(_LENGTH), _alone),
)
