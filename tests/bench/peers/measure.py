"""The figures of one program: what a fresh request costs, what it sends first, how much of it the next repeats."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from tests.bench.peers.programs import Peer
from tests.bench.peers.prompt import rendered, repeated, tool_names, where_they_part
from tests.bench.peers.seat import Run, Seat
from tests.bench.peers.server import Post

PROMPT = "안녕하세요"
FORGIVEN = 2
"""Runs that may fail, on a busy machine, before a program does not answer."""
LATER = ("메모를 한 번 더 봐 주세요", "고마워요")


class NotMeasured(Exception):
    """The message says why, in one line."""


@dataclass
class Figures:
    """A row of the table; seconds are (best, median)."""

    name: str
    version: str = ""
    failure: str = ""
    """Why there is nothing else."""
    first: tuple[float, float] = (0.0, 0.0)
    cpu: tuple[float, float] = (0.0, 0.0)
    wall: tuple[float, float] = (0.0, 0.0)
    mib: float = 0.0
    posts: int = 0
    """Requests for the model in a run of one prompt."""
    sent: int = 0
    tokens: int = 0
    tools: int = 0
    steps: list[float] = field(default_factory=list)
    """Of each request in a session of three turns, how much the next repeats, in percent."""
    resumed: list[float] = field(default_factory=list)
    """Those of the steps that go from one process to the next."""
    fresh: float | None = None
    """The least that the first request of a session repeats of that of the session before."""
    notes: list[str] = field(default_factory=list)
    prompt: str = field(default="", repr=False)
    """The first request as the model reads it."""


def measured(figures: Figures, peer: Peer, seat: Seat, runs: int, before: Callable[[], None] = lambda: None) -> None:
    """Fills in the figures, after one run that warms up; `before` is called before each of the others."""
    warm_up(peer, seat)
    fresh(figures, peer, seat, runs, before)
    in_session(figures, peer, seat, before)


def warm_up(peer: Peer, seat: Seat) -> None:
    """A first run may set up a home and say no more than that; a second may not."""
    seat.prepare(peer.settings)
    seat.answers(peer.answer)
    if seat.run(peer.ask, PROMPT=PROMPT).failure:
        _useful(seat.run(peer.ask, PROMPT=PROMPT))


def _useful(run: Run) -> Run:
    if run.failure:
        raise NotMeasured(run.failure)
    return run


def fresh(figures: Figures, peer: Peer, seat: Seat, runs: int, before: Callable[[], None]) -> None:
    """Sessions of one prompt, each in a process of its own."""
    done, failed = list[Run](), list[Run]()
    while len(done) < runs:
        before()
        run = seat.run(peer.ask, PROMPT=PROMPT)
        (failed if run.failure else done).append(run)
        if len(failed) > FORGIVEN:
            raise NotMeasured(run.failure)
    figures.notes += (f"a run {run.failure}" for run in failed)
    figures.first = _best([run.first for run in done])
    figures.cpu = _best([run.cpu for run in done])
    figures.wall = _best([run.wall for run in done])
    figures.mib = max(run.mib for run in done)
    figures.posts = max(len(run.posts) for run in done)
    main = done[0].main
    figures.sent, figures.tools = len(main.raw), len(main.body.get("tools") or [])
    prompts = [rendered(run.main.body) for run in done]
    figures.prompt = prompts[0].decode()
    figures.fresh = min((repeated(*pair) for pair in pairwise(prompts)), default=None)
    _note_parting(figures, "fresh sessions", list(pairwise(prompts)))
    if killed := max(run.killed for run in done):
        figures.notes.append(f"left {killed} process(es) running")


def _best(values: list[float]) -> tuple[float, float]:
    return min(values), median(values)


def in_session(figures: Figures, peer: Peer, seat: Seat, before: Callable[[], None]) -> None:
    """A session of three turns; what hinders it is a note beside the other figures."""
    try:
        _compare(figures, _turns(peer, seat, before))
    except NotMeasured as refused:
        figures.notes.append(f"session: {refused}")
    else:
        if peer.tool and len(figures.steps) < 5:
            figures.notes.append("did not call the tool in each turn of the session")


def _turns(peer: Peer, seat: Seat, before: Callable[[], None]) -> list[list[Post]]:
    """The agent's requests of each turn: a process of its own, one tool call where the program has tools."""
    session, turns = "", list[list[Post]]()
    for number, prompt in enumerate((PROMPT, *LATER)):
        seat.answers(peer.answer, peer.tool)
        before()
        command = peer.again if number else peer.begin or peer.ask
        run = _useful(seat.run(command, PROMPT=prompt, SESSION=session))
        if not number and peer.session:
            found = re.search(peer.session, run.output)
            if not found:
                raise NotMeasured("it did not name its session")
            session = found[1]
        same = tool_names(run.main.body)
        turns.append([post for post in run.posts if tool_names(post.body) == same])
    return turns


def _note_parting(figures: Figures, where: str, pairs: list[tuple[bytes, bytes]]) -> None:
    """The pair that repeats least, unless all repeat everything."""
    worst = min(pairs, key=lambda pair: repeated(*pair), default=None)
    if worst and repeated(*worst) < 100:
        figures.notes.append(f"{where}: {where_they_part(*worst)}")


def _compare(figures: Figures, turns: list[list[Post]]) -> None:
    requests = [(turn, rendered(post.body)) for turn, posts in enumerate(turns) for post in posts]
    for (turn, earlier), (next_turn, later) in pairwise(requests):
        share = repeated(earlier, later)
        figures.steps.append(share)
        if turn != next_turn:
            figures.resumed.append(share)
    prompts = [prompt for _turn, prompt in requests]
    _note_parting(figures, "session", list(pairwise(prompts)))
