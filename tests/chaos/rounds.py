"""The kinds of rounds: what is done to clients, processes, connections and the disk, at random instants."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable

from tests.chaos.campaign import Campaign
from tests.chaos.ground import until
from tests.chaos.jobs import WAYS, Agreeing, Command, Linked, Remote
from tests.chaos.processes import commands, processes, supervisor, workers

Round = Callable[[Campaign], Awaitable[None]]

_TRIES = 5
_MOST, _WINDOW = 3, 60.0
"""Crashes in so many seconds that its supervisor is spared: at the fifth it gives up, as it should."""


async def kill_client(campaign: Campaign) -> None:
    """The turn of a client that dies goes on."""
    jobs = await campaign.start()
    await campaign.instant()
    campaign.chance.choice(jobs).kill()
    await campaign.settle("client", campaign.open_turns())


async def kill_worker(campaign: Campaign) -> None:
    """Once, and perhaps again while it takes up what was cut."""
    await _spare(campaign)
    await campaign.start()
    await campaign.instant()
    cut = campaign.open_turns()
    _kill_workers(campaign)
    if campaign.chance.random() < 0.3 and await until(lambda: workers(campaign.ground.home), 10):
        await asyncio.sleep(campaign.chance.uniform(0, 3))
        cut |= campaign.open_turns()
        _kill_workers(campaign)
    await campaign.settle("worker", cut)


async def kill_supervisor(campaign: Campaign) -> None:
    """The worker goes on alone."""
    await campaign.start()
    await campaign.instant()
    if watcher := supervisor(campaign.ground.folder, campaign.ground.home):
        watcher.kill()
    await campaign.settle("supervisor")


async def kill_both(campaign: Campaign) -> None:
    """And perhaps a client with them. The next face starts another process, which takes up what was cut."""
    jobs = await campaign.start()
    await campaign.instant()
    cut = campaign.open_turns()
    if campaign.chance.random() < 0.5:
        campaign.chance.choice(jobs).kill()
    _kill_both(campaign)
    if campaign.chance.random() < 0.3:
        await asyncio.sleep(campaign.chance.uniform(0, 3))
        cut |= campaign.open_turns()
        _kill_both(campaign)
    await campaign.settle("both", cut)


async def restart(campaign: Campaign) -> None:
    """`modu daemon restart` under load."""
    await campaign.start()
    await campaign.instant()
    code, said = await campaign.ground.command("daemon", "restart")
    if code:
        campaign.fault(f"daemon restart: {said}")
    await campaign.settle("restart")


async def cut_sockets(campaign: Campaign) -> None:
    """Connections are lost, at once or after some bytes, in the middle of a line."""
    jobs = await campaign.start()
    await campaign.instant()
    wired = [job for job in jobs if not isinstance(job, Command)]
    followers = [one for sitting in campaign.sittings for one in sitting.followers if sitting.jobs]
    for _ in range(campaign.chance.randint(2, 6)):
        cutter = campaign.chance.choice(wired if wired and campaign.chance.random() < 0.7 else followers).cutter
        if campaign.chance.random() < 0.5:
            cutter.ration(campaign.chance.randint(1, 6_000))
        else:
            cutter.cut()
        await asyncio.sleep(campaign.chance.uniform(0, 0.3))
    await campaign.settle("cut")


def _kill_both(campaign: Campaign) -> None:
    if watcher := supervisor(campaign.ground.folder, campaign.ground.home):
        watcher.kill()
    _kill_workers(campaign)
    campaign.crashes.clear()


def _kill_workers(campaign: Campaign) -> None:
    for process in workers(campaign.ground.home):
        campaign.crashes.append(time.monotonic())
        process.kill()


async def _spare(campaign: Campaign) -> None:
    """Begin with another supervisor where this one has seen too many crashes."""
    campaign.crashes = [when for when in campaign.crashes if time.monotonic() - when < _WINDOW]
    if len(campaign.crashes) >= _MOST:
        _kill_both(campaign)
        await campaign.ground.command("daemon", "start")


async def kill_tool(campaign: Campaign) -> None:
    """A tool server of somebody else's dies in a call; what came of the call is said, and the turn ends."""
    sitting = await campaign.opened(apart=True)
    await campaign.start(1)
    for _ in range(_TRIES):
        # The first time the server is still starting, and its tool is not known.
        job = campaign.add(sitting, "도구", campaign.chance.choice([Remote, Command]), servers=("toy",))
        if await job.calls():
            break
    else:
        campaign.fault("the tool was never called")
    await asyncio.sleep(campaign.chance.uniform(0, 0.7))
    for process in processes(campaign.ground.folder):
        if "toy_server" in process.arguments:
            process.kill()
    await campaign.settle("tool")
    await campaign.retire(sitting)


async def kill_command(campaign: Campaign) -> None:
    """The worker dies, perhaps with the one that watches it, while a command of a tool runs."""
    await _spare(campaign)
    sitting = await campaign.opened(apart=True)
    campaign.add(sitting, "명령", Agreeing)
    await campaign.start(1)
    if not await until(lambda: commands(campaign.ground.folder), 60):
        campaign.fault("the command never ran")
    await asyncio.sleep(campaign.chance.uniform(0, 0.5))
    cut = campaign.open_turns()
    if campaign.chance.random() < 0.5 and (watcher := supervisor(campaign.ground.folder, campaign.ground.home)):
        watcher.kill()
    _kill_workers(campaign)
    await campaign.settle("command", cut)
    if not await until(lambda: not commands(campaign.ground.folder), 5):
        campaign.fault(f"a command outlives its worker: {commands(campaign.ground.folder)}")
        for process in commands(campaign.ground.folder):
            process.kill()
    await campaign.retire(sitting)


async def stall(campaign: Campaign) -> None:
    """A follower and a client take nothing more while long answers come; nobody else waits for them."""
    sitting = await campaign.opened(apart=True)
    slow, brisk = sitting.followers
    slow.reading.clear()
    stopped = campaign.add(sitting, "긴 답", Command)
    await until(lambda: stopped.began, 60)
    stopped.send(signal.SIGSTOP)
    long = [stopped.number]
    for _ in range(campaign.chance.randint(0, 2)):
        long.append(campaign.add(sitting, "긴 답", campaign.chance.choice([Remote, Linked])).number)
    others = await campaign.start(2)
    for job in others:
        if job is not stopped and not await job.over():
            campaign.fault(f"{job.told.reader} is held up by a reader who takes nothing")
    if not await brisk.hears(f"{len(long)}/turn_finished"):
        campaign.fault(f"{brisk.told.reader} is held up by one who takes nothing")
    stopped.send(signal.SIGCONT)
    slow.reading.set()
    await campaign.settle("stall")
    await campaign.retire(sitting)


async def crowd(campaign: Campaign) -> None:
    """Ten clients at once where no process runs: some in a session of their own, some in one that they share.

    Some may die while they start the process, and it with them.
    """
    if campaign.sittings:
        await campaign.ground.command("daemon", "stop")
    if not await until(lambda: not processes(campaign.ground.folder), 5):
        campaign.fault(f"left behind by a stop: {processes(campaign.ground.folder)}")
    sitting = campaign.chance.choice(campaign.sittings) if campaign.sittings else None
    shared = campaign.chance.randint(0, 4)
    for number in range(10):
        campaign.add(sitting if number < shared else None, "작업", Command)
    for job in campaign.chance.sample(campaign.jobs, campaign.chance.choice((0, 0, 1, 3))):
        # Perhaps the one that is just starting the process.
        await asyncio.sleep(campaign.chance.uniform(0, 0.4))
        job.kill()
    if campaign.chance.random() < 0.3:
        await asyncio.sleep(campaign.chance.uniform(0, 2))
        _kill_both(campaign)
    await until(lambda: all(job.done for job in campaign.jobs), 120)
    await campaign.settle("crowd")
    if len(found := workers(campaign.ground.home)) != 1:
        campaign.fault(f"ten clients started {len(found)} processes")


async def upgrade(campaign: Campaign) -> None:
    """Another build lies on the disk while clients work: who comes then gets a process of that one."""
    before = workers(campaign.ground.home)
    await campaign.start()
    await campaign.instant()
    campaign.ground.upgrade()
    await campaign.start()
    await asyncio.sleep(campaign.chance.uniform(0, 0.5))
    await campaign.start(1)
    await campaign.settle("upgrade")
    await until(lambda: len(workers(campaign.ground.home)) == 1, 30)
    now = workers(campaign.ground.home)
    if len(now) != 1 or now == before:
        campaign.fault(f"after an upgrade {now} is left of {before}")


async def full_disk(campaign: Campaign) -> None:
    """Nothing more can be written: it is refused in words, what was done stays done, and later it goes on."""
    await campaign.start()
    await campaign.instant()
    if campaign.chance.random() < 0.7:
        campaign.ground.disk.fill(campaign.chance.randint(0, 40_000))
    else:
        campaign.ground.disk.limit()
    await campaign.start(campaign.chance.randint(0, 2))
    for job in campaign.jobs:
        if not await job.over():
            campaign.fault(f"{job.told.reader} hangs on a full disk")
    campaign.ground.disk.free()
    await campaign.settle("full", rough=True)
    for sitting in list(campaign.sittings):
        campaign.add(sitting, "작업", campaign.chance.choice(WAYS))
    await campaign.settle("after full")


KINDS: dict[str, Round] = {
    "client": kill_client,
    "worker": kill_worker,
    "supervisor": kill_supervisor,
    "both": kill_both,
    "restart": restart,
    "cut": cut_sockets,
    "tool": kill_tool,
    "command": kill_command,
    "stall": stall,
    "crowd": crowd,
    "upgrade": upgrade,
    "full": full_disk,
}

SHORT = 13
"""Rounds of the short form."""
_BESIDES = ("command", "restart")
"""Kinds that are left to the whole campaign: each takes another start of the process."""


def plan(count: int, campaign: Campaign) -> list[str]:
    """The kinds of so many rounds: the first in an empty home, then each as often as the others."""
    if count <= SHORT:
        once = [kind for kind in KINDS if kind not in {"crowd", *_BESIDES}] + ["client", "cut", "supervisor"]
        campaign.chance.shuffle(once)
        return ["crowd", *once][:count]
    kinds: list[str] = ["crowd"]
    while len(kinds) < count:
        kinds += campaign.chance.sample(list(KINDS), len(KINDS))
    return kinds[:count]
