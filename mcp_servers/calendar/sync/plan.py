"""The three-way merge of one item: what both sides had, what is here, what is there.

The server's version becomes the new common ground; what then differs from it here is still to be sent. So a merge is
complete before anything is sent, and after a crash the same merge comes out again.
"""

from dataclasses import dataclass
from enum import StrEnum

from mcp_servers.calendar.sync.fingerprint import same


class Note(StrEnum):
    """What a person should hear of a merge."""

    NOTHING = ""
    TAKEN = "taken"
    """Came from the server: new, changed, or deleted."""
    CONFLICT = "conflict"
    """Changed on both sides: the server's version stays, ours is kept as a copy."""
    UNDELETED = "undeleted"
    """Deleted here, changed there: it is back."""
    RESENT = "resent"
    """Deleted there, changed here: it goes to the server again."""


@dataclass(frozen=True, slots=True)
class Merged:
    """Texts after the merge, None where there is nothing."""

    here: str | None
    base: str | None
    """What both sides have: `here` differs from it where something is to be sent."""
    copy: str | None = None
    """Our version that gave way; it is to be kept as an item of its own."""
    note: Note = Note.NOTHING


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an item's resource on the server."""

    uid: str
    href: str
    etag: str
    """Of the version that both sides had; empty where the server has no ETags."""
    base: str
    """What both sides had, or what was being sent."""
    arrived: bool = True
    """False from before `base` is sent until the server has answered: whether it arrived is then not known."""


def ground(known: Known | None, there: str | None, etag: str) -> str | None:
    """What both sides last had, given what the server has now."""
    if known is None:
        return None
    if known.arrived:
        return known.base
    if there is None or same(there, known.base):
        return there
    # The very version that we were about to replace: what we sent has not arrived.
    return there if etag and etag == known.etag else None


def merge(base: str | None, here: str | None, there: str | None) -> Merged:
    """Merge texts that are compared by what they say. No version that only one side has is lost."""
    if same(here, there):
        # Ours may hold more than the server kept of it (spelling, order): it stays as it is written.
        return Merged(here, here)
    if same(here, base):
        return Merged(there, there, note=Note.TAKEN)
    if same(there, base):
        return Merged(here, base)
    if here is None:
        return Merged(there, there, note=Note.UNDELETED)
    if there is None:
        return Merged(here, None, note=Note.RESENT)
    return Merged(there, there, copy=here, note=Note.CONFLICT)
