"""The agent's own five tools: not ways to the world, but to the catalog, the user and the transcript."""

import json
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from agent.errors import ToolFailed
from agent.events import PlanStep
from agent.model.contract import ToolSpec

SERVER = "modu"


def _unwrapped(value: Any) -> Any:
    """Models like to write the inner arguments as JSON in a string."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError:
        return value


class _Arguments(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class FindTools(_Arguments):
    """목록에 없는 도구를 찾는다"""

    query: str


class UseTool(_Arguments):
    """찾은 도구를 부른다"""

    tool: str
    arguments: Annotated[dict[str, Any], BeforeValidator(_unwrapped)] = {}


class AskUser(_Arguments):
    """꼭 필요한 것을 사용자에게 묻는다"""

    question: str
    options: list[str] = []


class UpdatePlan(_Arguments):
    """여러 단계 일의 계획을 보인다"""

    steps: list[PlanStep]


class ReadResult(_Arguments):
    """잘린 결과를 이어 읽는다"""

    handle: str
    offset: Annotated[int, Field(ge=0)] = 0


_TOOLS: dict[str, type[_Arguments]] = {
    "find_tools": FindTools,
    "use_tool": UseTool,
    "ask_user": AskUser,
    "update_plan": UpdatePlan,
    "read_result": ReadResult,
}


@cache
def specs() -> tuple[ToolSpec, ...]:
    """As offered to the model."""
    return tuple(
        ToolSpec(name=name, description=(kind.__doc__ or "").strip(), parameters=_lean(kind.model_json_schema()))
        for name, kind in _TOOLS.items()
    )


def parse(name: str, arguments: dict[str, Any]) -> _Arguments | None:
    """The typed arguments, or None if it is not one of these tools. Raises `ToolFailed` if they do not fit."""
    if (kind := _TOOLS.get(name)) is None:
        return None
    try:
        return kind.model_validate(arguments)
    except ValidationError as error:
        first = error.errors()[0]
        reason = "꼭 필요한 값이 없습니다" if first["type"] == "missing" else first["msg"]
        where = ".".join(map(str, first["loc"]))
        raise ToolFailed(f"{where}: {reason}. 도구 설명에 맞게 고쳐 부르세요.", code="invalid") from error


def _lean(schema: dict[str, Any], definitions: dict[str, Any] | None = None) -> dict[str, Any]:
    known = definitions or schema.get("$defs", {})
    if reference := schema.get("$ref"):
        return _lean(known[reference.rpartition("/")[2]], known)
    lean = {key: value for key, value in schema.items() if key not in ("title", "default", "description", "$defs")} | (
        {"items": _lean(schema["items"], known)} if "items" in schema else {}
    )
    if "properties" in lean:
        lean["properties"] = {key: _lean(value, known) for key, value in lean["properties"].items()}
    if lean.get("additionalProperties") is False or lean.get("additionalProperties") is True:
        del lean["additionalProperties"]
    return lean
