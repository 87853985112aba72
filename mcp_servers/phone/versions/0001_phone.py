"""Contacts, messages, calls and operations."""

import sqlalchemy as sa
from alembic import op

revision = "phone0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "phone_contact",
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
    op.create_table(
        "phone_message",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String, nullable=False, unique=True),
        sa.Column("direction", sa.String, nullable=False),
        sa.Column("phone", sa.String, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("text_key", sa.Text, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("delivery", sa.String, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source_id", sa.String, unique=True),
    )
    op.create_index("phone_message_phone_at", "phone_message", ["phone", "at"])
    op.create_index("phone_message_at", "phone_message", ["at"])
    op.create_table(
        "phone_call",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String, nullable=False, unique=True),
        sa.Column("direction", sa.String, nullable=False),
        sa.Column("phone", sa.String, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_seconds", sa.Integer, nullable=False),
        sa.Column("turns", sa.JSON, nullable=False),
        sa.Column("source_id", sa.String, unique=True),
    )
    op.create_index("phone_call_at", "phone_call", ["at"])
    op.create_table(
        "phone_operation",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("tool", sa.String, nullable=False),
        sa.Column("arguments_hash", sa.String, nullable=False),
        sa.Column("plan", sa.Text),
        sa.Column("result", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    for table in ("phone_operation", "phone_call", "phone_message", "phone_contact"):
        op.drop_table(table)
