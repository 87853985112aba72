"""How a command ends badly: on stderr, in Korean, with what to do next."""

import logging
import os
import sys
import traceback
from pathlib import Path

from agent.errors import UserError

log = logging.getLogger("modu")


def report(error: UserError) -> int:
    """Say what the user can do about it."""
    sys.stderr.write(f"오류: {error}\n")
    if error.hint:
        sys.stderr.write(f"  할 일: {error.hint}\n")
    return error.exit_code


def report_bug(bug: BaseException) -> int:
    """A fault of ours: the traceback goes to the log, one line to the user."""
    trace = "".join(traceback.format_exception(bug))
    path = Path(os.environ.get("MODU_HOME") or "~/.local/share/modu").expanduser() / "logs" / "modu.log"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(trace + "\n")
    except OSError:
        sys.stderr.write(trace)
    sys.stderr.write(f"모두의 잘못으로 멈췄습니다: {type(bug).__name__}: {bug}\n  자세한 기록: {path}\n")
    return 1
