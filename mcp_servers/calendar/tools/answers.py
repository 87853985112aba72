"""Answering an invitation."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from mcp.server.mcpserver import Context
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar.entities import Event, PartStat, Person, Scope
from mcp_servers.calendar.found import Found, find_writable
from mcp_servers.calendar.models import Updated
from mcp_servers.calendar.store.people import keys, own_names, person_of
from mcp_servers.calendar.tools.events import changed
from mcp_servers.common.database import Database
from mcp_servers.common.operation import Operations
from mcp_servers.common.refusal import Refused
from mcp_servers.common.server import ToolServer
from mcp_servers.common.settings import ServerSettings
from mcp_servers.common.text import Korean

Answer = Literal["accepted", "declined", "tentative"]
_STATUS: dict[Answer, PartStat] = {"accepted": "ACCEPTED", "declined": "DECLINED", "tentative": "TENTATIVE"}
_VERB: dict[Answer, str] = {"accepted": "수락", "declined": "거절", "tentative": "미정으로 답"}


class AnswerTools:
    """The tool; its docstring is what the model reads."""

    def __init__(self, settings: ServerSettings, database: Database, operations: Operations) -> None:
        self._settings = settings
        self._database = database
        self._operations = operations

    def register(self, server: ToolServer) -> None:
        server.change("초대에 답하기", effect="send")(self.respond_to_event)

    async def respond_to_event(
        self,
        ctx: Context,
        event_id: str,
        answer: Answer,
        attendee: Annotated[Korean, Field(description="누구의 답인지. 내 답이면 비움")] | None = None,
        scope: Scope | None = None,
    ) -> Updated:
        """초대를 수락하거나 거절한다."""

        async def work(connection: AsyncConnection) -> Updated:
            now = self._settings.now()
            found = await find_writable(connection, event_id, now)
            me = person_of(attendee) if attendee else await my_person(connection)
            person = answering(found.event, me)
            return await _answered(connection, found, person, answer, scope, now)

        asked = {"event_id": event_id, "answer": answer, "attendee": attendee, "scope": scope}
        return await self._operations.once(ctx, Updated, asked, work)


async def _answered(
    connection: AsyncConnection, found: Found, person: Person, answer: Answer, scope: Scope | None, now: datetime
) -> Updated:
    status = _STATUS[answer]
    if person.status == status:
        raise Refused(f"이미 {_VERB[answer]}했습니다.")
    attendees = tuple(replace(one, status=status) if one == person else one for one in found.event.attendees)
    new = replace(found.event, attendees=attendees)
    return await changed(connection, found, new, scope, now, verb=_VERB[answer])


async def my_person(connection: AsyncConnection) -> Person | None:
    """The user, as far as an account with an e-mail address tells."""
    return next((Person(name, name) for name in await own_names(connection) if "@" in name), None)


def answering(event: Event, me: Person | None) -> Person:
    """Whose answer it is: that person's among the attendees, else the only attendee's.

    Raises:
        Refused: nobody is invited, or it cannot be told which of them it is.
    """
    people = [one for one in event.attendees if one.kind != "ROOM"]
    if not people:
        raise Refused("초대받은 사람이 없는 일정입니다.")
    mine = [one for one in people if me and set(keys(me)) & set(keys(one))]
    if len(mine) == 1:
        return mine[0]
    if len(people) == 1:
        return people[0]
    names = ", ".join(one.name or one.address for one in people)
    raise Refused(f"누구의 답인지 attendee에 넣으세요. 참석자: {names}", code="ambiguous")
