"""Which build of a profile goes where on a machine, for one engine; or why none does."""

from pathlib import Path

from agent.errors import UsageError
from agent.josa import josa
from agent.serving import gguf, llamacpp
from agent.serving.contract import Wish
from agent.serving.fit import (
    LEAST_TOKENS,
    SLOW_TOKENS,
    DoesNotFit,
    Fit,
    Place,
    Size,
    best,
    gpu_places,
    memory_place,
    pooled_place,
    shortfall,
    sizes,
)
from agent.serving.machine import Machine
from agent.settings import Engine, Precision, Profile
from agent.settings.profile import Launch

_GIB_PER_GB = 1e9 / 2**30


def lay_out(name: str, profile: Profile, machine: Machine, wish: Wish, engine: Engine) -> Fit:
    """The build, the GPUs and the context to serve with.

    Raises:
        DoesNotFit: with figures, but no hint.
        UsageError: the wish contradicts the profile.
    """
    longest = _longest(name, profile, wish)
    least = min(LEAST_TOKENS, longest) if wish.context_tokens is None else longest
    found = _sizes(profile, wish, engine)
    if not found:
        raise _nothing(name, profile, wish, engine)
    groups = _groups(profile, machine, wish, engine)
    for places in groups:
        slow = wish.context_tokens is None and not all(place.gpus for place in places)
        if fit := best(profile.geometry, found, places, min(longest, SLOW_TOKENS) if slow else longest, least):
            return fit
    raise _too_small(name, profile, [place for places in groups for place in places], found, least)


def local_file(profile: Profile, wish: Wish) -> Path | None:
    """The GGUF file on this machine that is meant. Raises `UserError` if it cannot be read."""
    given = wish.gguf or (profile.gguf if wish.engine in (None, "llamacpp") else None)
    return gguf.checked(given) if given else None


def measured(profile: Profile, fit: Fit) -> bool:
    """Whether the memory that is needed is known at all."""
    return fit.size.weights_gib > 0 and profile.geometry.kv_bytes_per_token is not None


def _longest(name: str, profile: Profile, wish: Wish) -> int:
    wanted = wish.context_tokens or profile.context_tokens
    if wanted > profile.context_tokens:
        raise UsageError(
            f"{josa(name, '은/는')} {profile.context_tokens:,} 토큰까지 읽습니다: {wanted:,} 토큰을 줄 수 없습니다.",
            hint=f"모델이 더 읽을 수 있다면 config.toml 의 profiles.{name}.context_tokens 를 고치세요.",
        )
    return wanted


def _sizes(profile: Profile, wish: Wish, engine: Engine) -> list[Size]:
    """What can be loaded, in order of preference; sizes that nobody knows count as nothing."""
    if engine == "llamacpp" and (path := local_file(profile, wish)):
        return [Size(None, llamacpp.file_gib(path))]
    offered = _offered(profile, engine)
    wanted = [precision for precision in offered if wish.precision in (None, precision)]
    geometry = profile.geometry
    if geometry.weights_gb or geometry.parameters:
        return sizes(geometry, wanted)
    return [Size(wish.precision, 0.0)] if wanted else []


def _offered(profile: Profile, engine: Engine) -> list[Precision]:
    if engine == "llamacpp":
        return list(llamacpp.builds(profile))
    four_bit = "int4" in profile.launch.get(engine, Launch()).builds
    return ["bf16", "fp8", "int4"] if four_bit else ["bf16", "fp8"]


def _groups(profile: Profile, machine: Machine, wish: Wish, engine: Engine) -> list[list[Place]]:
    """Places in the order in which they are tried; a later group only if no build fits into an earlier one."""
    if engine != "llamacpp":
        places = list(gpu_places(profile.geometry, machine, wish.nodes))
        known = profile.geometry.weights_gb or profile.geometry.parameters
        # A model of unknown size gets all that can be had, and machines that are joined for one are there for it.
        return [places if known and wish.nodes == 1 else places[-1:]]
    # The llama.cpp inside our own process, for a file where there is no other, computes in main memory.
    embedded = local_file(profile, wish) and "llama-server" not in machine.programs
    pooled = [pooled_place(machine)] if machine.gpus and not embedded else []
    return [pooled, [memory_place(machine)]]


def _nothing(name: str, profile: Profile, wish: Wish, engine: Engine) -> UsageError:
    if engine == "llamacpp":
        what = f" {wish.precision}" if wish.precision else ""
        return UsageError(
            f"{name} 의 알려진{what} GGUF 가 없습니다.", hint="GGUF 파일을 --gguf 로 주거나 vLLM, SGLang 을 쓰세요."
        )
    known = ", ".join(size.precision or "" for size in sizes(profile.geometry, _offered(profile, engine)))
    return UsageError(f"{name} 의 알려진 {wish.precision} 가중치가 없습니다.", hint=f"있는 것: {known}")


def _too_small(name: str, profile: Profile, places: list[Place], found: list[Size], least: int) -> DoesNotFit:
    if not places:
        smallest = min(size.weights_gib for size in found)
        return DoesNotFit(
            f"GPU 가 없습니다. {josa(name, '을/를')} GPU 로 띄우려면 가중치에만 {smallest:,.1f} GiB 가 필요합니다.",
            smallest,
            0.0,
        )
    near = shortfall(profile.geometry, found, places, least)
    place, needed = near.place, near.needed_gib
    total = f"{near.size.precision or 'GGUF'} 가중치 {near.size.weights_gib / _GIB_PER_GB:,.1f} GB, 문맥 {least:,} 토큰"
    where = _where(place)
    return DoesNotFit(
        f"{josa(name, '을/를')} 띄울 메모리가 모자랍니다({total}): {where} {needed:,.1f} GiB 가 필요한데 "
        f"{place.budget_gib:,.1f} GiB 까지 쓸 수 있습니다.",
        needed,
        place.budget_gib,
    )


def _where(place: Place) -> str:
    if not place.gpus:
        return "메모리"
    if place.tensor_parallel < len(place.gpus):
        return f"GPU {len(place.gpus)}장을 모두 합쳐"
    nodes = f"{place.pipeline_parallel}대의 " if place.pipeline_parallel > 1 else ""
    return f"{nodes}GPU {len(place.gpus)}장에 나누어 한 장에" if place.parts > 1 else "GPU 한 장에"
