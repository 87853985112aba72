"""A GGUF file, looked at before an engine is started on it (ggml, docs/gguf.md)."""

import re
import struct
from pathlib import Path
from typing import BinaryIO

from agent.errors import UserError
from agent.text import refusal

_MAGIC = b"GGUF"
"""The first four bytes."""
_PART = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$")
"""How `gguf-split` names the parts of a model; an engine is given the first."""
_WIDTHS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""Bytes of a value by its type."""
_UINT32, _STRING, _ARRAY, _UINT64 = 4, 8, 9, 10
_LENGTH_KEY = ".context_length"
_LARGEST = 65_535
"""Bytes of a key or a text, and elements of a list, that are read; a vocabulary has more."""


def checked(given: str) -> Path:
    """The absolute path of a file that an engine can read. Raises `UserError` that says what is wrong with it."""
    path = Path(given).expanduser().absolute()
    if path.is_dir():
        raise UserError(f"GGUF 파일이 아니라 폴더입니다: {path}", hint=_inside(path))
    try:
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except FileNotFoundError as error:
        raise UserError(f"GGUF 파일이 없습니다: {path}", hint="경로를 확인하세요.") from error
    except OSError as error:
        raise UserError(f"GGUF 파일을 읽을 수 없습니다: {path}: {refusal(error)}", hint="권한을 확인하세요.") from error
    if magic != _MAGIC:
        raise UserError(
            f"GGUF 파일이 아닙니다: {path}",
            hint="GGUF 는 첫 네 글자가 GGUF 입니다. 내려받다 만 파일이나 안내 페이지를 저장한 것은 아닌지 확인하세요.",
        )
    _check_parts(path)
    return path


def trained_context(path: Path) -> int | None:
    """Tokens of context that the model was made for, if the head of the file says so before its vocabulary."""
    try:
        with path.open("rb") as file:
            _, _, _, count = struct.unpack("<4sIQQ", file.read(24))
            for _ in range(_sane(count)):
                key = _text(file)
                kind = _number(file, 4)
                if key.endswith(_LENGTH_KEY) and kind in (_UINT32, _UINT64):
                    return _number(file, _WIDTHS[kind]) or None
                _skip(file, kind)
    except (OSError, struct.error, ValueError, KeyError):
        # Nothing depends on it: the engine reads the file itself.
        return None
    return None


def _text(file: BinaryIO) -> str:
    return file.read(_sane(_number(file, 8))).decode("utf-8", errors="replace")


def _skip(file: BinaryIO, kind: int) -> None:
    if kind == _ARRAY:
        element, count = _number(file, 4), _sane(_number(file, 8))
        for _ in range(count):
            _skip(file, element)
        return
    file.seek(_sane(_number(file, 8)) if kind == _STRING else _WIDTHS[kind], 1)


def _number(file: BinaryIO, width: int) -> int:
    return int.from_bytes(file.read(width), "little")


def _sane(count: int) -> int:
    if count > _LARGEST:
        raise ValueError(count)
    return count


def _check_parts(path: Path) -> None:
    if not (part := _PART.search(path.name)):
        return
    stem, total = path.name[: part.start()], int(part[2])
    names = [f"{stem}-{number:05}-of-{total:05}.gguf" for number in range(1, total + 1)]
    if missing := [name for name in names if not path.with_name(name).is_file()]:
        raise UserError(
            f"{total}개로 나뉜 GGUF 가운데 없는 것이 있습니다: {', '.join(missing[:3])}",
            hint="나머지를 같은 폴더에 내려받으세요.",
        )
    if path.name != names[0]:
        raise UserError(f"나뉜 GGUF 의 첫 파일이 아닙니다: {path.name}", hint=f"첫 파일을 주세요: {names[0]}")


def _inside(folder: Path) -> str:
    found = sorted(file.name for file in folder.glob("*.gguf"))
    return f"그 안의 파일을 주세요: {', '.join(found[:5])}" if found else "GGUF 파일의 경로를 주세요."
