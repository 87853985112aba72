"""The resident process under many sessions and many readers: prints numbers, asserts nothing.

First the time from a piece of the model's answer leaving its server to the reader that has it, with 20 readers there.
Then turns in many sessions by many faces at once, and what the process's memory does meanwhile.

    python tests/bench/bench_daemon.py [--sessions 100] [--turns 1000] [--faces 20] [--seconds 20]
"""

import argparse
import json
import multiprocessing
import os
import re
import selectors
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from agent.wire.dialing import reach  # noqa: E402
from agent.wire.frames import PROTOCOL, encode  # noqa: E402
from agent.wire.link import Link  # noqa: E402
from tests.scripted_model import Chunk, ScriptedModel, says  # noqa: E402

_PIECES_A_SECOND = 50
_STAMP = re.compile(rb'"text_delta","text":"@(\d+)@"')


class _Stamped(ScriptedModel):
    """Answers `시계 N` with N seconds of pieces, each of which says when it left (ns of the system's clock)."""

    def lines(self, reply: list[Chunk]) -> Iterator[bytes]:
        seconds = reply[0].get("clock")
        if seconds is None:
            yield from super().lines(reply)
            return
        for _ in range(seconds * _PIECES_A_SECOND):
            time.sleep(1 / _PIECES_A_SECOND)
            yield self._event({"delta": {"content": f"@{time.monotonic_ns()}@"}, "index": 0, "finish_reason": None})
        yield from super().lines([{"content": "끝"}])


def _script(body: dict[str, Any]) -> list[Chunk]:
    asked = re.search(r"시계 (\d+)", str(body["messages"][-1]["content"]))
    return [{"clock": int(asked[1])}] if asked else says("네.")


def _serve(address: Connection) -> None:
    address.send(_Stamped(_script).base_url)
    threading.Event().wait()


@contextmanager
def model() -> Iterator[str]:
    """In a process of its own, so that readers and model do not hold each other up."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(there,), daemon=True)
    process.start()
    yield here.recv()
    process.kill()
    process.join()


@contextmanager
def resident(home: Path) -> Iterator[None]:
    env = {**os.environ, "MODU_HOME": str(home), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-m", "agent", "daemon", "start"], env=env, check=True, capture_output=True)
    yield
    subprocess.run([sys.executable, "-m", "agent", "daemon", "stop"], env=env, check=True, capture_output=True)


def greeting(home: Path, base_url: str) -> dict[str, Any]:
    options = {"base_url": base_url, "only_servers": ["calendar"]}
    return {"modu": PROTOCOL, "face": os.urandom(8).hex(), "cwd": str(home), "options": options, "env": {}}


def connected(home: Path, base_url: str) -> Link:
    return Link(lambda: reach(home), greeting(home, base_url))


def say(link: Link, text: str, session: str | None = None) -> str:
    lines = list(link.stream("session.say", session=session, text=text, key=os.urandom(16).hex()))
    return str(next(line["session"] for line in lines if "session" in line))


def status(home: Path, base_url: str) -> dict[str, Any]:
    link = connected(home, base_url)
    found: dict[str, Any] = link.call("daemon.status")
    link.close()
    return found


def delivery(home: Path, base_url: str, readers: int, seconds: int) -> list[float]:
    """Milliseconds from the model's socket to each reader's, for every piece and reader."""
    link = connected(home, base_url)
    session = say(link, "안녕")
    chosen = selectors.DefaultSelector()
    for _ in range(readers):
        sock, _ = reach(home)
        sock.sendall(encode(greeting(home, base_url)))
        sock.sendall(encode({"id": 1, "method": "session.follow", "params": {"session": session}}))
        chosen.register(sock, selectors.EVENT_READ)
    talking = threading.Thread(target=say, args=(link, f"시계 {seconds}", session))
    talking.start()
    took: list[float] = []
    while talking.is_alive():
        for key, _ in chosen.select(0.2):
            data = key.fileobj.recv(1 << 16)  # type: ignore[union-attr]
            now = time.monotonic_ns()
            took += [(now - int(at)) / 1e6 for at in _STAMP.findall(data)]
    for key in list(chosen.get_map().values()):
        key.fileobj.close()  # type: ignore[union-attr]
    link.close()
    return took


def soak(home: Path, base_url: str, sessions: int, turns: int, faces: int) -> None:
    """Every face has its share of the sessions and goes round them."""
    done = [0] * faces

    def work(face: int) -> None:
        link = connected(home, base_url)
        mine = [say(link, "하나") for _ in range(face, sessions, faces)]
        for turn in range(1, turns):
            for session in mine:
                say(link, f"{turn}번째 부탁입니다.", session)
                done[face] += 1
        link.close()

    threads = [threading.Thread(target=work, args=(face,)) for face in range(faces)]
    for thread in threads:
        thread.start()
    began, step, shown = time.monotonic(), max(1, sessions * turns // 20), 0
    while any(thread.is_alive() for thread in threads):
        time.sleep(0.5)
        if sum(done) >= shown + step:
            shown = sum(done)
            now = status(home, base_url)
            print(f"{shown:>9,} turns {time.monotonic() - began:8.0f} s   {now['memory'] / 2**20:6.1f} MiB   "
                  f"{len(now['sessions'])} sessions loaded", flush=True)  # fmt: skip
    print(
        f"{sum(done):>9,} turns {time.monotonic() - began:8.0f} s   {status(home, base_url)['memory'] / 2**20:6.1f} MiB"
    )


def main() -> None:
    options = argparse.ArgumentParser()
    for name, usual in (("sessions", 100), ("turns", 1000), ("faces", 20), ("seconds", 20)):
        options.add_argument(f"--{name}", type=int, default=usual)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, model() as base_url:
        home = Path(folder) / "home"
        with resident(home):
            took = sorted(delivery(home, base_url, given.faces, given.seconds))
            p50, p99 = statistics.median(took), took[int(len(took) * 0.99)]
            print(f"delivery to {given.faces} readers, {len(took):,} pieces: "
                  f"p50 {p50:.2f} ms, p99 {p99:.2f} ms, longest {took[-1]:.2f} ms", flush=True)  # fmt: skip
            soak(home, base_url, given.sessions, given.turns, given.faces)
            print(json.dumps({k: v for k, v in status(home, base_url).items() if k != "sessions"}, ensure_ascii=False))


if __name__ == "__main__":
    main()
