"""A note in the home folder for each turn that runs, so that the process after a crash goes on with it."""

import logging
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from agent.host.origin import Origin

log = logging.getLogger(__name__)

_TRIES = 3
"""Processes that may die over one turn before it is left to the user."""


class Note(BaseModel):
    """Whose turn it is, and how many processes have begun it."""

    model_config = ConfigDict(frozen=True)

    origin: Origin
    tries: int = 1


class TurnNotes:
    """`TurnWatch` of one face."""

    def __init__(self, folder: Path, origin: Origin, tries: int = 1) -> None:
        self._folder = folder
        self._note = Note(origin=origin.plain(), tries=tries).model_dump_json()

    def began(self, session: str) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self._folder / session).write_text(self._note, encoding="utf-8")
        except OSError as error:
            # A crash now would leave the turn to the user; nothing else is lost.
            log.warning("no note of a turn: %s", error)

    def ended(self, session: str) -> None:
        # A note that stays is looked at by the next process, which finds that the turn has ended.
        _drop(self._folder / session)


def left(folder: Path) -> dict[str, Note]:
    """By session, the turns that were cut; those that keep killing their process are forgotten here."""
    found: dict[str, Note] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        try:
            note = Note.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            log.warning("unreadable note %s: %s", path.name, error)
            _drop(path)
            continue
        if note.tries < _TRIES:
            found[path.name] = note
        else:
            log.error("the turn of %s ended %d processes and is left to the user", path.name, note.tries)
            _drop(path)
    return found


def _drop(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
