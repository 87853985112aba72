"""A session on an own server that is gone and a company gateway that takes over: what leaves, and what is kept."""

import json
import socket
from pathlib import Path

from agent.contract import RequestOptions
from agent.events import Failure, Notice, TurnFinished
from agent.settings import Endpoint, Profile
from tests.conftest import Serve, Start, gather
from tests.scripted_model import ScriptedModel, calls, in_order, says


def gone() -> str:
    """An address where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}/v1"


def hybrid(gateway: ScriptedModel) -> dict[str, object]:
    places = (
        Endpoint(url=gone(), place="own"),
        Endpoint(url=gateway.base_url, name="사내 관문", place="company", served_name="big"),
    )
    return {"model": "ours", "profiles": {"ours": Profile(endpoints=places)}, "only_servers": ("phone",)}


SMS = ("phone_send_message", {"to": "[전화번호#1]", "text": "[전화번호#1] 로 보냅니다"})


async def test_personal_data_leaves_as_placeholders_and_tools_get_the_real_values(serve: Serve, start: Start) -> None:
    gateway = serve(in_order(calls(SMS), says("[전화번호#1] 로 보냈습니다.")))
    session = await start(mode="auto", **hybrid(gateway))

    events = await gather(session.send("010-1234-5678 로 도착했다고 문자 보내 줘"))

    assert isinstance(events[-1], TurnFinished)
    assert (events[-1].text, events[-1].stop_reason) == ("010-1234-5678 로 보냈습니다.", "done")
    assert events[-1].model == "big"
    assert "1234-5678" not in json.dumps(gateway.requests, ensure_ascii=False)
    first, second = (body["messages"] for body in gateway.requests)
    assert second[: len(first)] == first
    audit = [event.text for event in events if isinstance(event, Notice) and "보냄" in event.text]
    assert len(audit) == 1
    assert "사내 관문 서버(회사)" in audit[0]
    assert "전화번호 1건" in audit[0]


async def test_every_crossing_is_in_the_history(serve: Serve, start: Start, tmp_path: Path) -> None:
    gateway = serve(in_order(calls(("phone_list_messages", {})), says("없습니다.")))
    session = await start(**hybrid(gateway))
    await gather(session.send("문자 보여 줘"))

    told = [event for event in await session.history() if isinstance(event, Notice)]

    assert len(told) == len(gateway.requests)


async def test_a_private_request_and_all_that_follow_it_stay_at_home(serve: Serve, start: Start) -> None:
    gateway = serve(in_order(says("네")))
    session = await start(**hybrid(gateway))

    private = await gather(session.send("비밀이야", (), RequestOptions(private=True)))
    later = await gather(session.send("계속"))

    for events in (private, later):
        [failure] = [event for event in events if isinstance(event, Failure)]
        assert "비공개" in failure.message
        assert failure.exit_code == 3
    assert gateway.requests == []
