"""Who is asked to a meeting: names as people write them, matched with those the calendar knows."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from mcp_servers.calendar.meeting.hours import Hours
from mcp_servers.calendar.meeting.zones import place
from mcp_servers.calendar.store.people import keys, person_of
from mcp_servers.common.refusal import Refused
from mcp_servers.common.text import nfc

ME = "나"
_SELF = {"나", "저", "본인", "me", "내"}
_WITH_PLACE = re.compile(r"(?P<who>.+?)\s*[(\[（](?P<place>[^()\[\]（）]+)[)\]）]\s*")
_TITLE = re.compile(
    r"(?<=[가-힣]{2})\s*(?:팀장|부장|차장|과장|대리|사원|주임|실장|본부장|센터장|이사|상무|전무|부사장|사장|대표|교수|박사|선생|매니저|책임|선임|수석)?(?:님|씨)?$"
)


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody asked to a meeting."""

    name: str
    keys: frozenset[str]
    """What the index may call this person (see `store.people`)."""
    hours: Hours
    place: str = ""
    """Where they are, if it was said: "뉴욕"."""
    required: bool = True
    known: bool = True
    """Whether the calendar knows anything about them."""

    @property
    def is_me(self) -> bool:
        return self.name == ME


def guests(names: Iterable[str], mine: Hours, my_keys: frozenset[str], *, required: bool) -> list[Guest]:
    """Those named, without doubles; the user is left out, for `me` is always there."""
    asked = [_guest(name, mine, required=required) for name in names if name.strip()]
    return [one for one in dict.fromkeys(asked) if one.name not in _SELF and not one.keys & my_keys]


def me(hours: Hours, my_keys: frozenset[str]) -> Guest:
    return Guest(ME, my_keys, hours)


def known(guest: Guest, names: Mapping[str, frozenset[str]]) -> Guest:
    """The guest with every key by which the calendar knows this person.

    `names` are those that occur, each with the addresses seen with it. A part of a name stands for the only
    one that has it: "민수" for 김민수.

    Raises:
        Refused: several people have it.
    """
    if guest.is_me:
        return guest
    found = set(guest.keys & names.keys())
    if not found:
        written = next((key for key in guest.keys if key.startswith("name:")), "name:").removeprefix("name:")
        found = {key for key in names if written and key.startswith("name:") and written in key}
        if len({names[key] or key for key in found}) > 1:
            alike = ", ".join(sorted(key.removeprefix("name:") for key in found))
            raise Refused(f"{guest.name!r}은(는) 여럿입니다: {alike}. 누구인지 이름을 다 적으세요.", code="ambiguous")
    aliases = [names[key] for key in found]
    return replace(guest, keys=guest.keys.union(found, *aliases), known=bool(found))


def folded(name: str) -> str:
    """As names are compared."""
    return "".join(nfc(name).casefold().split())


def _guest(text: str, mine: Hours, *, required: bool) -> Guest:
    where = _WITH_PLACE.fullmatch(text)
    who, there = (where["who"], where["place"]) if where else (text, "")
    found = place(there) if there else None
    hours = replace(mine, zone=found[0], country=found[1]) if found else mine
    person = person_of(who)
    shown = person.name if person.address else who.strip()
    if not person.address:
        person = replace(person, name=_TITLE.sub("", person.name))
    return Guest(shown, frozenset(keys(person)), hours, there if found else "", required)
