"""`modu index PATH…`: build the search index, with progress."""

import asyncio
import json
import os
import sys
import uuid
from pathlib import Path

from agent.cli import logs
from agent.errors import ToolFailed, UsageError, UserError
from agent.settings import load
from agent.text import clip, printable


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0].startswith("-"):
        raise UsageError("색인할 파일이나 폴더를 적으세요.", hint="예: modu index ~/문서")
    if missing := [path for path in arguments if not Path(path).expanduser().exists()]:
        raise UsageError(f"없는 경로입니다: {', '.join(missing)}", hint="경로를 확인하세요.")
    return asyncio.run(_index([str(Path(path).expanduser().absolute()) for path in arguments]))


async def _index(paths: list[str]) -> int:
    from agent.tools.hub import Hub

    settings = load({"only_servers": ("search",)})
    logs.start(settings.home)
    hub = Hub(settings)
    await hub.start()
    try:
        if fault := (await hub.faults())["search"]:
            raise UserError(f"검색 서버를 시작할 수 없습니다: {fault}", hint="modu doctor 로 점검하세요.")
        tool = hub.catalog.get("search_index_documents")
        output = await hub.call(tool, {"paths": paths}, f"index/{uuid.uuid4().hex}", _progress)
    except ToolFailed as failed:
        raise UserError(str(failed), hint="modu index 를 다시 실행하면 남은 것부터 이어서 색인합니다.") from failed
    finally:
        await hub.close()
        _clear_line()
    sys.stdout.write(f"{output.summary}\n")
    _faults(output.text)
    return 1 if output.failed else 0


async def _progress(progress: float, total: float | None, message: str | None) -> None:
    _clear_line()
    if sys.stderr.isatty():
        # A letter takes up to two columns, and a line that wraps could not be cleared.
        room = os.get_terminal_size(sys.stderr.fileno()).columns // 2
        sys.stderr.write(clip(printable(message or f"{progress:.0f}"), room))
        sys.stderr.flush()


def _clear_line() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")


def _faults(text: str) -> None:
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        return
    for fault in found.get("failures", ()):
        sys.stderr.write(printable(f"  {fault['path']}: {fault['reason']}") + "\n")
