"""Items as iCalendar text with their index; the events of the first revision become items."""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

from mcp_servers.common.instant import Instant

revision = "calendar0002"
down_revision = "calendar0001"

_DEFAULT = {"id": "cal_mine", "name": "내 달력", "color": "#3366cc", "rights": "write", "owner": "", "account": ""}
_LONG_AGO = datetime(1970, 1, 2, tzinfo=UTC)


def upgrade() -> None:
    _create_main()
    _create_index()
    _create_rest()
    _move_events()


def _create_main() -> None:
    op.create_table(
        "calendar_account",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("provider", sa.String, nullable=False),
        sa.Column("url", sa.String, nullable=False),
        sa.Column("username", sa.String, nullable=False),
        sa.Column("secret", sa.String, nullable=False),
        sa.Column("profile", sa.JSON, nullable=False),
        sa.Column("synced_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "calendar_collection",
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
    op.create_table(
        "calendar_item",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("collection", sa.String, sa.ForeignKey("calendar_collection.id"), nullable=False),
        sa.Column("uid", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("outside", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("indexed_from", sa.DateTime(timezone=True)),
        sa.Column("indexed_until", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("collection", "uid", name="calendar_item_collection_uid"),
        sa.Index("calendar_item_indexed_from", "indexed_from"),
        sa.Index("calendar_item_indexed_until", "indexed_until"),
        sa.Index("calendar_item_uid", "uid"),
    )


def _create_index() -> None:
    op.create_table(
        "calendar_component",
        sa.Column("item", sa.String, sa.ForeignKey("calendar_item.id", ondelete="CASCADE"), primary_key=True),
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
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("completed_at", sa.DateTime(timezone=True)),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Index("calendar_component_kind_due", "kind", "due_at"),
    )
    op.create_table(
        "calendar_occurrence",
        sa.Column("item", sa.String, sa.ForeignKey("calendar_item.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("recurrence_id", sa.String, primary_key=True),
        sa.Column("component", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("all_day", sa.Boolean, nullable=False),
        sa.Column("busy", sa.Boolean, nullable=False),
        sa.Column("span", sa.SmallInteger, nullable=False),
        sa.Index("calendar_occurrence_span_starts", "span", "starts_at"),
        sa.Index("calendar_occurrence_starts", "starts_at"),
    )
    op.create_table(
        "calendar_participant",
        sa.Column("item", sa.String, sa.ForeignKey("calendar_item.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("component", sa.String, primary_key=True),
        sa.Column("person", sa.String, primary_key=True),
        sa.Column("status", sa.String, nullable=False),
        sa.Index("calendar_participant_person", "person"),
    )


def _create_rest() -> None:
    op.create_table(
        "calendar_room",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False, unique=True),
        sa.Column("capacity", sa.Integer, nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("features", sa.JSON, nullable=False),
    )
    op.create_table(
        "calendar_change",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("entries", sa.JSON, nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "calendar_remote",
        sa.Column("collection", sa.String, primary_key=True),
        sa.Column("uid", sa.String, primary_key=True),
        sa.Column("href", sa.String, nullable=False),
        sa.Column("etag", sa.String, nullable=False),
        sa.Column("base", sa.Text, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
    )
    op.create_table(
        "calendar_reminder",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True)),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
    )


def _move_events() -> None:
    connection = op.get_bind()
    columns = ("id", "title", "starts_at", "ends_at", "all_day", "location", "attendees", "description", "created_at")
    old = sa.table("calendar_event", *(sa.column(name) for name in columns))
    old.c.attendees.type = sa.JSON()
    for name in ("starts_at", "ends_at", "created_at"):
        old.c[name].type = Instant()
    old.c.all_day.type = sa.Boolean()
    events = connection.execute(sa.select(old)).all()
    if events:
        _insert("calendar_collection", [{**_DEFAULT, "href": "", "ctag": "", "sync_token": ""}])
        _insert("calendar_item", [_item(event) for event in events])
    op.drop_table("calendar_event")


def _insert(table: str, rows: list[dict[str, object]]) -> None:
    kinds: dict[type, sa.types.TypeEngine[Any]] = {datetime: Instant(), bool: sa.Boolean()}
    columns = (sa.column(name, kinds.get(type(value), sa.String())) for name, value in rows[0].items())
    op.bulk_insert(sa.table(table, *columns), rows)


def _item(event: sa.Row[Any]) -> dict[str, object]:
    """Without an index: the first query finds it stale and makes it."""
    uid = f"{event.id}@modu"
    row = {"id": event.id, "collection": _DEFAULT["id"], "uid": uid, "kind": "VEVENT", "data": _text(event, uid)}
    row |= {"digest": "", "outside": False, "created_at": event.created_at, "updated_at": event.created_at}
    return row | {"indexed_from": _LONG_AGO, "indexed_until": _LONG_AGO}


def _text(event: sa.Row[Any], uid: str) -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//modu//calendar//KO", "BEGIN:VEVENT", f"UID:{uid}"]
    lines += [f"DTSTAMP:{_utc(event.created_at)}", f"SUMMARY:{_escaped(event.title)}"]
    lines += [_moment("DTSTART", event.starts_at, event.all_day), _moment("DTEND", event.ends_at, event.all_day)]
    lines += [f"LOCATION:{_escaped(event.location)}"] if event.location else []
    lines += [f"DESCRIPTION:{_escaped(event.description)}"] if event.description else []
    lines += [f'ATTENDEE;CN="{name.replace(chr(34), "")}":invalid:nomail' for name in event.attendees]
    return "".join(f"{line}\r\n" for line in [*lines, "END:VEVENT", "END:VCALENDAR"])


def _moment(name: str, instant: datetime, all_day: bool) -> str:
    if all_day:
        # The first revision kept whole days as midnights of Seoul.
        return f"{name};VALUE=DATE:{instant + timedelta(hours=9):%Y%m%d}"
    return f"{name}:{_utc(instant)}"


def _utc(instant: datetime) -> str:
    return f"{instant:%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(plain, escaped)
    return text


def downgrade() -> None:
    raise NotImplementedError("an older modu cannot keep what this revision holds")
