"""Invitations out and in: who hears what, and which message wins."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mcp_servers.calendar.entities import Alarm, Event, Person
from mcp_servers.calendar.ical import InvalidCalendar, Series, invitation, new

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)
BOSS, KIM, LEE = (Person(name, f"{name}@example.com") for name in ("boss", "kim", "lee"))
LONGER = datetime(2026, 12, 1, 17, tzinfo=SEOUL)
OCCURRENCE = "20261208T150000"


def later(hours: int) -> datetime:
    return NOW + timedelta(hours=hours)


def meeting() -> Series:
    start = datetime(2026, 12, 1, 15, tzinfo=SEOUL)
    event = Event(
        "m1", "주간 회의", start, start + timedelta(hours=1), rules=("FREQ=WEEKLY;COUNT=3",), organizer=BOSS,
        attendees=(KIM, LEE), alarms=(Alarm(timedelta(minutes=5)),),
    )  # fmt: skip
    return Series.parse(new(event, NOW), SEOUL)


def received(text: str) -> tuple[str, Series]:
    message = invitation.Incoming.parse(text.encode(), SEOUL)
    [series] = message.items
    return message.method, series


def invited() -> Series:
    """What kim has after the request."""
    series = invitation.applied(*received(invitation.request(meeting(), NOW)), None)
    assert series is not None
    return series


def statuses(event: Event) -> list[str]:
    return [each.status for each in event.attendees]


def test_a_request_carries_the_series_but_not_the_reminders_of_its_organizer() -> None:
    text = invitation.request(meeting(), NOW)

    assert "METHOD:REQUEST\r\n" in text
    assert "VALARM" not in text
    assert replace(invited().master, alarms=meeting().master.alarms) == meeting().master
    assert "METHOD" not in invited().data


def test_a_reply_names_only_who_answers_and_reaches_the_organizer() -> None:
    text = invitation.reply(invited(), KIM, "ACCEPTED", later(1))

    mine = invitation.applied(*received(text), meeting())

    assert mine is not None
    assert "lee@" not in text
    assert statuses(mine.master) == ["ACCEPTED", "NEEDS-ACTION"]
    assert mine.master.sequence == 0


def test_a_reply_to_one_occurrence_is_for_that_one() -> None:
    text = invitation.reply(invited(), LEE, "DECLINED", later(1), OCCURRENCE)

    mine = invitation.applied(*received(text), meeting())

    assert mine is not None
    assert statuses(mine.master) == ["NEEDS-ACTION", "NEEDS-ACTION"]
    assert statuses(mine.event(OCCURRENCE)) == ["NEEDS-ACTION", "DECLINED"]


def test_of_two_replies_the_later_one_counts_whatever_comes_first() -> None:
    first = invitation.reply(invited(), KIM, "ACCEPTED", later(1))
    second = invitation.reply(invited(), KIM, "DECLINED", later(2))

    mine = invitation.applied(*received(second), meeting())
    after = invitation.applied(*received(first), mine)

    assert after is not None
    assert statuses(after.master) == ["DECLINED", "NEEDS-ACTION"]
    assert after is mine


def test_a_reply_to_an_old_revision_is_not_for_the_new_one() -> None:
    answer = received(invitation.reply(invited(), KIM, "ACCEPTED", later(1)))
    was = meeting()
    moved, _ = was.changed_to(
        replace(was.master, end=was.master.end and was.master.end + timedelta(hours=1)), "all", "", later(2)
    )

    assert invitation.applied(*answer, moved) is moved


def test_nobody_joins_by_replying() -> None:
    stranger = invitation.reply(invited(), Person("oh", "oh@example.com"), "ACCEPTED", later(1))
    mine = meeting()

    assert invitation.applied(*received(stranger), mine) is mine


def test_the_newer_request_wins_and_own_reminders_stay() -> None:
    was = meeting()
    moved, _ = was.changed_to(
        replace(was.master, title="옮긴 회의", end=was.master.end and was.master.end + timedelta(hours=1)),
        "all",
        "",
        later(2),
    )
    reminded, _ = invited().changed_to(
        replace(invited().master, alarms=(Alarm(timedelta(hours=2)),)), "all", "", later(1)
    )

    new_one = invitation.applied(*received(invitation.request(moved, later(2))), reminded)
    assert new_one is not None
    old_one = invitation.applied(*received(invitation.request(was, later(3))), new_one)

    assert new_one.master.title == "옮긴 회의"
    assert new_one.master.alarms == (Alarm(timedelta(hours=2)),)
    assert old_one is new_one


def test_a_cancelled_occurrence_stays_as_cancelled() -> None:
    text = invitation.cancel(meeting(), later(1), OCCURRENCE)

    mine = invitation.applied(*received(text), invited())

    assert mine is not None
    assert mine.event(OCCURRENCE).status == "CANCELLED"
    assert mine.master.status == ""
    assert "METHOD:CANCEL" in text
    assert "SEQUENCE:1" in text


def test_a_cancelled_series_stays_as_cancelled_and_an_old_cancellation_is_ignored() -> None:
    text = received(invitation.cancel(meeting(), later(1)))
    was = meeting()
    twice, _ = was.changed_to(replace(was.master, rules=("FREQ=WEEKLY;COUNT=4",)), "all", "", later(1))
    twice, _ = twice.changed_to(replace(twice.master, rules=("FREQ=WEEKLY;COUNT=5",)), "all", "", later(2))

    mine = invitation.applied(*text, invited())

    assert mine is not None
    assert mine.master.status == "CANCELLED"
    assert invitation.applied(*text, twice) is twice
    assert invitation.applied(*text, None) is None


def test_somebody_else_cannot_take_over_an_event() -> None:
    text = invitation.request(meeting(), later(9)).replace("boss", "mallory")
    mine = invited()

    assert invitation.applied(*received(text), mine) is mine


def test_without_an_organizer_there_is_nobody_to_write_to() -> None:
    alone = Series.parse(new(replace(meeting().master, organizer=None), NOW), SEOUL)

    with pytest.raises(InvalidCalendar, match="주최자"):
        invitation.request(alone, NOW)
    with pytest.raises(InvalidCalendar, match="주최자"):
        invitation.reply(alone, KIM, "ACCEPTED", NOW)
    with pytest.raises(InvalidCalendar, match="COUNTER"):
        invitation.applied("COUNTER", alone, alone)
