"""The rows of modu: with its daemon running, with the daemon started anew each time, and without."""

import contextlib
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import SubprocessError

from tests.bench.peers.dialects import Call
from tests.bench.peers.measure import Figures, NotMeasured, fresh, in_session, measured, warm_up
from tests.bench.peers.programs import Peer
from tests.bench.peers.seat import Seat

WARM, COLD, NO_DAEMON, PLAIN = "modu (warm)", "modu (cold)", "modu (--no-daemon)", "modu"
TICKS = os.sysconf("SC_CLK_TCK")
SETTLED = 1.0
"""Seconds for what a daemon does after an answer."""


def asked(options: str = "") -> Peer:
    command = f"$PROGRAM {options} --base-url $URL/v1"
    return Peer(
        "modu",
        ask=f"{command} $PROMPT",
        begin=f"{command} --json $PROMPT",
        again=f"{command} --session $SESSION $PROMPT",
        session=r'"session": ?"([^"]+)"',
        tool=Call("calendar_search_events", {"when": "이번 주"}),
    )


def rows(seat: Seat, runs: int) -> Iterator[Figures]:
    """Where none of them can be measured, since there is no daemon yet, a plain row follows."""
    seat.prepare({})
    version = (seat.run("$PROGRAM --version").output.split() or ["?"])[-1]
    measures: dict[str, Callable[[Figures, Seat, int], None]] = {WARM: _warm, COLD: _cold, NO_DAEMON: _no_daemon}
    failed = 0
    for name, measure in measures.items():
        row = _row(name, version, measure, seat, runs)
        failed += bool(row.failure)
        yield row
    if failed == len(measures):
        yield _row(PLAIN, version, _plain, seat, runs)


def _row(name: str, version: str, measure: Callable[[Figures, Seat, int], None], seat: Seat, runs: int) -> Figures:
    figures, home = Figures(name, version), seat.home.with_name(re.sub(r"\W+", "-", name).strip("-"))
    own = replace(seat, home=home, keep=True, environment={"MODU_HOME": "$HOME/modu"})
    Daemon(own).end()
    try:
        measure(figures, own, runs)
    except (NotMeasured, SubprocessError) as refused:
        figures.failure = str(refused)
    finally:
        Daemon(own).end()
    return figures


def _warm(figures: Figures, seat: Seat, runs: int) -> None:
    daemon, peer = Daemon(seat), asked()
    warm_up(peer, seat)
    daemon.must_run()
    before = daemon.cpu()
    fresh(figures, peer, seat, runs, lambda: None)
    daemon.must_run()
    time.sleep(SETTLED)
    figures.notes.append(f"daemon: {(daemon.cpu() - before) / runs:.2f} s CPU a request; {daemon.memory()}")
    in_session(figures, peer, seat, lambda: None)


def _cold(figures: Figures, seat: Seat, runs: int) -> None:
    daemon, peer = Daemon(seat), asked()
    warm_up(peer, seat)
    fresh(figures, peer, seat, runs, daemon.stop)
    daemon.must_run()
    time.sleep(SETTLED)
    figures.notes.append(f"daemon: {daemon.cpu():.2f} s CPU for its start and a request; {daemon.memory()}")
    in_session(figures, peer, seat, daemon.stop)


def _no_daemon(figures: Figures, seat: Seat, runs: int) -> None:
    measured(figures, asked("--no-daemon"), replace(seat, keep=False), runs)


def _plain(figures: Figures, seat: Seat, runs: int) -> None:
    measured(figures, asked(), replace(seat, keep=False), runs)


@dataclass(frozen=True)
class Daemon:
    """The processes that modu left running for one home, told apart by their environment."""

    seat: Seat

    def must_run(self) -> None:
        answer = self.seat.run("$PROGRAM daemon status")
        if answer.status != 0:
            raise NotMeasured(f"daemon status {answer.outcome}")

    def stop(self) -> None:
        stopped = self.seat.run("$PROGRAM daemon stop")
        if stopped.status != 0:
            raise NotMeasured(f"daemon stop {stopped.outcome}")

    def end(self) -> None:
        """Stops it, and kills what does not stop."""
        if self._processes():
            self.seat.run("$PROGRAM daemon stop")
        for pid in self._processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def cpu(self) -> float:
        """Seconds of its processes so far, and of those that they waited for."""
        spent = 0
        for pid in self._processes():
            with contextlib.suppress(OSError):
                spent += sum(map(int, _stat(pid)[11:15]))
        return spent / TICKS

    def memory(self) -> str:
        peaks, shares = [], []
        for pid in self._processes():
            with contextlib.suppress(OSError):
                peaks.append(_kib(pid, "status", "VmHWM"))
                shares.append(_kib(pid, "smaps_rollup", "Pss"))
        mib = sum(shares) / 1024
        return f"{len(peaks)} processes, {mib:.0f} MiB in all (PSS), the largest {max(peaks, default=0) / 1024:.0f} MiB"

    def _processes(self) -> list[int]:
        mark = f"MODU_HOME={self.seat.home}/modu".encode()
        ours, children = list[int](), dict[int, list[int]]()
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                pid = int(entry.name)
                children.setdefault(int(_stat(pid)[1]), []).append(pid)
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    ours.append(pid)
        for pid in ours:
            ours += (child for child in children.get(pid, []) if child not in ours)
        return ours


def _stat(pid: int) -> list[str]:
    """The fields after the name: state, parent, …"""
    return Path("/proc", str(pid), "stat").read_text(encoding="ascii", errors="replace").rpartition(") ")[2].split()


def _kib(pid: int, file: str, name: str) -> int:
    for line in Path("/proc", str(pid), file).read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    return 0
