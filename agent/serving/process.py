"""A model server as a process group: started with what it needs, told apart from a later one, stopped whole."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_NEEDED = {
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TMPDIR", "TZ", "PYTHONPATH", "VIRTUAL_ENV", "CONDA_PREFIX",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
}  # fmt: skip
"""Where programs, libraries, caches and the network are. Our keys and settings are none of the server's business."""
_FAMILIES = (
    "LC_", "XDG_", "HF_", "HUGGING", "TRANSFORMERS_", "CUDA_", "NVIDIA_", "NCCL_", "HIP_", "ROCR_", "ROCM_", "HSA_",
    "TORCH", "PYTORCH_", "TRITON_", "VLLM_", "SGLANG_", "SGL_", "FLASHINFER_", "RAY_", "GLOO_", "OMP_", "MKL_",
    "GGML_", "LLAMA_",
)  # fmt: skip
"""Prefixes of variables with which users steer the engines, their libraries and the hub client."""
_GLANCE = 0.05
"""Seconds between two looks at a group that is to end."""


def environment(given: Mapping[str, str], extra: Mapping[str, str]) -> dict[str, str]:
    """All that the child sees: what it needs of ours, and `extra`."""
    kept = {name: value for name, value in given.items() if name.upper() in _NEEDED or name.startswith(_FAMILIES)}
    return kept | dict(extra)


def start(command: Sequence[str], env: Mapping[str, str], log: Path) -> "subprocess.Popen[bytes]":
    """Start a process group of its own, away from our terminal, that writes to `log`. Raises `OSError`."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    try:
        return _child(command, env, descriptor)
    finally:
        os.close(descriptor)


def identity(pid: int) -> str | None:
    """What tells this process from a later one of the same number: boot and start time. None if none runs."""
    if not Path("/proc/self/stat").exists():
        return _ps("-o", "lstart=", "-p", str(pid)).strip() or None
    fields = _stat(pid)
    if fields is None or fields[0] in "ZX":
        return None
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{boot}/{fields[19]}"


def members(group: int) -> list[int]:
    """Processes of the group that still run."""
    if not Path("/proc/self/stat").exists():
        rows = (line.split() for line in _ps("-A", "-o", "pid=,pgid=,state=").splitlines())
        return [int(row[0]) for row in rows if row[1] == str(group) and not row[2].startswith("Z")]
    found = ((int(entry.name), _stat(int(entry.name))) for entry in Path("/proc").iterdir() if entry.name.isdecimal())
    return [pid for pid, fields in found if fields and fields[2] == str(group) and fields[0] not in "ZX"]


def stop(group: int, patience: float = 10, hurry: Callable[[], bool] = lambda: False) -> bool:
    """End the whole group: ask, then kill after `patience` seconds or as soon as `hurry` says so.

    Returns whether it ended by itself. The caller reaps its own child.
    """
    if _ended(group, signal.SIGTERM, patience, hurry):
        return True
    _ended(group, signal.SIGKILL, patience, lambda: False)
    return False


def _ended(group: int, by: signal.Signals, patience: float, hurry: Callable[[], bool]) -> bool:
    try:
        os.killpg(group, by)
    except (ProcessLookupError, PermissionError):
        # macOS refuses where only zombies are left.
        return not members(group)
    until = time.monotonic() + patience
    while members(group):
        if time.monotonic() > until or hurry():
            return False
        time.sleep(_GLANCE)
    return True


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat from the state on (proc(5)); the name before them may hold anything."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def _ps(*arguments: str) -> str:
    """Where there is no /proc."""
    return _child(["ps", *arguments], os.environ, subprocess.PIPE).communicate()[0].decode(errors="replace")


def _child(command: Sequence[str], env: Mapping[str, str], output: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
