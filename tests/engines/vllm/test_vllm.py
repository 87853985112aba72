"""Our client and our sessions on a real vLLM: `make test-vllm`. No GPU is needed, 3 GB of disk and of memory are."""

import json
from contextlib import aclosing
from typing import Any

import httpx
import pytest
from jsonschema.validators import validator_for

from agent.contract import Assistant, EngineStatus
from agent.errors import ContextOverflow
from agent.events import Compacted, ToolCallFinished, TurnFinished, Usage
from agent.model.choice import choose
from agent.model.contract import Call, ChatRequest, Finished, Reasoning, Tokens
from agent.model.servers.contract import Served
from agent.settings import Endpoint, Profile
from agent.settings.profile import ThinkingSwitch
from tests.conftest import MakeSettings, Start, gather
from tests.engines.conftest import (
    BOOK,
    BOOKING,
    FORCED,
    LONG,
    PROFILES,
    REQUESTS,
    THINKS,
    Connect,
    Engine,
    answered,
    asking,
    first,
    free_port,
    only,
    probed,
    text_of,
    thought_of,
    until,
)
from tests.engines.vllm.conftest import HOME, WINDOW

THINKING = {"generic": Profile(thinking=ThinkingSwitch(**THINKS))}
THOUGHT, ANSWER = "무엇을 할까?", "반갑습니다!"
BLOCK = 128
"""Tokens: what vLLM's prefix cache keeps and finds on a CPU."""


async def test_it_is_found_with_its_version_its_window_and_its_model(vllm: Engine, make_settings: MakeSettings) -> None:
    found = await probed(vllm)
    chosen = await choose(make_settings(model=None, base_url=vllm.root))

    assert (found.kind, found.models) == ("vllm", (Served("tiny", WINDOW, str(HOME / "tiny")),))
    assert found.version == vllm.get("/version").json()["version"]
    assert (chosen.model.name, chosen.model.context_tokens, chosen.notice) == ("tiny", WINDOW, "")
    await chosen.model.close()


async def test_reasoning_and_answer_are_told_apart(vllm: Engine, connected: Connect) -> None:
    model = await connected(vllm, thinking=THINKS)

    deltas = await answered(model, asking("안녕하세요"))

    assert (thought_of(deltas), text_of(deltas)) == (THOUGHT, ANSWER)
    assert len(only(deltas, Reasoning)) > 1
    assert isinstance(deltas[-2], Tokens)
    # One for each letter, for the end of the thought and for the end of the answer.
    assert deltas[-2].output_tokens == len(THOUGHT) + len(ANSWER) + 2
    assert deltas[-1] == Finished(reason="stop")
    assert '"reasoning":"무"' in on_the_wire(vllm)


def on_the_wire(engine: Engine) -> str:
    body = {
        "model": "tiny",
        "messages": [{"role": "user", "content": "안녕하세요"}],
        "chat_template_kwargs": {"enable_thinking": True},
        "stream": True,
    }
    return httpx.post(f"{engine.url}/chat/completions", json=body, timeout=60, trust_env=False).text


async def test_thinking_is_switched_off(vllm: Engine, connected: Connect) -> None:
    model = await connected(vllm, thinking=THINKS)

    deltas = await answered(model, asking("안녕하세요", thinking="off"))

    assert (thought_of(deltas), text_of(deltas)) == ("", ANSWER)


async def test_a_call_that_is_forced_is_read(vllm: Engine, connected: Connect) -> None:
    model = await connected(vllm, thinking=THINKS, extra_body=FORCED)

    deltas = await answered(model, asking("회의실 잡아 줘", tools=(BOOK,)))

    # Only a tool that is declared strict has its arguments bound to its schema, also where a call is required.
    assert only(deltas, Call) == [Call(name="room_book", arguments={"모두": "모두"})]
    assert deltas[-1] == Finished(reason="tool_calls")


async def test_an_answer_in_a_shape_has_that_shape(vllm: Engine, connected: Connect) -> None:
    model = await connected(vllm, thinking=THINKS)

    deltas = await answered(model, asking("회의실 잡아 줘", answer_schema=BOOKING))

    assert thought_of(deltas) == THOUGHT
    validator_for(BOOKING)(BOOKING).validate(json.loads(text_of(deltas)))


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("asked", REQUESTS.values(), ids=REQUESTS)
async def test_tokens_are_counted_as_the_server_counts_them(
    vllm: Engine, connected: Connect, profile: dict[str, Any], asked: ChatRequest
) -> None:
    model = await connected(vllm, **profile)

    counted = await model.count(asked)
    [used] = only(await answered(model, asked), Tokens)

    assert counted == used.input_tokens


async def test_an_answer_that_is_broken_off_is_given_up_by_the_server(vllm: Engine, connected: Connect) -> None:
    model = await connected(vllm, thinking=THINKS)

    async with aclosing(model.stream(asking("끝없이"))) as stream:
        await first(stream, Reasoning)

    await until(lambda: " aborted." in vllm.log.read_text(encoding="utf-8"))


async def test_a_window_nobody_told_is_learnt_from_the_refusal(vllm: Engine, connected: Connect) -> None:
    model = await connected(vllm, server=None, context_tokens=100_000)

    with pytest.raises(ContextOverflow, match=f"{WINDOW:,}"):
        await answered(model, asking(LONG * 8))

    assert model.context_tokens == WINDOW


async def test_a_session_whose_window_nobody_told_is_shortened_after_the_refusal(vllm: Engine, start: Start) -> None:
    gone = Endpoint(url=f"http://127.0.0.1:{free_port()}/v1")
    places = (gone, Endpoint(url=vllm.url, served_name="tiny"))
    profile = Profile(endpoints=places, context_tokens=100_000, thinking=ThinkingSwitch(**THINKS))
    session = await start(model="twice", profiles={"twice": profile}, only_servers=("calendar",))

    events = [event for turn in range(5) for event in await gather(session.send(f"{turn} {LONG}"))]

    assert [event.text for event in only(events, TurnFinished)] == [ANSWER] * 5
    assert only(events, Compacted)
    assert (await session.context()).window == WINDOW


async def test_a_session_that_outgrows_the_window_is_summed_up(vllm: Engine, start: Start) -> None:
    session = await start(model=None, base_url=vllm.url, only_servers=("calendar",), profiles=THINKING)

    events = [event for turn in range(5) for event in await gather(session.send(f"{turn} {LONG}"))]
    use = await session.context()

    assert [event.text for event in only(events, TurnFinished)] == [ANSWER] * 5
    assert only(events, Compacted)
    assert use.exact
    assert use.used < use.window == WINDOW


async def test_ten_turns_find_in_the_cache_what_can_be_found(vllm: Engine, assist: Start) -> None:
    assistant: Assistant = await assist(model=None, base_url=vllm.url, only_servers=("calendar",), profiles=THINKING)
    session = await assistant.open()
    before = await assistant.engine()

    asked = ("안녕하세요", "내일 빈 시간 찾아 줘", "고마워", "모레 빈 시간은?", "알았어")
    events = [event for text in asked * 2 for event in await gather(session.send(text))]
    after = await assistant.engine()

    used = only(events, Usage)
    sizes, found = [usage.input_tokens for usage in used], [usage.cached_tokens for usage in used]
    queries, hits = (gain(before, after, name) for name in ("prefix_queries", "prefix_hits"))
    # Nothing of the first request need be there; of each later one all of the request before it, in whole blocks.
    best = sum(size - size % BLOCK for size in sizes[:-1])
    print(f"\nprompt tokens: {sizes}\nof them cached: {found}")
    print(f"hits/queries: {hits}/{queries} = {hits / queries:.1%}, at best {best}/{queries} = {best / queries:.1%}")
    print(f"from the second request on: {sum(found[1:]) / sum(sizes[1:]):.1%}, at best {best / sum(sizes[1:]):.1%}")
    assert [event.text for event in only(events, TurnFinished)] == [ANSWER] * 10
    assert [event.status for event in only(events, ToolCallFinished)] == ["done"] * 4
    assert (queries, hits) == (sum(sizes), sum(found))
    assert sum(found[1:]) >= best
    assert (after.engine, after.model, after.context_tokens, after.running) == ("vllm", "tiny", WINDOW, 0)
    assert after.kv_usage is not None


def gain(before: EngineStatus, after: EngineStatus, name: str) -> int:
    return int(getattr(after, name)) - int(getattr(before, name))
