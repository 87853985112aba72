"""File name patterns as people write them: `*.py` anywhere, `src/**/*.ts`, `{a,b}`.

Standard library only.
"""

import re

_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[!?\]?[^\]]*\]|\{[^{}]*\}|.", re.DOTALL)
_WILD = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def compiled(pattern: str) -> re.Pattern[str]:
    """Matches relative paths; a pattern without a slash matches the file name in any folder."""
    pattern = pattern.removeprefix("./")
    anywhere = "" if "/" in pattern else "(?:.*/)?"
    return re.compile(f"{anywhere}{_translated(pattern.removeprefix('/'))}\\Z", re.DOTALL)


def _translated(pattern: str) -> str:
    return "".join(map(_part, _TOKEN.findall(pattern)))


def _part(token: str) -> str:
    if wild := _WILD.get(token):
        return wild
    if token.startswith("{") and token.endswith("}"):
        return f"(?:{'|'.join(map(_translated, token[1:-1].split(',')))})"
    if len(token) > 1 and token.startswith("["):
        negated = token.startswith("[!")
        members = re.escape(token[2 if negated else 1 : -1]).replace("\\-", "-")
        return f"[{'^/' if negated else ''}{members}]"
    return re.escape(token)
