"""Clients that ask for one turn and read it to its end, each in its own way."""

import asyncio
import signal
from contextlib import aclosing, suppress

from agent.errors import UserError
from tests.chaos.ground import PATIENCE, SERVERS, Ground, until
from tests.chaos.model import asks
from tests.chaos.told import Told


class Job:
    """One request. `began` once its client was told where its stream begins, or the first event."""

    asks = 0
    """Questions that its turn asks."""

    def __init__(
        self, ground: Ground, kind: str, number: int, session: str, servers: tuple[str, ...] = SERVERS
    ) -> None:
        self.number = number
        self.told = Told(f"{type(self).__name__} {number}", session)
        self.text = asks(kind, number)
        self.began = False
        self.killed = False
        self.error = ""
        self.cutter = ground.cutter()
        self._ground = ground
        self._servers = servers
        (ground.work / f"log-{number}.txt").write_text("END\n", encoding="utf-8")
        self._task = asyncio.create_task(self._run())

    @property
    def done(self) -> bool:
        return self._task.done()

    async def over(self, within: float = PATIENCE) -> bool:
        """Wait for its end; whether it came."""
        return await until(lambda: self.done, within)

    async def calls(self, within: float = PATIENCE) -> bool:
        """Wait until a tool of it runs; whether one does."""
        await until(lambda: self.done or any(line.kind == "tool_call_started" for line in self.told.lines), within)
        return not self.done

    @property
    def bug(self) -> BaseException | None:
        """What broke the client itself."""
        return self._task.exception() if self._task.done() and not self._task.cancelled() else None

    async def _run(self) -> None:
        raise NotImplementedError

    def kill(self) -> None:
        """The client dies."""
        self.killed = True
        self.cutter.refuse()
        self.cutter.cut()

    async def close(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError, UserError):
            await self._task
        await asyncio.to_thread(self.cutter.close)


class Remote(Job):
    """A face with an event loop: the terminal UI, the editor."""

    async def _run(self) -> None:
        try:
            async with self._ground.assistant(self.cutter, self._servers) as assistant:
                session = await assistant.open(self.told.session)
                async with aclosing(session.send(self.text)) as events:
                    async for event in events:
                        self.began = True
                        self.told.event(event)
        except UserError as error:
            self.error = f"{error} {error.hint}"


class Linked(Job):
    """A thin face, as the command line is, in a thread of this process."""

    async def _run(self) -> None:
        await asyncio.to_thread(self._read)

    def _read(self) -> None:
        link = self._ground.link(self.cutter)
        epoch = ""
        params = {"session": self.told.session, "text": self.text, "attachments": [], "options": {}}
        try:
            for line in link.stream("session.say", **params, key=f"{self.number:032x}"):
                self.began = True
                epoch = line.get("epoch", epoch)
                if "event" in line:
                    self.told.framed(line, epoch)
        except UserError as error:
            self.error = f"{error} {error.hint}"
        finally:
            link.close()


class Command(Job):
    """`modu --stream-json`, a process of its own."""

    code: int | None = None
    extra: tuple[str, ...] = ()

    async def _run(self) -> None:
        named = ("--session", self.told.session) if self.told.session else ()
        servers = [word for name in self._servers for word in ("--server", name)]
        self._process = await self._ground.client("--stream-json", *servers, *named, *self.extra, self.text)
        out, err = self._process.stdout, self._process.stderr
        assert out
        assert err
        said = asyncio.create_task(err.read())
        while line := await out.readline():
            self.began = True
            if line.endswith(b"\n"):
                self.told.written(line.decode())
                self.told.session = self.told.session or self.told.lines[0].event.get("session", "")
        self.code = await self._process.wait()
        self.error = (await said).decode(errors="replace")

    def kill(self) -> None:
        self.killed = True
        self.send(signal.SIGKILL)

    def send(self, by: signal.Signals) -> None:
        with suppress(ProcessLookupError, AttributeError):
            self._process.send_signal(by)

    async def close(self) -> None:
        with suppress(ProcessLookupError, AttributeError):
            self._process.kill()
        await super().close()


class Agreeing(Command):
    """It says yes to the one question that it is asked."""

    asks = 1

    extra = ("--yes",)


WAYS: tuple[type[Job], ...] = (Remote, Linked, Command)
