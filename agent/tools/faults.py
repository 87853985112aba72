"""Why a tool server cannot be used, in Korean words for people."""

from pathlib import Path

import anyio
import httpx2
from mcp import MCPError
from mcp.client.subscriptions import SubscriptionLost

from agent.josa import josa
from agent.text import clean, one_line

CONNECTION_CLOSED, REQUEST_TIMEOUT, INVALID_REQUEST, METHOD_NOT_FOUND = -32000, -32001, -32600, -32601

TRANSPORT_ERRORS = (
    MCPError,
    OSError,
    TimeoutError,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    anyio.EndOfStream,
    httpx2.HTTPError,
    httpx2.InvalidURL,
    SubscriptionLost,
)
"""How a connection ends, and a server that cannot be reached shows."""


def explain(error: BaseException) -> str:
    """One clause without a full stop, to stand after the server's name."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    match error:
        case OSError(filename=str() | Path() as path):
            absent = isinstance(error, FileNotFoundError)
            return f"{josa(str(path), '을/를')} {'찾을' if absent else '실행할'} 수 없습니다"
        case httpx2.HTTPError():
            return _unreachable(error)
        case SubscriptionLost() | anyio.BrokenResourceError() | anyio.ClosedResourceError():
            return "연결이 끊겼습니다"
        case TimeoutError():
            return "제때 시작하지 않았습니다"
        case MCPError():
            return _refusal(error)
    return said(str(error)) or type(error).__name__


def _unreachable(error: httpx2.HTTPError) -> str:
    match error:
        case httpx2.HTTPStatusError():
            return f"서버가 인증을 요구합니다({error.response.status_code}). headers 설정을 확인하세요"
        case httpx2.ConnectError() | httpx2.ConnectTimeout():
            return "그 주소에서 답하는 서버가 없습니다"
    return "연결이 끊겼습니다"


def _refusal(error: MCPError) -> str:
    match error.code:
        case code if code == CONNECTION_CLOSED:
            return "MCP 서버로 답하지 않고 끝났습니다"
        case code if code == METHOD_NOT_FOUND:
            return "그곳에 MCP 서버가 없거나 도구를 내놓지 않습니다"
    return f"MCP 서버로 쓸 수 없는 답이 왔습니다({said(error.message)})"


def said(text: str) -> str:
    """A foreign server's words: one line without control characters."""
    return one_line(clean(text), 300)
