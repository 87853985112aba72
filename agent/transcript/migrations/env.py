"""Alembic environment of the transcript: runs inside the connection it is given."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table="transcript_version")
with context.begin_transaction():
    context.run_migrations()
