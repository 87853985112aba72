"""The parts of the synchronisation that need no server."""

from itertools import product

import pytest

from mcp_servers.calendar.ical import read
from mcp_servers.calendar.sync import accounts, resource
from mcp_servers.calendar.sync.conflict_copy import SUFFIX, conflict_copy
from mcp_servers.calendar.sync.faults import Unauthorized, Unsafe
from mcp_servers.calendar.sync.fingerprint import same
from mcp_servers.calendar.sync.plan import Known, Merged, Note, ground, merge
from mcp_servers.calendar.sync.presets import PRESETS
from mcp_servers.calendar.sync.pull import compare
from mcp_servers.calendar.sync.realm import Realm
from mcp_servers.calendar.sync.remote import Changes, Version
from tests.mcp_servers.caldav_model import SEOUL


def event(title: str, *more: str, uid: str = "a") -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//KO", "BEGIN:VEVENT", f"UID:{uid}"]
    lines += ["DTSTAMP:20261101T000000Z", "DTSTART:20261201T060000Z", "DTEND:20261201T070000Z", f"SUMMARY:{title}"]
    return "".join(f"{line}\r\n" for line in [*lines, *more, "END:VEVENT", "END:VCALENDAR"])


OLD, OURS, THEIRS = event("처음"), event("내 것"), event("서버 것")


@pytest.mark.parametrize(
    ("base", "here", "there", "expected"),
    [
        (None, None, None, Merged(None, None)),
        (OLD, OLD, OLD, Merged(OLD, OLD)),
        (OLD, OLD, THEIRS, Merged(THEIRS, THEIRS, note=Note.TAKEN)),
        (OLD, OLD, None, Merged(None, None, note=Note.TAKEN)),
        (None, None, THEIRS, Merged(THEIRS, THEIRS, note=Note.TAKEN)),
        (OLD, OURS, OLD, Merged(OURS, OLD)),
        (OLD, None, OLD, Merged(None, OLD)),
        (None, OURS, None, Merged(OURS, None)),
        (OLD, OURS, OURS, Merged(OURS, OURS)),
        (OLD, None, None, Merged(None, None)),
        (OLD, OURS, THEIRS, Merged(THEIRS, THEIRS, OURS, Note.CONFLICT)),
        (None, OURS, THEIRS, Merged(THEIRS, THEIRS, OURS, Note.CONFLICT)),
        (OLD, None, THEIRS, Merged(THEIRS, THEIRS, note=Note.UNDELETED)),
        (OLD, OURS, None, Merged(OURS, None, note=Note.RESENT)),
    ],
)
def test_every_case_of_the_merge(base: str | None, here: str | None, there: str | None, expected: Merged) -> None:
    assert merge(base, here, there) == expected


def test_no_version_is_lost_and_merging_again_changes_nothing() -> None:
    for base, here, there in product((None, OLD, OURS, THEIRS), repeat=3):
        merged = merge(base, here, there)
        kept = {merged.here, merged.base, merged.copy}
        for version in {here, there} - {None, base}:
            assert any(same(version, one) for one in kept), (base, here, there)
        assert merge(merged.base, merged.here, there) == Merged(merged.here, merged.base)


@pytest.mark.parametrize(
    ("there", "etag", "expected"),
    [
        (OURS, "2", OURS),  # it arrived
        (OLD, "1", OLD),  # it did not
        (THEIRS, "3", None),  # somebody else was there: before or after us is not known
        (THEIRS, "", None),
        (None, "", None),
    ],
)
def test_what_was_in_flight_is_settled_by_what_the_server_has(
    there: str | None, etag: str, expected: str | None
) -> None:
    assert ground(Known("a", "/a.ics", "1", OURS, arrived=False), there, etag) == expected


def test_without_etags_what_was_in_flight_is_not_taken_for_what_was_there() -> None:
    assert ground(Known("a", "/a.ics", "", OURS, arrived=False), THEIRS, "") is None


def test_a_delta_looks_at_what_changed_and_at_what_was_in_flight() -> None:
    known = [
        Known("a", "/c/a.ics", "1", ""),
        Known("b", "/c/b%40x.ics", "1", ""),
        Known("d", "/c/d.ics", "1", "", False),
    ]
    look = compare(Changes({"/c/a.ics": "1", "/c/new.ics": "5"}, frozenset({"/c/b@x.ics", "/c/unknown.ics"})), known)
    assert (look.hrefs, look.gone) == (["/c/new.ics", "/c/d.ics"], [known[1]])


def test_a_full_listing_says_what_is_gone_and_resources_without_etag_are_always_fetched() -> None:
    known = [Known("a", "/c/a.ics", "", ""), Known("b", "/c/b.ics", "1", "")]
    look = compare(Changes({"/c/a.ics": ""}, complete=True), known)
    assert (look.hrefs, look.gone) == (["/c/a.ics"], [known[1]])


@pytest.mark.parametrize(
    "other",
    [
        OLD.replace("\r\n", "\n"),
        OLD.replace("-//test//KO", "-//server//EN").replace("20261101T000000Z", "20261111T111111Z"),
        event("처\r\n 음", "TRANSP:OPAQUE", "SEQUENCE:0", "X-RADICALE-NAME:a.ics"),
        event("처음".encode().decode(), "DESCRIPTION:"),
    ],
)
def test_what_servers_rewrite_is_the_same(other: str) -> None:
    assert same(OLD, other)


def test_order_escapes_quotes_and_lists_do_not_matter() -> None:
    one = event(
        "a", "EXDATE:20261202T060000Z,20261203T060000Z", "RRULE:FREQ=DAILY;COUNT=9", 'ATTENDEE;CN="김":mailto:A@b.c'
    )
    two = event("a", "ATTENDEE;CN=김;PARTSTAT=NEEDS-ACTION:MAILTO:a@B.c", "RRULE:COUNT=9;FREQ=DAILY")
    two = two.replace("END:VEVENT", "EXDATE:20261203T060000Z\r\nEXDATE:20261202T060000Z\r\nEND:VEVENT")
    assert same(one, two)
    assert same(event("a\\;b"), event("a;b"))


@pytest.mark.parametrize(
    "other",
    [
        event("처음 " + "2"),
        event("처음", "LOCATION:강남"),
        event("처음", "ATTENDEE:mailto:a@b.c"),
        event("처음", uid="b"),
    ],
)
def test_what_people_would_call_a_change_is_not_the_same(other: str) -> None:
    assert not same(OLD, other)


def test_a_conflict_copy_is_a_new_item_whose_attendees_hear_nothing() -> None:
    alarm = ("BEGIN:VALARM", "UID:alarm", "ACTION:EMAIL", "SUMMARY:알림", "TRIGGER:-PT5M", "END:VALARM")
    text = event("전략\\, 회의", "ORGANIZER:mailto:me@b.c", "ATTENDEE;CN=김민수;RSVP=TRUE:mailto:a@b.c", *alarm)
    uid, copy = conflict_copy(text)
    [event_read] = read(copy, SEOUL)
    assert (event_read.uid, event_read.title) == (uid, "전략, 회의" + SUFFIX)
    assert copy.replace("\r\n ", "").count("SCHEDULE-AGENT=NONE") == 2
    assert "UID:alarm\r\nACTION:EMAIL\r\nSUMMARY:알림\r\n" in copy
    assert read(conflict_copy(copy)[1], SEOUL)[0].title == "전략, 회의" + SUFFIX


@pytest.mark.parametrize(
    ("base", "href", "expected"),
    [
        ("https://a.kr/dav/", "/x/", "https://a.kr/x/"),
        ("https://a.kr/dav/", "https://a.kr/x/", "https://a.kr/x/"),
        ("http://127.0.0.1:5232/", "/x/", "http://127.0.0.1:5232/x/"),
        ("https://caldav.icloud.com/", "https://p34-caldav.icloud.com:443/1/", "https://p34-caldav.icloud.com:443/1/"),
    ],
)
def test_addresses_within_the_realm(base: str, href: str, expected: str) -> None:
    assert Realm(base, ("icloud.com",)).resolve(href) == expected


@pytest.mark.parametrize(
    ("base", "href"),
    [
        ("https://a.kr/", "https://evil.kr/"),
        ("https://a.kr/", "//evil.kr/x"),
        ("https://a.kr/", "http://a.kr/"),
        ("https://a.kr/", "https://a.kr:8443/"),
        ("https://a.kr/", "https://me:pw@a.kr/"),
        ("https://a.kr/", "https://a.kr@evil.kr/"),
        ("https://a.kr/", "https://[broken"),
        ("https://a.kr/", "file:///etc/passwd"),
        ("http://a.kr/", "/x"),
        ("https://caldav.icloud.com/", "https://evil-icloud.com/"),
        ("https://caldav.icloud.com/", "http://p34-caldav.icloud.com/"),
        ("http://127.0.0.1:1/", "http://127.0.0.1:2/"),
    ],
)
def test_addresses_outside_the_realm_are_refused(base: str, href: str) -> None:
    with pytest.raises(Unsafe):
        Realm(base, ("icloud.com",)).resolve(href)


def test_a_password_is_looked_up_and_its_absence_names_the_place() -> None:
    assert accounts.password("env:PW", "me", {"PW": "비밀"}) == "비밀"
    with pytest.raises(Unauthorized, match="환경 변수 'PW'"):
        accounts.password("env:PW", "me", {})
    with pytest.raises(Unauthorized):
        accounts.password("비밀", "me", {})


def test_a_resource_with_several_items_or_none_is_left_on_the_server() -> None:
    two = event("a").replace("END:VCALENDAR\r\n", "") + event("b", uid="b").partition("PRODID:-//test//KO\r\n")[2]
    for text in (two, "오류", event("a").replace("UID:a\r\n", "")):
        with pytest.raises(ValueError, match="건너뛰었습니다"):
            resource.read("/a.ics", Version("1", text))
    assert resource.read("/a.ics", Version("1", event("a").replace("VEVENT", "VJOURNAL"))) is None


def test_every_provider_says_what_to_do() -> None:
    for preset in PRESETS.values():
        assert preset.help.startswith(("1. ", "Google"))
        assert preset.refusal or "secret" in preset.help
    assert "OAuth" in PRESETS["google"].help
