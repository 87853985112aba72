"""What a tool gave back, as text for the model and a line for people."""

import json
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from agent.text import clean, one_line

if TYPE_CHECKING:
    from mcp.types import BlobResourceContents, CallToolResult, ContentBlock, TextResourceContents

_EMPTY = "(빈 결과)"


class Output(BaseModel):
    """A tool's answer, not yet cut to size."""

    model_config = ConfigDict(frozen=True)

    text: str
    summary: str
    failed: bool = False
    code: str = ""
    outside: bool = False
    """Whether a part of it says of itself that it came from outside: a field `outside` that is true."""


def read(result: "CallToolResult") -> Output:
    """Structured content is preferred: it is shorter than its rendering as text, which is then left out."""
    if result.structured_content is None or result.is_error:
        return _unstructured(result)
    found = _lean(result.structured_content)
    others = [_block(block) for block in result.content if block.type != "text"]
    match found:
        case {"result": str(text)} if len(found) == 1:
            return Output(text=clean("\n".join([text, *others])) or _EMPTY, summary=one_line(text))
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    return Output(text=clean("\n".join([text, *others])), summary=_summary(found), outside=_is_outside(found))


def _unstructured(result: "CallToolResult") -> Output:
    text = clean("\n".join(_block(block) for block in result.content))
    if not result.is_error:
        return Output(text=text or _EMPTY, summary=one_line(text or _EMPTY))
    code = str((result.meta or {}).get("modu/error", "failed"))
    text = text or "도구가 까닭을 말하지 않고 실패했습니다."
    return Output(text=text, summary=one_line(text), failed=True, code=code)


def preview(result: "CallToolResult") -> str:
    """A dry run's summary and detail."""
    found = result.structured_content or {}
    return clean("\n".join(str(found[key]) for key in ("summary", "detail") if found.get(key)))


def _block(block: "ContentBlock") -> str:
    match block.type:
        case "text":
            return block.text
        case "image" | "audio":
            return f"[{block.mime_type} {_size(block.data)}]"
        case "resource_link":
            return f"[자료 {block.name}: {block.uri}]"
        case "resource":
            return _resource(block.resource)


def _resource(resource: "TextResourceContents | BlobResourceContents") -> str:
    if hasattr(resource, "blob"):
        return f"[자료 {resource.uri}, {_size(resource.blob)}]"
    return f"[자료 {resource.uri}]\n{resource.text}"


def _size(data: str) -> str:
    return f"{len(data) * 3 // 4 - data[-2:].count('='):,}바이트"


def _summary(found: Any) -> str:
    match found:
        case {"summary": str(summary)}:
            return one_line(summary, 120)
        case {"items": list(items)}:
            return f"{len(items)}건" + (" (더 있음)" if found.get("next_cursor") else "")
        case dict() if lists := [value for value in found.values() if isinstance(value, list)]:
            return f"{len(lists[0])}건"
    return one_line(json.dumps(found, ensure_ascii=False))


def _is_outside(value: Any) -> bool:
    match value:
        case dict():
            return value.get("outside") is True or any(_is_outside(inner) for inner in value.values())
        case list():
            return any(_is_outside(inner) for inner in value)
    return False


def _lean(value: Any) -> Any:
    """Without empty fields, and clean: JSON would carry control characters on as escapes."""
    match value:
        case dict():
            return {clean(key): _lean(inner) for key, inner in value.items() if inner is not None}
        case list():
            return [_lean(inner) for inner in value]
        case str():
            return clean(value)
    return value
