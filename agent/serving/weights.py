"""Whether a model's weights are on this machine; if not, how much would be downloaded, and where to."""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from agent.errors import StorageError, UserError

_GB = 10**9
_SPARE = 1 * _GB
"""Bytes that stay free: the cache writes small files beside the weights."""
_TRUE = {"1", "ON", "YES", "TRUE"}
"""As huggingface_hub reads its switches."""
_INDEX = "model.safetensors.index.json"


class DownloadNotAgreed(UserError):
    """Nobody who could agree to a download was there."""

    exit_code = 4


@dataclass(frozen=True)
class Download:
    """What is to be fetched from the model hub."""

    repository: str
    folder: Path
    """Of this model in the hub's cache."""
    size: int
    """Bytes, 0 if unknown."""

    @property
    def present(self) -> int:
        """Bytes that are there, whole files and parts."""
        blobs = self.folder / "blobs"
        return sum(file.stat().st_size for file in blobs.iterdir()) if blobs.is_dir() else 0

    @property
    def percent(self) -> int | None:
        return min(99, self.present * 100 // self.size) if self.size else None

    @property
    def free(self) -> int:
        """Bytes on that disk."""
        there = next(folder for folder in (self.folder, *self.folder.parents) if folder.exists())
        return shutil.disk_usage(there).free

    @property
    def question(self) -> str:
        """What the user is asked to agree to."""
        left = max(0, self.size - self.present)
        amount = f"약 {left / _GB:,.1f} GB" if self.size else "크기를 모르는 가중치"
        return (
            f"{self.repository} 의 가중치가 이 컴퓨터에 없습니다. {amount}를 내려받습니다.\n"
            f"  폴더: {self.folder}\n  남은 공간: {self.free / _GB:,.1f} GB"
        )


def to_download(repository: str, weights_gb: float | None, env: Mapping[str, str] = os.environ) -> Download | None:
    """What is missing of a folder or a repository (`owner/name`, for a GGUF `owner/name:Q4_K_M`); None if it is whole.

    Raises:
        UserError: it names a folder without a model, or nothing may be downloaded (HF_HUB_OFFLINE).
        StorageError: the disk has no room for it.
    """
    folder = Path(repository).expanduser()
    if repository.startswith("~"):
        # Engines take it for a name.
        raise UserError(f"모델 폴더를 {repository} 로 줄여 적을 수 없습니다.", hint=f"전체 경로를 적으세요: {folder}")
    if folder.is_dir():
        _check(folder)
        return None
    if folder.is_absolute() or repository.startswith("."):
        raise UserError(f"모델 폴더가 없습니다: {folder}", hint="프로필의 repository 를 확인하세요.")
    name, _, quantisation = repository.partition(":")
    cached = _cache(env, quantisation) / f"models--{name.replace('/', '--')}"
    snapshots = _snapshots(cached)
    if any(_holds(folder, quantisation) if quantisation else _whole(folder) for folder in snapshots):
        return None
    if quantisation and _holds(_old_llama_cache(env), f"{name.replace('/', '_')}*{quantisation}"):
        return None
    download = Download(repository, cached, round((weights_gb or 0) * _GB))
    if any(env.get(name, "").upper() in _TRUE for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")):
        raise UserError(
            f"{repository} 의 가중치가 {cached.parent} 에 없고, HF_HUB_OFFLINE 이 켜져 있어 내려받지 않습니다.",
            hint="HF_HUB_OFFLINE 을 끄거나, 내려받아 둔 폴더를 프로필의 repository 에 적으세요.",
        )
    needed = download.size - download.present + _SPARE
    if download.size and needed > download.free:
        raise StorageError(
            f"디스크가 모자랍니다: {repository} 에 {needed / _GB:,.1f} GB 가 필요한데 "
            f"{cached.parent} 에는 {download.free / _GB:,.1f} GB 가 남았습니다.",
            hint="공간을 비우거나, 환경 변수 HF_HOME 으로 더 큰 디스크의 폴더를 정하세요.",
        )
    return download


def _cache(env: Mapping[str, str], quantisation: str) -> Path:
    """The hub client's cache (huggingface_hub, "Environment variables"); llama.cpp shares it unless told otherwise."""
    given = (quantisation and env.get("LLAMA_CACHE")) or env.get("HF_HUB_CACHE") or env.get("HUGGINGFACE_HUB_CACHE")
    if given:
        return Path(given).expanduser()
    return Path(env.get("HF_HOME") or f"{_caches(env)}/huggingface").expanduser() / "hub"


def _old_llama_cache(env: Mapping[str, str]) -> Path:
    """Where llama.cpp kept downloads before it took up the hub's cache: in one folder, owner and name in front."""
    own = "~/Library/Caches/llama.cpp" if sys.platform == "darwin" else f"{_caches(env)}/llama.cpp"
    return Path(env.get("LLAMA_CACHE") or own).expanduser()


def _caches(env: Mapping[str, str]) -> str:
    return env.get("XDG_CACHE_HOME") or "~/.cache"


def _holds(folder: Path, quantisation: str) -> bool:
    """Whether there is a GGUF of this quantisation. Downloads that are under way have another ending."""
    wanted = f"*{quantisation}*.gguf".casefold()
    return any(fnmatch(file.name.casefold(), wanted) and file.is_file() for file in folder.rglob("*"))


def _check(folder: Path) -> None:
    if not _whole(folder):
        raise UserError(
            f"{folder} 에 온전한 모델이 없습니다 (config.json 과 *.safetensors 가 모두 있어야 합니다).",
            hint="모델을 다시 내려받거나 프로필의 repository 를 고치세요.",
        )


def _snapshots(cached: Path) -> list[Path]:
    """The newest first, as far as the hub client knows it."""
    main = cached / "refs" / "main"
    if main.is_file():
        return [cached / "snapshots" / main.read_text(encoding="utf-8").strip()]
    return sorted((cached / "snapshots").glob("*"))


def _whole(folder: Path) -> bool:
    """Whether every file of the weights is there; a link to a part that is still being fetched is broken."""
    if not (folder / "config.json").is_file():
        return False
    index = folder / _INDEX
    if index.is_file():
        shards = _shards(index)
        return bool(shards) and all((folder / name).is_file() for name in shards)
    return any(file.is_file() for kind in ("*.safetensors", "*.bin") for file in folder.glob(kind))


def _shards(index: Path) -> set[str]:
    """Empty if the index itself is cut off."""
    try:
        return set(json.loads(index.read_bytes())["weight_map"].values())
    except (ValueError, KeyError, AttributeError):
        return set()
