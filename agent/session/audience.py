"""Who is told of reminders: every face that reads a session of this process."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from agent.events import Reminder
from agent.reminders.watch import Watch
from agent.session.rooms import Rooms
from agent.session.stock import Stock
from agent.settings import Settings

Environments = Callable[[], Iterable[Mapping[str, str]]]


class Readers:
    """`agent.reminders.watch.Audience` over the loaded sessions."""

    def __init__(self, rooms: Rooms, environments: Environments) -> None:
        self._rooms = rooms
        self.environments = environments

    @property
    def present(self) -> bool:
        return any(room.readers for room in self._rooms.loaded)

    def tell(self, reminder: Reminder) -> None:
        for room in self._rooms.loaded:
            if room.readers:
                room.log.add_unnamed(reminder)


def watch(settings: Callable[[], Settings], stock: Stock, rooms: Rooms, environments: Environments) -> Watch:
    """Over the built-in servers of the process: no others are believed, and none shall be started for it."""
    ours: dict[str, Any] = {"servers": {}, "only_servers": ()}
    return Watch(settings, lambda found: stock.hub(found.model_copy(update=ours)), Readers(rooms, environments))
