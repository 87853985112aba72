"""The user's rules: `calendar_delete_event`, `phone_*`, `code_edit_file(path=docs/*)`."""

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from agent.errors import SettingsError

_RULE = re.compile(r"(?P<tool>[\w.*?\[\]-]+)(?:\((?P<argument>\w+)=(?P<value>.*)\))?")


def any_matches(rules: Iterable[str], tool: str, arguments: Mapping[str, Any]) -> str | None:
    """The first rule that fits the call. Raises `SettingsError` on a rule that does not parse."""
    return next((rule for rule in rules if _matches(rule, tool, arguments)), None)


def _matches(rule: str, tool: str, arguments: Mapping[str, Any]) -> bool:
    parsed = _RULE.fullmatch(rule.strip())
    if parsed is None:
        raise SettingsError(
            f"규칙 {rule!r} 을(를) 읽을 수 없습니다.",
            hint="예: phone_*, code_edit_file(path=docs/*). config.toml 을 고치세요.",
        )
    if not fnmatchcase(tool, parsed["tool"]):
        return False
    if parsed["argument"] is None:
        return True
    value = arguments.get(parsed["argument"])
    return value is not None and fnmatchcase(str(value), parsed["value"])
