"""From a profile, a machine and a wish to the command that serves the model."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from agent.errors import UsageError
from agent.josa import josa
from agent.serving import llamacpp, sglang, vllm
from agent.serving.alternatives import hint
from agent.serving.arguments import quantised
from agent.serving.contract import KEY_VARIABLES, PORTS, Plan, Wish
from agent.serving.fit import DoesNotFit, Fit, sizes
from agent.serving.layout import lay_out, local_file, measured
from agent.serving.machine import Machine
from agent.serving.notes import notes
from agent.settings import Engine, Profile
from agent.settings.profile import Launch

__all__ = ["DoesNotFit", "Plan", "Wish", "plan"]

_GB = 2**30 / 1e9
_TITLES: dict[Engine, str] = {"vllm": "vLLM", "sglang": "SGLang", "llamacpp": "llama.cpp"}


def plan(name: str, profile: Profile, machine: Machine, wish: Wish, known: Mapping[str, Profile] | None = None) -> Plan:
    """How to serve a profile here. `known` are the profiles among which a smaller one may be proposed.

    Raises:
        DoesNotFit: too big for the machine; the message has the figures, the hint what would fit.
        UsageError: the profile cannot be served, or the wish contradicts it or is not safe.
        UserError: the GGUF file cannot be read.
    """
    engines = _engines(name, profile, machine, wish)
    _check(wish, engines[0])
    refusals: list[DoesNotFit] = []
    for engine in engines:
        try:
            fit = lay_out(name, profile, machine, wish, engine)
        except DoesNotFit as error:
            refusals.append(error)
            continue
        return _plan(name, profile, machine, wish, engine, fit)
    first = refusals[0]
    proposed = hint(name, profile, machine, wish, known or {})
    raise DoesNotFit(str(first), first.needed_gib, first.available_gib, hint=proposed) from first


def _engines(name: str, profile: Profile, machine: Machine, wish: Wish) -> list[Engine]:
    """Those to try, in order: what the user names, else the GPUs' engine, else llama.cpp."""
    file = local_file(profile, wish)
    if file and wish.engine not in (None, "llamacpp"):
        raise UsageError("GGUF 파일은 llama.cpp 로만 띄웁니다.", hint="--engine llamacpp 를 주거나 빼세요.")
    if file:
        return ["llamacpp"]
    _check_weights(name, profile, wish.engine)
    if wish.engine:
        _check_known(name, profile, wish.engine)
        return [wish.engine]
    on_gpus: Engine = "sglang" if "sglang" in profile.launch and _only_sglang(machine) else "vllm"
    if not llamacpp.builds(profile) or wish.nodes > 1:
        return [on_gpus]
    return [on_gpus, "llamacpp"] if machine.gpus and profile.repository else ["llamacpp"]


def _only_sglang(machine: Machine) -> bool:
    return "sglang" in machine.programs and "vllm" not in machine.programs


def _check_weights(name: str, profile: Profile, engine: Engine | None) -> None:
    """There must be something to load, for the engine that is named if one is."""
    if any(endpoint.place == "hosted" for endpoint in profile.endpoints) and not profile.repository:
        raise UsageError(
            f"{josa(name, '은/는')} 외부 서비스의 모델이라 직접 띄울 수 없습니다.",
            hint=f"modu --model {name} 으로 바로 쓰세요.",
        )
    if not profile.repository and not (llamacpp.builds(profile) and engine in (None, "llamacpp")):
        raise UsageError(
            f"{name} 프로필에는 띄울 가중치가 적혀 있지 않습니다.",
            hint=f"GGUF 파일을 --gguf 로 주거나 config.toml 의 [profiles.{name}] 에 repository 를 적으세요.",
        )


def _check_known(name: str, profile: Profile, engine: Engine) -> None:
    """A profile that tells how engines serve it means that the others do not."""
    if profile.launch and engine not in profile.launch:
        raise UsageError(
            f"{josa(name, '을/를')} {_TITLES[engine]}(으)로 띄우는 방법이 알려져 있지 않습니다.",
            hint=f"알려진 것: {', '.join(profile.launch)}. "
            f"직접 해 보려면 config.toml 의 [profiles.{name}.launch.{engine}] 에 적으세요.",
        )


def _check(wish: Wish, engine: Engine) -> None:
    if wish.nodes < 1 or (wish.nodes > 1 and engine == "llamacpp"):
        raise UsageError("여러 대로는 vLLM 과 SGLang 만 띄웁니다.", hint="--nodes 를 빼거나 다른 --engine 을 주세요.")
    if wish.private:
        return
    if engine not in KEY_VARIABLES:
        raise UsageError(
            "SGLang 은 API 키를 명령줄로만 받아, 같은 기계를 쓰는 다른 사람에게 키가 보입니다.",
            hint="--engine vllm 을 쓰거나, --host 없이 띄우고 SSH 터널로 이으세요.",
        )
    if not wish.api_key:
        raise UsageError(
            f"{wish.host} 에서 기다리면 다른 컴퓨터가 이 서버를 쓸 수 있어 API 키가 꼭 필요합니다.",
            hint="MODU_API_KEY 로 키를 주거나, --host 를 빼고 이 컴퓨터에서만 쓰세요.",
        )


def _plan(name: str, profile: Profile, machine: Machine, wish: Wish, engine: Engine, fit: Fit) -> Plan:
    file = local_file(profile, wish) if engine == "llamacpp" else None
    embedded = bool(file) and "llama-server" not in machine.programs
    repository = _repository(profile, engine, fit)
    port = PORTS[engine] if wish.port is None else wish.port
    served = profile.served_name or name
    known = measured(profile, fit)
    made = Plan(
        name=name,
        engine=engine,
        command=() if embedded else _command(profile, repository, file, engine, fit, (wish.host, port), served),
        env=_environment(machine, wish, engine, fit),
        url=f"http://{f'[{wish.host}]' if ':' in wish.host else wish.host}:{port}/v1",
        served_name=served,
        precision=fit.size.precision,
        tensor_parallel=fit.place.tensor_parallel,
        pipeline_parallel=fit.place.pipeline_parallel,
        context_tokens=fit.context_tokens,
        needed_gib_per_gpu=fit.needed_gib / _share(engine, fit) if known else None,
        available_gib_per_gpu=fit.place.budget_gib / _share(engine, fit),
        weights_gb=_stored_gb(profile, engine, fit),
        repository=str(file or repository),
        embedded=embedded,
        gguf=str(file) if file else None,
        gpus=len(fit.place.gpus),
        image=profile.launch.get(engine, Launch()).image,
    )
    return replace(made, notes=tuple(notes(profile, machine, made, fit)))


def _share(engine: Engine, fit: Fit) -> int:
    """llama.cpp's GPUs are counted together."""
    return len(fit.place.gpus) or 1 if engine == "llamacpp" else 1


def _stored_gb(profile: Profile, engine: Engine, fit: Fit) -> float:
    """What becomes fp8 only while it is loaded lies on the disk in 16 bit."""
    if engine != "llamacpp" and quantised(profile, engine, fit):
        return sum(size.weights_gib for size in sizes(profile.geometry, ["bf16"])) * _GB
    return fit.size.weights_gib * _GB


def _repository(profile: Profile, engine: Engine, fit: Fit) -> str:
    if engine == "llamacpp":
        return llamacpp.builds(profile).get(fit.size.precision or "int4", "")
    launch = profile.launch.get(engine, Launch())
    build = launch.builds.get(fit.size.precision) if fit.size.precision else None
    return build or launch.repository or profile.repository


def _command(
    profile: Profile, repository: str, file: Path | None, engine: Engine, fit: Fit, address: tuple[str, int], name: str
) -> tuple[str, ...]:
    match engine:
        case "vllm":
            return vllm.serve(profile, repository, fit, address, name)
        case "sglang":
            return sglang.serve(profile, repository, fit, address, name)
        case "llamacpp":
            return llamacpp.serve(profile, file or repository, fit, address, name)


def _environment(machine: Machine, wish: Wish, engine: Engine, fit: Fit) -> dict[str, str]:
    """The API key, and which GPUs where the engine would take others."""
    env = {}
    if wish.api_key and engine in KEY_VARIABLES:
        env[KEY_VARIABLES[engine]] = wish.api_key.get_secret_value()
    chosen = fit.place.gpus
    mixed = len({(gpu.name, gpu.total_mib) for gpu in machine.gpus}) > 1
    if chosen and len(chosen) < len(machine.gpus) and (mixed or chosen != machine.gpus[: len(chosen)]):
        # CUDA counts the fastest first unless told to count as nvidia-smi does.
        env["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
        env["CUDA_VISIBLE_DEVICES"] = ",".join(str(gpu.index) for gpu in chosen)
    return env
