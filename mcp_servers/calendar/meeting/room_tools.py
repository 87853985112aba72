"""Tools that list, keep and remove meeting rooms."""

from datetime import datetime
from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar.entities import Room
from mcp_servers.calendar.meeting import rooms, view
from mcp_servers.calendar.meeting.asking import stretch
from mcp_servers.calendar.meeting.models import RoomChanged, RoomInfo, Rooms
from mcp_servers.common.database import Database
from mcp_servers.common.operation import Operations
from mcp_servers.common.refusal import Refused
from mcp_servers.common.server import ToolServer
from mcp_servers.common.settings import ServerSettings
from mcp_servers.common.text import Korean

Name = Annotated[Korean, Field(min_length=1, description="회의실 이름")]


class RoomTools:
    """The tools; their docstrings are what the model reads."""

    def __init__(self, settings: ServerSettings, database: Database, operations: Operations) -> None:
        self._settings = settings
        self._database = database
        self._operations = operations

    def register(self, server: ToolServer) -> None:
        server.read("회의실 보기")(self.list_rooms)
        server.change("회의실 저장", effect="change")(self.save_room)
        server.change("회의실 삭제", effect="delete")(self.delete_room)

    async def list_rooms(
        self,
        when: Annotated[Korean, Field(description="이때 비었는지도 본다. 예: 내일 3시")] | None = None,
        capacity: Annotated[int, Field(ge=0, description="적어도 이만큼 들어가는 곳")] = 0,
    ) -> Rooms:
        """회의실을 인원과 함께 본다."""
        now = self._settings.now()
        async with self._database.begin() as connection:
            fitting = [one for one in await rooms.listed(connection) if one.capacity >= capacity]
            shown = [await _shown(connection, one, when, now) for one in fitting]
        return Rooms(rooms=shown, note="" if shown else "맞는 회의실이 없습니다. save_room으로 등록할 수 있습니다.")

    async def save_room(
        self,
        ctx: Context,
        name: Name,
        capacity: Annotated[int, Field(ge=1, le=100_000, description="들어가는 인원")],
        features: Annotated[list[Korean], Field(description="예: 화상회의")] | None = None,
        address: Annotated[Korean, Field(description="예약 메일 주소")] | None = None,
    ) -> RoomChanged:
        """회의실을 등록하거나 고친다. 일정의 장소로 적으면 예약된다."""

        async def work(connection: AsyncConnection) -> RoomChanged:
            old = await rooms.named(connection, name)
            new = Room(
                old.id if old else rooms.new_id(),
                name,
                capacity,
                address if address is not None else old.address if old else "",
                tuple(features) if features is not None else old.features if old else (),
            )
            if new == old:
                raise Refused("바뀌는 것이 없습니다. 바꿀 값을 지금과 다르게 넣으세요.")
            await rooms.save(connection, new)
            detail = f"인원: {old.capacity}명 → {capacity}명" if old and old.capacity != capacity else ""
            summary = f"회의실 {'변경' if old else '등록'}: {_about(new)}"
            return RoomChanged(summary=summary, detail=detail, room=view.room_info(new, None, self._settings.now()))

        asked = {"name": name, "capacity": capacity, "features": features, "address": address}
        return await self._operations.once(ctx, RoomChanged, asked, work)

    async def delete_room(self, ctx: Context, name: Name) -> RoomChanged:
        """회의실을 목록에서 지운다. 일정은 그대로다."""

        async def work(connection: AsyncConnection) -> RoomChanged:
            room = await rooms.existing(connection, name)
            await rooms.delete(connection, room.id)
            info = view.room_info(room, None, self._settings.now())
            return RoomChanged(summary=f"회의실 삭제: {_about(room)}", room=info)

        return await self._operations.once(ctx, RoomChanged, {"name": name}, work)


async def _shown(connection: AsyncConnection, room: Room, when: str | None, now: datetime) -> RoomInfo:
    if not when:
        return view.room_info(room, None, now)
    looked = stretch(when, now)
    return view.room_info(room, await rooms.taken(connection, room, looked.start, looked.end, now), now)


def _about(room: Room) -> str:
    return " · ".join([f"{room.name}({room.capacity}명)", *room.features])
