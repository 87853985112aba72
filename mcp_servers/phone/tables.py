"""The SQL tables of the phone server."""

import sqlalchemy as sa

from mcp_servers.common.instant import Instant
from mcp_servers.common.operation import operation_table

metadata = sa.MetaData()


contact = sa.Table(
    "phone_contact",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("person", sa.String, nullable=False),
    sa.Column("person_key", sa.String, nullable=False),
    sa.Column("initials", sa.String, nullable=False),
    sa.Column("phone", sa.String, nullable=False, index=True),
    sa.Column("organization", sa.String, nullable=False),
    sa.Column("organization_key", sa.String, nullable=False),
    sa.Column("email", sa.String, nullable=False),
    sa.Column("memo", sa.Text, nullable=False),
    sa.UniqueConstraint("person_key", "phone", name="phone_contact_person_phone"),
)

message = sa.Table(
    "phone_message",
    metadata,
    # What came later is newer, also within the same second.
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String, nullable=False, unique=True),
    sa.Column("direction", sa.String, nullable=False),
    sa.Column("phone", sa.String, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("text_key", sa.Text, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("delivery", sa.String, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("source_id", sa.String, unique=True),
    sa.Index("phone_message_phone_at", "phone", "at"),
    sa.Index("phone_message_at", "at"),
)

call = sa.Table(
    "phone_call",
    metadata,
    # What came later is newer, also within the same second.
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String, nullable=False, unique=True),
    sa.Column("direction", sa.String, nullable=False),
    sa.Column("phone", sa.String, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("duration_seconds", sa.Integer, nullable=False),
    sa.Column("turns", sa.JSON, nullable=False),
    sa.Column("source_id", sa.String, unique=True),
    sa.Index("phone_call_at", "at"),
)

operation = operation_table(metadata, "phone")
