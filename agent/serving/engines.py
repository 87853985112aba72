"""The program behind a plan, as it is installed here. Nothing is ever installed."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from agent.errors import UserError
from agent.serving.contract import Plan

_NAMES = {"vllm": "vLLM 이", "sglang": "SGLang 이", "llamacpp": "llama-server 가"}
_ADVICE = {
    "vllm": "GPU 드라이버를 갖춘 뒤 따로 만든 가상 환경에 설치하고 PATH 에 넣으세요: pip install vllm",
    "sglang": 'GPU 드라이버를 갖춘 뒤 따로 만든 가상 환경에 설치하고 PATH 에 넣으세요: pip install "sglang[all]"',
    "llamacpp": "llama.cpp 를 설치해 llama-server 를 PATH 에 넣거나, pip install 'modu-agent[llama]' 를 실행하세요.",
}


def command(plan: Plan, host: str, env: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """What to run to listen on `host`, with the path of the program. Raises `UserError` that says what to install."""
    if plan.embedded:
        return _embedded(plan, host)
    program, *arguments = plan.command
    found = _interpreter(env) if plan.engine == "sglang" else _program(program, env)
    if not found:
        raise UserError(f"{_NAMES[plan.engine]} 설치되어 있지 않습니다.", hint=_ADVICE[plan.engine])
    return (found, *arguments)


def _program(name: str, env: Mapping[str, str]) -> str | None:
    # A virtual environment that is not activated has its programs beside its interpreter.
    return shutil.which(name, path=os.pathsep.join((env.get("PATH", os.defpath), str(Path(sys.executable).parent))))


def _interpreter(env: Mapping[str, str]) -> str | None:
    """The Python that has SGLang: ours, or that of the environment its program stands in."""
    if importlib.util.find_spec("sglang"):
        return sys.executable
    program = _program("sglang", env)
    return shutil.which("python", path=str(Path(program).resolve().parent)) if program else None


def _embedded(plan: Plan, host: str) -> tuple[str, ...]:
    if importlib.util.find_spec("xllamacpp") is None:
        raise UserError("내장 엔진(xllamacpp)이 설치되어 있지 않습니다.", hint=_ADVICE["llamacpp"])
    values = {
        "--gguf": plan.gguf,
        "--host": host,
        "--port": urlsplit(plan.url).port,
        "--context": plan.context_tokens,
        "--alias": plan.served_name,
    }
    given = (part for name, value in values.items() for part in (name, str(value)))
    return (sys.executable, "-m", "agent.serving.embedded", *given)
