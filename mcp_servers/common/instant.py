"""Instants in SQL."""

from datetime import UTC, datetime, tzinfo

import sqlalchemy as sa


class Instant(sa.types.TypeDecorator[datetime]):
    """A UTC instant that is timezone-aware in Python also where the database forgets the zone (SQLite)."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return value and (value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC))


def zone_of(moment: datetime) -> tzinfo:
    """The zone of an aware datetime.

    Raises:
        ValueError: it has none.
    """
    if moment.tzinfo is None:
        raise ValueError("a datetime with a zone is needed")
    return moment.tzinfo
