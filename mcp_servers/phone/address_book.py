"""Tools to find and to save contacts."""

from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.common.database import Database
from mcp_servers.common.operation import Operations
from mcp_servers.common.page import Page
from mcp_servers.common.refusal import Refused
from mcp_servers.common.server import ToolServer
from mcp_servers.common.text import Korean
from mcp_servers.phone import contacts
from mcp_servers.phone.models import Contact, ContactSaved


class AddressBookTools:
    def __init__(self, database: Database, operations: Operations) -> None:
        self._database = database
        self._operations = operations

    def register(self, server: ToolServer) -> None:
        server.read("연락처 찾기", core=True)(self.find_contact)
        server.change("연락처 저장", effect="change")(self.save_contact)

    async def find_contact(self, query: Annotated[Korean, Field(description="이름·초성·소속·번호")]) -> Page[Contact]:
        """연락처를 찾는다."""
        async with self._database.begin() as connection:
            return Page[Contact](items=await contacts.find(connection, query))

    async def save_contact(
        self,
        person: Annotated[Korean, Field(description="이름")],
        phone: Korean,
        ctx: Context,
        organization: Korean | None = None,
        email: Korean | None = None,
        memo: Korean | None = None,
    ) -> ContactSaved:
        """연락처를 추가하거나 고친다."""
        if not person:
            raise Refused("이름이 비어 있습니다. person에 저장할 이름을 넣으세요.")
        stored = contacts.parse_number(phone)
        fields = {"organization": organization, "email": email, "memo": memo}

        async def save(connection: AsyncConnection) -> ContactSaved:
            others = await contacts.named(connection, {stored})
            saved, is_new = await contacts.save(connection, person, stored, **fields)
            return _saved(saved, "추가" if is_new else "수정", others.get(stored, person))

        return await self._operations.once(ctx, ContactSaved, {"person": person, "phone": stored} | fields, save)


def _saved(contact: Contact, deed: str, known_as: str) -> ContactSaved:
    about = " · ".join(filter(None, (contact.person, contact.organization, contact.phone, contact.email, contact.memo)))
    detail = "" if known_as == contact.person else f"같은 번호가 '{known_as}' 이름으로도 저장되어 있습니다."
    return ContactSaved(summary=f"연락처 {deed}: {about}", detail=detail, contact=contact)
