"""The worker's log records as lines of the resident process's log: what happened where, never what was said."""

import logging
import sys
import threading
import traceback
from types import TracebackType

from agent.daemon.log import Log, line

_OWN = ("agent", "mcp_servers")
_DEEPEST = 12
"""Frames of a traceback, the innermost."""


class Lines(logging.Formatter):
    """Of most exceptions only type and frames: their messages quote what they choke on."""

    def format(self, record: logging.LogRecord) -> str:
        more = _fault(*record.exc_info) if record.exc_info else {}
        return line(record.levelname, record.name, _message(record), **more).rstrip("\n")


def start(log: Log) -> None:
    """From here on records, and exceptions that nobody catches, become lines."""
    logging.raiseExceptions = False
    handler = logging.StreamHandler(log)
    handler.setFormatter(Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("agent").setLevel(logging.INFO)
    own = logging.getLogger("agent.daemon")
    sys.excepthook = lambda kind, error, trace: own.critical("잘못으로 끝났습니다", exc_info=(kind, error, trace))
    threading.excepthook = lambda fault: own.error(
        "스레드가 잘못으로 끝났습니다",
        exc_info=(fault.exc_type, fault.exc_value or fault.exc_type(), fault.exc_traceback),
    )


def _message(record: logging.LogRecord) -> str:
    """Libraries put what they were given into their messages; of theirs only the fixed part is kept."""
    if record.name.partition(".")[0] in _OWN:
        return record.getMessage()
    place = f"{record.module}:{record.lineno}"
    return f"{place} {record.msg}" if record.args else place


def _fault(
    kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
) -> dict[str, object]:
    name = kind.__qualname__ if kind else ""
    if isinstance(error, ImportError):
        name += f": {error}"
    elif isinstance(error, OSError):
        name += f": {error.strerror}"
    frames = traceback.extract_tb(trace)[-_DEEPEST:]
    return {"fault": name, "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]}
