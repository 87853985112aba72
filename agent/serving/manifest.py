"""A plan as text to run elsewhere: a shell command, a Ray cluster, a Kubernetes manifest."""

import shlex
from collections.abc import Sequence
from typing import Literal

from agent.errors import UsageError
from agent.serving import kubernetes
from agent.serving.contract import KEY_VARIABLES, Plan

Form = Literal["command", "ray", "kubernetes"]

_RAY_PORT = 6379
_RAY = """\
# 모든 기계에 같은 버전의 vLLM 과 Ray(ray[cgraph])가 있어야 합니다.
# Ray 는 접속하는 이를 확인하지 않습니다. Ray 의 포트를 믿는 망 밖에 열지 마세요.

# 1. 첫 기계에서 (HEAD_IP: 그 기계의 주소)
export HEAD_IP=192.0.2.1
VLLM_HOST_IP="$HEAD_IP" ray start --head --node-ip-address="$HEAD_IP" --port={port} --num-gpus={gpus}

# 2. 나머지 {others}대에서 각각 (MY_IP: 각 기계의 주소)
export HEAD_IP=192.0.2.1 MY_IP=192.0.2.2
VLLM_HOST_IP="$MY_IP" ray start --address="$HEAD_IP:{port}" --node-ip-address="$MY_IP" --num-gpus={gpus} --block

# 3. 첫 기계의 `ray status` 에 GPU {total}개가 보이면, 첫 기계에서
export VLLM_HOST_IP="$HEAD_IP"
{command}"""


def render(plan: Plan, form: Form) -> str:
    """The text, with a line break at the end. Keys are never in it.

    Raises:
        UsageError: the plan cannot be written in this form.
    """
    match form:
        case "command":
            return _needs(plan) + _command(plan)
        case "ray":
            return _needs(plan) + _ray(plan)
        case "kubernetes":
            return _needs(plan) + kubernetes.manifest(plan)


def _needs(plan: Plan) -> str:
    return "".join(f"# {note}\n" for note in plan.notes if note.startswith("필요:"))


def _command(plan: Plan) -> str:
    if plan.embedded:
        return f"{_shell(('modu', 'serve', plan.name, '--gguf', plan.repository))}\n"
    key = KEY_VARIABLES.get(plan.engine, "")
    given = [f"{name}={shlex.quote(value)}" for name, value in plan.env.items() if name != key]
    secret = [f'{key}="${{MODU_API_KEY:?}}"'] if key in plan.env else []
    return " ".join([*given, *secret, _shell(plan.command)]) + "\n"


def _ray(plan: Plan) -> str:
    if plan.pipeline_parallel == 1 or plan.engine != "vllm":
        raise UsageError(
            "Ray 명령은 vLLM 을 여러 대로 띄울 때만 있습니다.", hint="--nodes 2 처럼 대수를 주거나 다른 꼴을 고르세요."
        )
    return _RAY.format(
        port=_RAY_PORT,
        gpus=plan.gpus,
        others=plan.pipeline_parallel - 1,
        total=plan.gpus * plan.pipeline_parallel,
        command=_command(plan),
    )


def _shell(command: Sequence[str]) -> str:
    """Quoted, one option a line."""
    lines: list[list[str]] = [[]]
    for word in command:
        if word.startswith("--") and lines[0]:
            lines.append([])
        lines[-1].append(word)
    return " \\\n  ".join(shlex.join(line) for line in lines)
