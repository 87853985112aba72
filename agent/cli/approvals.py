"""Questions of a one-shot request, answered on the terminal or by `--yes`."""

import sys

from agent.contract import ApprovalAnswered, Decision, QuestionAnswered
from agent.events import ApprovalAsked, PendingCall, QuestionAsked


def answer(asked: ApprovalAsked | QuestionAsked, *, yes: bool, interactive: bool) -> Decision | None:
    """The user's decision, or None if nobody can be asked."""
    match asked:
        case ApprovalAsked(calls=calls) if yes:
            return ApprovalAnswered(approved=tuple(call.call_id for call in calls))
        case ApprovalAsked(calls=calls) if interactive:
            return ApprovalAnswered(approved=tuple(call.call_id for call in calls if _agrees(call)))
        case QuestionAsked(question=question, options=options) if interactive:
            listed = "".join(f"\n  {n}. {option}" for n, option in enumerate(options, 1))
            return QuestionAnswered(text=_chosen(_ask(f"{question}{listed}\n> "), options))
    return None


def _agrees(call: PendingCall) -> bool:
    # The writer has already shown the call and its preview.
    return _ask(f"{call.title}: {call.reason}\n실행할까요? (y/N) ").casefold() in ("y", "yes", "예", "네", "ㅛ")


def _chosen(text: str, options: tuple[str, ...]) -> str:
    return options[int(text) - 1] if text.isdigit() and 0 < int(text) <= len(options) else text


def _ask(prompt: str) -> str:
    sys.stderr.write(prompt)
    sys.stderr.flush()
    return sys.stdin.readline().strip()
