"""Runs one program to its end and prints what it cost, as one line of JSON.

A process of its own, with nothing imported that it does not need: the peak memory that the kernel reports for a
program is never below that of the process that started it. It adopts what the program leaves behind, so that the
cost of every descendant is counted and none outlives the run, unless it is told to keep them.

`python -I -S launch.py LIMIT end|keep PROGRAM ARGUMENT…`; standard output and error of the program go to descriptor 2.
"""

import contextlib
import ctypes
import json
import os
import signal
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


def prctl(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def start(argv: list[str]) -> int:
    """The program in a session of its own, reading nothing."""
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)
        os.execvp(argv[0], argv)
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
    os._exit(127)


def left_behind() -> list[int]:
    """Descendants whose parents are gone; they are ours now."""
    found, us = [], os.getpid()
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            stat = (entry / "stat").read_text(encoding="ascii", errors="replace")
            state, parent = stat.rpartition(") ")[2].split()[:2]
            if int(parent) == us and state != "Z":
                found.append(int(entry.name))
    return found


class Cost:
    """What the processes waited for so far have used."""

    def __init__(self) -> None:
        self.cpu, self.memory = 0.0, 0

    def wait(self, pid: int, options: int = 0) -> tuple[int, int]:
        ended, status, used = os.wait4(pid, options)
        if ended:
            self.cpu += used.ru_utime + used.ru_stime
            self.memory = max(self.memory, used.ru_maxrss)
        return ended, status


def end_all(cost: Cost) -> int:
    """Kill what is left, also what appears when its parents die; how many there were."""
    ended = 0
    while left := left_behind():
        ended += len(left)
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                cost.wait(pid)
    return ended


def out_of_time(*_: object) -> None:
    raise TimeoutError


def main(limit: float, keep: bool, argv: list[str]) -> None:
    prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGALRM, out_of_time)
    signal.signal(signal.SIGTERM, out_of_time)
    cost, status = Cost(), None
    began = time.monotonic()
    program = start(argv)
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        status = os.waitstatus_to_exitcode(cost.wait(program)[1])
    except (TimeoutError, KeyboardInterrupt):
        keep = False
        with contextlib.suppress(ProcessLookupError):
            os.killpg(program, signal.SIGKILL)
        cost.wait(program)
    ended = time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, 0)
    killed = 0 if keep else end_all(cost)
    print(json.dumps({"began": began, "wall": ended - began, "cpu": cost.cpu, "mib": cost.memory / 1024,
                      "status": status, "killed": killed}))  # fmt: skip


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2] == "keep", sys.argv[3:])
