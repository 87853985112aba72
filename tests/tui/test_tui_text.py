"""Text as the screen shows it: Markdown, moments, themes, plain characters."""

from datetime import datetime, timedelta, timezone

import pytest

from agent.events import EVENT, ApprovalAsked, PendingCall
from tui.commands import completions, find
from tui.plain import plain, plain_event
from tui.theme import DARK, LIGHT, suited_to
from tui.when import ago
from tui.widgets.markdown import korean_markdown

SEOUL = timezone(timedelta(hours=9))
NOW = datetime(2026, 11, 22, 15, 0, tzinfo=SEOUL)


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("**오후 3시(수)**에 봅니다", "<strong>오후 3시(수)</strong>에 봅니다"),
        ("김민수에게**'안내'**를", "김민수에게<strong>'안내'</strong>를"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("snake_case_name", "snake_case_name"),
        ("*기울임*과 ~~지움~~", "<em>기울임</em>과 <s>지움</s>"),
        ("List<int>와 <script>", "List&lt;int&gt;와 &lt;script&gt;"),
        ("첫째 줄\n둘째 줄", "첫째 줄<br />\n둘째 줄"),
    ],
)
def test_markdown_reads_korean(markdown: str, html: str) -> None:
    assert korean_markdown().render(markdown) == f"<p>{html}</p>\n"


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (NOW - timedelta(seconds=20), "방금"),
        (NOW - timedelta(minutes=5, seconds=30), "5분 전"),
        (datetime(2026, 11, 22, 0, 5, tzinfo=SEOUL), "오늘 오전 12:05"),
        (datetime(2026, 11, 21, 13, 20, tzinfo=SEOUL), "어제 오후 1:20"),
        (datetime(2026, 3, 3, 9, 0, tzinfo=SEOUL), "3월 3일"),
        (datetime(2025, 12, 31, 9, 0, tzinfo=SEOUL), "2025년 12월 31일"),
    ],
)
def test_moments_are_said_in_korean(moment: datetime, said: str) -> None:
    assert ago(moment, NOW) == said


@pytest.mark.parametrize(
    ("colours", "theme"), [("15;0", DARK), ("0;15", LIGHT), ("0;default;15", LIGHT), ("", DARK), ("7", LIGHT)]
)
def test_the_theme_suits_the_terminal(colours: str, theme: object) -> None:
    assert suited_to({"COLORFGBG": colours}) == getattr(theme, "name", None)


def test_plain_text_has_no_power_over_the_terminal() -> None:
    assert plain("\u1112\u1161\u11ab\r\n\x1b]0;x\x07\t\u202e끝\x9b") == "한\n]0;x\t끝"


def test_an_event_is_made_plain_in_every_corner() -> None:
    call = PendingCall(
        call_id="c1",
        server="s",
        tool="t",
        title="제목\x1b",
        arguments={"a\x1b": ["\x07b", {"c": 1, "d": None, "e": True}]},
        effect="send",
        preview="\x1b미리",
        reason="까닭",
    )

    shown = plain_event(ApprovalAsked(calls=(call,)))

    assert "\\u00" not in EVENT.dump_json(shown).decode()
    assert isinstance(shown, ApprovalAsked)
    assert shown.calls[0].arguments == {"a": ["b", {"c": 1, "d": None, "e": True}]}


def test_commands_answer_to_both_languages() -> None:
    assert find(" /new ") == find("/새대화")
    assert find("/pin 회의는\n 30분 ") == find("/고정  회의는\n 30분")
    assert find("/고정") is not None
    assert find("/새대화 내일 회의") is None
    assert find("") is None
    assert [name for name, _ in completions("/대")] == ["/대화"]
    assert completions("/대화 는") == []
    assert completions("/etc/x") == []
