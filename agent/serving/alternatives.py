"""What would fit where a model does not: other wishes, smaller models of the maker, more GPUs, several machines."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice

from agent.errors import UserError
from agent.serving import llamacpp
from agent.serving.contract import Wish
from agent.serving.layout import lay_out
from agent.serving.machine import Gpu, Machine
from agent.settings import Engine, Precision, Profile

_SIZES_GB = (24, 48, 80, 141)
"""GPUs that can be bought or rented; for a machine that has none."""
_COUNTS = (1, 2, 4, 8)
_NODES = (2, 4, 8, 16)
_PRECISIONS: tuple[Precision, ...] = ("bf16", "fp8", "int4")
_AT_MOST = 4


def hint(name: str, profile: Profile, machine: Machine, wish: Wish, known: Mapping[str, Profile]) -> str:
    """Proposals that were checked to fit, the easiest first."""
    proposals = [
        *_other_wishes(name, profile, machine, wish),
        *islice(_smaller(name, profile, machine, known), 2),
        *islice(_more_gpus(name, profile, machine, wish), 1),
        *islice(_more_nodes(name, profile, machine, wish), 1),
    ]
    if not proposals:
        return "더 작은 모델을 고르세요 (modu models), 또는 이미 떠 있는 서버를 --base-url 로 쓰세요."
    return "들어가는 것: " + "; ".join(proposals[:_AT_MOST])


def _other_wishes(name: str, profile: Profile, machine: Machine, wish: Wish) -> Iterator[str]:
    for precision in _PRECISIONS:
        if wish.precision and _fits(name, profile, machine, replace(wish, precision=precision)):
            yield f"--precision {precision}"
    if wish.context_tokens and _fits(name, profile, machine, replace(wish, context_tokens=None)):
        yield "더 짧은 문맥"
    if wish.engine and _fits(name, profile, machine, replace(wish, engine=None)):
        yield "다른 엔진 (--engine 없이)"


def _smaller(name: str, profile: Profile, machine: Machine, known: Mapping[str, Profile]) -> Iterator[str]:
    """Of the same maker, the biggest first."""
    maker = profile.repository.partition("/")[0]
    family = {n: p for n, p in known.items() if n != name and maker and p.repository.startswith(f"{maker}/")}
    for other, found in sorted(family.items(), key=lambda item: -item[1].geometry.parameters):
        smaller = found.geometry.parameters < profile.geometry.parameters
        if smaller and found.verified and _fits(other, found, machine, Wish()):
            yield f"더 작은 {other}"


def _more_gpus(name: str, profile: Profile, machine: Machine, wish: Wish) -> Iterator[str]:
    """Of the kind that is there, or of any kind where there is none."""
    if machine.gpus:
        smallest = min(machine.gpus, key=lambda gpu: gpu.total_mib)
        kinds = [replace(smallest, free_mib=smallest.total_mib)]
    else:
        kinds = [Gpu(f"{size}GB GPU", size * 1000, size * 1000) for size in _SIZES_GB]
    for count in _COUNTS:
        for gpu in kinds:
            bigger = replace(machine, gpus=tuple(replace(gpu, index=index) for index in range(count)))
            if count > len(machine.gpus) and _on_gpus(name, profile, bigger, wish):
                yield f"{gpu.total_mib / 1000:.0f}GB GPU {count}장"


def _more_nodes(name: str, profile: Profile, machine: Machine, wish: Wish) -> Iterator[str]:
    for nodes in _NODES:
        if machine.gpus and nodes > wish.nodes and _on_gpus(name, profile, machine, replace(wish, nodes=nodes)):
            yield f"이런 기계 {nodes}대 (--nodes {nodes})"


def _fits(name: str, profile: Profile, machine: Machine, wish: Wish) -> bool:
    engine = wish.engine or ("vllm" if machine.gpus else "llamacpp")
    fallback = wish.engine is None and wish.nodes == 1 and bool(llamacpp.builds(profile))
    return _lays_out(name, profile, machine, wish, engine) or (
        fallback and _lays_out(name, profile, machine, wish, "llamacpp")
    )


def _on_gpus(name: str, profile: Profile, machine: Machine, wish: Wish) -> bool:
    return wish.engine != "llamacpp" and _lays_out(name, profile, machine, wish, wish.engine or "vllm")


def _lays_out(name: str, profile: Profile, machine: Machine, wish: Wish, engine: Engine) -> bool:
    try:
        lay_out(name, profile, machine, wish, engine)
    except UserError:
        return False
    return True
