"""The operations of the code server."""

import sqlalchemy as sa
from alembic import op

revision = "code0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "code_operation",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("tool", sa.String, nullable=False),
        sa.Column("arguments_hash", sa.String, nullable=False),
        sa.Column("plan", sa.Text),
        sa.Column("result", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
