"""How a command ends badly: on stderr, in Korean, with what to do next."""

import os
import sys

from agent.cli.result import INTERRUPTED
from agent.errors import UserError
from agent.text import refusal


def report(error: UserError) -> int:
    """Say what the user can do about it."""
    sys.stderr.write(f"오류: {error}\n")
    if error.hint:
        sys.stderr.write(f"  할 일: {error.hint}\n")
    return error.exit_code


def report_refused(error: OSError) -> int:
    """Nobody takes our output: the reader has left (`modu … | head`), or its disk is full."""
    # Python writes what is left on its way out, and would complain.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return INTERRUPTED
    sys.stderr.write(
        f"오류: 답을 쓸 수 없습니다: {refusal(error)}\n  할 일: 출력을 받는 곳의 남은 공간을 확인하세요.\n"
    )
    return 1
