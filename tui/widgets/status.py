"""The bottom line: what is going on, in which mode, in which conversation, how full the window is, at what cost."""

from time import monotonic

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.reactive import var
from textual.timer import Timer
from textual.widgets import Static

from agent.contract import RequestOptions
from agent.events import (
    ApprovalAsked,
    Event,
    QuestionAsked,
    ReasoningDelta,
    ReplyRestarted,
    TextDelta,
    ToolCallFinished,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
    Usage,
)

IDLE = "대기"
_THOUGHTS = {"on": "생각 켬", "off": "생각 끔"}


class Status(Horizontal):
    activity = var(IDLE)
    title = var("")
    tokens = var((0, 0))
    thinking = var(False, toggle_class="-thinking")
    """Reasoning is coming in, so it can be ended."""
    context: var[float | None] = var(None)
    """Share of the model's window in use, as last measured."""

    def __init__(self, banner: str) -> None:
        super().__init__()
        self._banner = banner
        # Held, not looked up: the measure may come when the screen is being taken down.
        self._filled = Static(id="context", markup=False)
        self._since = 0.0
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        yield Static(id="activity", markup=False)
        yield Static("Ctrl+S 바로 답하기", id="answer-now", markup=False)
        yield Static(self._banner, id="banner", markup=False)
        yield Static(id="wishes", markup=False)
        yield Static(id="title", markup=False)
        yield self._filled
        yield Static(id="tokens", markup=False)

    def on_mount(self) -> None:
        self._timer = self.set_interval(1, self._draw_activity, pause=True)
        self._draw_activity()

    def apply(self, event: Event) -> None:
        """Follow the stream; only what changes this line matters."""
        self.thinking = isinstance(event, ReasoningDelta)
        match event:
            case TurnStarted(text=text):
                self.title = self.title or text.partition("\n")[0]
                self.activity = "생각 중"
            case ReasoningDelta() | ToolCallFinished():
                self.activity = "생각 중"
            case TextDelta():
                self.activity = "답하는 중"
            case ReplyRestarted():
                self.activity = "다시 받는 중"
            case ToolCallStarted():
                self.activity = "도구 실행 중"
            case ApprovalAsked() | QuestionAsked():
                self.activity = "확인을 기다림"
            case Usage(input_tokens=sent, output_tokens=received):
                self.tokens = (self.tokens[0] + sent, self.tokens[1] + received)
            case TurnFinished():
                self.activity = IDLE
            case _:
                pass

    def reset(self, title: str) -> None:
        """Another session."""
        self.title = title
        self.tokens = (0, 0)
        self.context = None

    def show_wishes(self, options: RequestOptions) -> None:
        """How the next requests want to be answered, where that is not as usual."""
        thought = _THOUGHTS.get(str(options.thinking), f"생각 {options.thinking}")
        said = ["비공개"] * options.private + [thought] * (options.thinking is not None)
        wishes = self.query_one("#wishes", Static)
        wishes.display = bool(said)
        wishes.update(", ".join(said))

    def watch_activity(self, before: str, now: str) -> None:
        if before == IDLE:
            self._since = monotonic()
        if self._timer is None:
            return
        if now == IDLE:
            self._timer.pause()
        elif before == IDLE:
            self._timer.resume()
        self._draw_activity()

    def watch_title(self, title: str) -> None:
        if self.is_mounted:
            self.query_one("#title", Static).update(title)

    def watch_tokens(self, tokens: tuple[int, int]) -> None:
        if self.is_mounted:
            sent, received = tokens
            self.query_one("#tokens", Static).update(f"토큰 {sent:,} + {received:,}" if sent or received else "")

    def watch_context(self, share: float | None) -> None:
        self._filled.display = share is not None
        self._filled.update("" if share is None else f"문맥 {share:.0%}")

    def _draw_activity(self) -> None:
        seconds = int(monotonic() - self._since)
        shown = self.activity if self.activity == IDLE or not seconds else f"{self.activity} {seconds}초"
        self.query_one("#activity", Static).update(shown)
