"""The SQL tables of the search server, and the FTS5 index beside them."""

import sqlalchemy as sa

from mcp_servers.common.operation import operation_table

metadata = sa.MetaData()

document = sa.Table(
    "search_document",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("path", sa.String, nullable=False),
    sa.Column("path_key", sa.String, nullable=False, unique=True),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("content_hash", sa.String, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("chunks", sa.Integer, nullable=False),
    sa.Column("indexed_at", sa.DateTime(timezone=True), nullable=False),
)

passage = sa.Table(
    "search_passage",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("document_id", sa.String, sa.ForeignKey("search_document.id"), nullable=False, index=True),
    sa.Column("place", sa.String, nullable=False),
    sa.Column("offset", sa.Integer, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)

terms = sa.table("search_terms", sa.column("rowid"), sa.column("morphemes"), sa.column("bigrams"))

operation = operation_table(metadata, "search")
