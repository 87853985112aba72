"""The log of a face: a file in the home folder, since stdout is the answer and stderr the talk."""

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path


def start(home: Path) -> None:
    """Warnings and worse go to `logs/modu.log`; a home that cannot be written, or is full, has no log."""
    logging.raiseExceptions = False
    try:
        handler: logging.Handler = RotatingFileHandler(
            folder(home) / "modu.log", maxBytes=1_000_000, backupCount=2, encoding="utf-8", delay=True
        )
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def folder(home: Path) -> Path:
    """Where logs are kept; made for the user alone, and so is the home folder if it is not there yet."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    (home / "logs").mkdir(mode=0o700, exist_ok=True)
    return home / "logs"
