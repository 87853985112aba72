"""`--schema FILE`, read where the face can read it. The host checks what it says."""

from pathlib import Path

from agent.errors import UsageError
from agent.text import refusal

_LARGEST = 256 * 1024
"""Bytes of a schema file."""


def read(given: str) -> dict[str, str]:
    """Name and text, as they cross the wire. Raises `UsageError`."""
    file = Path(given)
    try:
        with file.open("rb") as source:
            content = source.read(_LARGEST + 1)
    except OSError as error:
        raise UsageError(
            f"스키마 파일 {file} 을(를) 열 수 없습니다: {refusal(error)}.", hint="--schema 의 경로와 권한을 확인하세요."
        ) from error
    if len(content) > _LARGEST:
        raise _fault(f"{file} 이(가) {_LARGEST // 1024}KB보다 큽니다.")
    try:
        return {"name": str(file), "text": content.decode("utf-8-sig")}
    except UnicodeDecodeError as error:
        raise _fault(f"{file} 이(가) UTF-8 글이 아닙니다.") from error


def _fault(message: str) -> UsageError:
    return UsageError(f"스키마 파일 {message}", hint='스키마 파일을 고쳐 다시 하세요. 예: {"type": "object"}')
