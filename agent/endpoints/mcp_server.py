"""`modu mcp`: the agent as an MCP server over standard input and output, with one tool."""

from collections.abc import AsyncIterator
from typing import Annotated, Literal

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.types import ToolAnnotations
from pydantic import BaseModel, Field

from agent import __version__
from agent.cli import logs
from agent.contract import Assistant
from agent.events import ApprovalAsked, Event, Failure, QuestionAsked, TextDelta, ToolCallProposed, TurnFinished
from agent.session.assistant import load as load_assistant
from agent.settings import Settings, load


class Answer(BaseModel):
    """What became of one request."""

    session: str
    status: Literal["done", "needs_approval", "max_turns", "cancelled", "error"]
    text: str
    pending: list[str] = []
    """What a person must approve, one line a call."""


def main(arguments: list[str]) -> int:
    settings = load({})
    logs.start(settings.home)
    build(settings).run("stdio")
    return 0


def build(settings: Settings) -> MCPServer:
    """The server; the assistant starts with the first request."""
    server = MCPServer(
        "modu", title="모두", version=__version__, instructions="한국어 비서에게 일을 부탁합니다.", log_level="WARNING"
    )
    started: list[Assistant] = []

    @server.tool(title="모두에게 부탁", annotations=ToolAnnotations(destructive_hint=True, open_world_hint=True))
    async def ask(
        request: Annotated[str, Field(min_length=1, description="한국어로 쓴 부탁")],
        ctx: Context,
        session: Annotated[str | None, Field(description="이어서 할 대화의 id")] = None,
    ) -> Answer:
        """일정, 문자, 문서, 코드에 관한 일을 부탁하고 답을 받는다. 바꾸는 일은 사람의 확인을 기다린다."""
        if not started:
            started.append(await load_assistant(settings))
        conversation = await started[0].open(session)
        return await _follow(conversation.send(request), Answer(session=conversation.id, status="error", text=""), ctx)

    return server


async def _follow(events: AsyncIterator[Event], answer: Answer, ctx: Context) -> Answer:
    steps = 0
    async for event in events:
        match event:
            case TextDelta(text=text):
                answer.text += text
            case ToolCallProposed(title=title):
                steps += 1
                await ctx.report_progress(steps, message=title)
            case ApprovalAsked(calls=calls):
                answer.status = "needs_approval"
                answer.pending = [f"{call.title}: {call.preview}" for call in calls]
            case QuestionAsked(question=question):
                answer.status, answer.text = "needs_approval", question
            case Failure(message=message, hint=hint):
                answer.text = f"{message} {hint}".strip()
            case TurnFinished(stop_reason=reason):
                answer.status = reason
            case _:
                continue
    return answer
