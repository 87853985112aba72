"""What a row of the matrix says: what the server does, and what the user must get all the same."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.faults.conversation import CREATE, Post, Task
from tests.faults.server import Do, FaultServer, Script
from tests.faults.styles import plain, styled

Asks = Literal["no", "yes", "any"]
Step = Callable[[FaultServer], Awaitable[None]]


async def nothing(_server: FaultServer) -> None:
    return


async def get_well(server: FaultServer) -> None:
    """The fault is over."""
    server.script = styled(plain)


@dataclass(frozen=True)
class Failing:
    """The turn cannot be completed: what the failure must say."""

    mentions: tuple[str, ...] = ()
    """Regular expressions found in message and hint."""
    exit_codes: tuple[int, ...] = (1, 2, 3)


@dataclass(frozen=True)
class Row:
    """One fault."""

    name: str
    does: str
    script: Script
    task: Task = CREATE
    text: str | re.Pattern[str] | None = None
    """Of the whole answer; default: what the task says."""
    asks: Asks = "no"
    """Whether policy must ask although the mode is `auto`: whenever the call had to be mended."""
    extra: int | None = 0
    """Requests beyond those of a server without faults; None: any number up to `most`."""
    most: int = 8
    thinks: str | None = None
    """The reasoning that must be shown, where that matters."""
    fails: Failing | None = None
    rewrites: int = 0
    """How often a request may differ from the one before in more than its end."""
    listed: dict[str, Any] = field(default_factory=dict)
    models: Do | None = None
    """What `/v1/models` does instead of listing the model."""
    settings: dict[str, Any] = field(default_factory=dict)
    approves: bool = True
    """What the user answers when asked."""
    before: tuple[str, ...] = ()
    """Requests of earlier turns."""
    prepare: Step = nothing
    """Done after these, before the request."""
    heal: Step = get_well
    """Done after a failure, before the next request."""
    inspect: Callable[[Sequence[Post]], list[str]] = lambda _posts: []
    """What else must be true of the requests; says what is not."""
    loses: tuple[str, ...] = ()
    """Fields that the last request may lack of those of the first: what was refused, and nothing else."""
    known: str = ""
    """Why it cannot pass, if it cannot."""

    @property
    def wanted(self) -> str:
        """For the table."""
        if self.fails:
            named = f" naming {', '.join(self.fails.mentions)}" if self.fails.mentions else ""
            return f"failure in Korean{named}; next turn works"
        done = ", ".join(f"{tool} ×{times}" for tool, times in self.task.done.items()) or "no tool"
        asked = {"no": "", "yes": ", asked first", "any": ""}[self.asks]
        return f"{done}{asked}; answer complete; next turn works"
