"""How a fault of ours ends: the traceback goes to the log, one line to the user, the object to a script."""

import sys
import traceback

from agent.cli import logs
from agent.cli.report import report
from agent.cli.result import Result
from agent.cli.writers import chosen, has_schema
from agent.errors import UserError
from agent.wire.home import home_folder


def report_bug(bug: BaseException, arguments: list[str]) -> int:
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
    result = Result()
    if has_schema(arguments):
        result.expect_data()
    result.fail(error)
    chosen(arguments).close(result.value)
    return report(error)
