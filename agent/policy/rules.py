"""The user's rules: `calendar_delete_event`, `phone_*`, `code_edit_file(path=docs/*)`."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from agent.errors import SettingsError
from agent.policy.spelling import spellings

_RULE = re.compile(r"(?P<tool>[\w.*?\[\]-]+)(?:\((?P<argument>\w+)=(?P<value>.*)\))?")
Enough = Callable[[Iterable[bool]], bool]


def first_match(
    rules: Iterable[str], tool: str, arguments: Mapping[str, Any], workspace: Path, enough: Enough = any
) -> str | None:
    """The first rule that fits the call.

    Where an argument is a list, `enough` says whether one of its values must fit (to forbid) or `all` (to allow).

    Raises:
        SettingsError: a rule does not parse.
    """
    return next((rule for rule in rules if _matches(rule, tool, arguments, workspace, enough)), None)


def _matches(rule: str, tool: str, arguments: Mapping[str, Any], workspace: Path, enough: Enough) -> bool:
    parsed = _RULE.fullmatch(unicodedata.normalize("NFC", rule).strip())
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
    if value is None or value == []:
        return False
    pattern = parsed["value"].strip().removeprefix("./")
    values = spellings(parsed["argument"], value, workspace)
    return enough(any(fnmatchcase(written, pattern) for written in ways) for ways in values)
