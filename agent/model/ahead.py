"""PLACEHOLDER by the lead until helper 2 writes the real one (overwrite this file): passes everything through."""

from collections.abc import AsyncGenerator
from typing import Any

from agent.model.contract import ChatModel, ChatRequest, Delta


class Ahead:
    def __init__(self, model: ChatModel, request: ChatRequest) -> None:
        self._model = model

    def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        return self._model.stream(request)

    async def let_go(self) -> None:
        return

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)
