"""Tools to connect calendar accounts and to synchronise with them."""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Literal

from mcp.server.mcpserver import Context
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar.sync import accounts, rows
from mcp_servers.calendar.sync.accounts import Account
from mcp_servers.calendar.sync.client import connected
from mcp_servers.calendar.sync.discovery import Profile, discover
from mcp_servers.calendar.sync.engine import synchronise
from mcp_servers.calendar.sync.faults import SyncFault, Unauthorized
from mcp_servers.calendar.sync.mirror import mirror, of_account
from mcp_servers.calendar.sync.models import AccountAdded, AccountRemoved, SetupHelp, Synced
from mcp_servers.calendar.sync.presets import PRESETS, Preset
from mcp_servers.calendar.sync.realm import Realm
from mcp_servers.calendar.sync.remote import RemoteCalendar
from mcp_servers.common.database import Database
from mcp_servers.common.operation import Operations, is_preview
from mcp_servers.common.refusal import Refused
from mcp_servers.common.server import ToolServer
from mcp_servers.common.settings import ServerSettings
from mcp_servers.common.text import Korean

Provider = Literal["naver", "google", "icloud", "fastmail", "nextcloud", "radicale", "caldav"]
_REFERENCE = re.compile(r"env:MODU_CALDAV_\w+|keyring:modu[\w.@/-]*")
"""What was put there for calendars alone: an injected order must not send other secrets to a server of its own."""


class SyncTools:
    """`env` is what "env:NAME" of a secret is looked up in."""

    def __init__(
        self, settings: ServerSettings, database: Database, operations: Operations, env: Mapping[str, str]
    ) -> None:
        self._settings = settings
        self._database = database
        self._operations = operations
        self._env = env

    def register(self, server: ToolServer) -> None:
        server.change("달력 동기화", effect="send", outside=True)(self.sync_calendars)
        server.change("달력 계정 연결", effect="send")(self.add_calendar_account)
        server.change("달력 계정 끊기", effect="delete")(self.remove_calendar_account)
        server.read("달력 연결 안내")(self.calendar_setup_help)

    async def sync_calendars(self, ctx: Context) -> Synced:
        """연결된 달력 서버와 일정을 맞춘다."""
        known = await self._accounts()
        if not known:
            raise Refused("연결된 달력 계정이 없습니다. add_calendar_account로 먼저 연결하세요.", code="not_found")
        if is_preview(ctx):
            return Synced(summary=f"달력 계정 {len(known)}개와 맞추기 · 보낼 변경 {await self._pending(known)}건")
        home, now = self._settings.home, self._settings.now()
        reports = [await synchronise(self._database, one, self._env, now, home) for one in known]
        detail = "\n".join(report.detail for report in reports if report.detail)
        if all(report.failed for report in reports):
            raise Refused(detail, code="unavailable")
        result = Synced(summary="; ".join(report.summary for report in reports), detail=detail)

        async def record(_: AsyncConnection) -> Synced:
            # Synchronising again does no harm, so only its result is a transaction.
            return result

        return await self._operations.once(ctx, Synced, {}, record)

    async def add_calendar_account(
        self,
        ctx: Context,
        provider: Provider,
        username: Korean,
        secret: Annotated[str, Field(description="env:MODU_CALDAV_이름 또는 keyring:modu-이름")] = "",
        url: str = "",
    ) -> AccountAdded:
        """달력 서버 계정을 연결한다."""
        account = _account(provider, username, secret, url)
        profile, found = await self._probe(account)
        account = Account(account.id, provider, account.url, account.username, account.secret, profile.stored())

        async def add(connection: AsyncConnection) -> AccountAdded:
            await accounts.save(connection, account)
            await mirror(connection, account.id, found)
            names = [one.name for one in found]
            summary = f"{_title(account)} 연결: 달력 {len(names)}개({', '.join(names[:5])})"
            return AccountAdded(summary=summary, detail="sync_calendars로 일정을 받아 오세요.", calendars=names)

        asked: dict[str, object] = {"provider": provider, "username": username, "secret": secret, "url": url}
        return await self._operations.once(ctx, AccountAdded, asked, add)

    async def remove_calendar_account(self, ctx: Context, username: Korean) -> AccountRemoved:
        """달력 서버 계정을 끊는다. 받은 일정은 이 컴퓨터에 남는다."""

        async def remove(connection: AsyncConnection) -> AccountRemoved:
            known = await accounts.listed(connection)
            meant = [one for one in known if username in (one.username, one.id, PRESETS[one.provider].title)]
            if len(meant) != 1:
                names = ", ".join(_title(one) for one in known) or "없음"
                raise Refused(f"끊을 계정을 정할 수 없습니다: {username!r}. 연결된 계정: {names}", code="not_found")
            await accounts.remove(connection, meant[0].id)
            return AccountRemoved(summary=f"{_title(meant[0])} 연결 끊기 (일정은 이 컴퓨터에 남음)")

        return await self._operations.once(ctx, AccountRemoved, {"username": username}, remove)

    async def calendar_setup_help(self, provider: Provider) -> SetupHelp:
        """달력 서버를 연결하기 전에 사용자가 할 일을 알려 준다."""
        preset = PRESETS[provider]
        known = [_title(one) for one in await self._accounts()]
        return SetupHelp(provider=provider, steps=preset.help, url=preset.url, connected=known)

    async def _accounts(self) -> list[Account]:
        async with self._database.begin() as connection:
            return await accounts.listed(connection)

    async def _pending(self, known: list[Account]) -> int:
        async with self._database.begin() as connection:
            ids = [collection for one in known for collection in await of_account(connection, one.id)]
            return sum([(await rows.pending(connection, one)).total for one in ids])

    async def _probe(self, account: Account) -> tuple[Profile, list[RemoteCalendar]]:
        preset = PRESETS[account.provider]
        try:
            password = accounts.password(account.secret, account.username, self._env)
            async with connected(Realm(account.url, preset.domains), account.username, password) as client:
                return await discover(client, preset.paths_of(account.username))
        except SyncFault as fault:
            code: Literal["forbidden", "unavailable"] = (
                "forbidden" if isinstance(fault, Unauthorized) else "unavailable"
            )
            raise Refused(f"{fault}\n{preset.help}", code=code) from fault


def _account(provider: Provider, username: str, secret: str, url: str) -> Account:
    """What was asked for, before anybody has looked at the server.

    Raises:
        Refused: something is missing; the password itself, if it was given, is not repeated.
    """
    preset = PRESETS[provider]
    if preset.refusal:
        raise Refused(f"{preset.refusal}\n{preset.help}", code="unsupported")
    if not _REFERENCE.fullmatch(secret):
        raise Refused(f"비밀번호는 대화에 적지 않습니다. 어디에 있는지만 secret에 적으세요.\n{preset.help}")
    address = _address(url.strip() or preset.url, preset)
    username = username.removesuffix(preset.suffix)
    digest = sha256("\n".join((provider, address, username)).encode()).hexdigest()
    return Account(f"acc_{digest[:8]}", provider, address, username, secret, {})


def _address(url: str, preset: Preset) -> str:
    if not url:
        raise Refused(f"서버 주소(url)가 있어야 합니다.\n{preset.help}")
    return url if "://" in url else f"https://{url}"


def _title(account: Account) -> str:
    return f"{PRESETS[account.provider].title}({account.username})"
