"""`modu` alone: the terminal UI, on the resident process's sessions or on its own."""

import asyncio
import importlib
from collections.abc import Mapping
from typing import Any

from agent.cli.access import alone, greeting
from agent.cli.arguments import Request
from agent.contract import Assistant
from agent.errors import StorageError
from agent.session.answer_schema import request_options
from agent.settings import load
from agent.wire.home import home_folder
from agent.wire.launching import Unreachable

_SETTLED = 5.0
"""Seconds to the first look at reminders: the screen and the first request come first."""
_MODES = {"plan": "읽기만", "ask": "확인하고 실행", "edit": "파일 수정은 자동", "auto": "자동"}
"""The modes on the screen's status line."""


def show(request: Request, options: Mapping[str, Any]) -> int:
    """Until the user leaves."""
    settings = load(options)
    wishes = request_options({"thinking": request.thinking, "private": request.private})
    greets = greeting(options)
    # The screen is a layer above: it is found by name, never imported from here.
    screen = importlib.import_module("tui.app")

    async def ready() -> Assistant:
        if not alone(request.no_daemon):
            remote = await asyncio.to_thread(importlib.import_module, "agent.remote.assistant")
            try:
                connected: Assistant = await remote.connect(home_folder(), greets)
            except (Unreachable, StorageError):
                # `modu doctor` says why; here the screen is already drawn.
                pass
            else:
                return connected
        local = await asyncio.to_thread(importlib.import_module, "agent.session.assistant")
        own = await local.load(settings)
        own.reminders.start(_SETTLED)
        assistant: Assistant = own
        return assistant

    session = request.session or ("newest" if request.go_on else None)
    banner = _MODES[settings.mode] + (", 비공개 설정" if settings.private else "")
    code: int = screen.run(ready, session, banner, wishes)
    return code
