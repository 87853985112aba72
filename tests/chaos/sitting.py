"""A session of a campaign with those who follow it, and what is wrong with what they were told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from agent.transcript.entries import Row
from tests.chaos import check, world
from tests.chaos.followers import Follower
from tests.chaos.jobs import Job
from tests.chaos.told import Told


@dataclass
class Sitting:
    """Used for some turns; then another one takes its place."""

    session: str
    followers: list[Follower]
    jobs: list[Job] = field(default_factory=list)
    apart: bool = False
    """No other clients work in it."""
    was_full: bool = False
    """The disk was full once."""
    rough: set[int] = field(default_factory=set)
    """Turns up to the last full disk: what was told of them need not stand in the transcript."""

    def roughen(self, rows: Sequence[Row]) -> None:
        self.was_full = True
        self.rough |= world.begun(rows)

    @property
    def readers(self) -> list[Told]:
        return [one.told for one in (*self.followers, *self.jobs)]

    async def unheard(self, rows: Sequence[Row]) -> list[str]:
        """Wait until every follower has come to the end of the session; who does not."""
        faults = [follower.fault for follower in self.followers if follower.fault]
        newest = max(world.ends(rows), default=0)
        if newest and newest not in self.rough:
            for follower in self.followers:
                if not await follower.hears(f"{newest}/turn_finished"):
                    faults.append(f"{follower.told.reader} does not hear of the end of turn {newest}")
        return faults

    def faults(self, rows: Sequence[Row], known: check.Places) -> Iterator[str]:
        """Of the followers; of the clients, `job_faults`."""
        expected = check.Expected.of(self.session, rows)
        turns = expected.ended - self.rough
        for told in (follower.told for follower in self.followers):
            found = [*check.doubled(told), *check.story(told), *check.gaps(told, known)]
            found += [] if self.was_full else check.refused(told)
            found += check.complete(told, expected, sorted(turns))
            yield from (f"{told.reader}: {fault}" for fault in found)


def job_faults(job: Job, rows: Sequence[Row], known: check.Places, *, rough: bool) -> Iterator[str]:
    """What is wrong with a client's stream, and with its turn."""
    told, turns = job.told, world.turns_of(rows).get(job.number, [])
    found = [*check.doubled(told), *check.story(told), *check.gaps(told, known), *_broken(job)]
    if not rough:
        if turns and (how := world.ends(rows).get(turns[0])) != "done":
            found.append(f"turn {turns[0]} ended {how}")
        if not (job.killed or turns):
            found.append(f"was never begun: {job.error}")
        if not job.killed:
            found += check.stream(told, asks=job.asks)
            found += check.complete(told, check.Expected.of(told.session, rows), turns)
    yield from (f"{told.reader} in {told.session}: {fault}" for fault in found)


def _broken(job: Job) -> Iterator[str]:
    if job.bug:
        yield f"broke: {job.bug!r}"
    if "Traceback" in job.error:
        yield f"shows a traceback: {job.error}"
