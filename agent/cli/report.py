"""How a command ends badly: on stderr, in Korean, with what to do next."""

import os
import sys
import traceback

from agent.cli import logs
from agent.cli.result import INTERRUPTED, Result
from agent.cli.writers import chosen, has_schema
from agent.errors import UserError
from agent.text import refusal
from agent.wire.home import home_folder


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


def report_bug(bug: BaseException, arguments: list[str]) -> int:
    """A fault of ours: the traceback goes to the log, one line to the user, the object to a script."""
    trace = "".join(traceback.format_exception(bug))
    path = home_folder() / "logs" / "modu.log"
    try:
        logs.folder(home_folder())
        with path.open("a", encoding="utf-8") as file:
            file.write(trace + "\n")
    except OSError:
        sys.stderr.write(trace)
    error = UserError(
        f"모두의 잘못으로 멈췄습니다: {type(bug).__name__}: {bug}", hint=f"이 기록과 함께 알려 주세요: {path}"
    )
    result = Result("")
    if has_schema(arguments):
        result.expect_data()
    result.fail(error)
    chosen(arguments).close(result.value)
    return report(error)
