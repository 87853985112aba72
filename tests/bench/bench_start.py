"""Start-up, the first request and memory: prints numbers, asserts nothing.

The model is scripted and answers at once, so what is measured is ours.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from agent.transcript.compaction import tokens  # noqa: E402
from tests.scripted_model import in_order, says, scripted  # noqa: E402

RUNS = 5


def measure(arguments: list[str], env: dict[str, str]) -> tuple[float, float, float]:
    """Best wall seconds, best CPU seconds and largest memory in MiB of some runs."""
    walls, cpus = [], []
    for _ in range(RUNS):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run([sys.executable, "-m", "agent", *arguments], env=env, cwd=ROOT, check=True, capture_output=True,
                       stdin=subprocess.DEVNULL)  # fmt: skip
        walls.append(time.perf_counter() - start)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpus.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(walls), min(cpus), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def line(name: str, measured: tuple[float, float, float]) -> None:
    wall, cpu, memory = measured
    print(f"{name:<34} wall {wall:6.2f} s   CPU {cpu:6.2f} s   peak so far {memory:6.0f} MiB")


def idle_memory(env: dict[str, str]) -> float:
    """Resident MiB of a runtime that has started everything and waits."""
    code = """
import asyncio
from agent.settings import load
from agent.session.assistant import load as assistant
async def main():
    opened = await assistant(load({"model": "offline"}))
    session = await opened.open()
    async for _ in session.send("안녕"): pass
    print(open("/proc/self/statm").read().split()[1])
    await opened.close()
asyncio.run(main())
"""
    found = subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, check=True, capture_output=True, text=True)
    return int(found.stdout.split()[-1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def main() -> None:
    with tempfile.TemporaryDirectory() as home, scripted(in_order(says("네."))) as model:
        env = {**os.environ, "MODU_HOME": home, "PYTHONPATH": str(ROOT)}
        line("modu --version", measure(["--version"], env))
        line("modu --help", measure(["--help"], env))
        first_request = time.perf_counter()
        measure_one = subprocess.Popen(
            [sys.executable, "-m", "agent", "--base-url", model.base_url, "안녕"],
            env=env, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        while not model.raw:
            time.sleep(0.001)
        waited = time.perf_counter() - first_request
        print(f"{'start to first model request':<34} wall {waited:6.2f} s (first run, empty home)")
        measure_one.wait()
        line("one request, scripted model", measure(["--base-url", model.base_url, "안녕"], env))
        line("one request, offline engine", measure(["--model", "offline", "내일 일정 알려줘"], env))
        body = model.raw[0]
        sent = json.loads(body)
        print(f"{'first model request':<34} {len(body):,} bytes, about {tokens(body.decode()):,} tokens (estimate)")
        print(f"{'tools offered':<34} {len(sent['tools'])}")
        print(f"{'idle runtime':<34} {idle_memory(env):.0f} MiB")


if __name__ == "__main__":
    main()
