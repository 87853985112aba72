"""Calendar requests that stand alone: make an event, list events, find free time."""

import re
from dataclasses import dataclass
from typing import Any

from agent.josa import josa
from agent.model.offline.clause import Clause
from agent.model.offline.phrasing import phrase, without, without_particle
from agent.model.offline.plan import Done, Plan, ask, call
from agent.model.offline.spans import TimeSpan, time_spans

_PUT = re.compile(
    r"(?:(?:제|내|우리|팀)?\s?(?:캘린더|달력|스케줄표|일정표|스케줄|일정)(?:에다가?|에|으로|로)\s?)?(?:좀\s|하나\s"
    r"|새로\s|미리\s|꼭\s|다시\s|로\s)*"
    r"(?:잡|잡아|만들|만들어|추가|추가해|넣|넣어|등록|등록해|생성|생성해|예약해|적어|기록해|올려|박아|세팅해|마련해"
    r"|입력해|메모해|저장해|짜|정해|걸어)"
    r"(?:고|하고|해서|해|서|놓고|두고|놔)?(?:\s?나서)?$"
)
_PLACE = re.compile(r"([^|]*?)에서(?:\s|\||$)")
_NAMED_PLACE = re.compile(
    r"(?:장소|위치)(?:는|은|를|을)?\s+(?P<place>[^|,.]+?)(?:이야|야|이에요|예요|입니다|으로\s?하고|로\s?하고|으로"
    r"|로|에서)(?=[\s|,.]|$)"
)
_ONLINE = re.compile(r"(?<![가-힣A-Za-z])(줌|[Zz]oom|구글\s?미트|팀즈|화상|온라인)(?:으로|로)(?=\s)")
_PLACE_WORD = re.compile(
    r"^(?:\d+층|제?\d+\S*|본사|지사|본관|별관|신관|\S+(?:역|점|동|호|관|빌딩|타워|건물|센터|사옥|층))$"
)
_PARTICLE = re.compile(
    r"(?:에는|에서|에|부터|까지|쯤|경|동안|간|짜리로|짜리|정도로|정도|으로|로|은|는|을|를|의|이나|날)(?=\s|$|\|)"
    r"|에(?=[가-힣])"
)
_MEAL = re.compile(r"(아침|점심|저녁)$")
_ALL_DAY = re.compile(
    r"휴가|연차|반차|생일|기념일|출장|워크숍|워크샵|휴무|마감|여행|연휴|쉬는|제사|명절|데드라인|납기|기일"
)
_GENERIC = re.compile(
    r"(?:(?:내|나의|제|우리|나|저)\s)?(?:일정|스케줄|스케쥴|캘린더|달력|약속|이벤트)(?:들)?(?:에|은|는|이|가|을"
    r"|를|의|좀|으로|로|도)?(?:\s(?:하나|한\s?건|한\s?개))?"
)
_CHANGED = re.compile(
    r"(?:이|가|은|는)?\s?(?:취소됐|취소되|취소돼|연기됐|연기되|미뤄졌|미뤄져|바뀌었|바뀌|변경됐|변경되|안\s하기로"
    r"|없어졌).*$|\s(?:안|못)\s\S+(?:[.,]\s.*)?$|(?:^|\s)(?:일정|캘린더|달력|스케줄)(?:에서|에)$"
)
_MODIFIER = re.compile(
    r"(?:^|(?<=\s))(?:잡혀\s?있는|잡혀\s?있던|잡은|잡아\s?둔|잡아\s?놓은|예정된|예약된|예약한|등록된|등록한|있는"
    r"|있던|하기로\s?한|하기로\s?했던|원래|기존|넣은|넣어\s?둔|추가한|잡힌|남은|모든|전체|주요|중요한|첫|첫\s?번째"
    r"|마지막|남아\s?있는)\s"
)
_ASKING = re.compile(
    r"(?:는|은|이|가|를|을|도)?\s*(?:뭐|뭣|무엇|무슨|언제|몇\s?[시개건]|며칠|어디|어때|어떻게|있(?=[어나지니었던는습을냐])"
    r"|바빠|바쁘|바쁜|할\s?일|알려|보여|확인|찾|말해|조회|검색|체크|브리핑|요약|정리|읽|궁금|좀(?=\s)).*$"
)


@dataclass(frozen=True)
class Draft:
    """What a clause says about a new event."""

    title: str
    start: str
    end: str
    duration: str
    location: str
    attendees: list[str]
    needs_hour: bool


def create(clause: Clause) -> Plan:
    """Make an event; the day, the hour and the title are asked for where they are missing."""
    draft = drafted(clause)
    title = draft.title
    if not title:
        title = without_particle(phrase((yield from ask("일정 제목을 무엇으로 할까요?"))))
    start, end, duration = draft.start, draft.end, draft.duration
    while not start:
        answer = Clause((yield from ask(f"'{title}' 일정을 언제로 잡을까요?")))
        start, end = _start(answer.points)
        duration = duration or _first_length(answer)
    if draft.needs_hour and not _ALL_DAY.search(title):
        answer = Clause((yield from ask(f"'{title}' 일정을 {start} 몇 시에 잡을까요?")))
        start, end = _with_hour(start, answer)
        duration = duration or _first_length(answer)
    outcome = yield from call(
        "calendar_create_event",
        title=title,
        start=start,
        end=end,
        duration=duration,
        location=draft.location,
        attendees=draft.attendees,
    )
    event = event_of(outcome.value)
    when = event.get("when", "")
    text = (
        f"'{event.get('title', title)}' 일정을 {when}에 잡았습니다."
        if when
        else outcome.value.get("summary", outcome.text)
    )
    return Done(text, note=event_line(event) if when else text, event=event)


def list_events(clause: Clause) -> Plan:
    """Show events of a time, or those that a word is about."""
    text, when = wanted(clause)
    outcome = yield from call("calendar_search_events", text=text, when=when)
    items = outcome.items
    about = " ".join(filter(None, (when, text and f"'{text}'", "일정")))
    if not items:
        return Done(f"{josa(about, '이/가')} 없습니다.", note=f"{josa(about, '이/가')} 없습니다.")
    lines = "\n".join(f"- {event_line(item)}" for item in items)
    more = "\n더 있습니다. 기간을 좁혀 말씀해 주세요." if outcome.value.get("next_cursor") else ""
    note = f"{about}\n{lines}"
    return Done(
        f"{josa(about, '은/는')} {len(items)}건입니다.\n{lines}{more}",
        note,
        listed=tuple(items),
        event=items[0] if len(items) == 1 else {},
    )


def free(clause: Clause) -> Plan:
    """Find free time."""
    when = clause.when
    while not when:
        when = Clause((yield from ask("언제의 빈 시간을 찾을까요?"))).when
    duration = _first_length(clause)
    outcome = yield from call("calendar_find_free_time", when=when, duration=duration)
    slots = [slot for item in outcome.value.get("slots", outcome.items) if (slot := _slot(item))]
    asked = f"{when}에 {duration} 이상" if duration else f"{when}에"
    if not slots:
        return Done(f"{asked} 비어 있는 시간이 없습니다.", note=f"{when}에는 빈 시간이 없습니다.")
    lines = "\n".join(f"- {slot}" for slot in slots)
    return Done(f"{asked} 비어 있는 시간입니다.\n{lines}", note="가능한 시간: " + ", ".join(slots))


def drafted(clause: Clause) -> Draft:
    """Read the parts of a new event out of a clause."""
    points, lengths = clause.points, clause.lengths
    used = _used(points)
    start, end = _start(used)
    core = _PUT.sub("", clause.core).rstrip()
    spans = [(span.start, particle_end(clause.hidden, span.end)) for span in [*used, *lengths]]
    attendees: list[str] = []
    for mention in (clause.companions, clause.to):
        if mention:
            spans.append((mention.start, mention.end))
            attendees += [person.name for person in mention.people]
    spans = [(first, last) for first, last in spans if last <= len(core) or first < len(core)]
    location, rest = _located(without(core, *spans))
    title = clause.quotes[0].text if clause.quotes else _titled(rest, core, used)
    has_half = any(atom.kind == "half" for span in used for atom in span.atoms)
    needs_hour = bool(start) and not end and not has_half and not any(span.has_clock for span in used)
    whole_day = any("종일" in span.text for span in lengths)
    duration = "" if whole_day else _first_length(clause)
    return Draft(title, start, end, duration, location, attendees, needs_hour and not whole_day)


def wanted(clause: Clause) -> tuple[str, str]:
    """The word and the time that a search for events is about."""
    spans = [(span.start, particle_end(clause.hidden, span.end)) for span in clause.points]
    core = clause.core
    if clause.companions:
        return clause.companions.people[0].name, clause.when
    rest = _ASKING.sub("", without(core, *spans))
    return searched(rest), clause.when


def searched(text: str) -> str:
    """The words that tell an event from others; "일정" alone says nothing."""
    plain = _CHANGED.sub("", without_particle(phrase(text)))
    plain = _MODIFIER.sub("", f"{plain} ").strip()
    plain = re.sub(r"^(?:내|나의|나|제|저|우리)\s", "", f"{plain} ").strip()
    plain = re.sub(r"\s(?:하나|일정|스케줄|스케쥴)$", "", plain)
    return (
        ""
        if _GENERIC.fullmatch(plain) or plain in ("다음", "나", "내", "전부", "모든")
        else without_particle(plain.removeprefix("다음 "))
    )


def event_of(value: dict[str, Any]) -> dict[str, Any]:
    event = value.get("event")
    return event if isinstance(event, dict) else {}


def event_line(event: dict[str, Any]) -> str:
    """ "디자인 리뷰: 11월 23일 월요일 오후 3시~4시 (장소: 본사)"."""
    place = f" (장소: {event['location']})" if event.get("location") else ""
    return f"{event.get('title', '제목 없음')}: {event.get('when') or event.get('start', '')}{place}"


def particle_end(text: str, end: int) -> int:
    """Where the particle after a span ends."""
    found = _PARTICLE.match(text, end)
    return found.end() if found else end


def _used(points: list[TimeSpan]) -> list[TimeSpan]:
    """The spans that make up the start: a day and an hour may stand apart ("내일 디자인 리뷰 3시에")."""
    if not points:
        return []
    used = [points[0]]
    for span in points[1:]:
        adds_hour = span.has_clock and not any(known.has_clock for known in used) and not span.has_day
        adds_day = span.has_day and not any(known.has_day for known in used)
        if adds_hour or adds_day:
            used.append(span)
    return used


def _start(points: list[TimeSpan]) -> tuple[str, str]:
    used = sorted(_used(points), key=lambda span: not span.has_day)
    until = next((span.until for span in used if span.until), "")
    if until and len(used) > 1 and not time_spans(until)[0].has_day:
        until = f"{used[0].day} {until}"
    return " ".join(span.text for span in used), until


def _with_hour(day: str, answer: Clause) -> tuple[str, str]:
    points = answer.points
    start, end = _start(points)
    if not start:
        return day, ""
    if points[0].has_day:
        return start, end
    return f"{day} {start}", f"{day} {end}" if end else ""


def _first_length(clause: Clause) -> str:
    return next((span.text for span in clause.lengths), "")


def _located(text: str) -> tuple[str, str]:
    """The place before "…에서", and the text without it."""
    if named := _NAMED_PLACE.search(text):
        return named.group("place"), text[: named.start()] + " | " + text[named.end() :]
    if online := _ONLINE.search(text):
        return online.group(1), text[: online.start()] + " | " + text[online.end() :]
    found = _PLACE.search(text)
    if found is None or not found.group(1).strip():
        return "", text
    words = found.group(1).split()
    after = phrase(text[found.end() :])
    if not after or _GENERIC.fullmatch(after):
        kept = 1
        while kept < len(words) and _PLACE_WORD.match(words[-kept - 1]):
            kept += 1
        return " ".join(words[-kept:]), f"{text[: found.start()]} | {' '.join(words[:-kept])} | {text[found.end() :]}"
    return " ".join(words), f"{text[: found.start()]} | {text[found.end() :]}"


def _titled(rest: str, core: str, used: list[TimeSpan]) -> str:
    title = phrase(rest)
    title = re.sub(r"(?:이|가)?\s(?:있(?:[가-힣]*|을\s?예정\S*)|잡혔\S*|생겼\S*)[.,]?(?=\s|$)", " ", title).strip()
    title = re.sub(
        r"(?:기로\s?했\S*|할\s?거\S*|하기로|이?라는|이?라고)(?:\s|$)",
        lambda m: "기 " if m.group().startswith("기로") else " ",
        title,
    )
    title = re.sub(r"(?:^|\s)(?:일정|스케줄|제목|건)(?:을|를|으로|로|은)?$", "", title.strip())
    title = re.sub(r"\s(?:하나|한\s?건|한\s?개|좀)$", "", without_particle(title))
    title = (
        re.sub(r"(?<=[가-힣])(?:으로|이|가)$", "", title)
        if title.endswith(("일정으로", "약속이", "회의가", "미팅이"))
        else title
    )
    meal = _MEAL.search(used[-1].text) if used else None
    if meal and re.match(r"(?:약속|식사)", title) and not any(span.has_clock for span in used):
        title = f"{meal.group(1)} {title}"
    return "" if _GENERIC.fullmatch(title) and "약속" not in title else title


def _slot(item: Any) -> str:
    if isinstance(item, dict):
        written = item.get("when") or " ~ ".join(str(item[key]) for key in ("start", "end") if item.get(key))
        return str(written)
    return str(item)
