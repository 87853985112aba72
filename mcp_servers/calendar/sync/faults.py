"""What can go wrong with a calendar server, grouped by who reacts.

* SyncFault           Korean text for people
  + Unreachable       try again: no connection, cut, broken answer
    - Silent          try again later: too slow, overloaded
  + Unauthorized      the user gives another password
  + Unsafe            never retried: no TLS, a redirect to a foreign host, an answer without end
  + Rejected          this one resource was not accepted; the rest goes on
    - Stale           it is not as we knew it on the server: look again, then decide anew
"""


class SyncFault(Exception):
    """Base of every fault this package raises on purpose."""


class Unreachable(SyncFault):
    """The server gave no usable answer; whether a change arrived is not known."""


class Silent(Unreachable):
    """The server takes too long, or asks to be left alone for now."""


class Unauthorized(SyncFault):
    """The server does not accept the user name and password."""


class Unsafe(SyncFault):
    """Going on would give the password or memory to somebody who must not have it."""


class Rejected(SyncFault):
    """The server refuses the request; `status` is the HTTP status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Stale(Rejected):
    """The precondition failed (412, 409): somebody else was faster, or the lost request had arrived."""
