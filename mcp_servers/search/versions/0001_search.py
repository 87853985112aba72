"""Documents, passages, their terms and operations."""

import sqlalchemy as sa
from alembic import op

revision = "search0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "search_document",
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
    op.create_table(
        "search_passage",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("document_id", sa.String, sa.ForeignKey("search_document.id"), nullable=False, index=True),
        sa.Column("place", sa.String, nullable=False),
        sa.Column("offset", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    # The terms are already separated by blanks; diacritics must stay apart.
    op.execute(
        "CREATE VIRTUAL TABLE search_terms USING fts5(morphemes, bigrams, tokenize = 'unicode61 remove_diacritics 0')"
    )
    op.create_table(
        "search_operation",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("tool", sa.String, nullable=False),
        sa.Column("arguments_hash", sa.String, nullable=False),
        sa.Column("plan", sa.Text),
        sa.Column("result", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    for table in ("search_operation", "search_terms", "search_passage", "search_document"):
        op.drop_table(table)
