"""`modu models`: the profiles, and what is reachable."""

import shutil
import sys

from agent.cli.access import Access
from agent.cli.options import taken_out


def main(arguments: list[str]) -> int:
    by_itself, _ = taken_out(arguments)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    with Access({}, by_itself=by_itself) as access:
        code: int = access.link.report("report.models", _say, width=width)["exit_code"]
    return code


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
