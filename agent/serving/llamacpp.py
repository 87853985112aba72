"""What llama.cpp serves and the command of its server (llama.cpp, tools/server/README.md)."""

import re
from pathlib import Path

from agent.serving.arguments import command
from agent.serving.fit import Fit
from agent.settings import Precision, Profile
from agent.settings.profile import Launch

_KINDS: dict[Precision, str] = {"int4": "Q4_K_M", "fp8": "Q8_0", "bf16": "BF16"}
"""What stands for a precision; the smallest first, because a token costs one reading of all weights."""
_PARTS = re.compile(r"-\d{5}-of-(\d{5})\.gguf$")
"""`gguf-split` gives the parts of a file such names."""


def builds(profile: Profile) -> dict[Precision, str]:
    """`REPOSITORY:QUANTISATION` of the GGUF files that are known of a model, the smallest first."""
    launch = profile.launch.get("llamacpp", Launch())
    default = {p: f"{launch.repository}:{kind}" for p, kind in _KINDS.items() if launch.repository}
    found = default | launch.builds
    return {precision: found[precision] for precision in _KINDS if precision in found}


def file_gib(path: Path) -> float:
    """The size of a GGUF file with all its parts."""
    if part := _PARTS.search(path.name):
        files = list(path.parent.glob(f"{path.name[: part.start()]}-*-of-{part[1]}.gguf"))
    else:
        files = [path]
    return sum(file.stat().st_size for file in files) / 2**30


def serve(profile: Profile, weights: str | Path, fit: Fit, address: tuple[str, int], name: str) -> tuple[str, ...]:
    """`llama-server` for a local file, or for a repository that it downloads itself."""
    host, port = address
    source = ("--model", str(weights)) if isinstance(weights, Path) else ("--hf-repo", weights)
    options = [
        source,
        ("--alias", name),
        ("--host", host),
        ("--port", str(port)),
        ("--ctx-size", str(fit.context_tokens)),
        # Slots share the context: more of them would cut what one request may use.
        ("--parallel", "1"),
        *((("--n-gpu-layers", "999"),) if fit.place.gpus else ()),
        ("--jinja",),
        ("--metrics",),
    ]
    return command(("llama-server",), options, profile.launch.get("llamacpp", Launch()).args)
