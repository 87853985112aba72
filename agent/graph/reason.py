"""The nodes that talk to the model."""

from contextlib import aclosing

from agent.errors import ModelFailed, ToolFailed
from agent.events import Compacted, ReasoningDelta, TextDelta, ToolCallProposed, Usage
from agent.graph.state import State, Turn, TurnContext
from agent.model.context import messages
from agent.model.contract import Call, ChatRequest, Finished, Reasoning, Text, Tokens
from agent.tools import own
from agent.tools.catalog import Catalog
from agent.transcript.compaction import due
from agent.transcript.entries import CallMade, Replied


async def prepare(state: State, runtime: Turn) -> State:
    """Make room in the model's context where it is needed."""
    context = runtime.context
    if compaction := due(context.ledger.rows, context.context_tokens):
        await context.ledger.append(state["turn"], compaction)
        runtime.stream_writer(Compacted(summary=compaction.summary, turns=compaction.turns))
    return {"step": state.get("step", 0)}


async def reason(state: State, runtime: Turn) -> State:
    """Ask the model for the next message. A step that was answered before a crash is not asked again."""
    context, turn, step = runtime.context, state["turn"], state["step"]
    if any(reply.step == step for reply in context.ledger.of(turn, Replied)):
        return {}
    reply = await _reply(context, runtime, f"c{turn}_{step}_", step)
    await context.ledger.append(turn, reply)
    runtime.stream_writer(
        Usage(
            model=context.model.name,
            input_tokens=reply.input_tokens,
            output_tokens=reply.output_tokens,
            cached_tokens=reply.cached_tokens,
            reasoning_tokens=reply.reasoning_tokens,
        )
    )
    for call in reply.calls:
        runtime.stream_writer(
            ToolCallProposed(
                call_id=call.id,
                server=call.server,
                tool=call.tool,
                title=call.title,
                arguments=call.arguments,
            )
        )
    return {}


async def _reply(context: TurnContext, runtime: Turn, call_prefix: str, step: int) -> Replied:
    request = ChatRequest(messages=messages(context.ledger.session.workspace, context.ledger.rows), tools=context.tools)
    said: list[str] = []
    thought: list[str] = []
    calls: list[Call] = []
    tokens = Tokens()
    async with aclosing(context.model.stream(request)) as deltas:
        async for delta in deltas:
            match delta:
                case Reasoning(text=text):
                    thought.append(text)
                    runtime.stream_writer(ReasoningDelta(text=text))
                case Text(text=text):
                    said.append(text)
                    runtime.stream_writer(TextDelta(text=text))
                case Call():
                    calls.append(delta)
                case Tokens():
                    tokens = delta
                case Finished():
                    break
    text = "".join(said)
    if not text.strip() and not calls:
        # A parser with thinking switched off puts the answer where the reasoning belongs.
        text = "".join(thought)
        runtime.stream_writer(TextDelta(text=text))
    if not text.strip() and not calls:
        raise ModelFailed("모델이 빈 답을 돌려주었습니다.", hint="다시 시도하거나 다른 모델을 고르세요.")
    made = tuple(_made(context.hub.catalog, call, f"{call_prefix}{n}") for n, call in enumerate(calls))
    return Replied(step=step, text=text, reasoning="".join(thought), calls=made, **tokens.model_dump())


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
    if not tool.trusted:
        tool.check(arguments)
    return {"server": tool.server, "tool": tool.name, "arguments": arguments, "title": tool.title or tool.name}


_OWN_TITLES = {
    "find_tools": "도구 찾기",
    "ask_user": "되묻기",
    "update_plan": "계획 세우기",
    "read_result": "결과 이어 읽기",
}
