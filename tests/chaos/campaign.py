"""A campaign: sessions with their readers, clients that ask for work, and what is checked after every round."""

import asyncio
import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from tests.chaos import check, world
from tests.chaos.followers import Follower
from tests.chaos.ground import Ground, until
from tests.chaos.jobs import WAYS, Job
from tests.chaos.processes import listeners, processes, workers
from tests.chaos.sitting import Sitting, job_faults
from tests.chaos.told import Told

_SITTINGS = 3
"""Sessions in use at a time."""
_TURNS = 12
"""Turns after which another one takes a session's place."""


class Campaign:
    """Rounds are played one after another; faults are collected, so that one does not hide the next."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.ground = Ground(folder, self.chance)
        self.sittings: list[Sitting] = []
        self.jobs: list[Job] = []
        """Of this round."""
        self.faults: list[str] = []
        self.figures: dict[str, Counter[str]] = {}
        self.shown: dict[str, str] = {}
        """Effects that somebody was told are done."""
        self.crashes: list[float] = []
        """When workers were killed."""
        self._numbers = 0
        self._reconnects = 0
        self._forgiven: set[tuple[str, int]] = set()
        """Turns that nobody goes on with: they were broken off by a full disk, which nothing could be written on."""
        self._watch = asyncio.create_task(self._watched())

    async def _watched(self) -> None:
        """At no instant may two processes accept faces."""
        while True:
            if len(found := listeners(self.ground.daemon.socket)) > 1:
                self.fault(f"{len(found)} sockets accept faces at once")
            await asyncio.sleep(0.02)

    def fault(self, text: str) -> None:
        if text not in self.faults:
            self.faults.append(text)

    async def sitting(self) -> Sitting:
        """A session to work in."""
        while len(self._common) < _SITTINGS:
            await self.opened()
        return self.chance.choice(self._common)

    @property
    def _common(self) -> list[Sitting]:
        return [sitting for sitting in self.sittings if not sitting.apart]

    async def opened(self, *, apart: bool = False) -> Sitting:
        """A new session."""
        cutter = self.ground.cutter()
        async with self.ground.assistant(cutter) as assistant:
            session = (await assistant.open()).id
        await asyncio.to_thread(cutter.close)
        followers = [Follower(self.ground, f"{name} of {session}", session) for name in ("first", "second")]
        self.sittings.append(Sitting(session, followers, apart=apart))
        return self.sittings[-1]

    async def start(self, count: int | None = None, kind: str = "작업") -> list[Job]:
        """Clients ask for work, in sessions that some of them share."""
        self.ground.model.slowest = self.chance.choice((0.01, 0.05, 0.15))
        for _ in range(count or self.chance.randint(1, 3)):
            self.add(await self.sitting(), kind, self.chance.choice(WAYS))
        return self.jobs

    def add(self, sitting: Sitting | None, kind: str, way: type[Job], servers: tuple[str, ...] | None = None) -> Job:
        """Without a sitting the client opens a session of its own."""
        self._numbers += 1
        session = sitting.session if sitting else ""
        job = way(self.ground, kind, self._numbers, session, *([servers] if servers else []))
        self.jobs.append(job)
        if sitting:
            sitting.jobs.append(job)
        return job

    async def instant(self) -> None:
        """A random one: soon after the clients were started, or after one of them began to be answered."""
        if self.chance.random() < 0.6:
            await until(lambda: any(job.began for job in self.jobs), 30)
        await asyncio.sleep(self.chance.uniform(0, 1.2))

    def open_turns(self) -> set[tuple[str, int]]:
        """Turns that were begun and have not ended."""
        path = self.ground.home / "transcript.db"
        if not path.exists():
            return set()
        query = "SELECT session_id, turn FROM entry WHERE kind = ?"
        with closing(sqlite3.connect(path, timeout=30)) as database:
            said = set(database.execute(query, ("said",)).fetchall())
            return said - set(database.execute(query, ("ended",)).fetchall()) - self._forgiven

    async def settle(self, kind: str, cut: Iterable[tuple[str, int]] = (), *, rough: bool = False) -> None:
        """Everything comes to its end by itself; then everything is looked at."""
        before = len(self.faults)
        for job in self.jobs:
            if not job.killed and not await job.over():
                self.fault(f"{job.told.reader} in {job.told.session} is not answered")
        if not await until(lambda: workers(self.ground.home), 1):
            await self.ground.command("daemon", "start")
        if rough:
            self._forgiven |= self.open_turns()
        if not await until(lambda: not self.open_turns()):
            self.fault(f"turns were not taken up again: {sorted(self.open_turns())}")
        await self._check(rough)
        if len(self.faults) > before:
            self._keep(kind)
        self._count(kind, set(cut))
        await self._tidy()

    async def _check(self, rough: bool) -> None:
        rows = world.transcript(self.ground.home)
        known: check.Places = {}
        for sitting in self.sittings:
            own = rows.get(sitting.session, [])
            if rough:
                sitting.roughen(own)
            self._blame(await sitting.unheard(own))
            found, differing = check.places(sitting.readers)
            known |= found
            self._blame([*differing, *sitting.faults(own, found)])
        for job in self.jobs:
            self._blame(job_faults(job, rows.get(job.told.session, []), known, rough=rough))
        self.shown |= world.shown(self._readers())
        self._blame(world.faults(self.ground.home, self.ground.work, rows, self.shown))
        for session, own in rows.items():
            self._blame(f"{session}: {fault}" for fault in (*world.unanswered(own), *world.twice(own)))

    def _keep(self, kind: str) -> None:
        """What was told, and what the process says of itself, for whoever looks into a fault."""
        kept = self.ground.folder / "kept" / f"{len(self.faults)} {kind}"
        kept.mkdir(parents=True)
        for told in self._readers():
            (kept / f"{told.reader}.txt").write_text(f"{told.session}\n{told.dump()}", encoding="utf-8")
        shutil.copy(self.ground.daemon.log, kept)
        with closing(sqlite3.connect(self.ground.home / "transcript.db")) as database:
            database.execute("VACUUM INTO ?", (str(kept / "transcript.db"),))
        (kept / "faults.txt").write_text("\n".join(self.faults), encoding="utf-8")

    def _readers(self) -> list[Told]:
        """Followers, and the clients of this round."""
        followers = [one.told for sitting in self.sittings for one in sitting.followers]
        return followers + [job.told for job in self.jobs]

    def _blame(self, faults: Iterable[str]) -> None:
        for fault in faults:
            self.fault(fault)

    def _count(self, kind: str, cut: set[tuple[str, int]]) -> None:
        figures = self.figures.setdefault(kind, Counter())
        figures["rounds"] += 1
        figures["turns"] += len(self.jobs)
        figures["killed clients"] += sum(job.killed for job in self.jobs)
        reconnects = sum(max(0, cutter.dials - 1) for cutter in self.ground.cutters)
        figures["reconnects"] += reconnects - self._reconnects
        self._reconnects = reconnects
        figures["recovered"] += len(cut - self.open_turns())
        figures["effects"] += len(world.shown(job.told for job in self.jobs))

    async def _tidy(self) -> None:
        for job in self.jobs:
            await job.close()
        self.jobs = []
        for sitting in list(self.sittings):
            if len(sitting.jobs) > _TURNS or any(follower.fault for follower in sitting.followers):
                await self.retire(sitting)

    async def retire(self, sitting: Sitting) -> None:
        if sitting in self.sittings:
            self.sittings.remove(sitting)
        for follower in sitting.followers:
            await follower.close()

    async def end(self) -> None:
        """Nothing is left of it."""
        for sitting in list(self.sittings):
            await self.retire(sitting)
        code, said = await self.ground.command("daemon", "stop")
        if code:
            self.fault(f"daemon stop: {said}")
        if not await until(lambda: not processes(self.ground.folder), 10):
            self.fault(f"left behind: {processes(self.ground.folder)}")
        if self.ground.daemon.socket.exists():
            self.fault("the socket is left behind")
        await self.close()

    async def close(self) -> None:
        self._watch.cancel()
        for job in self.jobs:
            await job.close()
        for sitting in list(self.sittings):
            await self.retire(sitting)
        self.ground.close()
