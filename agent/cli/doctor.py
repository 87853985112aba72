"""`modu doctor`: a check of the whole installation, with what to do about each fault."""

import sys
import time

from agent.cli.access import Access
from agent.cli.options import taken_out


def main(arguments: list[str]) -> int:
    by_itself, _ = taken_out(arguments)
    with Access({}, by_itself=by_itself) as access:
        access.link.greet()
        _say(_resident(access))
        code: int = access.link.report("report.doctor", _say)["exit_code"]
    return code


def _resident(access: Access) -> str:
    """No fault is made of it: without a resident process everything works, only slower."""
    if fault := access.fault:
        return f"[주의] 상주 프로세스: {fault}\n       할 일: {fault.hint}"
    if access.alone:
        return "[정상] 상주 프로세스: 쓰지 않음 (--no-daemon)"
    since = time.strftime("%Y-%m-%d %H:%M", time.localtime(access.link.peer["started"]))
    return f"[정상] 상주 프로세스: 실행 중 (PID {access.link.peer['pid']}, {since}부터)"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
