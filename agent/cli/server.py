"""`modu server NAME`: one tool server alone."""

import importlib

from agent.errors import StorageError, UsageError
from agent.text import refusal

_NAMES = ("calendar", "phone", "search", "code")


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in _NAMES:
        raise UsageError("어느 도구 서버인지 적으세요.", hint=f"modu server {{{'|'.join(_NAMES)}}} [--http HOST:PORT]")
    # Found by name: the agent knows its servers only by their protocol.
    common = importlib.import_module("mcp_servers.common.run")
    chosen = importlib.import_module(f"mcp_servers.{arguments[0]}.server")
    try:
        code: int = common.run(arguments[0], chosen.create, arguments[1:])
    except OSError as error:
        raise StorageError(
            f"저장 폴더를 쓸 수 없습니다: {refusal(error)} ({error.filename})",
            hint="폴더의 권한과 남은 공간을 확인하거나 MODU_HOME 으로 다른 폴더를 정하세요.",
        ) from error
    return code
