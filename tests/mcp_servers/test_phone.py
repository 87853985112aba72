"""The phone server through a real client in memory."""

import sqlite3
import sys
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult, TextContent

from mcp_servers.common.settings import ServerSettings, load
from mcp_servers.phone import intake
from mcp_servers.phone.models import Turn
from mcp_servers.phone.server import build
from mcp_servers.phone.store import open_database

NOW = datetime.fromisoformat("2026-11-23T10:00:00+09:00")
NOTICE = "(이 컴퓨터에만 저장, 실제 발송 안 됨)"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"MODU_HOME": str(tmp_path), "MODU_NOW": NOW.isoformat(), "MODU_WORKSPACE": str(tmp_path)}


@pytest.fixture
def phone(env: dict[str, str]) -> ServerSettings:
    return load(env)


async def ask(
    settings: ServerSettings, tool: str, meta: dict[str, Any] | None, arguments: dict[str, Any]
) -> CallToolResult:
    database = open_database(settings)
    async with Client(build(settings, database)) as client:
        result = await client.call_tool(tool, arguments, meta=meta)
    await database.close()
    return result


async def call(
    settings: ServerSettings, tool: str, meta: dict[str, Any] | None = None, **arguments: Any
) -> dict[str, Any]:
    result = await ask(settings, tool, meta, arguments)
    assert not result.is_error, result.content
    assert result.structured_content is not None
    return dict(result.structured_content)


async def refusal(settings: ServerSettings, tool: str, **arguments: Any) -> tuple[str, str]:
    result = await ask(settings, tool, None, arguments)
    assert result.is_error
    [content] = result.content
    assert isinstance(content, TextContent)
    return (result.meta or {})["modu/error"], content.text


@asynccontextmanager
async def stored(env: dict[str, str]) -> AsyncIterator[Any]:
    database = open_database(load(env))
    async with database.begin() as connection:
        yield connection
    await database.close()


async def save(settings: ServerSettings, person: str, phone: str, **more: str) -> None:
    await call(settings, "save_contact", person=person, phone=phone, **more)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("010-1234-5678", "010-1234-5678"),
        ("01012345678", "010-1234-5678"),
        ("+82 10 1234 5678", "010-1234-5678"),
        ("+82 (0)10-1234-5678", "010-1234-5678"),
        ("０１０－１２３４－５６７８", "010-1234-5678"),
        ("02-123-4567", "02-123-4567"),
        ("1588-1234", "1588-1234"),
        ("0507 1234 5678", "0507-1234-5678"),
        ("+1 415 555 0100", "+14155550100"),
    ],
)
async def test_a_number_may_be_written_in_any_usual_way(phone: ServerSettings, written: str, shown: str) -> None:
    sent = await call(phone, "send_message", to=written, text="안녕하세요")
    assert sent["message"]["phone"] == shown
    assert shown in sent["summary"]


async def test_a_sent_message_says_that_it_stays_on_this_machine(phone: ServerSettings, env: dict[str, str]) -> None:
    await save(phone, "김민수", "010-1234-5678", organization="디자인팀")
    sent = await call(phone, "send_message", to="김민수 과장님께", text="인증번호는 482913 입니다")
    assert sent["message"]["delivery"] == "local"
    assert sent["message"]["contact"] == "김민수"
    assert sent["summary"].endswith(NOTICE)
    assert "010-1234-5678" in sent["summary"]
    assert "482913" in sent["summary"]
    with closing(sqlite3.connect(Path(env["MODU_HOME"]) / "phone.db")) as database:
        rows = database.execute("SELECT phone, text FROM phone_message").fetchall()
    assert rows == [("+821012345678", "인증번호는 482913 입니다")]


async def test_a_preview_sends_nothing_and_says_the_same(phone: ServerSettings) -> None:
    arguments = {"to": "010-1234-5678", "text": "내일 봬요"}
    preview = await call(phone, "send_message", {"modu/preview": True, "modu/idempotencyKey": "k"}, **arguments)
    assert (await call(phone, "search_messages"))["items"] == []
    sent = await call(phone, "send_message", {"modu/idempotencyKey": "k"}, **arguments)
    assert sent["summary"] == preview["summary"]


async def test_the_same_key_sends_once(phone: ServerSettings) -> None:
    meta = {"modu/idempotencyKey": "s1:t1:c1"}
    first = await call(phone, "send_message", meta, to="010-1234-5678", text="한 번만")
    again = await call(phone, "send_message", meta, to="010-1234-5678", text="한 번만")
    assert first == again
    assert len((await call(phone, "search_messages"))["items"]) == 1
    outcome = await call(phone, "operation_outcome", key="s1:t1:c1")
    assert outcome["state"] == "done"


async def test_an_unknown_name_is_refused_with_what_to_do(phone: ServerSettings) -> None:
    code, text = await refusal(phone, "send_message", to="홍길동", text="안녕")
    assert code == "not_found"
    assert "find_contact" in text


async def test_namesakes_are_listed_and_a_team_or_last_digits_tell_them_apart(phone: ServerSettings) -> None:
    await save(phone, "김민수", "010-1111-2222", organization="디자인팀")
    await save(phone, "김민수", "010-3333-4444", organization="한빛상사")
    code, text = await refusal(phone, "send_message", to="김민수 님", text="안녕")
    assert code == "ambiguous"
    assert "디자인팀" in text
    assert "4444" in text
    by_team = await call(phone, "send_message", to="디자인팀 김민수", text="안녕")
    by_digits = await call(phone, "send_message", to="김민수 4444", text="안녕")
    assert by_team["message"]["phone"] == "010-1111-2222"
    assert by_digits["message"]["phone"] == "010-3333-4444"


async def test_another_title_is_another_person(phone: ServerSettings) -> None:
    await save(phone, "김민수 과장", "010-1111-2222")
    code, _ = await refusal(phone, "send_message", to="김민수 부장", text="안녕")
    assert code == "not_found"
    sent = await call(phone, "send_message", to="김과장님", text="안녕")
    assert sent["message"]["phone"] == "010-1111-2222"


@pytest.mark.parametrize(
    ("text", "kind"), [("가" * 45, "SMS"), ("가" * 45 + "a", "LMS"), ("가" * 1000, "LMS"), ("뷁" * 45, "SMS")]
)
async def test_a_message_is_short_up_to_90_bytes(phone: ServerSettings, text: str, kind: str) -> None:
    sent = await call(phone, "send_message", to="010-1234-5678", text=text)
    assert sent["message"]["kind"] == kind


async def test_too_long_and_empty_messages_are_refused(phone: ServerSettings) -> None:
    code, text = await refusal(phone, "send_message", to="010-1234-5678", text="가" * 1001)
    assert (code, "2,002바이트" in text) == ("too_large", True)
    assert (await refusal(phone, "send_message", to="010-1234-5678", text=" \n"))[0] == "invalid"
    assert (await refusal(phone, "send_message", to="010-12", text="안녕"))[0] == "invalid"


async def test_characters_that_a_message_cannot_carry_are_named(phone: ServerSettings) -> None:
    sent = await call(phone, "send_message", to="010-1234-5678", text="축하해요 🎉")
    assert "🎉" in sent["detail"]
    assert "깨질" in sent["detail"]


async def test_messages_are_found_by_text_contact_and_time(phone: ServerSettings, env: dict[str, str]) -> None:
    await save(phone, "이영희", "010-5555-6666")
    async with stored(env) as connection:
        for days, number, text in (
            (1, "01055556666", "택배 도착 API"),
            (1, "15881234", "카드 승인"),
            (9, "15881234", "옛날"),
        ):
            await intake.receive_message(connection, phone=number, text=text, at=NOW - timedelta(days=days))
    found = await call(phone, "search_messages", text=unicodedata.normalize("NFD", "도착 api"))
    assert [item["text"] for item in found["items"]] == ["택배 도착 API"]
    assert [item["text"] for item in (await call(phone, "search_messages", contact="영희"))["items"]] == [
        "택배 도착 API"
    ]
    yesterday = await call(phone, "search_messages", when="어제")
    assert {item["text"] for item in yesterday["items"]} == {"택배 도착 API", "카드 승인"}
    assert (await call(phone, "search_messages", text="100%_"))["items"] == []
    assert (await refusal(phone, "search_messages", when="어쩌구"))[0] == "invalid"


async def test_a_conversation_ends_with_the_newest_and_pages_backwards(
    phone: ServerSettings, env: dict[str, str]
) -> None:
    async with stored(env) as connection:
        for minute in range(5):
            at = NOW + timedelta(minutes=minute)
            await intake.receive_message(connection, phone="010-5555-6666", text=f"{minute}", at=at)
    newest = await call(phone, "get_conversation", contact="010-5555-6666", limit=3)
    assert [item["text"] for item in newest["items"]] == ["2", "3", "4"]
    older = await call(phone, "get_conversation", contact="01055556666", limit=3, cursor=newest["next_cursor"])
    assert [item["text"] for item in older["items"]] == ["0", "1"]
    assert older["next_cursor"] is None


async def test_what_a_provider_delivers_twice_is_stored_once(phone: ServerSettings, env: dict[str, str]) -> None:
    async with stored(env) as connection:
        ids = [
            await intake.receive_message(connection, phone="[Web발신]", text="광고", at=NOW, source_id="m1")
            for _ in range(2)
        ]
        calls = [
            await intake.record_call(connection, phone="", at=NOW, direction="missed", source_id="c1") for _ in "12"
        ]
        await intake.record_sent_message(connection, phone="1588-1234", text="해지", at=NOW)
    assert ids[0] == ids[1]
    assert calls[0] == calls[1]
    [withheld] = (await call(phone, "list_calls"))["items"]
    assert withheld["phone"] == "발신번호 표시 제한"
    assert {item["delivery"] for item in (await call(phone, "search_messages"))["items"]} == {"received", "sent"}


CALL = [
    Turn(speaker="나", text="여보세요."),
    Turn(speaker="박지훈", text="네, 안녕하세요. 한빛상사 박지훈입니다."),
    Turn(speaker="박지훈", text="견적서를 다음 주 화요일 오후 3시까지 보내주실 수 있을까요? 총액은 1,250만 원입니다."),
    Turn(speaker="나", text="네. 제가 내일 오전 10시에 먼저 확인해서 연락드리겠습니다."),
    Turn(speaker="박지훈", text="담당자 번호는 010-2345-6789예요. 날씨가 참 좋네요."),
    Turn(speaker="나", text="네."),
]


@pytest.fixture
async def call_id(env: dict[str, str]) -> str:
    async with stored(env) as connection:
        at = NOW - timedelta(days=1)
        return await intake.record_call(
            connection, phone="010-7777-8888", at=at, direction="incoming", duration_seconds=192, turns=CALL
        )


async def test_a_call_is_listed_with_its_length_and_transcript(phone: ServerSettings, call_id: str) -> None:
    await save(phone, "박지훈", "010-7777-8888")
    [listed] = (await call(phone, "list_calls", contact="박지훈", when="어제"))["items"]
    assert (listed["id"], listed["duration"], listed["has_transcript"]) == (call_id, "3분 12초", True)
    transcript = await call(phone, "get_call", call_id=call_id)
    assert [turn["speaker"] for turn in transcript["turns"]] == [turn.speaker for turn in CALL]
    assert (await refusal(phone, "get_call", call_id="ca_none"))[0] == "not_found"


async def test_a_summary_is_picked_from_what_was_said_word_for_word(phone: ServerSettings, call_id: str) -> None:
    summary = await call(phone, "summarize_call", call_id=call_id)
    whole = "\n".join(turn.text for turn in CALL)
    assert 3 <= len(summary["sentences"]) <= 5
    assert all(turn["text"] in whole for turn in [*summary["sentences"], *summary["todos"]])
    assert summary["times"] == ["다음 주 화요일 오후 3시까지", "내일 오전 10시"]
    assert summary["amounts"] == ["1,250만 원"]
    assert summary["phones"] == ["010-2345-6789"]
    assert [turn["speaker"] for turn in summary["todos"]] == ["박지훈", "나"]
    assert "3분 12초" in summary["headline"]
    assert "010-7777-8888" in summary["headline"]


async def test_a_call_without_transcript_is_not_summarised(phone: ServerSettings, env: dict[str, str]) -> None:
    async with stored(env) as connection:
        missed = await intake.record_call(connection, phone="02-123-4567", at=NOW, direction="missed")
    assert (await refusal(phone, "summarize_call", call_id=missed))[0] == "unavailable"


@pytest.mark.parametrize("query", ["ㄱㅁㅅ", "민수", "김민수 님", "디자인", "1234", "010-1234-5678", "디자인팀 ㄱㅁㅅ"])
async def test_a_contact_is_found_by_name_initials_organization_or_number(phone: ServerSettings, query: str) -> None:
    await save(phone, "김민수", "010-1234-5678", organization="디자인팀")
    await save(phone, "최유리", "010-9999-0000", organization="총무팀")
    found = await call(phone, "find_contact", query=query)
    assert [item["person"] for item in found["items"]] == ["김민수"]


async def test_saving_the_same_person_and_number_updates(phone: ServerSettings) -> None:
    first = await call(phone, "save_contact", person="김민수", phone="01012345678", memo="동창")
    again = await call(phone, "save_contact", person="김민수", phone="+82 10-1234-5678", organization="디자인팀")
    assert first["contact"]["id"] == again["contact"]["id"]
    assert (again["contact"]["memo"], again["contact"]["organization"]) == ("동창", "디자인팀")
    assert again["summary"].startswith("연락처 수정")
    assert (await refusal(phone, "save_contact", person="김민수", phone="비밀"))[0] == "invalid"


async def test_the_server_runs_as_a_child_process(env: dict[str, str]) -> None:
    child = StdioServerParameters(command=sys.executable, args=["-m", "mcp_servers.phone"], env=env, cwd=Path.cwd())
    async with Client(child) as client:
        result: CallToolResult = await client.call_tool("send_message", {"to": "119", "text": "시험"})
    assert not result.is_error
