"""The nodes that let calls through, refuse them, or ask the user."""

from langgraph.types import interrupt

from agent.contract import DECISION, ApprovalAnswered, Decision, QuestionAnswered, TurnContinued
from agent.errors import ToolFailed
from agent.events import ApprovalAsked, CallStatus, PendingCall, QuestionAsked, ToolCallApproved, ToolCallFinished
from agent.graph.repeats import repeats_itself
from agent.graph.state import State, Turn, TurnContext
from agent.policy.policy import Situation, Subject, Verdict, judge
from agent.tools import own
from agent.tools.catalog import Tool
from agent.transcript.entries import Asked, CallMade, Decided, Resulted


async def decide(state: State, runtime: Turn) -> State:
    """Judge every call of the newest reply that is still open. What must be asked is only written down here."""
    ledger, turn = runtime.context.ledger, state["turn"]
    decided = ledger.decisions(turn)
    pending: list[PendingCall] = []
    for call in ledger.open_calls(turn):
        if call.id not in decided and (asked := await _settle(call, turn, runtime)):
            pending.append(asked)
    if pending:
        await ledger.append(turn, Asked(step=state["step"], request=ApprovalAsked(calls=tuple(pending))))
    elif question := _question(ledger.open_calls(turn)):
        await ledger.append(turn, Asked(step=state["step"], request=question))
    return {}


async def ask(state: State, runtime: Turn) -> State:
    """Park the turn until the user has answered.

    LangGraph runs this node again from its first line when it resumes; appending a row twice changes nothing.
    """
    turn, ledger = state["turn"], runtime.context.ledger
    asked = ledger.parked_on(turn)
    if asked is None:
        return {}
    answer = DECISION.validate_python(interrupt(asked.request.type))
    match asked.request:
        case QuestionAsked(call_id=call_id):
            await _finish(call_id, "done", _words(answer), turn, runtime)
        case ApprovalAsked(calls=calls):
            for call in calls:
                await _answer(call, answer, turn, runtime)
    return {}


async def _settle(call: CallMade, turn: int, runtime: Turn) -> PendingCall | None:
    """Decide one call: let through or refused at once, or what to show the user."""
    context = runtime.context
    if call.fault or repeats_itself(context.ledger, turn, call, context.hub.catalog):
        fault = call.fault or "같은 호출을 되풀이했습니다. 앞의 결과를 쓰거나 다른 방법을 찾으세요."
        await _finish(call.id, "failed", fault, turn, runtime)
        return None
    if call.server == own.SERVER:
        if call.tool != "ask_user":
            await context.ledger.append(turn, Decided(call_id=call.id, approved=True, by="policy"))
        return None
    tool = context.hub.catalog.get(f"{call.server}_{call.tool}")
    verdict = judge(_subject(tool, call), _situation(context), context.settings)
    match verdict.action:
        case "allow":
            await context.ledger.append(turn, Decided(call_id=call.id, approved=True, by="policy"))
            runtime.stream_writer(ToolCallApproved(call_id=call.id, by="policy"))
        case "deny":
            await _finish(call.id, "declined", verdict.reason, turn, runtime)
        case "ask":
            return await _pending(tool, call, verdict, turn, runtime)
    return None


async def _pending(tool: Tool, call: CallMade, verdict: Verdict, turn: int, runtime: Turn) -> PendingCall | None:
    """A dry run first: the user is not bothered with a call that the server would refuse."""
    try:
        shown, refusal = await runtime.context.hub.preview(tool, call.arguments)
    except ToolFailed as failed:
        await _finish(call.id, "failed", str(failed), turn, runtime)
        return None
    if refusal:
        await _finish(call.id, "failed", refusal.text, turn, runtime, outside=tool.outside)
        return None
    return PendingCall(
        call_id=call.id,
        server=call.server,
        tool=call.tool,
        title=call.title,
        arguments=call.arguments,
        effect=tool.effect,
        preview=shown,
        reason=verdict.reason,
    )


async def _answer(call: PendingCall, answer: Decision, turn: int, runtime: Turn) -> None:
    match answer:
        case ApprovalAnswered(approved=approved, remember=remember) if call.call_id in approved:
            await runtime.context.ledger.append(
                turn, Decided(call_id=call.call_id, approved=True, by="user", remember=remember)
            )
            runtime.stream_writer(ToolCallApproved(call_id=call.call_id, by="user"))
        case _:
            said = _words(answer)
            reason = f"사용자가 거절했습니다{': ' + said if said else '.'}"
            await runtime.context.ledger.append(
                turn, Decided(call_id=call.call_id, approved=False, by="user", reason=said)
            )
            await _finish(call.call_id, "declined", reason, turn, runtime)


def _words(answer: Decision) -> str:
    match answer:
        case QuestionAnswered(text=text):
            return text
        case ApprovalAnswered(comment=comment):
            return comment
        case TurnContinued():
            return ""


def _question(calls: list[CallMade]) -> QuestionAsked | None:
    for call in calls:
        if isinstance(asked := own.parse(call.name, call.sent), own.AskUser):
            return QuestionAsked(call_id=call.id, question=asked.question, options=tuple(asked.options))
    return None


async def _finish(
    call_id: str, status: CallStatus, text: str, turn: int, runtime: Turn, *, outside: bool = False
) -> None:
    result = Resulted(call_id=call_id, status=status, text=text, summary=text, outside=outside)
    await runtime.context.ledger.append(turn, result)
    runtime.stream_writer(ToolCallFinished(call_id=call_id, status=status, summary=text, result=text, outside=outside))


def _subject(tool: Tool, call: CallMade) -> Subject:
    return Subject(
        tool=tool.offered_as,
        effect=tool.effect,
        trusted=tool.trusted,
        arguments=call.arguments,
        repaired=call.repaired,
    )


def _situation(context: TurnContext) -> Situation:
    return Situation(
        mode=context.settings.mode,
        tainted=context.ledger.tainted,
        user_words=context.ledger.user_words,
        remembered=frozenset(context.ledger.remembered()),
    )
