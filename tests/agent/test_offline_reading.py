"""The readers under the offline engine: times are delimited, people named, reported speech turned into messages."""

import subprocess
import sys

import pytest

from agent.model.offline.clauses import clauses
from agent.model.offline.extract import central, fitting
from agent.model.offline.people import companions, recipients, sender
from agent.model.offline.phrasing import without_tail
from agent.model.offline.reported import spoken
from agent.model.offline.spans import minutes_of, time_spans


@pytest.mark.parametrize(
    ("text", "points", "lengths"),
    [
        ("내일 오후 3시에 디자인 리뷰 한 시간 잡고", ["내일 오후 3시"], ["한 시간"]),
        ("다음주화욜세시반에 팀회의", ["다음주화욜세시반"], []),
        ("모레 저녁 7시부터 두 시간 동안", ["모레 저녁 7시"], ["두 시간"]),
        ("내일 12시에 점심 약속", ["내일 12시", "점심"], []),
        ("한 시간 반 뒤에", ["한 시간 반 뒤"], []),
        ("2026-11-23T15:00:00+09:00에", ["2026-11-23T15:00:00+09:00"], []),
        ("오늘 오후에 3시", ["오늘 오후에 3시"], []),
        ("이번 주문 보낼게 다음 회의", [], []),
        ("하루 종일", [], ["하루 종일"]),
    ],
)
def test_times_are_delimited_as_written(text: str, points: list[str], lengths: list[str]) -> None:
    spans = time_spans(text)
    assert [span.text for span in spans if span.kind == "point"] == points
    assert [span.text for span in spans if span.kind == "length"] == lengths


@pytest.mark.parametrize(
    ("text", "start", "until"),
    [
        ("금요일 오전 10시부터 11시 반까지", "금요일 오전 10시", "11시 반"),
        ("내일 오후 3~4시", "내일 오후 3시", "4시"),
        ("월요일부터 수요일까지 출장", "월요일", "수요일"),
    ],
)
def test_a_range_has_a_beginning_and_an_end(text: str, start: str, until: str) -> None:
    [span] = time_spans(text)
    assert (span.text, span.until) == (start, until)


def test_from_one_time_to_another_is_a_move_and_no_range() -> None:
    assert [span.until for span in time_spans("수요일 2시에서 목요일 3시로")] == ["", ""]


@pytest.mark.parametrize(
    ("text", "minutes"), [("한 시간 반", 90), ("30분", 30), ("이틀", 2880), ("일주일", 10080), ("두시간 십오분", 135)]
)
def test_a_length_of_time_is_counted(text: str, minutes: int) -> None:
    assert minutes_of(text) == minutes


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("10분 늦는다고", "10분 늦습니다"),
        ("이따 전화한다고", "이따 전화합니다"),
        ("보고서 만든다고", "보고서 만듭니다"),
        ("머리가 아프다고", "머리가 아픕니다"),
        ("보고서 다 썼다구", "보고서 다 썼습니다"),
        ("내가 먼저 퇴근하겠다고", "제가 먼저 퇴근하겠습니다"),
        ("회의 자료 보내달라고", "회의 자료 보내 주세요"),
        ("내일까지 제출하라고", "내일까지 제출해 주세요"),
        ("빨리 오라고", "빨리 와 주세요"),
        ("문 잠그라고", "문 잠가 주세요"),
        ("걱정하지 말라고", "걱정하지 마세요"),
        ("내일 만나자고", "내일 만납시다"),
        ("회의 몇 시냐고", "회의 몇 시인가요?"),
        ("시간 있느냐고", "시간 있나요?"),
        ("언제 오는지", "언제 오나요?"),
        ("내일은 휴일이라고", "내일은 휴일입니다"),
        ("늦을 거라고", "늦을 겁니다"),
        ("지금 출발합니다라고", "지금 출발합니다"),
        ("고마워라고", "고마워"),
        ("그냥 말", "그냥 말"),
    ],
)
def test_reported_speech_becomes_the_words_of_a_message(said: str, message: str) -> None:
    assert spoken(said) == message


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("김민수 과장님께 회의 자료", ["김민수"]),
        ("김 과장님께", ["김 과장"]),
        ("지영이한테 생일", ["지영"]),
        ("이서연 씨랑 박지훈 씨한테", ["이서연", "박지훈"]),
        ("회의 자료랑 일정을 김민수한테", ["김민수"]),
        ("010-1234-5678로 지금", ["010-1234-5678"]),
        ("함께 가자", []),
        ("누구한테 문자 왔어", []),
    ],
)
def test_recipients_are_named_without_honorifics(text: str, names: list[str]) -> None:
    mention = recipients(text)
    assert [person.name for person in (mention.people if mention else ())] == names


def test_a_team_and_a_title_are_kept_to_tell_namesakes_apart() -> None:
    mention = recipients("인사팀 이지은 과장님께 문자")
    assert mention is not None
    assert mention.people[0].fully == "인사팀 이지은 과장"


def test_companions_are_people_and_not_things() -> None:
    assert companions("커피랑 빵") is None
    mention = companions("마케팅팀이랑 미팅")
    assert mention is not None
    assert mention.people[0].name == "마케팅팀"


def test_a_sender_is_told_from_a_recipient() -> None:
    mention = sender("민수가 보낸 문자")
    assert mention is not None
    assert mention.people[0].name == "민수"
    assert sender("어제 온 문자") is None


@pytest.mark.parametrize(
    ("text", "core"),
    [
        ("회의 잡아 주시겠어요?", "회의 잡아"),
        ("회의 잡아줘~ㅎㅎ", "회의 잡아"),
        ("알려 주시면 감사하겠습니다.", "알려"),
        ("문자 좀 부탁드려요", "문자"),
    ],
)
def test_politeness_is_no_part_of_the_request(text: str, core: str) -> None:
    assert without_tail(text) == core


def test_two_requests_are_cut_apart_but_quotations_are_not() -> None:
    assert clauses("회의 취소한 다음에 민수한테 알려줘") == ["회의 취소", "민수한테 알려줘"]
    assert len(clauses('민수한테 "문 잠그고 나가. 불도 꺼줘." 라고 보내줘')) == 1


def test_an_answer_is_the_sentence_that_has_the_words_and_the_number() -> None:
    text = "출장은 미리 승인을 받는다. 숙박비는 1박당 12만원을 한도로 한다. 일비는 따로 정한다."
    best = fitting("출장 숙박비 한도", "출장 숙박비 한도가 얼마야?", text)[0][1]
    assert best == "숙박비는 1박당 12만원을 한도로 한다."


def test_a_summary_keeps_the_order_of_the_text() -> None:
    text = "예산은 3억원이다. 점심은 맛있었다. 예산은 다음 주에 다시 정한다. 예산 담당은 김민수다."
    assert [text.index(line) for line in central(text, 2)] == sorted(text.index(line) for line in central(text, 2))


def test_importing_the_engine_opens_no_dictionary() -> None:
    code = "import sys, agent.model.offline.engine; print('mecab_ko' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
