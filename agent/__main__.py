"""`modu`: finds the command and loads no more than it needs."""

import errno
import io
import sys

from agent import __version__
from agent.errors import UserError

_INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """The entry point. Returns the exit code of the command-line contract."""
    given = _own() if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that lacks a letter shows `?`; it does not end the program.
            stream.reconfigure(errors="replace")
    code = _run(given)
    try:
        sys.stdout.flush()
    except OSError as refused:
        from agent.cli.report import report_refused

        return report_refused(refused)
    return code


def _own() -> list[str]:
    from agent.cli.hiding import hide_arguments

    hide_arguments()
    return sys.argv[1:]


def _run(given: list[str]) -> int:
    if given in (["--version"], ["-V"]):
        sys.stdout.write(f"modu {__version__}\n")
        return 0
    try:
        from agent.cli.dispatch import dispatch

        return dispatch(given)
    except UserError as error:
        from agent.cli.report import report

        return report(error)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Exception as bug:  # noqa: BLE001
        from agent.cli.report import report_refused

        if isinstance(bug, OSError) and bug.filename is None and bug.errno in (errno.EPIPE, errno.ENOSPC):
            return report_refused(bug)
        from agent.cli.bug import report_bug

        return report_bug(bug, given)


if __name__ == "__main__":
    raise SystemExit(main())
