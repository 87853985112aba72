"""The search server: an index over the user's own documents."""

from collections.abc import Mapping
from datetime import UTC
from typing import Annotated, Any

import sqlalchemy as sa
from mcp.server.mcpserver import Context
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.common.database import Database
from mcp_servers.common.operation import Operations, is_preview, key_of
from mcp_servers.common.page import Limit, Page, offset_of, page
from mcp_servers.common.refusal import Refused
from mcp_servers.common.server import ToolServer
from mcp_servers.common.settings import ServerSettings, load
from mcp_servers.common.text import Korean
from mcp_servers.search import store
from mcp_servers.search.indexer import Indexer
from mcp_servers.search.models import DocumentText, Hit, Indexed, Source
from mcp_servers.search.morphemes import Morphemes
from mcp_servers.search.query import LONGEST_QUERY, match_expression, snippet
from mcp_servers.search.tables import operation
from mcp_servers.search.walk import located

_PAGE_CHARACTERS = 4000


def create(env: Mapping[str, str]) -> ToolServer:
    """The server over the settings in `env`.

    Raises:
        ValueError: a setting does not parse.
    """
    settings = load(env)
    return build(settings, store.open_database(settings))


def build(settings: ServerSettings, database: Database) -> ToolServer:
    """The server over a database that the caller closes."""
    server = ToolServer(
        "문서 검색", server="search", instructions="내 문서를 색인하고 찾아 읽습니다.", database=database
    )
    operations = Operations(database, operation)
    SearchTools(settings, database, operations).register(server)
    server.serve_outcomes(operations.outcome)
    return server


class SearchTools:
    """The tools; their docstrings are what the model reads."""

    def __init__(self, settings: ServerSettings, database: Database, operations: Operations) -> None:
        self._settings = settings
        self._database = database
        self._operations = operations
        self._morphemes = Morphemes()
        self._indexer = Indexer(database, self._morphemes)

    def register(self, server: ToolServer) -> None:
        server.change("문서 색인", effect="change")(self.index_documents)
        server.read("문서 찾기", core=True, outside=True)(self.search_documents)
        server.read("문서 읽기", core=True, outside=True)(self.read_document)
        server.read("색인한 문서 목록")(self.list_sources)

    async def index_documents(
        self, paths: Annotated[list[str], Field(description="파일이나 폴더")], ctx: Context
    ) -> Indexed:
        """문서를 검색할 수 있게 색인한다."""
        if not any(path.strip() for path in paths):
            raise Refused("색인할 경로가 없습니다. paths에 파일이나 폴더를 하나 이상 넣으세요.")
        # Reading files must not hold a transaction open, so the work comes first, file by file, and is written down
        # as an operation at the end; where it already is, that result is the answer.
        result = Indexed(summary="") if await self._is_done(ctx) else await self._brought_up_to_date(paths, ctx)

        async def record(_connection: AsyncConnection) -> Indexed:
            return result

        return await self._operations.once(ctx, Indexed, {"paths": paths}, record)

    async def search_documents(self, query: Korean, limit: Limit = 5, cursor: str | None = None) -> Page[Hit]:
        """색인한 문서에서 관련 대목을 찾는다."""
        offset, words = offset_of(cursor), query[:LONGEST_QUERY]
        match = match_expression(self._morphemes, words)
        if not match:
            return Page[Hit](items=[])
        async with self._database.begin() as connection:
            rows = await store.search(connection, match, offset, limit)
        terms = self._morphemes.terms(words)
        hits = [
            Hit(
                document_id=row.document_id,
                title=row.title,
                path=row.path,
                place=row.place,
                score=float(f"{row.score:.4g}"),
                snippet=snippet(row.text, terms),
                offset=row.offset,
            )
            for row in rows
        ]
        return page(hits, offset, limit)

    async def read_document(self, document_id: str, offset: Annotated[int, Field(ge=0)] = 0) -> DocumentText:
        """색인한 문서를 이어서 읽는다."""
        async with self._database.begin() as connection:
            row = await store.excerpt(connection, document_id, offset, _PAGE_CHARACTERS)
        if row is None:
            raise Refused(
                f"'{document_id}' 문서가 없습니다. search_documents나 list_sources가 준 document_id를 넣으세요.",
                code="not_found",
            )
        end = offset + len(row.excerpt)
        return DocumentText(
            document_id=row.id,
            title=row.title,
            path=row.path_key,
            text=row.excerpt,
            offset=offset,
            next_offset=end if end < row.total else None,
            total=row.total,
        )

    async def list_sources(self, limit: Limit = 50, cursor: str | None = None) -> Page[Source]:
        """색인한 문서를 나열한다."""
        offset = offset_of(cursor)
        async with self._database.begin() as connection:
            rows = await store.sources(connection, offset, limit)
        return page([self._source(row) for row in rows], offset, limit)

    async def _is_done(self, ctx: Context) -> bool:
        key = key_of(ctx)
        if key is None or is_preview(ctx):
            return False
        return (await self._operations.outcome(key)).state == "done"

    async def _brought_up_to_date(self, paths: list[str], ctx: Context) -> Indexed:
        named = [located(path.strip(), self._settings.workspace) for path in paths if path.strip()]
        if is_preview(ctx):
            return await self._indexer.foresee(named)
        return await self._indexer.index(named, self._settings.now(), ctx.report_progress)

    def _source(self, row: sa.Row[Any]) -> Source:
        # SQLite forgets the zone, which is always UTC.
        indexed_at = row.indexed_at.replace(tzinfo=UTC)
        return Source(
            document_id=row.id,
            title=row.title,
            path=row.path_key,
            kind=row.kind,
            chunks=row.chunks,
            indexed_at=indexed_at.astimezone(self._settings.now().tzinfo).isoformat(timespec="seconds"),
        )
