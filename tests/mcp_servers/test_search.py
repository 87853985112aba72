"""The search server through a real client in memory."""

import io
import sys
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult, TextContent

from mcp_servers.common.settings import ServerSettings, load
from mcp_servers.search.server import build
from mcp_servers.search.store import open_database

LEAVE = "# 휴가 규정\n\n연차휴가는 입사 1년 후 15일을 준다.\n\n## 병가\n\n병가를 사흘 넘게 쓰려면 진단서를 내야 한다.\n"
TRAVEL = "출장비 정산은 귀임 후 5일 안에 영수증을 붙여 경영지원팀에 제출합니다.\n\n숙박비는 1박 12만 원까지입니다."


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    workspace = tmp_path / "work"
    workspace.mkdir()
    return {
        "MODU_HOME": str(tmp_path / "home"),
        "MODU_WORKSPACE": str(workspace),
        "MODU_NOW": "2026-11-23T10:00:00+09:00",
    }


@pytest.fixture
def settings(env: dict[str, str]) -> ServerSettings:
    return load(env)


@pytest.fixture
def folder(settings: ServerSettings) -> Path:
    folder = settings.workspace / "문서"
    folder.mkdir()
    (folder / "휴가.md").write_text(LEAVE, encoding="utf-8")
    (folder / "출장.txt").write_bytes(TRAVEL.encode("cp949"))
    return folder


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
    return dict(result.structured_content or {})


async def index(settings: ServerSettings, *paths: Path | str, **meta: Any) -> dict[str, Any]:
    return await call(settings, "index_documents", meta, paths=[str(path) for path in paths])


async def found(settings: ServerSettings, query: str, **arguments: Any) -> list[dict[str, Any]]:
    return list((await call(settings, "search_documents", query=query, **arguments))["items"])


async def reasons(settings: ServerSettings, *paths: Path) -> dict[str, str]:
    result = await index(settings, *paths)
    return {Path(failure["path"]).name: failure["reason"] for failure in result["failures"]}


async def test_a_question_finds_the_passage_that_answers_it(settings: ServerSettings, folder: Path) -> None:
    indexed = await index(settings, folder)
    assert (indexed["added"], indexed["failed"]) == (2, 0)
    [best, *_] = await found(settings, "병가를 쓸 때 진단서가 필요한가요?")
    assert best["title"] == "휴가 규정"
    assert best["path"] == str(folder / "휴가.md")
    assert "진단서를 내야" in best["snippet"]
    assert best["score"] > 0


async def test_a_cp949_file_is_read_and_other_endings_of_a_word_match(settings: ServerSettings, folder: Path) -> None:
    await index(settings, "문서")
    [best, *_] = await found(settings, "출장비를 정산하려면")
    assert "영수증" in best["snippet"]
    assert best["place"] == "1번째 문단"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp949"])
async def test_korean_text_is_read_in_its_usual_encodings(settings: ServerSettings, encoding: str) -> None:
    path = settings.workspace / "인코딩.txt"
    path.write_bytes("똠방각하 회의록".encode(encoding))
    await index(settings, path)
    [hit] = await found(settings, "똠방각하")
    assert hit["snippet"] == "똠방각하 회의록"


async def test_unchanged_files_are_skipped_and_vanished_ones_removed(settings: ServerSettings, folder: Path) -> None:
    await index(settings, folder)
    (folder / "휴가.md").write_text("# 새 휴가 규정\n\n안식월 제도가 생겼다.", encoding="utf-8")
    (folder / "출장.txt").unlink()
    again = await index(settings, folder)
    assert (again["added"], again["updated"], again["unchanged"], again["removed"]) == (0, 1, 0, 1)
    once_more = await index(settings, folder)
    assert once_more["summary"] == "문서 색인: 그대로 1개"
    assert await found(settings, "출장비 영수증") == []
    assert [hit["title"] for hit in await found(settings, "안식월")] == ["새 휴가 규정"]
    assert await found(settings, "진단서") == []


async def test_a_vanished_folder_takes_its_documents_along(settings: ServerSettings, folder: Path) -> None:
    await index(settings, folder)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    gone = await index(settings, folder)
    assert (gone["removed"], gone["failed"]) == (2, 1)
    assert (await call(settings, "list_sources"))["items"] == []


async def test_a_preview_lists_what_would_be_indexed_and_changes_nothing(
    settings: ServerSettings, folder: Path
) -> None:
    preview = await index(settings, folder, **{"modu/preview": True})
    assert "휴가.md" in preview["detail"]
    assert (await call(settings, "list_sources"))["items"] == []
    assert (await index(settings, folder))["summary"] == preview["summary"]


async def test_the_same_key_answers_with_the_first_result(settings: ServerSettings, folder: Path) -> None:
    key = {"modu/idempotencyKey": "s1:t1:c1"}
    first = await index(settings, folder, **key)
    (folder / "새.txt").write_text("나중에 온 글", encoding="utf-8")
    assert await index(settings, folder, **key) == first
    assert await found(settings, "나중에 온") == []
    refused = await ask(settings, "index_documents", key, {"paths": [str(folder / "새.txt")]})
    assert (refused.meta or {})["modu/error"] == "conflict"
    assert (await call(settings, "operation_outcome", key="s1:t1:c1"))["state"] == "done"


async def test_progress_is_told_for_every_file(settings: ServerSettings, folder: Path) -> None:
    told: list[tuple[float, float | None]] = []

    async def progress(done: float, total: float | None, _message: str | None) -> None:
        told.append((done, total))

    database = open_database(settings)
    async with Client(build(settings, database)) as client:
        await client.call_tool("index_documents", {"paths": [str(folder)]}, progress_callback=progress)
    await database.close()
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    "query",
    [
        '"',
        "' OR 1=1 --",
        "morphemes : *",
        "휴가 AND NOT NEAR(병가, 2)",
        '" OR "',
        "휴가*",
        "^휴가",
        "-휴가 {a b}: c",
        "(((",
        "\\",
        "휴가\0병가",
        "%_",
        "🎉",
    ],
)
async def test_query_syntax_is_only_words(settings: ServerSettings, folder: Path, query: str) -> None:
    await index(settings, folder)
    assert isinstance(await found(settings, query), list)


async def test_a_query_that_nothing_fits_finds_nothing(settings: ServerSettings, folder: Path) -> None:
    await index(settings, folder)
    assert await found(settings, "블록체인") == []
    assert await found(settings, "?!") == []
    assert await found(settings, "가" * 200_000) == []


async def test_results_come_in_pages(settings: ServerSettings) -> None:
    for number in range(5):
        (settings.workspace / f"{number}.txt").write_text(f"예산 보고 {number}", encoding="utf-8")
    await index(settings, ".")
    first = await call(settings, "search_documents", query="예산", limit=3)
    rest = await call(settings, "search_documents", query="예산", limit=3, cursor=first["next_cursor"])
    assert len({hit["document_id"] for hit in first["items"] + rest["items"]}) == 5
    assert rest["next_cursor"] is None


async def test_a_document_is_read_on_from_where_it_stopped(settings: ServerSettings) -> None:
    paragraphs = [f"{number}번 문단입니다. " + "가나다라 마바사. " * 20 for number in range(40)]
    (settings.workspace / "긴글.txt").write_text("\n\n".join(paragraphs), encoding="utf-8")
    await index(settings, "긴글.txt")
    [source] = (await call(settings, "list_sources"))["items"]
    assert source["chunks"] > 10
    assert source["indexed_at"] == "2026-11-23T10:00:00+09:00"
    text, offset = "", 0
    while offset is not None:
        read = await call(settings, "read_document", document_id=source["document_id"], offset=offset)
        assert len(read["text"]) <= 4000
        text, offset = text + read["text"], read["next_offset"]
    assert text == "\n".join(paragraph.strip() for paragraph in paragraphs)
    [hit] = await found(settings, "37번 문단", limit=1)
    assert hit["snippet"].startswith(text[hit["offset"] : hit["offset"] + 5]) or "37번" in hit["snippet"]
    assert len(hit["snippet"]) <= 400


async def test_an_unknown_document_is_refused(settings: ServerSettings) -> None:
    refused = await ask(settings, "read_document", None, {"document_id": "doc_none"})
    [content] = refused.content
    assert isinstance(content, TextContent)
    assert "list_sources" in content.text


async def test_five_megabytes_in_one_line_are_indexed(settings: ServerSettings) -> None:
    path = settings.workspace / "큰.txt"
    path.write_text("a" * 5_000_000 + " 마지막 낱말", encoding="utf-8")
    assert (await index(settings, path))["added"] == 1
    [hit] = await found(settings, "마지막 낱말")
    assert "마지막" in hit["snippet"]


def docx_bytes() -> bytes:
    document = docx.Document()
    document.add_heading("보안 지침", level=1)
    document.add_paragraph("비밀번호는 90일마다 바꾼다.")
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text = "담당자"
    table.cell(0, 1).text = "최유리 책임"
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def hwpx_bytes(paragraphs: list[str], manifest: str = "<manifest/>") -> bytes:
    body = "".join(f"<hp:p><hp:run><hp:t>{paragraph}</hp:t></hp:run></hp:p>" for paragraph in paragraphs)
    section = f'<hs:sec xmlns:hs="urn:s" xmlns:hp="urn:p">{body}</hs:sec>'
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "application/hwp+zip")
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("Contents/section0.xml", section)
    return stream.getvalue()


def pdf_bytes(*pages: str) -> bytes:
    """Pages of UTF-16 text through a font without an embedded file, as Korean PDF writers put it."""
    count = len(pages)
    kids = " ".join(f"{6 + 2 * number} 0 R" for number in range(count))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>",
        "<< /Type /Font /Subtype /Type0 /BaseFont /HYSMyeongJo-Medium /Encoding /UniKS-UCS2-H "
        "/DescendantFonts [4 0 R] >>",
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HYSMyeongJo-Medium /CIDSystemInfo "
        "<< /Registry (Adobe) /Ordering (Korea1) /Supplement 1 >> /FontDescriptor 5 0 R >>",
        "<< /Type /FontDescriptor /FontName /HYSMyeongJo-Medium /Flags 6 /FontBBox [0 -200 1000 900] /ItalicAngle 0 "
        "/Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 >>",
    ]
    for number, text in enumerate(pages):
        stream = f"BT /F1 12 Tf 50 700 Td <{text.encode('utf-16-be').hex()}> Tj ET" if text else ""
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {7 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    out, offsets = b"%PDF-1.4\n", list[int]()
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n".encode()
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    start, size = len(out), len(objects) + 1
    trailer = f"trailer << /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF"
    return out + f"xref\n0 {size}\n0000000000 65535 f \n{table}{trailer}".encode()


async def test_office_files_web_pages_and_pdf_are_read_with_their_places(settings: ServerSettings) -> None:
    work = settings.workspace
    (work / "보안.docx").write_bytes(docx_bytes())
    (work / "공문.hwpx").write_bytes(hwpx_bytes(["구내식당 운영 시간 변경 안내", "점심은 11시 30분부터입니다."]))
    (work / "안내.pdf").write_bytes(pdf_bytes("주차장 이용 안내", "방문객은 지하 2층에 주차합니다"))
    table = "<table><tr><td>암호</td><td><b>모</b>두1234</td></tr></table>"
    page = f"<title>사내 위키</title><script>비밀()</script><h2>공유기</h2>{table}"
    (work / "위키.html").write_bytes(f"<meta charset=euc-kr>{page}".encode("cp949"))
    indexed = await index(settings, ".")
    assert (indexed["added"], indexed["failures"]) == (4, [])
    [password, *_] = await found(settings, "비밀번호 교체 주기")
    assert (password["title"], password["place"]) == ("보안", "보안 지침")
    assert "담당자 | 최유리 책임" in password["snippet"]
    assert (await found(settings, "구내식당 점심"))[0]["title"] == "공문"
    [parking, *_] = await found(settings, "지하 방문객 주차")
    assert parking["place"] == "2쪽"
    [wiki, *_] = await found(settings, "공유기 암호")
    assert (wiki["title"], wiki["place"], wiki["snippet"]) == ("사내 위키", "공유기", "공유기\n암호 모두1234")


async def test_every_unreadable_file_is_reported_with_its_reason(settings: ServerSettings) -> None:
    work = settings.workspace
    (work / "깨짐.docx").write_bytes(docx_bytes()[:900])
    (work / "깨짐.hwpx").write_bytes(b"PK\x03\x04 junk")
    (work / "깨짐.hwp").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1junk")
    (work / "깨짐.pdf").write_bytes(b"%PDF-1.4 junk")
    (work / "암호.docx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    (work / "암호.hwpx").write_bytes(hwpx_bytes([], "<manifest><encryption-data/></manifest>"))
    (work / "빈.hwpx").write_bytes(hwpx_bytes([]))
    (work / "빈.txt").write_text("  \n", encoding="utf-8")
    (work / "영.txt").write_bytes(b"")
    (work / "스캔.pdf").write_bytes(pdf_bytes(""))
    (work / "이진.txt").write_bytes(b"\xff\xff\x00\x81\x20" * 20)
    (work / "표.xlsx").write_bytes(b"PK")
    (work / "사진.png").write_bytes(b"png")
    with (work / "큼.pdf").open("wb") as large:
        large.truncate(50 * 1024 * 1024 + 1)
    (work / ".숨김.txt").write_text("숨긴 글", encoding="utf-8")
    (work / "좋음.txt").write_text("읽을 수 있는 글", encoding="utf-8")
    said = await reasons(settings, work)
    expected = {
        "깨짐.docx": "깨져", "깨짐.hwpx": "깨져", "깨짐.hwp": "깨져", "깨짐.pdf": "깨져",
        "암호.docx": "암호", "암호.hwpx": "암호", "빈.hwpx": "빈 파일", "빈.txt": "빈 파일", "영.txt": "빈 파일",
        "스캔.pdf": "글자가 들어 있지", "이진.txt": "글자로 읽을 수", "표.xlsx": "지원하지", "큼.pdf": "너무 큰",
    }  # fmt: skip
    assert said.keys() == expected.keys()
    assert {name for name, reason in expected.items() if reason not in said[name]} == set()
    assert [source["title"] for source in (await call(settings, "list_sources"))["items"]] == ["좋음"]
    assert "지원하지" in (await reasons(settings, work / "사진.png"))["사진.png"]


async def test_a_zip_bomb_is_refused(settings: ServerSettings) -> None:
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("word/document.xml", "w") as member,
    ):
        for _ in range(301):
            member.write(b"\0" * 2**20)
    (settings.workspace / "폭탄.docx").write_bytes(stream.getvalue())
    assert "너무 큰" in (await reasons(settings, settings.workspace))["폭탄.docx"]


async def test_a_decomposed_file_name_is_found_in_either_spelling(settings: ServerSettings) -> None:
    name = "회의록.txt"
    (settings.workspace / unicodedata.normalize("NFD", name)).write_text("분기 목표", encoding="utf-8")
    assert (await index(settings, name))["added"] == 1
    [hit] = await found(settings, "분기 목표")
    assert hit["path"] == str(settings.workspace / name)
    assert (await index(settings, settings.workspace))["unchanged"] == 1


async def test_an_earlier_document_that_can_no_longer_be_read_leaves_the_index(settings: ServerSettings) -> None:
    path = settings.workspace / "공문.hwpx"
    path.write_bytes(hwpx_bytes(["채용 공고"]))
    await index(settings, path)
    path.write_bytes(b"PK\x03\x04 junk")
    broken = await index(settings, path)
    assert (broken["removed"], broken["failed"]) == (1, 1)
    assert await found(settings, "채용") == []


async def test_the_index_stays_on_sqlite_when_the_rest_is_elsewhere(env: dict[str, str]) -> None:
    settings = load(env | {"MODU_DATABASE_URL": "postgresql+psycopg://nowhere.invalid/modu"})
    assert (await call(settings, "list_sources"))["items"] == []
    assert (settings.home / "search.db").exists()


async def test_the_server_runs_as_a_child_process(env: dict[str, str], folder: Path) -> None:
    child = StdioServerParameters(command=sys.executable, args=["-m", "mcp_servers.search"], env=env, cwd=Path.cwd())
    async with Client(child) as client:
        await client.call_tool("index_documents", {"paths": ["문서"]})
        result = await client.call_tool("search_documents", {"query": "연차"})
    assert (result.structured_content or {})["items"]
