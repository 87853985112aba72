"""Events and operations."""

import sqlalchemy as sa
from alembic import op

from mcp_servers.common.operation import operation_table

revision = "calendar0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "calendar_event",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("all_day", sa.Boolean, nullable=False),
        sa.Column("location", sa.Text, nullable=False),
        sa.Column("attendees", sa.JSON, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("searchable", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )
    operation_table(sa.MetaData(), "calendar").create(op.get_bind())


def downgrade() -> None:
    op.drop_table("calendar_operation")
    op.drop_table("calendar_event")
