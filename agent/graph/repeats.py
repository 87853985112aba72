"""A model that makes the same call again and again."""

from agent.errors import ToolFailed
from agent.events import Effect
from agent.tools import own
from agent.tools.catalog import Catalog
from agent.transcript.entries import CallMade, Replied
from agent.transcript.ledger import Ledger

_ONCE: tuple[Effect, ...] = ("change", "send", "delete")
"""Done once in a turn, the very same call is not done again."""
_IN_A_ROW = 2
"""How often any other call may stand in a row before it is refused."""
GIVEN_UP_AFTER = 3
"""Refused repetitions in one turn after which the turn ends."""


def repeats_itself(ledger: Ledger, turn: int, call: CallMade, catalog: Catalog) -> bool:
    """Whether the call only repeats what this turn has already done."""
    if call.server == own.SERVER:
        return _in_a_row(ledger, turn, call) > _IN_A_ROW
    try:
        tool = catalog.get(f"{call.server}_{call.tool}")
    except ToolFailed:
        return False
    if tool.effect in _ONCE and tool.trusted:
        # A call of the same reply has no result yet: it is about to be done.
        results = ledger.results(turn)
        return any(
            earlier.id not in results or results[earlier.id].status == "done"
            for earlier in _earlier(ledger, turn, call)
            if _same(earlier, call) and not earlier.fault
        )
    return _in_a_row(ledger, turn, call) > _IN_A_ROW


def given_up(ledger: Ledger, turn: int) -> bool:
    """The newest replies were nothing but refused repetitions, or calls that could not be read."""
    results = ledger.results(turn)
    newest = list(ledger.of(turn, Replied))[-GIVEN_UP_AFTER:]
    return len(newest) == GIVEN_UP_AFTER and all(
        len(reply.calls) > 0
        and all(call.fault or _same(call, newest[0].calls[0]) for call in reply.calls)
        and all(call.id in results and results[call.id].status == "failed" for call in reply.calls)
        for reply in newest
    )


def _earlier(ledger: Ledger, turn: int, call: CallMade) -> list[CallMade]:
    made = [one for reply in ledger.of(turn, Replied) for one in reply.calls]
    return made[: next((n for n, one in enumerate(made) if one.id == call.id), len(made))]


def _in_a_row(ledger: Ledger, turn: int, call: CallMade) -> int:
    """How many calls directly before this one are the same."""
    count = 0
    for earlier in reversed(_earlier(ledger, turn, call)):
        if not _same(earlier, call):
            break
        count += 1
    return count


def _same(one: CallMade, other: CallMade) -> bool:
    return (one.server, one.tool, one.arguments) == (other.server, other.tool, other.arguments)
