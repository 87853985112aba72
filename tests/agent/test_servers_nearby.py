"""Model servers of this machine."""

import socket
import subprocess
import sys
from pathlib import Path

from agent.model.servers.address import is_readable_on_the_way, leaves_the_machine, listens
from agent.model.servers.nearby import LOCAL_URLS, nearby
from tests.fake_servers import llamacpp, llamacpp_loading, ollama, serving, silence, speaking, vllm

ROOT = Path(__file__).parents[2]
NOBODY = "http://127.0.0.1:9/v1"


async def test_every_model_server_is_found_in_the_order_of_the_addresses() -> None:
    with serving(ollama()) as third, serving(vllm()) as first, serving(llamacpp_loading()) as second:
        found = await nearby([first.url, NOBODY, second.url, third.url])

        assert [(one.url, one.kind) for one in found] == [
            (first.url, "vllm"),
            (second.url, "llamacpp"),
            (third.url, "ollama"),
        ]
        assert [one.loading for one in found] == [False, True, False]


async def test_other_programs_on_these_ports_are_no_model_servers_and_asked_one_thing_only() -> None:
    page = {"*": (200, "<!doctype html>")}
    with (
        serving(page) as site,
        serving({"*": (401, {})}) as guarded,
        speaking(silence) as mute,
        serving(llamacpp()) as model,
    ):
        found = await nearby([site.url, guarded.url, mute.url, model.url])

        assert [one.url for one in found] == [model.url]
        assert site.paths == guarded.paths == ["/v1/models"]
        assert {*site.keys, *guarded.keys, *model.keys} == {"Bearer none"}


async def test_where_nothing_listens_nothing_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        closed = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"

    assert await nearby([NOBODY, closed]) == []
    assert await nearby([]) == []


def test_no_client_is_loaded_where_nothing_listens() -> None:
    code = (
        "import asyncio, sys; from agent.model.servers.nearby import nearby; "
        f"print(asyncio.run(nearby(['{NOBODY}'])), 'httpx2' in sys.modules)"
    )

    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert ended.stdout.split() == ["[]", "False"]


def test_the_usual_ports_are_those_of_the_engines() -> None:
    ports = [url.removeprefix("http://127.0.0.1:").removesuffix("/v1") for url in LOCAL_URLS]

    assert ports == ["8000", "30000", "8080", "9931", "11434", "1234"]


async def test_listens_tells_open_from_closed_ports() -> None:
    with serving({}) as running:
        assert await listens(running.url, 1)
    assert not await listens(NOBODY, 1)
    assert not await listens("http://a..b/v1", 1)


def test_an_address_tells_whether_it_leaves_the_machine() -> None:
    here = ("http://localhost:8000/v1", "http://127.0.0.1/v1", "https://[::1]:1/v1")
    away = ("http://10.0.0.5:8000/v1", "https://api.example.com/v1", "http://127.0.0.1.example.com/v1")

    assert [leaves_the_machine(url) for url in (*here, *away)] == [False] * 3 + [True] * 3
    assert [is_readable_on_the_way(url) for url in (*here, *away)] == [False] * 3 + [True, False, True]
