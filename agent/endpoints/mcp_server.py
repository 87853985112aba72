"""`modu mcp`: the agent as an MCP server over standard input and output, with one tool."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated, Literal

from anyio import CancelScope
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import BaseModel, Field

from agent import __version__
from agent.cli import logs
from agent.cli.access import alone, greeting
from agent.cli.options import ALONE
from agent.contract import Assistant, QuestionAnswered, Session
from agent.errors import UsageError, UserError
from agent.events import ApprovalAsked, Event, Failure, QuestionAsked, TextDelta, ToolCallProposed, TurnFinished
from agent.remote.assistant import connect
from agent.settings import Settings, load
from agent.text import clean
from agent.wire.launching import Unreachable

log = logging.getLogger(__name__)

Reach = Callable[[], Awaitable[Assistant]]


class Answer(BaseModel):
    """What became of one request."""

    session: str
    status: Literal["done", "needs_approval", "max_turns", "cancelled", "error"]
    text: str
    pending: list[str] = []
    """What a person must approve, one line a call."""


def main(arguments: list[str]) -> int:
    by_itself = arguments == [ALONE]
    if arguments and not by_itself:
        raise UsageError(
            f"modu mcp 는 이 판에서 표준 입출력으로만 말합니다: {' '.join(arguments)}",
            hint="프로그램의 MCP 설정에 명령 modu, 인자 mcp 만 적으세요.",
        )
    settings = load({})
    logs.start(settings.home)
    build(partial(_reached, settings, by_itself=by_itself)).run("stdio")
    return 0


async def _reached(settings: Settings, *, by_itself: bool) -> Assistant:
    """The sessions that every face of this home sees; without a resident process, those of this one."""
    if not alone(by_itself):
        try:
            return await connect(settings.home, greeting({}))
        except Unreachable as error:
            log.warning("without the resident process: %s", error)
    # Loaded only here: it brings the whole agent along.
    from agent.session.assistant import load as load_assistant

    return await load_assistant(settings)


class _Desk:
    """The assistant, reached with the first request."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._assistant: Assistant | None = None
        self._reaching = asyncio.Lock()

    async def assistant(self) -> Assistant:
        async with self._reaching:
            if self._assistant is None:
                self._assistant = await self._reach()
        return self._assistant

    async def close(self) -> None:
        if self._assistant:
            await self._assistant.close()


def build(reach: Reach) -> MCPServer[None]:
    """The server of the assistant that is reached."""
    desk = _Desk(reach)

    @asynccontextmanager
    async def lifespan(_: MCPServer[None]) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await desk.close()

    server: MCPServer[None] = MCPServer(
        "modu",
        title="모두",
        version=__version__,
        instructions="한국어 비서에게 일을 부탁합니다.",
        lifespan=lifespan,
        log_level="WARNING",
    )

    @server.tool(title="모두에게 부탁", annotations=ToolAnnotations(destructive_hint=True, open_world_hint=True))
    async def ask(
        request: Annotated[str, Field(min_length=1, description="한국어로 쓴 부탁이나, 되물은 것에 대한 답")],
        ctx: Context,
        session: Annotated[str | None, Field(description="이어서 할 대화의 id")] = None,
    ) -> Answer:
        """일정, 문자, 문서, 코드에 관한 일을 부탁하고 답을 받는다. 바꾸는 일은 사람의 확인을 기다린다."""
        if not (text := clean(request).strip()):
            raise ToolError("부탁이 비어 있습니다. request 에 할 일을 적으세요.")
        try:
            conversation = await (await desk.assistant()).open(session)
            events = await _said(conversation, text)
        except UserError as error:
            raise ToolError(f"{error} {error.hint}".strip()) from error
        try:
            return await _follow(events, Answer(session=conversation.id, status="error", text=""), ctx)
        except asyncio.CancelledError:
            # Nobody waits for the answer any more, but leaving its stream would leave the turn running.
            with CancelScope(shield=True):
                await conversation.cancel()
            raise

    return server


async def _said(session: Session, text: str) -> AsyncIterator[Event]:
    """The answer, if the session waits for one, else a new request."""
    match (await session.history())[-1:]:
        case [QuestionAsked(call_id=call_id)]:
            return session.resume(QuestionAnswered(text=text, asked=(call_id,)))
    return session.send(text)


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
                answer.text = f"사람의 확인을 기다립니다. 승인하려면 터미널에서: modu --session {answer.session} --yes"
            case QuestionAsked(question=question, options=options):
                answer.status = "needs_approval"
                answer.text = "\n".join([question, *(f"- {option}" for option in options)])
            case Failure(message=message, hint=hint):
                answer.text = f"{message} {hint}".strip()
            case TurnFinished(stop_reason=reason, text=text):
                answer.status = reason
                answer.text = text or answer.text
    return answer
