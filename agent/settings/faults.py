"""A fault of a setting, said in Korean and with the place where it stands."""

import difflib
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from agent.errors import SettingsError
from agent.settings.values import Profile, ServerSpec, Written


def checked(values: dict[str, Any], source: Callable[[str], str]) -> dict[str, Any]:
    """The values of one source, unchanged. Raises `SettingsError` that names where a wrong one stands."""
    try:
        Written.model_validate(values)
    except ValidationError as error:
        fault = error.errors()[0]
        key = ".".join(map(str, fault["loc"]))
        raise SettingsError(f"{source(key)}: {_reason(fault)}.", hint=_advice(fault)) from error
    return values


_REASONS = {
    "extra_forbidden": "모르는 키입니다",
    "string_type": "따옴표로 묶은 글자여야 합니다",
    "path_type": "따옴표로 묶은 경로여야 합니다",
    "int_type": "정수여야 합니다",
    "int_parsing": "정수여야 합니다",
    "int_from_float": "정수여야 합니다",
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


def _reason(fault: ErrorDetails) -> str:
    if fault["type"].startswith("datetime"):
        return "ISO 8601 시각이어야 합니다. 예: 2026-11-22T09:00:00+09:00"
    context = {key: str(value).replace(" or ", ", ") for key, value in fault.get("ctx", {}).items()}
    return _REASONS.get(fault["type"], fault["msg"]).format(**context).rstrip(".")


def _advice(fault: ErrorDetails) -> str:
    tables: dict[str | int, type[BaseModel]] = {"servers": ServerSpec, "profiles": Profile}
    known = tables.get(fault["loc"][0], Written).model_fields
    near = difflib.get_close_matches(str(fault["loc"][-1]), known, n=1)
    if fault["type"] != "extra_forbidden" or not near:
        return "그 값을 고치거나 지우세요."
    return f"{near[0]} 을(를) 쓰려던 것이면 고치고, 아니면 지우세요."
