"""Standard input as an attachment."""

import os
import select
import sys

from agent.errors import UsageError
from agent.text import decode

SOURCE = "표준 입력"
"""What the model is told that the text is."""
_LIMIT = 64 * 1024 * 1024
_PATIENCE = 3.0
"""Seconds to wait for the first byte when there is a request anyway: a pipe that nobody closes must not hang us."""


def read(*, has_request: bool) -> str | None:
    """What was piped in, or None.

    Raises:
        UsageError: it is no text, or larger than 64 MB.
    """
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        return None
    descriptor = sys.stdin.fileno()
    if has_request and not select.select([descriptor], [], [], _PATIENCE)[0]:
        sys.stderr.write(
            f"알림: 표준 입력을 {_PATIENCE:.0f}초 기다렸지만 아무것도 오지 않아 없이 진행합니다. "
            "느린 명령의 출력은 파일에 담아 < 파일 로 건네고, 건넬 것이 없으면 < /dev/null 을 붙이세요.\n"
        )
        return None
    data = _all(descriptor)
    if not data.strip():
        return None
    if (found := decode(data)) is None:
        raise UsageError(
            "표준 입력을 글자로 읽을 수 없습니다 (UTF-8, UTF-16, CP949 가 아님).",
            hint="글 파일만 건네거나 먼저 변환하세요.",
        )
    text, encoding = found
    if encoding == "cp949":
        sys.stderr.write("알림: 표준 입력이 UTF-8 이 아니어서 CP949(EUC-KR)로 읽었습니다.\n")
    return text


def _all(descriptor: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while piece := os.read(descriptor, 1 << 20):
        pieces.append(piece)
        size += len(piece)
        if size > _LIMIT:
            raise UsageError("표준 입력이 64MB보다 큽니다.", hint="필요한 부분만 건네거나 modu index 로 색인하세요.")
    return b"".join(pieces)
