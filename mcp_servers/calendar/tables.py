"""The SQL tables of the calendar server.

`calendar_item` holds the truth as iCalendar text; component, occurrence and participant are its index.
"""

import sqlalchemy as sa

from mcp_servers.common.instant import Instant
from mcp_servers.common.operation import operation_table

metadata = sa.MetaData()

operation = operation_table(metadata, "calendar")

account = sa.Table(
    "calendar_account",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("provider", sa.String, nullable=False),
    sa.Column("url", sa.String, nullable=False),
    sa.Column("username", sa.String, nullable=False),
    # Where the password is, never the password: "env:NAME" or "keyring:SERVICE".
    sa.Column("secret", sa.String, nullable=False),
    # What the server was found to be able to do.
    sa.Column("profile", sa.JSON, nullable=False),
    sa.Column("synced_at", Instant),
)

collection = sa.Table(
    "calendar_collection",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("color", sa.String, nullable=False),
    sa.Column("rights", sa.String, nullable=False),
    sa.Column("owner", sa.String, nullable=False),
    sa.Column("account", sa.String, nullable=False, index=True),
    sa.Column("href", sa.String, nullable=False),
    sa.Column("ctag", sa.String, nullable=False),
    sa.Column("sync_token", sa.String, nullable=False),
)

item = sa.Table(
    "calendar_item",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("collection", sa.String, sa.ForeignKey("calendar_collection.id"), nullable=False),
    sa.Column("uid", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("data", sa.Text, nullable=False),
    # SHA-256 of `data`, so that what a synchronisation has to send is found without reading texts.
    sa.Column("digest", sa.String, nullable=False),
    sa.Column("outside", sa.Boolean, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    # The stretch whose occurrences are in the index; both null when all are.
    sa.Column("indexed_from", Instant),
    sa.Column("indexed_until", Instant),
    sa.UniqueConstraint("collection", "uid", name="calendar_item_collection_uid"),
    sa.Index("calendar_item_indexed_from", "indexed_from"),
    sa.Index("calendar_item_indexed_until", "indexed_until"),
    sa.Index("calendar_item_uid", "uid"),
)

component = sa.Table(
    "calendar_component",
    metadata,
    sa.Column("item", sa.String, sa.ForeignKey("calendar_item.id", ondelete="CASCADE"), primary_key=True),
    # Empty for the master; else its RECURRENCE-ID in basic format.
    sa.Column("recurrence_id", sa.String, primary_key=True),
    sa.Column("collection", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("location", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("recurs", sa.Boolean, nullable=False),
    sa.Column("outside", sa.Boolean, nullable=False),
    sa.Column("alarms", sa.Integer, nullable=False),
    sa.Column("attendees", sa.JSON, nullable=False),
    sa.Column("searchable", sa.Text, nullable=False),
    sa.Column("due_at", Instant),
    sa.Column("completed_at", Instant),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Index("calendar_component_kind_due", "kind", "due_at"),
)

occurrence = sa.Table(
    "calendar_occurrence",
    metadata,
    sa.Column("item", sa.String, sa.ForeignKey("calendar_item.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("recurrence_id", sa.String, primary_key=True),
    # The component that describes it: its own `recurrence_id` if it was changed, else the master's.
    sa.Column("component", sa.String, nullable=False),
    # As its item's, so that a query for a stretch of time begins at its index.
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("starts_at", Instant, nullable=False),
    sa.Column("ends_at", Instant, nullable=False),
    sa.Column("all_day", sa.Boolean, nullable=False),
    sa.Column("busy", sa.Boolean, nullable=False),
    # Class of its length (see `store.spans`), so that what overlaps a week is found in an index of starts.
    sa.Column("span", sa.SmallInteger, nullable=False),
    sa.Index("calendar_occurrence_span_starts", "span", "starts_at"),
    sa.Index("calendar_occurrence_starts", "starts_at"),
)

DESCRIBES = sa.and_(component.c.item == occurrence.c.item, component.c.recurrence_id == occurrence.c.component)
"""Joins an occurrence with the component that says what it is."""

participant = sa.Table(
    "calendar_participant",
    metadata,
    sa.Column("item", sa.String, sa.ForeignKey("calendar_item.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("component", sa.String, primary_key=True),
    sa.Column("person", sa.String, primary_key=True),
    # Case-folded e-mail address or name; somebody with both has two rows.
    sa.Column("status", sa.String, nullable=False),
    sa.Index("calendar_participant_person", "person"),
)

room = sa.Table(
    "calendar_room",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False, unique=True),
    sa.Column("capacity", sa.Integer, nullable=False),
    sa.Column("address", sa.String, nullable=False),
    sa.Column("features", sa.JSON, nullable=False),
)

change = sa.Table(
    "calendar_change",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    # [{"id", "collection", "uid", "kind", "before", "after"}]: iCalendar texts, null where there was or is nothing.
    sa.Column("entries", sa.JSON, nullable=False),
    sa.Column("undone_at", Instant),
)

remote = sa.Table(
    "calendar_remote",
    metadata,
    sa.Column("collection", sa.String, primary_key=True),
    sa.Column("uid", sa.String, primary_key=True),
    sa.Column("href", sa.String, nullable=False),
    sa.Column("etag", sa.String, nullable=False),
    # What both sides had when they last agreed: what differs here was changed here, what is gone was deleted here.
    sa.Column("base", sa.Text, nullable=False),
    sa.Column("digest", sa.String, nullable=False),
)

reminder = sa.Table(
    "calendar_reminder",
    metadata,
    # Occurrence and instant; a claimed reminder is given out again only if its claim lapses before it is settled.
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("due_at", Instant, nullable=False, index=True),
    # Null while it waits: it was put off until `due_at`.
    sa.Column("claimed_at", Instant),
    sa.Column("settled_at", Instant),
)
