"""What a one-shot request is asked, answered by `--yes` or on the terminal."""

import asyncio
import sys
from dataclasses import dataclass

from agent.contract import ApprovalAnswered, Decision, QuestionAnswered
from agent.events import ApprovalAsked, PendingCall, QuestionAsked
from agent.text import clean


@dataclass(frozen=True)
class Person:
    """Who started the program."""

    agrees: bool
    """Said `--yes`."""
    present: bool
    """Sits at a terminal that can ask and be answered."""

    async def decide(self, asked: ApprovalAsked | QuestionAsked) -> Decision | None:
        """The person's decision, or None if nobody can be asked."""
        match asked:
            case ApprovalAsked(calls=calls) if self.agrees:
                return ApprovalAnswered(approved=tuple(call.call_id for call in calls))
            case _ if not self.present:
                return None
        # The writer has already shown what is asked.
        try:
            return await _ask(asked)
        except EOFError:
            return None


async def _ask(asked: ApprovalAsked | QuestionAsked) -> Decision:
    match asked:
        case ApprovalAsked(calls=calls):
            return ApprovalAnswered(approved=tuple([call.call_id for call in calls if await _agrees(call)]))
        case QuestionAsked(options=options):
            return QuestionAnswered(text=_chosen(await _line("> "), options))


async def _agrees(call: PendingCall) -> bool:
    said = await _line(f"{call.title}: {call.reason}\n실행할까요? (y/N) ")
    return said.casefold() in ("y", "yes", "예", "네", "응", "ㅛ")


def _chosen(text: str, options: tuple[str, ...]) -> str:
    return options[int(text) - 1] if text.isdecimal() and 0 < int(text) <= len(options) else text


async def _line(prompt: str) -> str:
    """One line from the terminal. A thread that reads could not be interrupted. Raises `EOFError` on Ctrl-D."""
    sys.stderr.write(prompt)
    sys.stderr.flush()
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(sys.stdin, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(sys.stdin)
    if not (line := sys.stdin.readline()):
        raise EOFError
    return clean(line).strip()
