"""Our client and our sessions on the real llama.cpp, with a model whose answers are known: `table_model.py`."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema.validators import validator_for

from agent.contract import Assistant, RequestOptions
from agent.errors import ContextOverflow
from agent.events import Compacted, ToolCallFinished, TurnFinished, Usage
from agent.model.choice import choose
from agent.model.contract import Call, ChatRequest, Finished, Text, Tokens
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
    free_port,
    llamacpp,
    only,
    probed,
    text_of,
    thought_of,
)
from tests.engines.table_model import ANSWER, THOUGHT, write

WINDOW = 8_192


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("table")
    write(folder / "table.gguf")
    with llamacpp(folder / "table.gguf", WINDOW, folder / "log", "--alias", "table").running() as engine:
        yield engine


async def test_it_is_found_with_its_window_and_its_model(table: Engine, make_settings: MakeSettings) -> None:
    found = await probed(table)
    chosen = await choose(make_settings(model=None, base_url=table.root))

    assert (found.kind, found.models, found.fault) == ("llamacpp", (Served("table", WINDOW),), None)
    assert found.version
    assert (chosen.model.name, chosen.model.context_tokens, chosen.notice) == ("table", WINDOW, "")
    await chosen.model.close()


async def test_an_answer_comes_as_it_is_written(table: Engine, connected: Connect) -> None:
    model = await connected(table, thinking=THINKS)

    deltas = await answered(model, asking("안녕하세요"))

    assert (thought_of(deltas), text_of(deltas)) == (THOUGHT, ANSWER)
    assert len(only(deltas, Text)) > 1
    assert isinstance(deltas[-2], Tokens)
    assert deltas[-2].input_tokens == await model.count(asking("안녕하세요"))
    # One for each letter, for the end of the thought and for the end of the answer.
    assert deltas[-2].output_tokens == len(THOUGHT) + len(ANSWER) + 2
    assert deltas[-1] == Finished(reason="stop")


async def test_thinking_is_switched_off(table: Engine, connected: Connect) -> None:
    model = await connected(table, thinking=THINKS)

    deltas = await answered(model, asking("안녕하세요", thinking="off"))

    assert (thought_of(deltas), text_of(deltas)) == ("", ANSWER)


async def test_a_call_that_is_forced_fits_the_schema_of_the_tool(table: Engine, connected: Connect) -> None:
    model = await connected(table, thinking=THINKS, extra_body=FORCED)

    deltas = await answered(model, asking("회의실 잡아 줘", tools=(BOOK,)))

    [call] = only(deltas, Call)
    assert (call.name, call.fault, call.repaired) == ("room_book", "", False)
    validator_for(BOOKING)(BOOKING).validate(call.arguments)
    assert deltas[-1] == Finished(reason="tool_calls")


async def test_an_answer_in_a_shape_has_that_shape(table: Engine, connected: Connect) -> None:
    model = await connected(table, thinking=THINKS)

    deltas = await answered(model, asking("회의실 잡아 줘", answer_schema=BOOKING))

    validator_for(BOOKING)(BOOKING).validate(json.loads(text_of(deltas)))


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("asked", REQUESTS.values(), ids=REQUESTS)
async def test_tokens_are_counted_as_the_server_counts_them(
    table: Engine, connected: Connect, profile: dict[str, Any], asked: ChatRequest
) -> None:
    model = await connected(table, **profile)

    counted = await model.count(asked)
    [used] = only(await answered(model, asked), Tokens)

    assert counted == used.input_tokens


async def test_a_session_calls_a_tool_reads_the_result_and_answers(table: Engine, start: Start) -> None:
    session = await start(model=None, base_url=table.url, only_servers=("calendar",), mode="plan")

    events = await gather(session.send("내일 빈 시간 찾아 줘"))

    [finished] = only(events, ToolCallFinished)
    assert finished.status == "done"
    assert isinstance(events[-1], TurnFinished)
    assert (events[-1].stop_reason, events[-1].text) == ("done", ANSWER)


async def test_after_a_turn_of_forced_calls_the_session_goes_on(table: Engine, assist: Start) -> None:
    forced = {"generic": Profile(thinking=ThinkingSwitch(**THINKS), extra_body=FORCED)}
    given: dict[str, Any] = {"model": None, "base_url": table.url, "only_servers": ("calendar",), "mode": "plan"}
    calling: Assistant = await assist(**given, profiles=forced, max_turns=2)
    session = await calling.open()

    cut_short = await gather(session.send("안녕하세요"))
    plain: Assistant = await assist(**given)

    after = await gather((await plain.open(session.id)).send("고마워"))

    assert [event.status for event in only(cut_short, ToolCallFinished)] == ["done", "done"]
    assert isinstance(cut_short[-1], TurnFinished)
    assert cut_short[-1].stop_reason == "max_turns"
    assert isinstance(after[-1], TurnFinished)
    assert (after[-1].stop_reason, after[-1].text) == ("done", ANSWER)


async def test_a_session_answers_in_a_shape(table: Engine, start: Start) -> None:
    session = await start(model=None, base_url=table.url, only_servers=("calendar",))

    events = await gather(session.send("회의실 잡아 줘", (), RequestOptions(answer_schema=BOOKING)))

    assert isinstance(events[-1], TurnFinished)
    validator_for(BOOKING)(BOOKING).validate(events[-1].data)


async def test_a_session_that_outgrows_the_window_is_summed_up(table: Engine, start: Start) -> None:
    session = await start(model=None, base_url=table.url, only_servers=("calendar",))

    events = [event for turn in range(5) for event in await gather(session.send(f"{turn} {LONG}"))]
    use = await session.context()

    assert [event.text for event in only(events, TurnFinished)] == [ANSWER] * 5
    assert only(events, Compacted)
    assert use.exact
    assert use.used < use.window == WINDOW


async def test_a_window_larger_than_the_servers_is_cut(table: Engine, start: Start) -> None:
    session = await start(model=None, base_url=table.url, only_servers=("calendar",), context_tokens=100_000)

    assert (await session.context()).window == WINDOW


async def test_a_window_nobody_told_is_learnt_from_the_refusal(table: Engine, connected: Connect) -> None:
    model = await connected(table, server=None, context_tokens=100_000)

    with pytest.raises(ContextOverflow, match=f"{WINDOW:,}"):
        await answered(model, asking(LONG * 8))

    assert model.context_tokens == WINDOW


async def test_a_session_whose_window_nobody_told_is_shortened_after_the_refusal(table: Engine, start: Start) -> None:
    gone = Endpoint(url=f"http://127.0.0.1:{free_port()}/v1")
    profile = Profile(endpoints=(gone, Endpoint(url=table.url)), context_tokens=100_000)
    session = await start(model="twice", profiles={"twice": profile}, only_servers=("calendar",))

    events = [event for turn in range(5) for event in await gather(session.send(f"{turn} {LONG}"))]

    assert [event.text for event in only(events, TurnFinished)] == [ANSWER] * 5
    assert only(events, Compacted)
    assert (await session.context()).window == WINDOW


async def test_a_session_finds_most_of_each_prompt_in_the_cache(table: Engine, assist: Start) -> None:
    assistant: Assistant = await assist(model=None, base_url=table.url, only_servers=("calendar",))
    session = await assistant.open()

    asked = ("안녕하세요", "내일 빈 시간 찾아 줘", "고마워", "다음 주에는 무엇이 있어?")
    turns = [only(await gather(session.send(text)), Usage) for text in asked]
    status = await assistant.engine()

    used = [usage for turn in turns for usage in turn]
    later = used[1:]
    share = sum(usage.cached_tokens for usage in later) / sum(usage.input_tokens for usage in later)
    print(f"cached/prompt: {[(one.cached_tokens, one.input_tokens) for one in used]}, from the second on {share:.1%}")
    assert [len(turn) for turn in turns] == [1, 2, 1, 1]
    assert all(now.cached_tokens > before.cached_tokens for before, now in zip(used, later, strict=False))
    assert share > 0.95
    assert (status.engine, status.context_tokens, status.running, status.waiting) == ("llamacpp", WINDOW, 0, 0)
    assert status.prefix_queries
    assert status.prefix_hits
    assert status.prefix_hits < status.prefix_queries
