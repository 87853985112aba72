"""Tools that find times for meetings and what stands in their way."""

from datetime import UTC, datetime, timedelta
from itertools import combinations
from operator import attrgetter
from typing import Annotated

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar.meeting import rooms, view
from mcp_servers.calendar.meeting.agenda import Agenda
from mcp_servers.calendar.meeting.asking import Stretch, coming, length, stretch, working_hours
from mcp_servers.calendar.meeting.hours import holidays_ready
from mcp_servers.calendar.meeting.intervals import difference, lasting, union
from mcp_servers.calendar.meeting.models import Conflict, Conflicts, FreeTime, MeetingTimes
from mcp_servers.calendar.meeting.search import Answer, Asked, everybody, search
from mcp_servers.calendar.when import new_slot
from mcp_servers.common.database import Database
from mcp_servers.common.server import ToolServer
from mcp_servers.common.settings import ServerSettings
from mcp_servers.common.text import Korean

_MOST_SLOTS = 20
_MOST_SUGGESTIONS = 5
_MOST_CONFLICTS = 30

Period = Annotated[Korean, Field(description="예: 다음 주")]
Length = Annotated[Korean, Field(description="예: 한 시간 반")]
People = Annotated[list[Korean], Field(description="나 말고 꼭 올 사람. 이름이나 메일, 외국이면 '제인(뉴욕)'")]
Optional_ = Annotated[list[Korean], Field(description="와도 되고 안 와도 되는 사람")]


class MeetingTools:
    """The tools; their docstrings are what the model reads."""

    def __init__(self, settings: ServerSettings, database: Database) -> None:
        self._settings = settings
        self._database = database

    def register(self, server: ToolServer) -> None:
        server.read("회의 시간 찾기")(self.find_meeting_time)
        server.read("겹치는 일정 보기")(self.check_conflicts)
        server.read("빈 시간 찾기", core=True)(self.find_free_time)

    async def find_meeting_time(
        self,
        people: People,
        when: Period,
        duration: Length = "1시간",
        optional: Optional_ | None = None,
        minimum: Annotated[int, Field(ge=0, description="나까지 적어도 이만큼 와야 함")] = 0,
        buffer: Annotated[Korean, Field(description="앞뒤로 비울 시간(이동 포함). 예: 30분")] | None = None,
        room: Annotated[Korean, Field(description="꼭 이 회의실")] | None = None,
        capacity: Annotated[int, Field(ge=0, description="필요한 회의실 인원")] = 0,
        hours: Annotated[Korean, Field(description="근무 시간. 예: 10시부터 19시까지")] | None = None,
        lunch: Annotated[Korean, Field(description="점심시간. 예: 11시 반부터 12시 반까지, 없음")] | None = None,
    ) -> MeetingTimes:
        """여럿이 모일 시간을 좋은 것부터 까닭과 함께 찾는다."""
        now = self._settings.now()
        looked = coming(when, now)
        asked = Asked(
            start=looked.start,
            end=looked.end,
            length=length(duration),
            hours=working_hours(now, hours, lunch),
            people=people,
            optional=optional or (),
            named_hours=looked.named_hours and not looked.part_of_day,
            part_of_day=looked.part_of_day,
            buffer=length(buffer) if buffer else timedelta(),
            room=room or "",
            capacity=capacity,
            minimum=minimum,
        )
        async with self._database.begin() as connection:
            answer = await search(connection, asked, now, _MOST_SUGGESTIONS)
        suggestions = [view.suggestion(slot, len(answer.agendas), now) for slot in answer.slots]
        return MeetingTimes(suggestions=suggestions, note=_meeting_note(answer, asked, now))

    async def check_conflicts(
        self,
        when: Annotated[Korean, Field(description="시각이나 기간. 예: 내일 3시, 이번 주")],
        duration: Length | None = None,
        people: People | None = None,
        room: Korean | None = None,
    ) -> Conflicts:
        """그 시각에 걸리는 일정을, 기간이면 서로 겹치는 일정을 찾는다."""
        now = self._settings.now()
        looked = stretch(when, now)
        async with self._database.begin() as connection:
            if not looked.named_hours and duration is None:
                return await _overlaps(connection, looked, people or [], now)
            slot = new_slot(when, None, duration, now)
            asked = Asked(slot.start, slot.end, slot.length, working_hours(now, None, None), people or ())
            found, _ = await everybody(connection, asked, now)
            booked = await _room_conflicts(connection, room, asked, now) if room else []
        await holidays_ready((one.guest.hours for one in found), slot.start, slot.end)
        conflicts = [
            view.conflict(one, event, now) for one in found for event in one.during(slot.start, slot.end)
        ] + booked
        return Conflicts(
            when=view.said(slot.start, slot.end, now),
            free=not any(not one.tentative for one in conflicts),
            conflicts=conflicts[:_MOST_CONFLICTS],
            note=_lines(view.outside_hours(found, slot.start, slot.end, now), *_told(found, asked, now)),
        )

    async def find_free_time(self, when: Period, duration: Length = "1시간") -> FreeTime:
        """빈 시간을 찾는다."""
        now, least = self._settings.now(), length(duration)
        looked = coming(when, now)
        hours = working_hours(now, None, None)
        whole = union([(looked.start.astimezone(UTC), looked.end.astimezone(UTC))])
        await holidays_ready([hours], looked.start, looked.end)
        async with self._database.begin() as connection:
            found, _ = await everybody(connection, Asked(looked.start, looked.end, least, hours), now)
        [mine] = found
        within = whole if looked.named_hours else hours.desk(looked.start, looked.end)
        timed = union((one.start, one.end) for one in mine.events if not one.all_day)
        away = [one for one in mine.during(looked.start, looked.end) if one.all_day]
        whole_days = sorted([*mine.whole_days(looked.start, looked.end), *away], key=attrgetter("start"))
        free = lasting(difference(within, timed), least)
        none = ""
        if not within:
            none = "남은 근무 시간(평일 9~18시)이 없습니다. 시각을 함께 적으세요. 예: 토요일 오후 2시부터 5시까지"
        elif not free:
            none = "빈 시간이 없습니다. 기간을 넓히거나 길이를 줄여 보세요."
        slots = [view.free_slot(span, now) for span in free[:_MOST_SLOTS]]
        return FreeTime(slots=slots, note=_lines(view.whole_days(whole_days, now), none))


async def _overlaps(connection: AsyncConnection, looked: Stretch, people: list[str], now: datetime) -> Conflicts:
    """Which events of somebody overlap in a period."""
    asked = Asked(looked.start, looked.end, timedelta(), working_hours(now, None, None), people)
    found, _ = await everybody(connection, asked, now)
    conflicts = []
    for agenda in found:
        events = [one for one in agenda.during(looked.start, looked.end) if not one.all_day]
        pairs = ((one, other) for one, other in combinations(events, 2) if other.start < one.end)
        conflicts += [view.overlap(agenda, one, other, now) for one, other in pairs]
    return Conflicts(
        when=view.said(looked.start, looked.end, now),
        free=not conflicts,
        conflicts=conflicts[:_MOST_CONFLICTS],
        note=_lines(*_told(found, asked, now)),
    )


async def _room_conflicts(connection: AsyncConnection, name: str, asked: Asked, now: datetime) -> list[Conflict]:
    room = await rooms.existing(connection, name)
    taken = await rooms.taken(connection, room, asked.start, asked.end, now)
    return [view.room_conflict(room, one, now) for one in taken]


def _meeting_note(answer: Answer, asked: Asked, now: datetime) -> str:
    none = ""
    if not answer.slots:
        none = "맞는 시간이 없습니다. 기간을 넓히거나 길이·최소 인원을 줄여 보세요."
    return _lines(
        none, answer.remark, view.holidays(asked.hours, asked.start, asked.end, now), *_told(answer.agendas, asked, now)
    )


def _told(found: list[Agenda], asked: Asked, now: datetime) -> list[str]:
    whole_days = (one for agenda in found for one in agenda.whole_days(asked.start, asked.end))
    return [view.unknown(found), view.whole_days(whole_days, now)]


def _lines(*lines: str) -> str:
    return "\n".join(filter(None, lines))
