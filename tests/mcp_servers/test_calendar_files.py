from pathlib import Path

from tests.mcp_servers.calendar_client import Tools, titles

INVITATION = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example//KO
METHOD:{method}
BEGIN:VEVENT
UID:review-1@example.com
DTSTAMP:2026111{day}T000000Z
SEQUENCE:{sequence}
SUMMARY:분기 검토
DTSTART;TZID=Asia/Seoul:20261120T{hour}0000
DTEND;TZID=Asia/Seoul:20261120T{hour}3000
ORGANIZER;CN=박지영:mailto:jy@example.com
ATTENDEE;CN=김민수;PARTSTAT=NEEDS-ACTION:mailto:minsu@example.com
END:VEVENT
END:VCALENDAR
"""


def invitation(folder: Path, method: str = "REQUEST", sequence: int = 0, hour: int = 10) -> str:
    """A file in the workspace; a later revision is also a day younger."""
    text = INVITATION.format(method=method, sequence=sequence, hour=hour, day=sequence + 1)
    (folder / "invite.ics").write_text(text.replace("\n", "\r\n"), encoding="utf-8")
    return "invite.ics"


async def test_an_invitation_comes_is_moved_and_is_cancelled(tools: Tools, tmp_path: Path) -> None:
    came = await tools("import_ics", path=invitation(tmp_path))
    moved = await tools("import_ics", path=invitation(tmp_path, sequence=1, hour=14))
    late = await tools("import_ics", path=invitation(tmp_path))
    [event] = (await tools("search_events", text="분기"))["items"]
    await tools("import_ics", path=invitation(tmp_path, "CANCEL", sequence=2, hour=14))
    kept = await tools("get_event", event_id=event["id"])

    assert came["summary"] == "초대 받음: 내 달력 · 추가 1건"
    assert came["added"] == ["분기 검토 (11월 20일 금요일 오전 10시~10시 30분)"]
    assert moved["changed"] == ["분기 검토 (11월 20일 금요일 오후 2시~2시 30분)"]
    assert late["summary"] == "초대 받음: 내 달력 · 그대로 1건"
    assert event["when"] == "11월 20일 금요일 오후 2시~2시 30분"
    assert event["outside"]
    assert kept["status"] == "취소됨"


async def test_an_answer_goes_out_as_a_reply_and_comes_in_at_the_organizer(tools: Tools, tmp_path: Path) -> None:
    await tools("import_ics", path=invitation(tmp_path))
    [event] = (await tools("search_events", text="분기"))["items"]
    await tools("respond_to_event", event_id=event["id"], answer="accepted", attendee="minsu@example.com")

    written = await tools(
        "export_ics", path="reply.ics", event_id=event["id"], message="reply", sender="minsu@example.com"
    )
    reply = (tmp_path / "reply.ics").read_text(encoding="utf-8")

    assert written["summary"] == "달력 파일 내보내기: reply.ics · 1건"
    assert "METHOD:REPLY" in reply
    assert "PARTSTAT=ACCEPTED" in reply
    assert "VALARM" not in reply


async def test_a_request_names_its_sender(tools: Tools, tmp_path: Path) -> None:
    event = (await tools("create_event", title="검토", start="내일 3시", attendees=["민수 <minsu@example.com>"]))[
        "event"
    ]

    code, message = await tools.refused("export_ics", path="out.ics", event_id=event["id"], message="request")
    await tools("export_ics", path="out.ics", event_id=event["id"], message="request", sender="나 <me@example.com>")

    assert (code, "sender" in message) == ("invalid", True)
    text = (tmp_path / "out.ics").read_text(encoding="utf-8")
    assert "METHOD:REQUEST" in text
    assert "mailto:me@example.com" in text


async def test_what_is_exported_can_be_imported_elsewhere_without_loss(tools: Tools, tmp_path: Path) -> None:
    await tools("create_event", title="주간 회의", start="매주 화요일 오전 10시, 12월까지", reminder="10분 전")
    await tools("create_event", title="출장", start="12월 1일부터 2일까지", description="첫 줄\n둘째 줄; 셋, 넷")
    await tools("create_task", title="보고서", due="금요일까지")
    before = (await tools("search_events", limit=100))["items"]
    exported = await tools("export_ics", path="all.ics")
    await tools("save_calendar", name="복사")
    await tools("delete_event", event_id=before[0]["id"], scope="all")

    again = await tools("import_ics", path="all.ics")
    after = (await tools("search_events", limit=100))["items"]

    assert exported["count"] == 3
    assert again["summary"] == "달력 가져오기: 내 달력 · 추가 1건 · 그대로 2건"
    assert [(one["title"], one["when"], one["description"]) for one in after] == [
        (one["title"], one["when"], one["description"]) for one in before
    ]


async def test_importing_can_be_taken_back(tools: Tools, tmp_path: Path) -> None:
    await tools("import_ics", path=invitation(tmp_path))

    await tools("undo_last_change")

    assert await titles(tools, text="분기") == []


async def test_files_outside_the_workspace_and_no_calendars_are_refused(tools: Tools, tmp_path: Path) -> None:
    (tmp_path / "notes.ics").write_text("회의록", encoding="utf-8")

    assert (await tools.refused("import_ics", path="/etc/passwd"))[0] == "forbidden"
    assert (await tools.refused("export_ics", path="../out.ics"))[0] == "forbidden"
    assert "BEGIN:VCALENDAR" in (await tools.refused("import_ics", path="notes.ics"))[1]
    assert (await tools.refused("import_ics", path="none.ics"))[0] == "not_found"


async def test_a_preview_of_an_export_writes_no_file(tools: Tools, tmp_path: Path) -> None:
    await tools("create_event", title="리뷰", start="내일 3시")

    shown = await tools("export_ics", {"modu/preview": True}, path="out.ics")

    assert shown["count"] == 1
    assert not (tmp_path / "out.ics").exists()
