"""Lean JSON schemas: what a model does not need is not sent."""

from typing import Any

_DROPPED = ("title", "default", "additionalProperties")


def flat(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without titles, defaults and the `null` arm of optional arguments (clients reject type unions)."""
    slim = {key: value for key, value in schema.items() if key not in _DROPPED}
    if arms := slim.pop("anyOf", None):
        real = [arm for arm in arms if arm.get("type") != "null"]
        slim |= flat(real[0]) if len(real) == 1 else {"anyOf": real}
    if properties := slim.get("properties"):
        slim["properties"] = {key: flat(value) for key, value in properties.items()}
    if isinstance(items := slim.get("items"), dict):
        slim["items"] = flat(items)
    return slim
