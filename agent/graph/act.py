"""The node that runs calls, and what is made of their answers."""

import asyncio
from collections.abc import Iterator

from agent.errors import ToolFailed
from agent.events import PlanChanged, ToolCallProgress, ToolCallStarted
from agent.graph.state import State, Turn, TurnContext
from agent.tools import own
from agent.tools.catalog import Tool, described
from agent.tools.results import Output
from agent.transcript.entries import CallMade, Intended, Planned, Resulted
from agent.transcript.shown import finished

RESULT_LIMIT, RESULT_HEAD = 12_000, 8_000
"""Characters: a longer result is kept aside, and the model gets its head and a handle to read on."""


async def act(state: State, runtime: Turn) -> State:
    """Run the approved calls: neighbouring reads together, everything else in order."""
    ledger, turn = runtime.context.ledger, state["turn"]
    decided = ledger.decisions(turn)
    approved = [call for call in ledger.open_calls(turn) if call.id in decided and decided[call.id].approved]
    for group in _groups(approved, runtime.context):
        await asyncio.gather(*(_run(call, turn, runtime) for call in group))
    return {"step": state["step"] + 1}


def _groups(calls: list[CallMade], context: TurnContext) -> Iterator[list[CallMade]]:
    reads: list[CallMade] = []
    for call in calls:
        if _is_read(call, context):
            reads.append(call)
            continue
        if reads:
            yield reads
            reads = []
        yield [call]
    if reads:
        yield reads


def _is_read(call: CallMade, context: TurnContext) -> bool:
    if call.server == own.SERVER:
        return True
    tool = _tool(call, context)
    return tool is not None and tool.effect == "read" and tool.trusted


def _tool(call: CallMade, context: TurnContext) -> Tool | None:
    try:
        return context.hub.catalog.get(f"{call.server}_{call.tool}")
    except ToolFailed:
        return None


async def _run(call: CallMade, turn: int, runtime: Turn) -> None:
    runtime.stream_writer(ToolCallStarted(call_id=call.id))
    with runtime.context.observer.tool(f"{call.server}_{call.tool}", call.id) as observed:
        result = await (_own(call, turn, runtime) if call.server == own.SERVER else _remote(call, turn, runtime))
        observed.tell(modu__status=result.status)
    await runtime.context.ledger.append(turn, result)
    runtime.stream_writer(finished(result))


async def _remote(call: CallMade, turn: int, runtime: Turn) -> Resulted:
    context = runtime.context
    tool = _tool(call, context)
    if tool is None:
        return failure(call, f"{call.server} 서버에 {call.tool} 도구가 이제 없습니다.")
    if call.id in context.ledger.intents(turn) and (known := await settle(call, turn, context)):
        return known
    key = key_of(context, turn, call)
    if tool.effect != "read":
        await context.ledger.append(turn, Intended(call_id=call.id, key=key))

    async def progressed(progress: float, total: float | None, message: str | None) -> None:
        runtime.stream_writer(ToolCallProgress(call_id=call.id, progress=progress, total=total, message=message or ""))

    try:
        output = await context.hub.call(tool, call.arguments, key, progressed)
    except ToolFailed as failed:
        if tool.effect != "read" and failed.code in ("timeout", "lost"):
            return await settle(call, turn, context) or failure(call, f"{failed} 실행되지 않았습니다.")
        return failure(call, str(failed), outside=not tool.trusted)
    return await _kept(call, output, tool.outside or output.outside, context)


def key_of(context: TurnContext, turn: int, call: CallMade) -> str:
    """The idempotency key: session, turn and call."""
    return f"{context.ledger.session.id}/{turn}/{call.id}"


async def settle(call: CallMade, turn: int, context: TurnContext) -> Resulted | None:
    """What became of a call that was begun: its result, `unknown`, or None if the server never did it."""
    try:
        state, output = await context.hub.outcome(call.server, key_of(context, turn, call))
    except ToolFailed:
        state, output = "started", None
    if state == "absent":
        return None
    if output is None:
        return unknown(call)
    tool = _tool(call, context)
    return await _kept(call, output, bool(tool and tool.outside) or output.outside, context)


def unknown(call: CallMade) -> Resulted:
    """It was begun, and nobody can tell whether it was done."""
    text = "실행을 시작했지만 끝났는지 알 수 없습니다. 다시 보내지 말고 먼저 확인하세요."
    return Resulted(call_id=call.id, status="unknown", text=text, summary=text)


def failure(call: CallMade, text: str, *, outside: bool = False) -> Resulted:
    """`outside` where a third-party server chose the words."""
    return Resulted(call_id=call.id, status="failed", text=text, summary=text, outside=outside)


async def _kept(call: CallMade, output: Output, outside: bool, context: TurnContext) -> Resulted:
    text = output.text
    if len(text) > RESULT_LIMIT:
        session = context.ledger.session.id
        handle = await context.ledger.store.put_blob(session, text, outside=outside)
        text = (
            f"{text[:RESULT_HEAD]}\n[잘림: 전체 {len(text):,}자. read_result(handle={handle!r}, offset={RESULT_HEAD})]"
        )
    return Resulted(
        call_id=call.id,
        status="failed" if output.failed else "done",
        text=text,
        summary=output.summary,
        outside=outside,
    )


async def _own(call: CallMade, turn: int, runtime: Turn) -> Resulted:
    context = runtime.context
    match own.parse(call.name, call.sent):
        case own.FindTools(query=query):
            found = context.hub.catalog.find(query)
            outside = any(not tool.trusted for tool in found)
            return Resulted(
                call_id=call.id, status="done", text=described(found), summary=f"{len(found)}개", outside=outside
            )
        case own.UpdatePlan(steps=steps):
            await context.ledger.append(turn, Planned(call_id=call.id, steps=tuple(steps)))
            runtime.stream_writer(PlanChanged(steps=tuple(steps)))
            return Resulted(call_id=call.id, status="done", text="계획을 보였습니다.", summary=f"{len(steps)}단계")
        case own.ReadResult(handle=handle, offset=offset):
            return await _read_on(call, handle, offset, context)
    return failure(call, f"{call.name!r} 도구는 없습니다.")


async def _read_on(call: CallMade, handle: str, offset: int, context: TurnContext) -> Resulted:
    found = await context.ledger.store.read_blob(context.ledger.session.id, handle, offset, RESULT_HEAD)
    if found is None:
        return failure(call, f"{handle!r} 결과는 없습니다.")
    piece, length, outside = found
    end = offset + len(piece)
    more = f"\n[전체 {length:,}자. 이어서 offset={end}]" if end < length else ""
    return Resulted(call_id=call.id, status="done", text=piece + more, summary=f"{end:,}/{length:,}자", outside=outside)
