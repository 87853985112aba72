"""The node that asks the model for the next message."""

from agent.errors import ContextOverflow, ToolFailed
from agent.graph.listening import Heard, listen
from agent.graph.room import fitting_request, make_room
from agent.graph.state import State, Turn
from agent.model.contract import Call
from agent.model.reading.arguments import fit
from agent.tools import own
from agent.tools.catalog import Catalog
from agent.transcript.entries import CallMade, Replied
from agent.transcript.shown import replied

_SQUEEZES = 4
"""How often room is made after a server found the request too long."""


async def reason(state: State, runtime: Turn) -> State:
    """Ask the model for the next message. A step that was answered before a crash is not asked again."""
    context, turn, step = runtime.context, state["turn"], state.get("step", 0)
    if any(reply.step == step for reply in context.ledger.of(turn, Replied)):
        return {"step": step}
    heard = await _heard(turn, step, runtime)
    made = tuple(_made(context.hub.catalog, call, f"c{turn}_{step}_{n}") for n, call in enumerate(heard.calls))
    reply = Replied(
        step=step,
        text=heard.text,
        reasoning="".join(heard.thought),
        calls=made,
        model=context.model.name,
        **heard.tokens.model_dump(),
    )
    await context.ledger.append(turn, reply)
    for event in replied(reply):
        runtime.stream_writer(event)
    return {"step": step}


async def _heard(turn: int, step: int, runtime: Turn) -> Heard:
    """Raises `ContextOverflow` when nothing more can leave the context."""
    for _ in range(_SQUEEZES):
        asked = await fitting_request(turn, step, runtime)
        try:
            return await listen(asked, turn, step, runtime)
        except ContextOverflow:
            if not await make_room(turn, step, runtime):
                raise
    return await listen(await fitting_request(turn, step, runtime), turn, step, runtime)


def _made(catalog: Catalog, call: Call, call_id: str) -> CallMade:
    made = CallMade(
        id=call_id,
        name=call.name,
        sent=call.arguments,
        server=own.SERVER,
        tool=call.name,
        arguments=call.arguments,
        title=_OWN_TITLES.get(call.name, call.name),
        fault=call.fault,
        repaired=call.repaired,
    )
    if call.fault:
        return made
    try:
        return made.model_copy(update=_resolved(catalog, call))
    except ToolFailed as failed:
        return made.model_copy(update={"fault": str(failed)})


def _resolved(catalog: Catalog, call: Call) -> dict[str, object]:
    match own.parse(call.name, call.arguments):
        case own.UseTool(tool=name, arguments=arguments):
            pass
        case None:
            name, arguments = call.name, call.arguments
        case _:
            return {}
    tool = catalog.get(name)
    # Only the tools offered from the start were known where the reply was read.
    arguments = fit(arguments, tool.parameters)
    if not tool.trusted:
        tool.check(arguments)
    return {"server": tool.server, "tool": tool.name, "arguments": arguments, "title": tool.title or tool.name}


_OWN_TITLES = {
    "find_tools": "도구 찾기",
    "ask_user": "되묻기",
    "update_plan": "계획 세우기",
    "read_result": "결과 이어 읽기",
}
