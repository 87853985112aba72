"""Synchronising one account: its calendars are looked up, and each is pulled, then pushed."""

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from mcp_servers.calendar.sync import accounts, rows
from mcp_servers.calendar.sync.accounts import Account
from mcp_servers.calendar.sync.client import Client, connected
from mcp_servers.calendar.sync.discovery import Profile, calendars, discover
from mcp_servers.calendar.sync.faults import Rejected, Silent, SyncFault, Unauthorized, Unreachable, Unsafe
from mcp_servers.calendar.sync.local import Local
from mcp_servers.calendar.sync.mirror import Mirrored, mirror
from mcp_servers.calendar.sync.presets import PRESETS
from mcp_servers.calendar.sync.pull import Pull
from mcp_servers.calendar.sync.push import Push, Pushed
from mcp_servers.calendar.sync.realm import Realm
from mcp_servers.calendar.sync.remote import Remote, RemoteCalendar
from mcp_servers.calendar.sync.report import Report
from mcp_servers.common.database import Database


async def synchronise(
    database: Database, account: Account, env: Mapping[str, str], now: datetime, home: Path
) -> Report:
    """Bring both sides to the same. Never raises for what the server or the user can mend: the report tells it.

    What does not get through stays queued: it is what differs here from what both sides had.
    """
    preset = PRESETS[account.provider]
    report = Report(f"{preset.title}({account.username})")
    lock = FileLock(home / f"calendar-sync-{account.id}.lock", thread_local=False)
    try:
        with lock.acquire(blocking=False):
            password = accounts.password(account.secret, account.username, env)
            async with connected(Realm(account.url, preset.domains), account.username, password) as client:
                await _Run(database, account, client, now, report).account()
    except Timeout:
        report.faults.append("다른 곳에서 지금 맞추고 있습니다. 잠시 뒤에 다시 시도하세요.")
    except SyncFault as fault:
        report.faults.append(str(fault))
    return report


class _Run:
    def __init__(self, database: Database, account: Account, client: Client, now: datetime, report: Report) -> None:
        self._database = database
        self._account = account
        self._client = client
        self._now = now
        self._report = report

    async def account(self) -> None:
        pushed: list[Pushed] = []
        for last in (False, False, False, True):
            try:
                pushed = [await self._calendar(pair) for pair in await self._pairs()]
            except Unreachable as fault:
                # A cut connection: whether the last change arrived is seen by looking again.
                if last or isinstance(fault, Silent):
                    raise
                continue
            if not any(one.stale for one in pushed):
                break
        self._report.faults += [line for one in pushed for line in one.lines]
        if not self._report.faults:
            async with self._database.begin() as connection:
                await accounts.mark_synced(connection, self._account.id, self._now)

    async def _pairs(self) -> list[Mirrored]:
        found = await self._found()
        async with self._database.begin() as connection:
            pairs, left = await mirror(connection, self._account.id, found)
        self._report.notes += [f"서버에서 없어진 달력을 이 컴퓨터에만 남겼습니다: {name}" for name in left]
        return pairs

    async def _found(self) -> list[RemoteCalendar]:
        """From the home that is known, or from the start when that does not lead anywhere any more."""
        profile = Profile.of(dict(self._account.profile))
        if profile:
            with contextlib.suppress(Rejected):
                if found := await calendars(self._client, profile):
                    return found
        if profile and profile.single:
            raise SyncFault("이 계정의 달력이 서버에 없습니다. 여기 있는 일정은 그대로 두었습니다.")
        preset = PRESETS[self._account.provider]
        profile, found = await discover(self._client, preset.paths_of(self._account.username))
        self._account = replace(self._account, profile=profile.stored())
        async with self._database.begin() as connection:
            await accounts.save(connection, self._account)
        return found

    async def _calendar(self, pair: Mirrored) -> Pushed:
        """A fault of one calendar is told, and the others go on."""
        try:
            return await self._both_ways(pair)
        except (Unreachable, Unauthorized, Unsafe):
            raise
        except SyncFault as fault:
            return Pushed(lines=[f"{pair.remote.name}: {fault}"])

    async def _both_ways(self, pair: Mirrored) -> Pushed:
        remote = Remote(self._client, pair.remote)
        local = Local(pair.collection, self._now, self._report)
        async with self._database.begin() as connection:
            token, ctag = await rows.state(connection, pair.collection)
            in_flight = (await rows.pending(connection, pair.collection)).in_flight
        pull = Pull(self._database, remote, pair.collection, local, self._report)
        if in_flight or not _is_known(pair.remote, token, ctag):
            token = await pull.run(token, pair.remote.ctag)
        if not pair.remote.writable:
            return await self._unsendable(pair)
        pushed = await Push(self._database, remote, pair.collection, local, self._report).run()
        if pushed.sent and token:
            await pull.run(token, "", pushed.sent)
        return pushed

    async def _unsendable(self, pair: Mirrored) -> Pushed:
        async with self._database.begin() as connection:
            pending = await rows.pending(connection, pair.collection)
        line = f"{pair.remote.name}: 읽기만 되는 달력이라 여기서 바꾼 {pending.total}건을 보내지 못했습니다."
        return Pushed(lines=[line] if pending.total else [])


def _is_known(remote: RemoteCalendar, token: str, ctag: str) -> bool:
    """Whether nothing has happened on the server since it was last pulled."""
    if remote.sync_token:
        return token == remote.sync_token
    return bool(remote.ctag) and ctag == remote.ctag
