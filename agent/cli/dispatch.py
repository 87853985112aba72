"""The table of commands. A row is loaded only when it is asked for."""

import importlib
import sys
from collections.abc import Callable

from agent.cli.options import ALONE, language, taken_out, usage
from agent.errors import UsageError

_COMMANDS = {
    "sessions": "agent.cli.sessions",
    "doctor": "agent.cli.doctor",
    "models": "agent.cli.models",
    "server": "agent.cli.server",
    "index": "agent.cli.index",
    "serve": "agent.cli.serve",
    "daemon": "agent.cli.daemon",
    "mcp": "agent.endpoints.mcp_server",
}
_ALONE = {"doctor", "models"}
"""Commands that take nothing more."""
_OWN_HELP = {"sessions", "serve", "daemon"}
_SPEAKING = {"sessions", "doctor", "models", "mcp"}
"""Commands that reach the sessions, and may be told how."""
_HELP = (["--help"], ["-h"])


def dispatch(arguments: list[str]) -> int:
    """Run the command the arguments name."""
    lang, rest = language(arguments)
    by_itself = rest[:1] == [ALONE]
    rest = rest[by_itself:]
    command = rest[0] if rest and rest[0] in _COMMANDS else ""
    if rest[:1] in (*_HELP, ["help"]) or (command and command not in _OWN_HELP and rest[1:2] in _HELP):
        sys.stdout.write(usage(lang))
        return 0
    if command in _ALONE and (more := taken_out(rest[1:])[1]):
        raise UsageError(
            f"modu {command} 뒤에는 아무것도 적지 않습니다: {' '.join(more)}",
            hint="modu --help 로 사용법을 보세요.",
        )
    if command:
        how = [ALONE] if by_itself and command in _SPEAKING else []
        return _load(_COMMANDS[command])([*how, *rest[1:]])
    return _load("agent.cli.request")(arguments)


def _load(module: str) -> Callable[[list[str]], int]:
    main: Callable[[list[str]], int] = importlib.import_module(module).main
    return main
