"""Documents and their passages in SQLite, searched through FTS5."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.common.database import Database
from mcp_servers.common.settings import ServerSettings
from mcp_servers.search.tables import document, passage, terms

Rows = Sequence[sa.Row[Any]]


def open_database(settings: ServerSettings) -> Database:
    """Always the SQLite file of the home folder, whatever `MODU_DATABASE_URL` says: the index needs FTS5.

    It holds nothing that indexing again would not bring back.
    """
    return Database.open(settings.model_copy(update={"database_url": None}), Path(__file__).parent, head="search0001")


@dataclass(frozen=True)
class PassageTerms:
    place: str
    offset: int
    text: str
    morphemes: str
    bigrams: str


@dataclass(frozen=True)
class ReadDocument:
    """A file that was read and cut, ready to be stored."""

    path: str
    path_key: str
    title: str
    kind: str
    content_hash: str
    text: str
    passages: list[PassageTerms]


def document_id(path_key: str) -> str:
    """The same path keeps its id."""
    return f"doc_{hashlib.sha256(path_key.encode(errors='surrogatepass')).hexdigest()[:10]}"


async def hashes(connection: AsyncConnection) -> dict[str, str]:
    """Content hash by path key."""
    rows = await connection.execute(sa.select(document.c.path_key, document.c.content_hash))
    return {row.path_key: row.content_hash for row in rows}


async def put(connection: AsyncConnection, read: ReadDocument, indexed_at: datetime) -> None:
    """Store a document in place of what its path held before."""
    await remove(connection, read.path_key)
    identity = document_id(read.path_key)
    await connection.execute(
        document.insert().values(
            id=identity,
            path=read.path,
            path_key=read.path_key,
            title=read.title,
            kind=read.kind,
            content_hash=read.content_hash,
            text=read.text,
            chunks=len(read.passages),
            indexed_at=indexed_at.astimezone(UTC),
        )
    )
    first = int(await connection.scalar(sa.select(sa.func.coalesce(sa.func.max(passage.c.id), 0))) or 0) + 1
    numbered = list(enumerate(read.passages, first))
    rows = [
        {"id": n, "document_id": identity, "place": p.place, "offset": p.offset, "text": p.text} for n, p in numbered
    ]
    await connection.execute(passage.insert(), rows)
    indexed = [{"rowid": n, "morphemes": p.morphemes, "bigrams": p.bigrams} for n, p in numbered]
    await connection.execute(terms.insert(), indexed)


async def remove(connection: AsyncConnection, path_key: str) -> None:
    """Forget a document, if it is known."""
    identity = document_id(path_key)
    ids = sa.select(passage.c.id).where(passage.c.document_id == identity)
    await connection.execute(terms.delete().where(terms.c.rowid.in_(ids)))
    await connection.execute(passage.delete().where(passage.c.document_id == identity))
    await connection.execute(document.delete().where(document.c.id == identity))


async def search(connection: AsyncConnection, match: str, offset: int, limit: int) -> Rows:
    """The best passages first, one more than `limit`; `score` grows with likeness."""
    statement = sa.text(
        "SELECT d.id AS document_id, d.title, d.path_key AS path, p.place, p.offset, p.text,"
        " -bm25(search_terms, 1.0, 0.25) AS score"
        " FROM search_terms JOIN search_passage p ON p.id = search_terms.rowid"
        " JOIN search_document d ON d.id = p.document_id"
        " WHERE search_terms MATCH :match ORDER BY score DESC, p.id LIMIT :limit OFFSET :offset"
    )
    found = await connection.execute(statement, {"match": match, "limit": limit + 1, "offset": offset})
    return found.all()


async def excerpt(connection: AsyncConnection, identity: str, offset: int, length: int) -> sa.Row[Any] | None:
    """`length` characters of a document from `offset`, and how many it has."""
    text = sa.func.substr(document.c.text, offset + 1, length).label("excerpt")
    total = sa.func.length(document.c.text).label("total")
    columns: list[sa.ColumnElement[Any]] = [*document.c["id", "title", "path_key"], text, total]
    return (await connection.execute(sa.select(*columns).where(document.c.id == identity))).one_or_none()


async def sources(connection: AsyncConnection, offset: int, limit: int) -> Rows:
    """Documents by path, one more than `limit`."""
    columns = document.c["id", "title", "path_key", "kind", "chunks", "indexed_at"]
    statement = sa.select(*columns).order_by(document.c.path_key).offset(offset).limit(limit + 1)
    rows: Rows = (await connection.execute(statement)).all()
    return rows
