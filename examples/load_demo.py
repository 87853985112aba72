"""Fill the home folder (`MODU_HOME`) with the example data: calendar, contacts, messages, calls, documents.

Running it again adds nothing twice. Try afterwards:

    modu --cwd examples/data/code "이번 주 일정 알려줘"
"""

import asyncio
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from mcp import Client

from mcp_servers.calendar import server as calendar
from mcp_servers.common.server import ToolServer
from mcp_servers.common.settings import ServerSettings, load
from mcp_servers.phone import intake, store
from mcp_servers.phone import server as phone
from mcp_servers.phone.models import Turn
from mcp_servers.search import server as search

DATA = Path(__file__).parent / "data"


async def main() -> None:
    settings = load(os.environ)
    await _call_each(calendar.create(os.environ), "create_event", _read("calendar.json"))
    await _call_each(phone.create(os.environ), "save_contact", _read("contacts.json"))
    await _telephone(settings)
    await _call_each(search.create(os.environ), "index_documents", [{"paths": [str(DATA / "documents")]}])
    print(f"예제 자료를 {settings.home} 에 담았습니다.")


def _read(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((DATA / name).read_text(encoding="utf-8"))
    return found


async def _call_each(server: ToolServer, tool: str, arguments: list[dict[str, Any]]) -> None:
    """Through the server's own tool, with a key for each, so that a second run changes nothing."""
    async with Client(server) as client:
        for number, one in enumerate(arguments):
            given = {key: value for key, value in one.items() if value}
            result = await client.call_tool(tool, given, meta={"modu/idempotencyKey": f"demo/{tool}/{number}"})
            if result.is_error:
                raise SystemExit(f"{tool}: {result.content}")


async def _telephone(settings: ServerSettings) -> None:
    """Messages and calls come from outside: they enter where a provider would put them."""
    database = store.open_database(settings)
    async with database.begin() as connection:
        for number, one in enumerate(_read("messages.json")):
            keep = intake.receive_message if one["direction"] == "incoming" else intake.record_sent_message
            at = datetime.fromisoformat(one["at"])
            await keep(connection, phone=one["phone"], text=one["text"], at=at, source_id=f"demo/message/{number}")
        for number, one in enumerate(_read("calls.json")):
            await intake.record_call(
                connection,
                phone=one["phone"],
                at=datetime.fromisoformat(one["started_at"]),
                direction=one["direction"],
                duration_seconds=one["seconds"],
                turns=[Turn(**turn) for turn in one["transcript"]],
                source_id=f"demo/call/{number}",
            )
    await database.close()


if __name__ == "__main__":
    asyncio.run(main())
