"""Whether the arguments of a call fit the schema of its tool."""

import re
from collections.abc import Mapping
from typing import Any

import jsonschema
from jsonschema.exceptions import best_match
from jsonschema.validators import validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable

from agent.text import one_line


def misfit(parameters: dict[str, Any], arguments: Mapping[str, Any]) -> str:
    """Where and why they do not fit, in a clause for the model; empty if they do."""
    kind = validator_for(parameters, default=jsonschema.Draft202012Validator)
    try:
        kind.check_schema(parameters)
        # The empty registry: a foreign schema must not make this process fetch an address.
        error = best_match(kind(parameters, registry=Registry()).iter_errors(dict(arguments)))
    except (jsonschema.SchemaError, Unresolvable, re.error, RecursionError):
        # A third-party server's broken schema is for that server to judge.
        return ""
    if error is None:
        return ""
    where = ".".join(map(str, error.absolute_path)) or "인자"
    return f"{where}: {_reason(error)}"


def _reason(error: jsonschema.ValidationError) -> str:
    match error.validator, error.validator_value, error.instance:
        case "required", list(names), dict(given):
            return f"꼭 필요한 값이 없습니다({', '.join(name for name in names if name not in given)})"
        case "type", kind, _:
            return f"{kind} 값이어야 합니다"
        case "enum", list(allowed), _:
            return f"다음 가운데 하나여야 합니다: {', '.join(map(str, allowed))}"
    return one_line(error.message, 300)
