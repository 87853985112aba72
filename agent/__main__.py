"""`modu`: finds the command and loads no more than it needs."""

import sys

from agent import __version__
from agent.errors import UserError


def main(arguments: list[str] | None = None) -> int:
    """The entry point. Returns the exit code of the command-line contract."""
    given = sys.argv[1:] if arguments is None else arguments
    if given in (["--version"], ["-V"]):
        sys.stdout.write(f"modu {__version__}\n")
        return 0
    from agent.cli.dispatch import dispatch

    try:
        return dispatch(given)
    except UserError as error:
        from agent.cli.report import report

        return report(error)
    except BrokenPipeError:
        # The reader has gone (`modu … | head`); nothing more can be said.
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as bug:  # noqa: BLE001
        from agent.cli.report import report_bug

        return report_bug(bug)


if __name__ == "__main__":
    raise SystemExit(main())
