"""What a machine has to serve a model with: its GPUs, memory and engines, measured or as the user describes them."""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agent.errors import UsageError

_QUERY = ("nvidia-smi", "--query-gpu=index,uuid,name,memory.total,memory.free", "--format=csv,noheader,nounits")
_SECONDS = 10.0
"""A cold driver needs some; a hung one must not stop us."""
_PROGRAMS = ("vllm", "sglang", "llama-server")
_MIB_PER_GB = 1000
"""An 80 GB card reports 81,559 MiB and a 24 GB card 24,564, so a nominal gigabyte is taken for a little less."""
_PLAIN_MIB = 32 * 1024
"""Main memory of a described machine unless it says its own."""
_DESCRIBED = re.compile(r"(?:none|(?P<count>\d{1,2})x(?P<size>\d{1,4}))(?:/(?P<memory>\d{1,5}))?")


@dataclass(frozen=True)
class Gpu:
    """One GPU."""

    name: str
    total_mib: int
    free_mib: int
    index: int = 0
    """By which `CUDA_VISIBLE_DEVICES` knows it, in the order of the PCI bus."""


@dataclass(frozen=True)
class Machine:
    """One machine. GPUs may differ; of those that serve together the smallest counts."""

    gpus: tuple[Gpu, ...] = ()
    memory_mib: int = _PLAIN_MIB
    cpus: int = 1
    programs: frozenset[str] = field(default=frozenset())
    """Engines that are installed, of `vllm`, `sglang` and `llama-server`."""


async def inventory() -> Machine:
    """This machine. Without `nvidia-smi`, or where it fails, there are no GPUs."""
    gpus = visible(read_gpus(await _listed()), os.environ)
    # A virtual environment that is not activated has its programs beside its interpreter.
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)))
    found = frozenset(program for program in _PROGRAMS if shutil.which(program, path=path))
    return Machine(gpus, _memory_mib(), os.cpu_count() or 1, found)


def parse(text: str) -> Machine:
    """A machine as the user describes it: `none`, `1x24`, `4x80`, `8x141/1024` (GPUs x GB / GB of main memory).

    It has every engine. Raises `UsageError`.
    """
    found = _DESCRIBED.fullmatch(text.strip().lower())
    count, size = (int(found["count"] or 0), int(found["size"] or 0)) if found else (0, 0)
    if not found or (found["count"] and not (count and size)):
        raise UsageError(
            f"{text!r}: GPU 를 '개수x기가바이트'로 적어야 합니다.", hint="예: --gpus none, 1x24, 4x80, 8x141/1024"
        )
    mib = size * _MIB_PER_GB
    gpus = tuple(Gpu(f"{size}GB GPU", mib, mib, index) for index in range(count))
    # Servers usually have at least twice the memory of their GPUs.
    memory = int(found["memory"]) * 1024 if found["memory"] else max(_PLAIN_MIB, 2 * count * mib)
    return Machine(gpus, memory, os.cpu_count() or 1, frozenset(_PROGRAMS))


def read_gpus(listing: str) -> list[tuple[str, Gpu]]:
    """What `nvidia-smi` listed: UUIDs and GPUs. Those that do not say their memory are left out."""
    found = []
    for line in listing.splitlines():
        fields = [part.strip() for part in line.split(",")]
        if len(fields) == 5 and fields[0].isdigit() and fields[3].isdigit() and fields[4].isdigit() and int(fields[3]):
            found.append((fields[1], Gpu(fields[2], int(fields[3]), int(fields[4]), int(fields[0]))))
    return found


def visible(gpus: Iterable[tuple[str, Gpu]], env: Mapping[str, str]) -> tuple[Gpu, ...]:
    """Those that a scheduler or the user left to us: `nvidia-smi` lists all, CUDA programs see only these."""
    wanted = env.get("CUDA_VISIBLE_DEVICES")
    if wanted is None:
        return tuple(gpu for _, gpu in gpus)
    named = [part.strip() for part in wanted.split(",") if part.strip()]
    return tuple(gpu for uuid, gpu in gpus if any(name == str(gpu.index) or _means(name, uuid) for name in named))


def _means(name: str, uuid: str) -> bool:
    """CUDA takes the beginning of a UUID for the whole."""
    return name.startswith("GPU-") and uuid.startswith(name)


async def _listed() -> str:
    try:
        process = await asyncio.create_subprocess_exec(
            *_QUERY, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
    except OSError:
        return ""
    try:
        async with asyncio.timeout(_SECONDS):
            output, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return ""
    return output.decode(errors="replace") if process.returncode == 0 else ""


def _memory_mib() -> int:
    """Main memory that is left, as far as the system tells, and no more than the container may take."""
    available = re.search(r"^MemAvailable:\s+(\d+) kB", _read("/proc/meminfo"), re.MULTILINE)
    mib = int(available[1]) // 1024 if available else os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    limit = _read("/sys/fs/cgroup/memory.max").strip()
    return min(mib, int(limit) // 2**20) if limit.isdigit() else mib


def _read(path: str) -> str:
    """A file that only some systems have."""
    try:
        return Path(path).read_text(encoding="ascii")
    except OSError:
        return ""
