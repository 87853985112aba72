"""The first thing one sees: what to ask for, and the few keys to know."""

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

EXAMPLES = (
    "내일 오후 3시에 디자인 리뷰 한 시간 잡고 김민수한테 문자로 알려줘",
    "지난주 통화에서 김민수 씨와 정한 것 정리해 줘",
    "휴가 규정 문서에서 반차 쓰는 법 찾아 줘",
)


class Example(Static):
    """A request that a click puts into the composer."""

    ALLOW_SELECT = False

    @dataclass
    class Chosen(Message):
        text: str

    def __init__(self, text: str) -> None:
        super().__init__(f"- {text}", markup=False)
        self._text = text

    def on_click(self) -> None:
        self.post_message(self.Chosen(self._text))


class Welcome(Vertical):
    def compose(self) -> ComposeResult:
        yield Static("모두", classes="welcome-name", markup=False)
        yield Static("일정, 문자와 통화, 문서, 코드를 한국어로 맡기세요. 이렇게 말해 보세요.", markup=False)
        for text in EXAMPLES:
            yield Example(text)
        yield Static("F1 도움말  Ctrl+O 지난 대화  Ctrl+C 두 번 끝내기", classes="welcome-keys", markup=False)
