"""By what a person is found in the index, the user too: the e-mail address and the name."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar.entities import Person
from mcp_servers.calendar.tables import account
from mcp_servers.common.text import nfc


def keys(person: Person) -> list[str]:
    """Every key of a calendar user."""
    return [key for key in (_mail(person.address), _name(person.name)) if key]


def key_of(text: str) -> str:
    """The key of what somebody wrote: an address or a name."""
    text = text.strip()
    return _mail(text) if "@" in text else _name(text)


def person_of(text: str) -> Person:
    """ "김민수", "minsu@example.com" or "김민수 <minsu@example.com>"."""
    name, bracket, address = nfc(text).partition("<")
    if bracket:
        return Person(name.strip() or address.strip("> "), address.strip("> "))
    return Person(name, name) if "@" in name else Person(name)


async def own_names(connection: AsyncConnection) -> list[str]:
    """What the user is called at the calendar servers: often an e-mail address."""
    return list(await connection.scalars(sa.select(account.c.username).order_by(account.c.id)))


def _mail(address: str) -> str:
    return f"mail:{nfc(address).casefold()}" if address else ""


def _name(name: str) -> str:
    folded = "".join(nfc(name).casefold().split())
    return f"name:{folded}" if folded else ""
