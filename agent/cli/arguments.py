"""The command line of a request, read as `argparse` would, which takes a fifth of the time that a request may take."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agent.cli.options import OPTIONS
from agent.errors import UsageError

_NUMBER = re.compile(r"-\d+|-\d*\.\d+")
"""No option, although it begins like one."""
_HINT = "modu --help 로 사용법을 보세요."


class Request:
    """What was asked, and how; None where the command line does not say."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.model: str | None = None
        self.base_url: str | None = None
        self.mode: str | None = None
        self.yes = False
        self.session: str | None = None
        self.go_on = False
        self.json = False
        self.stream_json = False
        self.schema: str | None = None
        self.thinking: str | None = None
        self.private = False
        self.max_turns: int | None = None
        self.cwd: str | None = None
        self.server: list[str] = []
        self.no_daemon = False
        self.lang: str | None = None


def read(arguments: list[str]) -> Request:
    """Raises `UsageError` for what cannot be meant."""
    request, unknown = Request(), []
    rest = iter(arguments)
    for argument in rest:
        name, is_given, value = argument.partition("=")
        if argument == "--":
            request.words += rest
        elif name in OPTIONS:
            _set(request, name, value if is_given else None, rest)
        elif _is_option(argument):
            unknown.append(argument)
        else:
            request.words.append(argument)
    if unknown:
        raise UsageError(f"모르는 옵션입니다: {' '.join(unknown)}", hint=_HINT)
    return request


def _is_option(argument: str) -> bool:
    """Words that begin with a dash are none: a list, a negative number."""
    dashed = len(argument) > 1 and argument.startswith("-")
    return dashed and " " not in argument and not _NUMBER.fullmatch(argument)


def _set(request: Request, name: str, value: str | None, rest: Iterator[str]) -> None:
    field = {"--continue": "go_on"}.get(name, name[2:].replace("-", "_"))
    if not OPTIONS[name][0]:
        if value is not None:
            raise UsageError(f"{name} 에는 값을 줄 수 없습니다: {value!r}", hint=_HINT)
        setattr(request, field, True)
        return
    if value is None:
        value = next(rest, None)
        if value is None or value == "--" or value.partition("=")[0] in OPTIONS or _is_option(value):
            raise UsageError(f"{name} 다음에 값이 필요합니다.", hint=_HINT)
    if name == "--server":
        request.server.append(value)
    else:
        setattr(request, field, _checked(name, value))


def _checked(name: str, value: str) -> str | int:
    if name == "--max-turns":
        try:
            return int(value)
        except ValueError as error:
            raise UsageError(f"{name} 에는 정수가 필요합니다: {value!r}", hint=_HINT) from error
    choices = OPTIONS[name][0].split("|")
    if name in {"--mode", "--lang"} and value not in choices:
        known = ", ".join(map(repr, choices))
        raise UsageError(f"{name} 에 쓸 수 없는 값입니다: {value!r}. 쓸 수 있는 값: {known}", hint=_HINT)
    return value


def overrides(request: Request) -> dict[str, Any]:
    """The options as settings. Raises `UsageError` for what they cannot mean."""
    if request.cwd and not Path(request.cwd).is_dir():
        raise UsageError(f"작업 폴더 {request.cwd!r} 이(가) 없습니다.", hint="--cwd 에 있는 폴더를 주세요.")
    return {
        "model": request.model,
        "base_url": request.base_url,
        "mode": request.mode,
        "max_turns": request.max_turns,
        "workspace": str(Path(request.cwd).absolute()) if request.cwd else None,
        "only_servers": request.server,
        "lang": request.lang,
    }
