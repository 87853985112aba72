"""Whether mended arguments are what a tool takes."""

import re
from typing import Any


def plausible(arguments: dict[str, Any], schema: dict[str, Any]) -> bool:
    """They fit the schema and name no parameter that it does not; a schema that is itself broken fits everything."""
    known = schema.get("properties")
    if isinstance(known, dict) and known and not schema.get("additionalProperties") and arguments.keys() - known.keys():
        return False
    from jsonschema import Draft202012Validator, SchemaError
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    try:
        Draft202012Validator.check_schema(schema)
        # Without a registry of its own the validator would fetch what a schema refers to.
        return bool(Draft202012Validator(schema, registry=Registry()).is_valid(arguments))
    except (SchemaError, Unresolvable, re.error, RecursionError):
        return True
