from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from mcp_servers.calendar.korean_time import reading
from mcp_servers.calendar.when import Slot, moved_slot, new_slot
from mcp_servers.common.refusal import Refused

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 18, 10, 30, tzinfo=SEOUL)
"""A Wednesday."""


def said(slot: Slot) -> str:
    return reading(slot.start, slot.end, slot.all_day, NOW)


@pytest.mark.parametrize(
    ("times", "when"),
    [
        ({"start": "내일 3시"}, "11월 19일 목요일 오후 3시~4시"),
        ({"start": "내일 9시"}, "11월 19일 목요일 오전 9시~10시"),
        ({"start": "내일 저녁 9시"}, "11월 19일 목요일 오후 9시~10시"),
        ({"start": "내일 저녁"}, "11월 19일 목요일 오후 6시~7시"),
        ({"start": "내일 3시부터 5시까지"}, "11월 19일 목요일 오후 3시~5시"),
        ({"start": "모레 저녁 7시부터 두 시간"}, "11월 20일 금요일 오후 7시~9시"),
        ({"start": "내일 3시", "duration": "한 시간 반"}, "11월 19일 목요일 오후 3시~4시 30분"),
        ({"start": "내일 3시", "duration": "PT30M"}, "11월 19일 목요일 오후 3시~3시 30분"),
        ({"start": "내일 3시", "end": "5시"}, "11월 19일 목요일 오후 3시~5시"),
        ({"start": "내일 저녁 7시", "end": "9시"}, "11월 19일 목요일 오후 7시~9시"),
        ({"start": "내일 밤 11시", "end": "새벽 1시"}, "11월 19일 목요일 오후 11시~11월 20일 금요일 오전 1시"),
        ({"start": "두 시간 동안 내일 3시에"}, "11월 19일 목요일 오후 3시~5시"),
        (
            {"start": "2026-11-24T15:00:00+09:00", "end": "2026-11-24T16:30:00+09:00"},
            "11월 24일 화요일 오후 3시~4시 30분",
        ),
        ({"start": "내일"}, "11월 19일 목요일 하루 종일"),
        ({"start": "12월 1일부터 3일까지"}, "12월 1일 화요일~12월 3일 목요일"),
        ({"start": "12월 1일", "end": "12월 3일"}, "12월 1일 화요일~12월 3일 목요일"),
        ({"start": "12월 1일", "duration": "사흘"}, "12월 1일 화요일~12월 3일 목요일"),
        ({"start": "내년 1월 4일 오전 9시"}, "2027년 1월 4일 월요일 오전 9시~10시"),
    ],
)
def test_a_new_event_is_when_the_user_said(times: dict[str, str], when: str) -> None:
    slot = new_slot(times["start"], times.get("end"), times.get("duration"), NOW)

    assert said(slot) == when


def test_a_recurrence_is_a_slot_that_comes_again() -> None:
    slot = new_slot("매주 화요일 3시", None, None, NOW)

    assert slot.start.isoformat() == "2026-11-24T15:00:00+09:00"
    assert slot.repetition
    assert slot.repetition.kind == "recurrence"


@pytest.mark.parametrize(
    ("times", "code", "hint"),
    [
        ({"start": "언젠가"}, "invalid", "'언젠가'"),
        ({"start": "언젠가"}, "invalid", "다음 주 화요일 오후 3시"),
        ({"start": "다음 주"}, "invalid", "날을 하나 정하세요"),
        ({"start": "내일 오후 3시", "end": "오후 2시"}, "invalid", "끝이 시작보다 빠릅니다"),
        ({"start": "내일 오후 3시", "end": "오늘 오후 5시"}, "invalid", "끝이 시작보다 빠릅니다"),
        ({"start": "내일 오후 3시", "end": "끝날 때"}, "invalid", "'끝날 때'"),
        ({"start": "내일 오후 3시", "duration": "잠깐"}, "invalid", "한 시간 반"),
        ({"start": "내일 오후 3시", "end": "오후 4시", "duration": "두 시간"}, "invalid", "하나만"),
        ({"start": "내일", "duration": "30분"}, "invalid", "시작 시각도"),
        ({"start": "내일 두 시간"}, "invalid", "시작 시각도"),
    ],
)
def test_what_cannot_be_an_event_is_refused_with_what_would_work(times: dict[str, str], code: str, hint: str) -> None:
    with pytest.raises(Refused) as refused:
        new_slot(times["start"], times.get("end"), times.get("duration"), NOW)

    assert refused.value.code == code
    assert hint in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "when"),
    [
        ({"start": "오후 5시로"}, "11월 23일 월요일 오후 5시~7시"),
        ({"start": "5시로"}, "11월 23일 월요일 오후 5시~7시"),
        ({"start": "수요일로"}, "11월 25일 수요일 오후 3시~5시"),
        ({"start": "수요일 오전 10시"}, "11월 25일 수요일 오전 10시~낮 12시"),
        ({"start": "수요일", "duration": "30분"}, "11월 25일 수요일 오후 3시~3시 30분"),
        ({"start": "4시부터 5시까지"}, "11월 23일 월요일 오후 4시~5시"),
        ({"end": "4시"}, "11월 23일 월요일 오후 3시~4시"),
        ({"duration": "한 시간"}, "11월 23일 월요일 오후 3시~4시"),
    ],
)
def test_a_moved_event_keeps_what_was_not_said(changes: dict[str, str], when: str) -> None:
    old = Slot(datetime(2026, 11, 23, 15, tzinfo=SEOUL), datetime(2026, 11, 23, 17, tzinfo=SEOUL))

    moved = moved_slot(old, changes.get("start"), changes.get("end"), changes.get("duration"), NOW)

    assert said(moved) == when


@pytest.mark.parametrize(
    ("changes", "when"),
    [
        ({"start": "12월 8일"}, "12월 8일 화요일~12월 9일 수요일"),
        ({"start": "12월 8일부터 10일까지"}, "12월 8일 화요일~12월 10일 목요일"),
        ({"start": "12월 8일", "duration": "하루"}, "12월 8일 화요일 하루 종일"),
        ({"end": "12월 4일"}, "12월 1일 화요일~12월 4일 금요일"),
        ({"start": "12월 9일 오후 2시"}, "12월 9일 수요일 오후 2시~3시"),
    ],
)
def test_an_all_day_event_moves_by_days_and_can_get_hours(changes: dict[str, str], when: str) -> None:
    old = Slot(datetime(2026, 12, 1, tzinfo=SEOUL), datetime(2026, 12, 3, tzinfo=SEOUL), all_day=True)

    moved = moved_slot(old, changes.get("start"), changes.get("end"), changes.get("duration"), NOW)

    assert said(moved) == when
