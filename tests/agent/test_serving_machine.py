"""What a machine has, measured or described, and how a plan keeps to it."""

import os
from pathlib import Path

import pytest

from agent.errors import UsageError
from agent.serving.machine import Gpu, Machine, inventory, parse, read_gpus, visible
from agent.serving.plan import DoesNotFit, Wish
from tests.agent.serving_plans import named, planned, program


def test_a_busy_gpu_is_left_alone() -> None:
    busy = Machine((Gpu("A", 80_000, 20_000, 0), Gpu("A", 80_000, 79_000, 1)), programs=frozenset({"vllm"}))

    made = planned("ax-4.0-light", busy)

    assert made.env == {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": "1"}
    assert named(made.command, "--gpu-memory-utilization") == "0.9"


def test_what_is_free_of_a_gpu_limits_what_is_taken() -> None:
    shared = Machine((Gpu("A", 80_000, 61_000),), programs=frozenset({"vllm"}))

    made = planned("ax-4.0-light", shared)

    assert named(made.command, "--gpu-memory-utilization") == "0.74"
    assert any("74%" in note for note in made.notes)


def test_of_different_gpus_the_smallest_counts() -> None:
    mixed = Machine((Gpu("B", 141_000, 141_000, 0), Gpu("A", 80_000, 80_000, 1)))

    made = planned("ax-4.0", mixed, Wish(precision="fp8", context_tokens=131_072))
    pair = planned("ax-3.1", mixed, Wish(precision="bf16"))

    assert (made.tensor_parallel, made.available_gib_per_gpu) == (1, pytest.approx(141_000 / 1024 * 0.9))
    assert made.env["CUDA_VISIBLE_DEVICES"] == "0"
    assert pair.tensor_parallel == 1
    with pytest.raises(DoesNotFit) as refused:
        planned("ax-4.0", mixed, Wish(precision="bf16"))
    assert refused.value.available_gib == pytest.approx(80_000 / 1024 * 0.9)


@pytest.mark.parametrize(
    ("text", "gpus", "memory_mib"),
    [("none", 0, 32_768), ("1x24", 1, 48_000), ("4x80", 4, 640_000), ("8x141/512", 8, 524_288), ("None/8", 0, 8_192)],
)
def test_a_machine_is_read_from_a_few_letters(text: str, gpus: int, memory_mib: int) -> None:
    machine = parse(text)

    assert (len(machine.gpus), machine.memory_mib) == (gpus, memory_mib)


@pytest.mark.parametrize("text", ["", "80", "x80", "4x", "0x80", "4x0", "4x80x2", "-1x80", "많이"])
def test_what_is_no_machine_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="개수x기가바이트"):
        parse(text)


LISTING = """\
0, GPU-aaaa1111, NVIDIA H100 80GB HBM3, 81559, 81008
1, GPU-bbbb2222, NVIDIA H100 80GB HBM3, 81559, 1200
2, GPU-cccc3333, NVIDIA GB10, [N/A], [N/A]
nonsense
"""


def test_gpus_are_read_from_nvidia_smi() -> None:
    assert [gpu for _, gpu in read_gpus(LISTING)] == [
        Gpu("NVIDIA H100 80GB HBM3", 81_559, 81_008, 0),
        Gpu("NVIDIA H100 80GB HBM3", 81_559, 1_200, 1),
    ]


@pytest.mark.parametrize(
    ("value", "indices"),
    [(None, [0, 1]), ("1", [1]), ("0,1", [0, 1]), ("GPU-bbbb", [1]), ("", []), ("-1", []), ("7", [])],
)
def test_only_gpus_that_are_left_to_us_count(value: str | None, indices: list[int]) -> None:
    env = {} if value is None else {"CUDA_VISIBLE_DEVICES": value}

    assert [gpu.index for gpu in visible(read_gpus(LISTING), env)] == indices


@pytest.mark.parametrize(("script", "count"), [(f"cat <<'E'\n{LISTING}E", 2), ("echo broken >&2; exit 9", 0)])
async def test_this_machine_is_asked(script: str, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "nvidia-smi", script)
    program(tmp_path / "llama-server", "")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    machine = await inventory()

    assert len(machine.gpus) == count
    assert "llama-server" in machine.programs
    assert machine.memory_mib > 0
    assert machine.cpus > 0


async def test_a_machine_without_the_driver_has_no_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert (await inventory()).gpus == ()
