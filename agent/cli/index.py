"""`modu index PATH…`: build the search index, with progress."""

import asyncio
import json
import sys
import uuid
from pathlib import Path

from agent.cli import logs
from agent.errors import ToolFailed, UsageError, UserError
from agent.settings import load


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
        tool = hub.catalog.get("search_index_documents")
        output = await hub.call(tool, {"paths": paths}, f"index/{uuid.uuid4().hex}", _progress)
    except ToolFailed as failed:
        raise UserError(str(failed)) from failed
    finally:
        await hub.close()
    sys.stderr.write("\n")
    sys.stdout.write(f"{output.summary}\n")
    _faults(output.text)
    return 1 if output.failed else 0


async def _progress(progress: float, total: float | None, message: str | None) -> None:
    sys.stderr.write(f"\r\x1b[K{int(progress)}/{int(total or 0)} {message or ''}")
    sys.stderr.flush()


def _faults(text: str) -> None:
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        return
    for fault in found.get("errors", ()):
        sys.stderr.write(f"  {fault.get('path', '')}: {fault.get('reason', fault)}\n")
