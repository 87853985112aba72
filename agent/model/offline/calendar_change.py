"""Calendar requests about an event that exists: find it first, then move, change or cancel it."""

import re
from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any

from agent.josa import josa
from agent.model.offline.calendar import event_line, event_of, particle_end, searched
from agent.model.offline.choice import chosen
from agent.model.offline.clause import Clause
from agent.model.offline.phrasing import phrase, without, without_particle
from agent.model.offline.plan import Done, Outcome, Plan, Reply, Step, Stop, Wanted, ask, call, present, together
from agent.model.offline.spans import TimeSpan, hour_of, minutes_of

Event = dict[str, Any]
_EARLIER = re.compile(r"당[겨기]|땡겨")
_MOVED = re.compile(
    r"(?:좀\s|만\s)*(?:옮[기겨]|미[루뤄]|당[기겨]|땡겨|앞당[기겨]|바[꾸꿔]|변경|늦[추춰]|연기|조정|이동|수정|고[치쳐]"
    r"|늘[리려]|줄[이여]|취소|(?:없던|안\s?하는)\s?(?:걸로|일로|것으로)|지[우워]|삭제|없애|빼|날려|제거|추가|초대"
    r"|넣)\S*(?:\s해\S*)?(?:\s?나서)?$"
)
_SHIFT = re.compile(
    r"(?:\d+|한|두|세|네|다섯|여섯|십|이십|삼십|사십)\s?(?:시간(?:\s?반)?|분|주일?|일)|하루|이틀|사흘|나흘|일주일"
)
_PLACE = re.compile(r"(?:장소|위치|회의실)(?:를|을|는|은|만)?\s+(?P<value>.+?)(?:으로|로)\s*$")
_TITLE = re.compile(r"(?:제목|이름)(?:을|를|은|만)?\s+(?P<value>.+?)(?:으로|로)\s*$")
_GUEST = re.compile(r"에\s+(?P<guest>[가-힣A-Za-z\s]+?)(?:님|씨)?(?:도|을|를)?\s*$")
_THAT = re.compile(
    r"(?:그|이|방금|아까|좀\s?전에|조금\s?전에)\s?(?:거|것|건|일정|회의|미팅|약속|이벤트|걸|만든|잡은|추가한|등록한"
    r"|넣은|말한)\S*"
)
_YES = re.compile(r"^(?:네|넵|예|응|어|그래|좋아|맞아|ㅇㅇ|ㅇㅋ|오케이|ok|취소|변경)", re.IGNORECASE)
_WEEK_ONLY = re.compile(r"(?:다음|담|이번|다다음)\s?주")
_WEEKDAYS = "월화수목금토일"


def change(clause: Clause) -> Plan:
    """Move an event, or change its length, place, title or guests."""
    rest = _MOVED.sub("", clause.core).rstrip()
    for pattern, field in ((_PLACE, "location"), (_TITLE, "title")):
        if found := pattern.search(rest):
            value = found.group("value").strip(" '\"")
            event = yield from _the_event(clause, rest[: found.start()], "변경")
            return (yield from _update(event, **{field: value}))
    if re.search(r"(?:추가|초대|넣)\S*$", clause.core) and (found := _GUEST.search(rest)):
        return (yield from _invite(clause, rest[: found.start()], found.group("guest").strip()))
    new = _new_time(clause, rest)
    if new:
        event = yield from _the_event(clause, without(rest, (new.start, len(rest))), "변경", new)
        return (yield from _update(event, **_moved(event, new)))
    if shift := _SHIFT.search(rest):
        event = yield from _the_event(clause, without(rest, (shift.start(), len(rest))), "변경")
        return (yield from _update(event, **_shifted(event, shift.group(), rest[shift.end() :], clause.core)))
    event = yield from _the_event(clause, rest, "변경")
    answer = Clause((yield from ask(f"'{event.get('title', '')}' 일정을 언제로 옮길까요?")))
    if not answer.points:
        raise Stop("옮길 시각을 알아듣지 못했습니다. '내일 오후 3시로 옮겨줘'처럼 말씀해 주세요.")
    return (yield from _update(event, **_moved(event, answer.points[0])))


def cancel(clause: Clause) -> Plan:
    """Cancel the event that is meant, or all of a time."""
    rest = _MOVED.sub("", clause.core).rstrip()
    everything = re.search(r"(?:전부|모두|다|싹\s?다|모든)(?=\s|$)", rest)
    if everything:
        return (yield from _cancel_all(clause, rest.replace(everything.group(), " ")))
    event = yield from _the_event(clause, rest, "취소")
    outcome = yield from call("calendar_delete_event", event_id=event["id"])
    return _cancelled([event], outcome)


def _cancel_all(clause: Clause, rest: str) -> Plan:
    text, when = _searched(clause, rest, None)
    found = (yield from call("calendar_search_events", text=text, when=when)).items
    if not found:
        raise Stop(_nothing(text, when))
    outcomes = yield from together(*(Wanted("calendar_delete_event", {"event_id": item["id"]}) for item in found))
    failed = next((outcome for outcome in outcomes if outcome.failed), None)
    if failed:
        raise Stop(f"일부 일정을 취소하지 못했습니다. {failed.text}")
    return _cancelled(found, outcomes[-1])


def _cancelled(events: list[Event], outcome: Outcome) -> Done:
    lines = [event_line(event_of(outcome.value) or event if len(events) == 1 else event) for event in events]
    note = "취소된 일정입니다. " + " / ".join(lines)
    if len(events) == 1:
        event = events[0]
        return Done(f"'{event.get('title', '')}' 일정({event.get('when', '')})을 취소했습니다.", note)
    return Done(f"일정 {len(events)}건을 취소했습니다.\n" + "\n".join(f"- {line}" for line in lines), note)


def _invite(clause: Clause, rest: str, guest: str) -> Plan:
    event = yield from _the_event(clause, rest, "변경")
    known = [str(person) for person in event.get("attendees") or []]
    return (yield from _update(event, attendees=[*known, guest]))


def _update(event: Event, **changes: Any) -> Plan:
    outcome = yield from call("calendar_update_event", event_id=event["id"], **changes)
    updated = event_of(outcome.value) or event
    if not event_of(outcome.value):
        return Done(outcome.value.get("summary") or outcome.text, event=updated)
    line = event_line(updated)
    title, when = updated.get("title", ""), updated.get("when", "")
    text = (
        f"'{title}' 일정을 {josa(when, '으로/로')} 바꿨습니다." if "start" in changes else f"일정을 바꿨습니다. {line}"
    )
    if guests := changes.get("attendees"):
        text = f"'{title}' 일정 참석자는 이제 {', '.join(guests)}입니다."
    return Done(text, note=f"변경된 일정입니다. {line}", event=updated)


def _the_event(clause: Clause, rest: str, verb: str, new: TimeSpan | None = None) -> Generator[Step, Reply, Event]:
    """The one event that is meant; asks where several fit.

    Raises:
        Stop: there is none.
    """
    before = clause.before
    if before and before.listed and (listed := chosen(rest, before.listed)):
        return listed
    if before and before.event and (_THAT.search(rest) or not phrase(rest)):
        return before.event
    text, when = _searched(clause, rest, new)
    items = (yield from call("calendar_search_events", text=text, when=when)).items
    items = _at_hour(items, clause, new) or items
    if not items:
        raise Stop(_nothing(text, when))
    return (yield from _one_of(_titled(items, text) or items, text, verb))


def _one_of(items: list[Event], text: str, verb: str) -> Generator[Step, Reply, Event]:
    same = [item for item in items if item.get("title") == text]
    if len(same) == 1 or (len(items) == 1 and _titled(items, text)):
        return (same or items)[0]
    if len(items) == 1:
        # The word was found in a place or a guest: that may not be the event meant.
        answer = yield from ask(f"{event_line(items[0])}\n이 일정을 {verb}할까요?")
        if not _YES.match(answer):
            raise Stop("알겠습니다. 하지 않겠습니다.")
        return items[0]
    listing = "\n".join(f"{number}. {event_line(item)}" for number, item in enumerate(items, 1))
    answer = yield from ask(f"해당하는 일정이 {len(items)}건입니다.\n{listing}\n어느 일정을 {verb}할까요?")
    event = chosen(answer, items)
    if event is None:
        raise Stop("어느 일정인지 알아듣지 못했습니다. '두 번째'처럼 번호로 말씀해 주세요.")
    return event


def _titled(items: list[Event], text: str) -> list[Event]:
    """Those whose title has all the words."""
    words = text.casefold().split()
    return [item for item in items if all(word in str(item.get("title", "")).casefold() for word in words)]


def _searched(clause: Clause, rest: str, new: TimeSpan | None) -> tuple[str, str]:
    """The word and the day to search for. The hour is no part of it: it is compared with the events found."""
    old = [span for span in clause.points if span is not new and span.start < len(rest)]
    cut = without(rest, *((span.start, particle_end(rest, span.end)) for span in old if span.has_day or span.has_clock))
    meal = old[0].atoms[-1].text if old and old[0].atoms[-1].kind == "half" else ""
    text = searched(re.sub(r"\s(?:시간|시각|날짜|일시)(?:을|를|만)?\s*$", "", without_particle(phrase(cut))))
    if meal in ("점심", "저녁", "아침") and text in ("약속", "식사", ""):
        text = f"{meal} {text or '약속'}"
        return text, old[0].day
    if text.startswith(("점심", "저녁", "아침")) or not meal:
        return text, " ".join(span.day for span in old if span.day)
    return text, old[0].text if not old[0].has_clock else old[0].day


def target_words(clause: Clause) -> str:
    """What the clause itself says about the event to cancel."""
    text, when = _searched(clause, _MOVED.sub("", clause.core).rstrip(), None)
    return text or when


def _nothing(text: str, when: str) -> str:
    about = " ".join(filter(None, (when, text and f"'{text}'", "일정")))
    return f"{josa(about, '이/가')} 없습니다. 제목이나 날짜를 다시 말씀해 주세요."


def _at_hour(items: list[Event], clause: Clause, new: TimeSpan | None) -> list[Event]:
    hours = [hour_of(span.text) for span in clause.points if span is not new and span.has_clock]
    if not hours or hours[0] is None:
        return []
    return [item for item in items if (start := _instant(item, "start")) and start.hour % 12 == hours[0] % 12]


def _new_time(clause: Clause, rest: str) -> TimeSpan | None:
    """The time an event goes to: the one before "로", or the last one."""
    points = [span for span in clause.points if span.end <= len(rest)]
    going = [span for span in points if re.match(r"\s?(?:쯤|경)?(?:으로|로)(?![가-힣])", clause.hidden[span.end :])]
    if going:
        return going[-1]
    if len(points) > 1 and not phrase(clause.hidden[points[-1].end : len(rest)]):
        return points[-1]
    return None


def _moved(event: Event, new: TimeSpan) -> dict[str, str]:
    """The new start as it was said: the calendar keeps the day or the hour that it does not name."""
    start = _instant(event, "start")
    if _WEEK_ONLY.fullmatch(new.text) and start:
        return {"start": f"{new.text} {_WEEKDAYS[start.weekday()]}요일"}
    return present({"start": new.text, "end": new.until})


def _shifted(event: Event, length: str, after: str, core: str) -> dict[str, str]:
    """ "30분 미뤄": the start moves; "두 시간으로 늘려": the length is set; "30분 늘려": the end moves."""
    if re.match(r"\s?(?:짜리)?(?:으로|로)", after):
        return {"duration": length}
    start, end = _instant(event, "start"), _instant(event, "end")
    by = timedelta(minutes=minutes_of(length))
    if re.search(r"늘[리려]\S*$|줄[이여]\S*$", core) and end:
        return {"end": (end + by if "늘" in core[-5:] else end - by).isoformat()}
    if start is None:
        raise Stop("일정의 시각을 알 수 없어 옮기지 못했습니다. 옮길 시각을 말씀해 주세요.")
    return {"start": (start - by if _EARLIER.search(core) else start + by).isoformat()}


def _instant(event: Event, key: str) -> datetime | None:
    try:
        return datetime.fromisoformat(str(event.get(key, "")))
    except ValueError:
        return None
