"""The model server as it is now, asked again while one looks."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from agent.contract import EngineStatus
from agent.errors import UserError
from tui.columns import padded
from tui.plain import plain
from tui.widgets.bar import bar

_ENGINES = {
    "vllm": "vLLM",
    "sglang": "SGLang",
    "llamacpp": "llama.cpp",
    "ollama": "Ollama",
    "lmstudio": "LM Studio",
    "openai": "OpenAI 호환 서버",
    "offline": "내장 오프라인 엔진",
}
_UNKNOWN = "알 수 없음"
_LABEL, _BAR = 16, 20
"""Cells."""


class Engine(ModalScreen[None]):
    REFRESH_EVERY = 2.0
    """Seconds."""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,q,ㅂ", "dismiss(None)", "닫기")]

    def __init__(self, status: EngineStatus, ask: Callable[[], Awaitable[EngineStatus]]) -> None:
        super().__init__()
        self._ask = ask
        # Held, not looked up: an answer may come when the screen has been taken down.
        self._figures = Static(_figures(status), id="figures", markup=False)
        self._fault = Static(id="fault", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static("모델 서버", classes="dialog-title", markup=False)
            yield self._figures
            yield self._fault
            yield Static("Esc 닫기", classes="dialog-keys", markup=False)

    def on_mount(self) -> None:
        self._keep_asking()

    @work
    async def _keep_asking(self) -> None:
        while True:
            await asyncio.sleep(self.REFRESH_EVERY)
            try:
                status = await self._ask()
            except UserError as error:
                self._fault.update(plain(f"지금은 답이 없습니다: {error}"))
                continue
            self._figures.update(_figures(status))
            self._fault.update("")


def _figures(status: EngineStatus) -> Content:
    rows = (
        ("엔진", Content(plain(_ENGINES.get(status.engine, status.engine)))),
        ("버전", Content(plain(status.version or _UNKNOWN))),
        ("모델", Content(plain(status.model))),
        ("주소", Content(plain(status.url) or "없음")),
        ("문맥 창", Content(f"{status.context_tokens:,} 토큰")),
        ("KV 캐시", _kv(status.kv_usage)),
        ("앞부분 재사용", Content(_reuse(status.prefix_hits, status.prefix_queries))),
        ("요청", Content(_queue(status.running, status.waiting))),
    )
    return Content("\n").join(Content.assemble((padded(label, _LABEL), "$secondary"), figure) for label, figure in rows)


def _kv(share: float | None) -> Content:
    return Content(_UNKNOWN) if share is None else Content.assemble(bar(share, _BAR), f"  {share:.0%}")


def _reuse(hits: int | None, queries: int | None) -> str:
    if hits is None or queries is None:
        return _UNKNOWN
    return f"{hits / queries:.0%} ({hits:,} / {queries:,} 토큰)" if queries else "아직 없음"


def _queue(running: int | None, waiting: int | None) -> str:
    counts = {"처리 중": running, "대기": waiting}
    return ", ".join(f"{what} {count}개" for what, count in counts.items() if count is not None) or _UNKNOWN
