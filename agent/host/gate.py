"""Who is let in, and what is answered to a greeting."""

import hmac
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from agent.errors import UsageError, UserError
from agent.wire.build import build
from agent.wire.frames import PROTOCOL


class Gate:
    """One a process."""

    def __init__(self, token: str | None) -> None:
        self.on_stale: Callable[[], None] = lambda: None
        """Called when what lies on the disk is no longer what this process was started from."""
        self._token = token
        self._build = build()
        self.answer = {"modu": PROTOCOL, "build": self._build, "pid": os.getpid(), "started": time.time()}

    def admits(self, greeting: Mapping[str, Any]) -> bool:
        """Whether the token is right, where one is needed: on loopback anybody can connect."""
        given = str(greeting.get("token", "")).encode(errors="replace")
        return self._token is None or hmac.compare_digest(given, self._token.encode())

    def gives_way(self, greeting: Mapping[str, Any]) -> bool:
        """Whether the face is of what lies on the disk now, and this process is not: it shall ask again, elsewhere."""
        # Who only looks at the process says no build.
        stale = greeting.get("build", self._build) != self._build and build() != self._build
        if stale:
            self.on_stale()
        return stale

    def misfit(self, greeting: Mapping[str, Any]) -> UserError | None:
        """Why this face cannot be served."""
        if greeting.get("modu") == PROTOCOL:
            return None
        return UsageError(
            "이 창과 상주 프로세스의 판이 다릅니다.",
            hint="창을 닫았다 다시 열고, 그래도 그러면 modu daemon restart 를 하세요.",
        )
