"""What a tool gave back, as text for the model and a line for people."""

import json
from typing import Any

from mcp.types import (
    AudioContent,
    BlobResourceContents,
    CallToolResult,
    ContentBlock,
    EmbeddedResource,
    ImageContent,
    ResourceLink,
    TextContent,
    TextResourceContents,
)
from pydantic import BaseModel, ConfigDict

from agent.text import clean, one_line


class Output(BaseModel):
    """A tool's answer, not yet cut to size."""

    model_config = ConfigDict(frozen=True)

    text: str
    summary: str
    failed: bool = False
    code: str = ""


def read(result: CallToolResult) -> Output:
    """Structured content is preferred: it is shorter than its rendering as text."""
    code = str((result.meta or {}).get("modu/error", "failed" if result.is_error else ""))
    if result.structured_content is not None and not result.is_error:
        found = _without_none(result.structured_content)
        text = clean(json.dumps(found, ensure_ascii=False, separators=(",", ":")))
        return Output(text=text, summary=_summary(found))
    text = clean("\n".join(_block(block) for block in result.content)) or "(빈 결과)"
    return Output(text=text, summary=one_line(text), failed=bool(result.is_error), code=code)


def preview(result: CallToolResult) -> str:
    """A dry run's summary and detail."""
    found = result.structured_content or {}
    return clean("\n".join(str(found[key]) for key in ("summary", "detail") if found.get(key)))


def _block(block: ContentBlock) -> str:
    match block:
        case TextContent(text=text):
            return text
        case ImageContent(mime_type=kind, data=data) | AudioContent(mime_type=kind, data=data):
            return f"[{kind} {len(data) * 3 // 4:,}바이트]"
        case ResourceLink(uri=uri, name=name):
            return f"[자료 {name}: {uri}]"
        case EmbeddedResource(resource=resource):
            return _resource(resource)


def _resource(resource: TextResourceContents | BlobResourceContents) -> str:
    match resource:
        case TextResourceContents(uri=uri, text=text):
            return f"[자료 {uri}]\n{text}"
        case BlobResourceContents(uri=uri, blob=data):
            return f"[자료 {uri}, {len(data) * 3 // 4:,}바이트]"


def _summary(found: Any) -> str:
    match found:
        case {"summary": str(summary)}:
            return one_line(summary, 120)
        case {"items": list(items)}:
            return f"{len(items)}건" + (" (더 있음)" if found.get("next_cursor") else "")
        case dict() if lists := [value for value in found.values() if isinstance(value, list)]:
            return f"{len(lists[0])}건"
    return one_line(json.dumps(found, ensure_ascii=False))


def _without_none(value: Any) -> Any:
    match value:
        case dict():
            return {key: _without_none(inner) for key, inner in value.items() if inner is not None}
        case list():
            return [_without_none(inner) for inner in value]
    return value
