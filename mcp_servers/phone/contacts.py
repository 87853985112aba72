"""The address book in SQL, and whom a name means."""

import secrets
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.common.refusal import Refused
from mcp_servers.phone import names, number
from mcp_servers.phone.models import Contact
from mcp_servers.phone.tables import contact

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_SHOWN = 20


def new_id(prefix: str) -> str:
    return f"{prefix}_{''.join(secrets.choice(_ALPHABET) for _ in range(8))}"


async def find(connection: AsyncConnection, query: str) -> list[Contact]:
    """Contacts that fit every word of the query by name, initial consonants, organization or number."""
    for words in (query.split(), [*names.spoken(query).names]):
        if words and (rows := await _search(connection, words)):
            return [model(row) for row in rows]
    return []


async def save(connection: AsyncConnection, person: str, phone: str, **given: str | None) -> tuple[Contact, bool]:
    """Add a contact, or update the given fields of the one with this name and number; says whether it is new."""
    fields = {field: value for field, value in given.items() if value is not None}
    if "organization" in fields:
        fields["organization_key"] = names.key(fields["organization"])
    same = (contact.c.person_key == names.key(person)) & (contact.c.phone == phone)
    known = (await connection.execute(sa.select(contact.c.id).where(same))).one_or_none()
    if known is None:
        empty = dict.fromkeys(("organization", "organization_key", "email", "memo"), "")
        keys = {"person_key": names.key(person), "initials": names.initials(person)}
        row: dict[str, Any] = {"id": new_id("ct"), "person": person, "phone": phone} | keys | empty | fields
        await connection.execute(contact.insert().values(**row))
    elif fields:
        await connection.execute(contact.update().where(same).values(**fields))
    saved = (await connection.execute(contact.select().where(same))).one()
    return model(saved), known is None


async def named(connection: AsyncConnection, phones: set[str]) -> dict[str, str]:
    """The names behind stored numbers."""
    if not phones:
        return {}
    rows = await connection.execute(contact.select().where(contact.c.phone.in_(phones)).order_by(contact.c.id.desc()))
    return {row.phone: row.person for row in rows}


async def resolve(connection: AsyncConnection, who: str) -> list[sa.Row[Any]]:
    """The contacts a spoken name may mean, of the surest kind found; one row per person and number.

    Raises:
        Refused: nobody is called so.
    """
    said = names.spoken(who)
    hints = [names.key(name) for name in (*said.names, said.whole) if name]
    rows = await connection.execute(
        contact.select()
        .where(sa.or_(*(contact.c.person_key.contains(hint, autoescape=True) for hint in hints)))
        .order_by(contact.c.person, contact.c.id)
    )
    ranked = [(names.closeness(said, _known(row)), row) for row in rows] if hints else []
    best = max((rank for rank, _ in ranked), default=0)
    if not best:
        raise Refused(
            f"연락처에 '{who}' 이름이 없습니다. find_contact로 다른 이름을 찾아보거나 전화번호를 그대로 넣으세요.",
            code="not_found",
        )
    return [row for rank, row in ranked if rank == best]


async def one_number(connection: AsyncConnection, who: str) -> str:
    """The stored number of a written number or of the one person so called.

    Raises:
        Refused: no number, nobody or several people.
    """
    if number.looks_like_number(who):
        return parse_number(who)
    found = await resolve(connection, who)
    if len({row.phone for row in found}) == 1:
        return str(found[0].phone)
    raise Refused(
        f"'{who}'에 맞는 연락처가 {len(found)}개입니다: {_candidates(found)}. 사용자에게 누구인지 물은 뒤 "
        "find_contact로 번호를 확인해 번호로 지정하세요.",
        code="ambiguous",
    )


async def numbers(connection: AsyncConnection, who: str) -> set[str]:
    """Every stored number that the name or the written number may mean (for reading, namesakes are all meant)."""
    if number.looks_like_number(who):
        return {parse_number(who)}
    return {row.phone for row in await resolve(connection, who)}


def parse_number(text: str) -> str:
    """Raises `Refused` for what is no telephone number."""
    if stored := number.parse(text):
        return stored
    raise Refused(f"'{text}' 은(는) 전화번호가 아닙니다. 010-1234-5678이나 02-123-4567처럼 넣으세요.")


def model(row: sa.Row[Any]) -> Contact:
    return Contact(
        id=row.id,
        person=row.person,
        phone=number.display(row.phone),
        organization=row.organization,
        email=row.email,
        memo=row.memo,
    )


async def _search(connection: AsyncConnection, words: Sequence[str]) -> Sequence[sa.Row[Any]]:
    statement = contact.select().where(*(_fits(word) for word in words)).order_by(contact.c.person, contact.c.id)
    return (await connection.execute(statement.limit(_SHOWN))).all()


def _fits(word: str) -> sa.ColumnElement[bool]:
    found = names.key(word)
    places = [contact.c.person_key.contains(found, autoescape=True)]
    places.append(contact.c.organization_key.contains(found, autoescape=True))
    if names.is_initials(word):
        places.append(contact.c.initials.contains(names.initials(word), autoescape=True))
    if number.looks_like_number(word):
        digits = "".join(filter(str.isdigit, word))
        stored = number.parse(word) or digits.removeprefix("0")
        places.append(contact.c.phone.contains(stored, autoescape=True))
    return sa.or_(*places)


def _known(row: sa.Row[Any]) -> names.Known:
    return names.Known(row.person, row.organization, row.memo, row.phone)


def _candidates(rows: Sequence[sa.Row[Any]]) -> str:
    return ", ".join(
        f"{row.person}({row.organization or '소속 없음'}, 끝번호 {row.phone[-4:]})" for row in rows[:_SHOWN]
    )
