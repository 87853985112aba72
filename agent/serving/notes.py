"""What people should know of a plan before they run it."""

from collections.abc import Iterator

from agent.josa import josa
from agent.serving.contract import Plan
from agent.serving.fit import UTILISATION, Fit
from agent.serving.machine import Machine
from agent.settings import Profile
from agent.settings.profile import Launch

_PROGRAMS = {"vllm": "vllm", "sglang": "sglang", "llamacpp": "llama-server"}


def notes(profile: Profile, machine: Machine, plan: Plan, fit: Fit) -> Iterator[str]:
    """Korean sentences: on the model, on the plan, on the machine."""
    yield from _on_the_model(profile, plan)
    yield from _on_the_plan(profile, plan)
    yield from _on_the_machine(machine, plan, fit)


def _on_the_model(profile: Profile, plan: Plan) -> Iterator[str]:
    if not profile.verified:
        yield "확인되지 않은 프로필입니다. 저장소 이름을 비롯한 모든 값이 가정입니다."
    if profile.note:
        yield profile.note
    if profile.licence:
        yield f"라이선스: {profile.licence}"
    if needs := profile.launch.get(plan.engine, Launch()).needs:
        yield f"필요: {needs}"


def _on_the_plan(profile: Profile, plan: Plan) -> Iterator[str]:
    if plan.context_tokens < profile.context_tokens:
        yield f"문맥은 {plan.context_tokens:,} 토큰입니다. 모델은 {profile.context_tokens:,} 토큰까지 읽습니다."
    if "--quantization" in plan.command:
        yield (
            "가중치를 읽으면서 fp8 로 줄입니다. 미리 양자화된 것이 아니니 답의 품질을 확인하고, "
            "다 읽은 뒤에야 줄이는 옛 엔진(vLLM 은 0.20 앞)이 아닌지 보세요."
        )
    elif plan.precision != "bf16" and not plan.gguf and plan.repository != profile.repository:
        yield f"{plan.precision} 로 양자화된 가중치입니다."
    if plan.needed_gib_per_gpu is None:
        yield "모델이나 KV 캐시의 크기를 몰라 메모리를 확인하지 못했습니다. geometry 를 적으면 확인합니다."
    elif profile.geometry.estimated:
        yield "메모리는 어림한 값입니다."
    if plan.pipeline_parallel > 1:
        yield "여러 대는 대신 켜지 않습니다. --print 가 내는 명령이나 매니페스트로 켜세요."


def _on_the_machine(machine: Machine, plan: Plan, fit: Fit) -> Iterator[str]:
    sizes = {gpu.total_mib for gpu in fit.place.gpus}
    if len(sizes) > 1 and plan.engine != "llamacpp":
        yield "GPU 의 크기가 서로 달라 가장 작은 것에 맞췄습니다."
    if fit.place.gpus and fit.place.utilisation < UTILISATION:
        yield f"다른 프로그램이 GPU 를 쓰고 있어 {fit.place.utilisation:.0%} 까지만 씁니다."
    if not fit.place.gpus:
        yield "GPU 에 다 들어가지 않아 CPU 로도 계산하므로 느립니다." if machine.gpus else "CPU 로 계산하므로 느립니다."
    program = _PROGRAMS[plan.engine]
    if not plan.embedded and program not in machine.programs:
        yield f"{josa(program, '이/가')} 설치되어 있지 않습니다. 먼저 설치하세요."
