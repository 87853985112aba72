"""The table of commands. A row is loaded only when it is asked for."""

import importlib
import sys
from collections.abc import Callable

from agent.cli.options import language, usage
from agent.errors import UsageError

_COMMANDS = {
    "sessions": "agent.cli.sessions",
    "doctor": "agent.cli.doctor",
    "models": "agent.cli.models",
    "server": "agent.cli.server",
    "index": "agent.cli.index",
    "mcp": "agent.endpoints.mcp_server",
}
_LATER = {"run", "acp", "web", "serve", "daemon"}
"""Words of the contract that later versions bring; they are not requests."""


def dispatch(arguments: list[str]) -> int:
    """Run the command the arguments name."""
    lang, rest = language(arguments)
    if rest[:1] in (["--help"], ["-h"], ["help"]):
        sys.stdout.write(usage(lang))
        return 0
    if rest and rest[0] in _COMMANDS:
        return _load(_COMMANDS[rest[0]])(rest[1:])
    if rest and rest[0] in _LATER and len(rest) < 3:
        raise UsageError(f"'{rest[0]}' 명령은 이 판에 아직 없습니다.", hint="modu --help 로 쓸 수 있는 명령을 보세요.")
    return _load("agent.cli.request")(arguments)


def _load(module: str) -> Callable[[list[str]], int]:
    main: Callable[[list[str]], int] = importlib.import_module(module).main
    return main
