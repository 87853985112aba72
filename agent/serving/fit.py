"""Whether a model fits into GPUs or main memory, split over how many, and with how long a context.

Memory of one GPU = weights / (tensor x pipeline parallel) + KV cache of one full request + overhead, which must stay
within what the engine may take. Sizes come from the profile's geometry; the rest is written below with its reason.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from agent.errors import UserError
from agent.serving.machine import Gpu, Machine
from agent.settings import Precision
from agent.settings.profile import Geometry

UTILISATION = 0.9
"""Share of a GPU that an engine takes; the rest is for the driver, the display and peaks that nobody measured."""
RESERVED_MIB = 1024
"""Of the free memory of a GPU in use: the engine's own CUDA context is counted as taken when it looks."""
BASE_GIB = 1.5
"""Per GPU beside weights and KV cache: CUDA context, NCCL buffers, captured graphs (assumed, on the safe side)."""
SHARE = 0.02
"""Of a GPU's memory: activations. Engines batch more tokens on bigger GPUs, so it grows with them (assumed)."""
MEMORY_SHARE = 0.75
"""Share of main memory for a model: the system, the assistant and its tool servers live there, too."""
MEMORY_BASE_GIB = 1.0
"""llama.cpp's buffers in main memory or on each GPU."""
LEAST_TOKENS = 8_192
"""Below this the tool descriptions and one document leave no room for a conversation."""
GOOD_TOKENS = 32_768
"""Worth a smaller precision or more GPUs."""
SLOW_TOKENS = 32_768
"""Enough in main memory: a processor reads so few tokens a second that nobody waits for more."""
_STEP = 1_024
_LARGEST_GROUP = 8
"""GPUs of one node that work as one; nodes are joined in a pipeline."""
_BYTES: dict[Precision, float] = {"bf16": 2.0, "fp8": 1.0, "int4": 0.6}
"""Per parameter, for a profile that names its parameters only; 4-bit formats keep scales and some layers longer."""
_GIB = 2**30
_GIB_PER_GB = 1e9 / _GIB


class DoesNotFit(UserError):
    """The model is too big for this machine. Figures are GiB per GPU, or of main memory."""

    def __init__(self, message: str, needed_gib: float, available_gib: float, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.needed_gib = needed_gib
        self.available_gib = available_gib


@dataclass(frozen=True)
class Size:
    """One build of a model: how much its weights take."""

    precision: Precision | None
    weights_gib: float


@dataclass(frozen=True)
class Place:
    """One way to lay a model out."""

    gpus: tuple[Gpu, ...]
    """Of one node; none for main memory."""
    tensor_parallel: int
    pipeline_parallel: int
    budget_gib: float
    """What the engine may take of the smallest of them."""
    overhead_gib: float
    utilisation: float = UTILISATION

    @property
    def parts(self) -> int:
        return self.tensor_parallel * self.pipeline_parallel


@dataclass(frozen=True)
class Fit:
    """A build in a place, with the longest context that leaves room for one full request."""

    size: Size
    place: Place
    context_tokens: int
    weights_gib: float
    kv_gib: float

    @property
    def needed_gib(self) -> float:
        return self.weights_gib + self.kv_gib + self.place.overhead_gib


def sizes(geometry: Geometry, wanted: Sequence[Precision]) -> list[Size]:
    """The builds whose size is known or follows from the number of parameters."""
    known = geometry.weights_gb or {p: geometry.parameters * b for p, b in _BYTES.items() if geometry.parameters}
    return [Size(precision, known[precision] * _GIB_PER_GB) for precision in wanted if precision in known]


def gpu_places(geometry: Geometry, machine: Machine, nodes: int) -> Iterator[Place]:
    """Groups of GPUs that the attention heads divide among, the smallest first; the freest GPUs are taken."""
    freest = sorted(machine.gpus, key=lambda gpu: -gpu.free_mib)
    count = 1
    while count <= min(_LARGEST_GROUP, len(freest)):
        if _divides(geometry, count):
            yield _place(tuple(sorted(freest[:count], key=lambda gpu: gpu.index)), nodes)
        count *= 2


def pooled_place(machine: Machine) -> Place:
    """All GPUs as llama.cpp uses them: whole layers on each, so memory adds up."""
    usable = sum(min(gpu.total_mib * UTILISATION, gpu.free_mib - RESERVED_MIB) for gpu in machine.gpus) / 1024
    return Place(machine.gpus, 1, 1, max(0.0, usable), MEMORY_BASE_GIB * len(machine.gpus))


def memory_place(machine: Machine) -> Place:
    return Place((), 1, 1, machine.memory_mib * MEMORY_SHARE / 1024, MEMORY_BASE_GIB, MEMORY_SHARE)


def best(
    geometry: Geometry, found: Sequence[Size], places: Sequence[Place], longest: int, least: int = LEAST_TOKENS
) -> Fit | None:
    """The first build, in the order given, with a good context; else the build with the longest; None if none fits.

    Of the places with the same context the first is taken.
    """
    good, least = min(GOOD_TOKENS, longest), min(least, longest)
    fits = [max(options, key=_tokens) for size in found if (options := _fits(geometry, size, places, longest, least))]
    return next((fit for fit in fits if fit.context_tokens >= good), max(fits, key=_tokens, default=None))


def shortfall(geometry: Geometry, found: Sequence[Size], places: Sequence[Place], least: int) -> Fit:
    """What comes nearest to fitting: the smallest build in the place where least is missing."""
    smallest = min(found, key=lambda size: size.weights_gib)
    tries = (_loaded(geometry, smallest, place, least) for place in places)
    return min(tries, key=lambda fit: fit.needed_gib - fit.place.budget_gib)


def kv_gib_per_token(geometry: Geometry, place: Place) -> float:
    """On each GPU. Heads are divided up to their number and copied beyond; a pipeline divides the layers."""
    if geometry.kv_bytes_per_token is None:
        return 0.0
    divided = min(place.tensor_parallel, geometry.kv_heads or place.tensor_parallel)
    return geometry.kv_bytes_per_token / divided * _stage(geometry, place) / _GIB


def _fits(geometry: Geometry, size: Size, places: Sequence[Place], longest: int, least: int) -> list[Fit]:
    tries = (_loaded(geometry, size, place, _room(geometry, size, place, longest, least)) for place in places)
    return [fit for fit in tries if fit.context_tokens >= least]


def _room(geometry: Geometry, size: Size, place: Place, longest: int, least: int) -> int:
    """Tokens of context for which there is room, whole steps unless exactly the longest or the least fits."""
    left = place.budget_gib - _weights(geometry, size, place) - place.overhead_gib
    if left < 0:
        return 0
    each = kv_gib_per_token(geometry, place)
    room = int(left / each) if each else longest
    stepped = room // _STEP * _STEP
    return next((tokens for tokens in (longest, stepped, least) if least <= tokens <= room), 0)


def _loaded(geometry: Geometry, size: Size, place: Place, tokens: int) -> Fit:
    weights = _weights(geometry, size, place)
    return Fit(size, place, tokens, weights, tokens * kv_gib_per_token(geometry, place))


def _weights(geometry: Geometry, size: Size, place: Place) -> float:
    return size.weights_gib / place.tensor_parallel * _stage(geometry, place)


def _stage(geometry: Geometry, place: Place) -> float:
    """The share of the longest stage of a pipeline: layers are not cut."""
    layers = geometry.layers or place.pipeline_parallel
    return ceil(layers / place.pipeline_parallel) / layers


def _divides(geometry: Geometry, count: int) -> bool:
    heads, kv = geometry.attention_heads or count, geometry.kv_heads or count
    return heads % count == 0 and (kv % count == 0 or count % kv == 0)


def _place(gpus: tuple[Gpu, ...], nodes: int) -> Place:
    total = min(gpu.total_mib for gpu in gpus)
    free = min(gpu.free_mib for gpu in gpus)
    share = max(0.0, min(UTILISATION, (free - RESERVED_MIB) * 100 // total / 100))
    return Place(gpus, len(gpus), nodes, total * share / 1024, BASE_GIB + SHARE * total / 1024, share)


def _tokens(fit: Fit) -> int:
    return fit.context_tokens
