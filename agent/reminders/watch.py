"""The loop that waits for reminders and tells each once, by every way that reaches the user.

A reminder is claimed, told, then settled. A process that dies in between leaves a claim that lapses, so the next one
tells it: at worst twice on the screen, never not at all; a text message goes under a key that is the same both times.
While nothing reaches the user it is not claimed, and comes late.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from agent.errors import ToolFailed, UserError
from agent.events import Reminder
from agent.reminders import desktop, sms
from agent.reminders.due import Due, claim, look, settle
from agent.settings import Settings
from agent.tools.hub import Hub

log = logging.getLogger(__name__)

HORIZON = timedelta(days=7)
"""So far ahead a reminder keeps a process from ending because nobody needs it."""
_GLANCE = 30.0
"""Seconds at most between two looks: something may have been added, the clock set, the machine asleep."""
_SHORTEST = 0.05
_FAREWELL = 5.0
"""Seconds for what is being told when the process ends."""
_STEP = 1.0
"""Seconds between two looks for somebody to tell."""


class Audience(Protocol):
    """Who reads what this process tells."""

    @property
    def present(self) -> bool:
        """A face reads a session."""
        ...

    def tell(self, reminder: Reminder) -> None:
        """To every face that reads."""
        ...

    def environments(self) -> Iterable[Mapping[str, str]]:
        """Of the faces, the newest first, then of this process: one of them may have a display."""
        ...


class Watch:
    """One a process: `start`, then `close`."""

    def __init__(
        self, settings: Callable[[], Settings], hub: Callable[[Settings], Awaitable[Hub]], audience: Audience
    ) -> None:
        self.next_at: datetime | None = None
        """When the next one within the horizon is due."""
        self._settings = settings
        self._hub = hub
        self._audience = audience
        self._looking = False
        self._task: asyncio.Task[None] | None = None
        self._quiet = asyncio.Event()
        """Nothing is being told."""
        self._quiet.set()
        self._fault = ""

    @property
    def holds(self) -> bool:
        """The process must not end because nobody needs it: a reminder waits, or it is not known yet."""
        return self._looking or self.next_at is not None

    def start(self, after: float = 0.0) -> None:
        """Begin to look, in so many seconds."""
        if self._task is None:
            self._looking = True
            self._task = asyncio.create_task(self._watch(after), name="reminders")

    async def close(self) -> None:
        """What is due from now on is for another process; what is being told is told to its end."""
        if self._task:
            with suppress(TimeoutError):
                async with asyncio.timeout(_FAREWELL):
                    await self._quiet.wait()
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _watch(self, after: float) -> None:
        await asyncio.sleep(after)
        while True:
            rest, waits = _GLANCE, False
            try:
                rest, waits = await self.round()
                self._fault = ""
            except (ToolFailed, UserError) as error:
                if str(error) != self._fault:
                    log.warning("no look at reminders: %s", error)
                self._fault = str(error)
            self._looking = False
            await self._pause(rest, waits)

    async def round(self) -> tuple[float, bool]:
        """Tell what is due; seconds to the next look, and whether something waits for somebody to be told.

        Raises `ToolFailed`, `UserError`.
        """
        settings = self._settings()
        hub = await self._hub(settings)
        now = settings.now or datetime.now(UTC)
        seen = await look(hub, now + HORIZON, settings.reminders.default)
        self.next_at = seen.next_at and seen.next_at.astimezone(ZoneInfo(settings.tz))
        self._quiet.clear()
        try:
            told = await asyncio.gather(*(self._tell(hub, server, due, settings) for server, due in seen.items))
        finally:
            self._quiet.set()
        if seen.next_at is None:
            return _GLANCE, not all(told)
        now = settings.now or datetime.now(UTC)
        return min(max((seen.next_at - now).total_seconds(), _SHORTEST), _GLANCE), not all(told)

    async def _tell(self, hub: Hub, server: str, due: Due, settings: Settings) -> bool:
        """Whether it was told by somebody, or need not be."""
        ways, to = settings.reminders, list(sms.numbers(due, settings))
        screen = self._screen() if ways.desktop else None
        reads = ways.terminal and self._audience.present
        if not (screen or reads or to):
            return False
        if await claim(hub, server, due):
            if reads:
                self._audience.tell(Reminder(key=due.key, text=due.text))
            if screen:
                await desktop.show(due.title, due.text.removeprefix(f"{due.title} · "), screen)
            for number in to:
                await self._send(hub, due, number, settings)
            await settle(hub, server, due)
        return True

    def _screen(self) -> Mapping[str, str] | None:
        """The environment of a desktop that can show something."""
        return next((env for env in self._audience.environments() if desktop.command("", "", env)), None)

    async def _send(self, hub: Hub, due: Due, number: str, settings: Settings) -> None:
        if fault := await sms.send(hub, due, number, settings):
            log.warning("no text message about a reminder: %s", fault)
            self._audience.tell(Reminder(key=due.key, text=f"알림 문자를 보내지 못했습니다: {fault}"))

    async def _pause(self, seconds: float, waits: bool) -> None:
        """Cut short where something waits and somebody comes."""
        until = asyncio.get_running_loop().time() + seconds
        absent = waits and not self._audience.present
        while (rest := until - asyncio.get_running_loop().time()) > 0:
            await asyncio.sleep(min(rest, _STEP) if absent else rest)
            if absent and self._audience.present:
                return
