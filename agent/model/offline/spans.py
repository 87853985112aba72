"""Where a text speaks of time: the spans are delimited here and read by the tools, as they were written."""

import re
from dataclasses import dataclass
from typing import Literal

_NATIVE = "열두|열한|열|한|두|세|네|다섯|여섯|일곱|여덟|아홉"
_SINO = "[이삼사오]?십[일이삼사오육칠팔구]?|[오일이삼사육칠팔구]"
_COUNT = rf"(?:\d+|{_NATIVE}|{_SINO})"
_NEXT = "이번|요번|다음|담|다담|다다음|지난|저번|지지난|저저번|금|차|매|격"
_HALF = "오전|오후|새벽|아침|점심(?:때|시간)?|저녁(?:때)?|한밤|밤|한낮|낮|정오|자정|퇴근\\s*[전후]|출근\\s*[전후]"
_FOLLOW = (
    r"(?=$|[^가-힣A-Za-z0-9]|(?:에는|에서|에도|에|은|는|이랑|이나|이|가|을|를|의|도|만|쯤|경|께|부터|까지|으로"
    r"|로|나|하고"
    r"|와|과|랑|마다|날|안|내|중|동안|간|정도|짜리|인데|이고|오전|오후|아침|점심|저녁|밤|새벽|뭐|언제|[월화수목금토일](?:요일"
    r"|욜)|\d)"
    rf"|(?:{_NATIVE})\s*시)"
)
_ALONE = r"(?<![가-힣])"
_DAYS = (
    "내일모레|낼모레|내일|낼|모레|그글피|글피|오늘|어제|어저께|그저께|그제|엊그제|금일|명일|익일|당일"
    "|지금|방금|아까|이따가|이따|조금\\s*전|잠시\\s*[후뒤]|최근|요즘|앞으로"
)
_FEASTS = (
    "설날|설\\s*연휴|추석(?:\\s*연휴)?|크리스마스|성탄절|어린이날|어버이날|한글날|개천절|광복절|현충일|삼일절"
    "|신정|스승의\\s*날"
    "|주말|평일|연휴|월말|연말|연초|월초|말일|상반기|하반기|올해|작년|내년|내달|이달"
)
_ATOM = re.compile(
    "|".join(
        (
            r"(?P<iso>\d{4}-\d{1,2}-\d{1,2}(?:T\d{2}:\d{2}(?::\d{2})?(?:[+-]\d{2}:\d{2}|Z)?)?)",
            rf"(?P<later>{_COUNT}\s*(?:시간\s*반|시간|분|일|주일|주|달|개월|년|영업일)\s*(?:뒤|후|전|이후|이내)(?![가-힣]*리뷰)"
            r"|(?:하루|이틀|사흘|나흘|열흘|보름|일주일)\s*(?:뒤|후|전))",
            rf"(?P<length>(?:(?<!\d){_COUNT}\s*시간\s*(?:반|{_COUNT}\s*분)?|(?<![\d:])\d+\s*분|반나절|하루\s*종일|종일"
            rf"|(?:하루|이틀|사흘|나흘|{_COUNT}\s*(?:박\s*{_COUNT}\s*일|일|주|개월))\s*(?=동안|간|짜리))(?:\s*(?:동안"
            rf"|간|짜리|정도|쯤))*)",
            r"(?P<hours>\d{1,2}\s*[~∼–-]\s*\d{1,2}\s*시(?:\s*반)?)",
            rf"(?P<clock>(?:(?<!\d)\d{{1,2}}|(?:{_NATIVE}))\s*시(?!간|스|작|험|트|장|민|도|켜|키|설|점|제|즌|리)"
            rf"(?:\s*(?:반|(?:\d{{1,2}}|{_SINO})\s*분))?(?:\s*(?:쯤|경|정각|즈음))?|(?<!\d)\d{{1,2}}:\d{{2}}(?!\d))",
            r"(?P<date>(?:음력\s*)?(?:\d{2,4}년\s*)?\d{1,2}월\s*\d{1,2}일|\d{4}[./]\s?\d{1,2}[./]\s?\d{1,2}|(?<![\d/])\d{1,2}/\d{1,2}(?![\d/])"
            r"|(?:\d{2,4}년\s*)?(?<!\d)\d{1,2}월(?!요일)(?:\s*(?:초|중순|말|하순|상순))?|(?<!\d)\d{1,2}일(?!차"
            r"|간|째|정))",
            r"(?P<nth>(?:첫|둘|셋|넷|다섯)째\s?주)",
            rf"(?P<week>{_ALONE}(?:{_NEXT})\s*주\s*[월화수목금토일](?:요일|욜)?(?=$|[^가-힣]|에|오|아|저|밤|새"
            rf"|로|까|부|{_NATIVE})"
            rf"|{_ALONE}(?:{_NEXT})\s*(?:주말|주중|주|달|분기|학기|해|월|년도|년)(?:\s*(?:초|중순|말|중|내내))?{_FOLLOW})",
            rf"(?P<weekday>{_ALONE}(?:[월화수목금토일]요일|[월화수목금토일]욜)(?:마다)?)",
            rf"(?P<day>{_ALONE}(?:{_DAYS}|{_FEASTS}){_FOLLOW})",
            rf"(?P<half>{_ALONE}(?:{_HALF}){_FOLLOW})",
        )
    )
)
_GLUED = re.compile(
    rf"(?P<weekday>(?:[월화수목금토일]요일|[월화수목금토일]욜))|(?P<day>{_DAYS})|(?P<half>{_HALF})(?=\s*\d|\s*(?:{_NATIVE})\s*시)"
)
_GAP = re.compile(r"\s*(?:,\s*)?|날\s*|\s*의\s*")
_GAP_INTO_CLOCK = re.compile(r"\s*에\s+|\s*,\s*")
_RANGE = re.compile(r"\s*(?:부터|에서|~|∼|–|-)\s*")
_HOUR = re.compile(rf"(\d{{1,2}}|{_NATIVE})\s*(?:시|:)")
_HOUR_WORDS = "한 두 세 네 다섯 여섯 일곱 여덟 아홉 열 열한 열두"
_HOURS = dict(zip(_HOUR_WORDS.split(), range(1, 13), strict=True))
_MOVES = re.compile(r"\s*에서\s+(?!.{0,24}까지)[^|]{2,24}?(?:으로|로)(?![가-힣])")
"""From one time to another: "2시에서 3시로" is a move and no range."""
VAGUE = frozenset({"아까", "방금", "최근", "요즘", "지금", "조금 전"})
"""Words for "lately": no tool can resolve them, and the newest entries come first anyway."""

Kind = Literal["point", "length"]


@dataclass(frozen=True)
class Atom:
    start: int
    end: int
    kind: str
    text: str


@dataclass(frozen=True)
class TimeSpan:
    """One mention of a time or a length of time."""

    start: int
    end: int
    kind: Kind
    text: str
    """As written, without the particle after it; of a range only its beginning."""
    atoms: tuple[Atom, ...]
    until: str = ""
    """The end of a range, as written."""

    @property
    def has_clock(self) -> bool:
        return any(atom.kind in ("clock", "hours", "iso", "later") for atom in self.atoms)

    @property
    def has_day(self) -> bool:
        return any(atom.kind not in ("clock", "hours", "half") for atom in self.atoms)

    @property
    def day(self) -> str:
        """The written part that names the day."""
        days = [atom.text for atom in self.atoms if atom.kind not in ("clock", "hours", "half")]
        return " ".join(days)


def time_spans(text: str) -> list[TimeSpan]:
    """All mentions, from left to right."""
    spans: list[TimeSpan] = []
    group: list[Atom] = []
    for atom in [*_atoms(text), Atom(len(text) + 9, len(text) + 9, "end", "")]:
        if group and not _joins(text, group, atom):
            spans.append(_span(text, group))
            group = []
        group.append(atom)
    return _ranges(text, spans)


def hour_of(text: str) -> int | None:
    """The hour that is written in a time, as written (3 of "오후 3시")."""
    found = _HOUR.search(text)
    if found is None:
        return None
    return int(found.group(1)) if found.group(1).isdigit() else _HOURS[found.group(1)]


def _atoms(text: str) -> list[Atom]:
    atoms: list[Atom] = []
    position = 0
    while position <= len(text):
        glued = _GLUED.match(text, position) if atoms and atoms[-1].end == position else None
        found = glued or _ATOM.search(text, position)
        if found is None or not found.lastgroup:
            break
        kind = found.lastgroup
        if kind != "clock" or _starts_a_word(text, found.start(), atoms):
            atoms.append(Atom(found.start(), found.end(), kind, found.group().strip()))
            position = found.end()
        else:
            position = found.start() + 1
    return atoms


def _starts_a_word(text: str, start: int, atoms: list[Atom]) -> bool:
    before = text[start - 1] if start else " "
    glued = bool(atoms) and text[atoms[-1].end : start].strip() in ("", "에", "날")
    return text[start].isdigit() or glued or not "가" <= before <= "힣"


def _joins(text: str, group: list[Atom], atom: Atom) -> bool:
    last = group[-1]
    if "length" in (last.kind, atom.kind) or atom.kind == "end":
        return False
    if atom.kind == "half" and any(known.kind in ("clock", "hours") for known in group):
        return False
    gap = text[last.end : atom.start]
    if _GAP.fullmatch(gap):
        return not (last.kind in ("clock", "hours") and atom.kind in ("clock", "hours", "half"))
    return bool(_GAP_INTO_CLOCK.fullmatch(gap)) and atom.kind in ("clock", "hours", "half")


def _span(text: str, group: list[Atom]) -> TimeSpan:
    start, end = group[0].start, group[-1].end
    kind: Kind = "length" if group[0].kind == "length" else "point"
    written = text[start:end].strip()
    if kind == "length":
        written = re.sub(r"(?:\s*(?:동안|간|짜리|정도|쯤))+$", "", written)
        written = written + "간" if written.endswith("시") else written
    until = ""
    if group[-1].kind == "hours":
        first, last = re.split(r"\s*[~∼–-]\s*", group[-1].text)
        until = last
        written = _leading(group) + first + "시"
    return TimeSpan(start, end, kind, written, tuple(group), until)


def _leading(group: list[Atom]) -> str:
    return "".join(f"{atom.text} " for atom in group[:-1])


def _ranges(text: str, spans: list[TimeSpan]) -> list[TimeSpan]:
    joined: list[TimeSpan] = []
    for span in spans:
        before = joined[-1] if joined else None
        gap = text[before.end : span.start] if before else ""
        if (
            before
            and before.kind == span.kind == "point"
            and not before.until
            and _RANGE.fullmatch(gap)
            and not _MOVES.match(text, span.start - len(gap))
        ):
            joined[-1] = TimeSpan(before.start, span.end, "point", before.text, before.atoms, span.text)
        else:
            joined.append(span)
    return joined


_UNITS = {"분": 1, "시간": 60, "일": 1440, "주": 10080, "주일": 10080}
_DAY_WORDS = {"하루": 1, "이틀": 2, "사흘": 3, "나흘": 4, "일주일": 7, "열흘": 10, "보름": 15}
_SHIFT = re.compile(
    rf"(?P<days>{'|'.join(_DAY_WORDS)})|(?P<count>{_COUNT})\s*(?P<unit>시간|분|주일|주|일)(?:\s*(?P<half>반))?"
)


def minutes_of(text: str) -> int:
    """How many minutes a written length of time has: 90 of "한 시간 반"; 0 where it cannot be read."""
    total = 0
    for found in _SHIFT.finditer(text):
        if found.group("days"):
            total += _DAY_WORDS[found.group("days")] * 1440
        elif (count := _count(found.group("count"))) is not None:
            unit = _UNITS[found.group("unit")]
            total += count * unit + (unit // 2 if found.group("half") else 0)
    return total


def _count(text: str) -> int | None:
    return int(text) if text.isdigit() else _HOURS.get(text, _SINO_COUNTS.get(text))


_SINO_COUNTS = {
    "일": 1,
    "이": 2,
    "삼": 3,
    "사": 4,
    "오": 5,
    "십": 10,
    "십오": 15,
    "이십": 20,
    "삼십": 30,
    "사십": 40,
    "오십": 50,
}
