"""Command lines of engines, put together from our options and the profile's own."""

from collections.abc import Iterable, Sequence

from agent.serving.fit import Fit
from agent.settings import Engine, Profile
from agent.settings.profile import Launch

Option = tuple[str, ...]


def command(program: Sequence[str], options: Iterable[Option], own: Sequence[str]) -> tuple[str, ...]:
    """The program, our options and the profile's; of an option that both give, the profile's stays."""
    given = {part.partition("=")[0] for part in own if part.startswith("--")}
    kept = (part for option in options if option[0] not in given for part in option)
    return (*program, *kept, *own)


def quantised(profile: Profile, engine: Engine, fit: Fit) -> tuple[Option, ...]:
    """The option that makes fp8 of weights that are stored in 16 bit; vLLM and SGLang have the same."""
    stored = profile.geometry.weights_gb
    native = "fp8" in profile.launch.get(engine, Launch()).builds or (bool(stored) and "bf16" not in stored)
    return () if fit.size.precision != "fp8" or native else (("--quantization", "fp8"),)
