"""A fault of a setting, said in Korean and with the place where it stands."""

import difflib
from collections.abc import Callable, Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from agent.errors import SettingsError
from agent.settings.values import Written


def checked(values: dict[str, Any], source: Callable[[str], str]) -> dict[str, Any]:
    """The values of one source, unchanged. Raises `SettingsError` that names where a wrong one stands."""
    try:
        Written.model_validate(values)
    except ValidationError as error:
        fault = error.errors()[0]
        raise SettingsError(f"{source(_key(fault))}: {_reason(fault)}.", hint=_advice(fault)) from error
    return values


_SEVERAL_TYPES = {"thinking": "on, off 나 1 이상의 정수(생각할 토큰 수)여야 합니다"}
"""What a key must be that takes more than one type; pydantic would speak of one of them only."""

_REASONS = {
    "extra_forbidden": "모르는 키입니다",
    "missing": "빠졌습니다",
    "string_type": "따옴표로 묶은 글자여야 합니다",
    "path_type": "따옴표로 묶은 경로여야 합니다",
    "int_type": "정수여야 합니다",
    "int_parsing": "정수여야 합니다",
    "int_from_float": "정수여야 합니다",
    "bool_type": "true 나 false 여야 합니다",
    "bool_parsing": "true 나 false 여야 합니다",
    "finite_number": "정수여야 합니다",
    "float_type": "숫자여야 합니다",
    "float_parsing": "숫자여야 합니다",
    "tuple_type": '["…", "…"] 꼴의 목록이어야 합니다',
    "dict_type": "[표] 여야 합니다",
    "model_type": "[표] 여야 합니다",
    "greater_than_equal": "{ge} 이상이어야 합니다",
    "greater_than": "{gt}보다 커야 합니다",
    "less_than_equal": "{le} 이하여야 합니다",
    "literal_error": "{expected} 가운데 하나여야 합니다",
    "value_error": "{error}",
}


def _key(fault: ErrorDetails) -> str:
    place = fault["loc"][:1] if fault["loc"][0] in _SEVERAL_TYPES else fault["loc"]
    return ".".join(str(part) for part in place if part != "[key]")


def _reason(fault: ErrorDetails) -> str:
    if said := _SEVERAL_TYPES.get(str(fault["loc"][0])):
        return said
    if fault["type"].startswith("datetime"):
        return "ISO 8601 시각이어야 합니다. 예: 2026-11-22T09:00:00+09:00"
    context = {key: str(value).replace(" or ", ", ") for key, value in fault.get("ctx", {}).items()}
    return _REASONS.get(fault["type"], fault["msg"]).format(**context).rstrip(".")


def _advice(fault: ErrorDetails) -> str:
    if fault["type"] == "missing":
        return "그 키를 적으세요."
    near = difflib.get_close_matches(str(fault["loc"][-1]), _table(fault["loc"][:-1]).model_fields, n=1)
    if fault["type"] != "extra_forbidden" or not near:
        return "그 값을 고치거나 지우세요."
    return f"{near[0]} 을(를) 쓰려던 것이면 고치고, 아니면 지우세요."


def _table(place: tuple[str | int, ...]) -> type[BaseModel]:
    """The table that stands there."""
    table: type[BaseModel] = Written
    for part in place:
        field = table.model_fields.get(str(part))
        table = next(_tables(field.annotation), table) if field else table
    return table


def _tables(annotation: Any) -> Iterator[type[BaseModel]]:
    if inner := get_args(annotation):
        for each in inner:
            yield from _tables(each)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
