"""The shape of a turn, and nothing else.

reason ─▶ decide ─▶ act ─▶ reason … ─▶ finish
            │ ▲
            ▼ │
            ask
"""

from typing import Literal

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from agent.events import StopReason
from agent.graph.act import act
from agent.graph.decide import ask, decide
from agent.graph.reason import reason
from agent.graph.repeats import given_up
from agent.graph.shaping import shaped
from agent.graph.state import State, Turn, TurnContext
from agent.transcript.entries import Ended, Replied
from agent.transcript.shown import ending

Graph = CompiledStateGraph[State, TurnContext, State, State]


async def finish(state: State, runtime: Turn) -> State:
    """Close the turn in the transcript, then say so."""
    ledger, turn = runtime.context.ledger, state["turn"]
    text = "\n\n".join(reply.text.strip() for reply in ledger.of(turn, Replied) if reply.text.strip())
    reason: StopReason = "done"
    message = ""
    data = None
    if _goes_on(state, runtime):
        reason, message = _cut_short(state, runtime)
    elif schema := ledger.said(turn).options.answer_schema:
        data = await shaped(turn, state["step"], schema, runtime)
    ended = Ended(stop_reason=reason, text=text, data=data, message=message, model=runtime.context.model.name)
    await ledger.append(turn, ended)
    for event in ending(turn, ended):
        runtime.stream_writer(event)
    return {}


def _goes_on(state: State, runtime: Turn) -> bool:
    reply = runtime.context.ledger.last_reply(state["turn"])
    return reply is not None and bool(reply.calls)


def _cut_short(state: State, runtime: Turn) -> tuple[StopReason, str]:
    if given_up(runtime.context.ledger, state["turn"]):
        return (
            "error",
            "모델이 같은 호출을 되풀이하거나 바르게 쓰지 못해 멈췄습니다. 요청을 바꾸어 다시 해 보세요.",
        )
    limit = runtime.context.settings.max_turns
    return "max_turns", f"한 번에 할 수 있는 단계({limit}번)를 다 써서 멈췄습니다. '계속해 줘'라고 하면 이어서 합니다."


def after_reason(state: State, runtime: Turn) -> Literal["decide", "finish"]:
    """A reply that calls no tool is the answer."""
    return "decide" if _goes_on(state, runtime) else "finish"


def after_decide(state: State, runtime: Turn) -> Literal["ask", "act"]:
    return "ask" if runtime.context.ledger.parked_on(state["turn"]) else "act"


def after_act(state: State, runtime: Turn) -> Literal["reason", "finish"]:
    """On to the model, unless the turn has used up its steps or goes in circles."""
    context = runtime.context
    spent = state["step"] >= context.settings.max_turns
    return "finish" if spent or given_up(context.ledger, state["turn"]) else "reason"


def build(checkpointer: BaseCheckpointSaver[str]) -> Graph:
    graph = StateGraph(State, context_schema=TurnContext)
    for node in (reason, decide, ask, act, finish):
        graph.add_node(node)
    graph.add_edge(START, "reason")
    graph.add_conditional_edges("reason", after_reason)
    graph.add_conditional_edges("decide", after_decide)
    graph.add_edge("ask", "decide")
    graph.add_conditional_edges("act", after_act)
    graph.add_edge("finish", END)
    return graph.compile(checkpointer=checkpointer)
