"""The tables. SQLite and PostgreSQL alike."""

import sqlalchemy as sa

metadata = sa.MetaData()

HEAD = "transcript0001"
"""The newest Alembic revision."""

session = sa.Table(
    "session",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("workspace", sa.String, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
)

entry = sa.Table(
    "entry",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("session_id", sa.String, sa.ForeignKey("session.id", ondelete="CASCADE"), nullable=False),
    sa.Column("turn", sa.Integer, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("ref", sa.String, nullable=False),
    sa.Column("outside", sa.Boolean, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.UniqueConstraint("session_id", "turn", "kind", "ref"),
)
sa.Index("entry_by_kind", entry.c.session_id, entry.c.kind, entry.c.turn)
sa.Index("entry_in_order", entry.c.session_id, entry.c.id)

blob = sa.Table(
    "blob",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("session_id", sa.String, sa.ForeignKey("session.id", ondelete="CASCADE"), nullable=False),
    sa.Column("outside", sa.Boolean, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)
