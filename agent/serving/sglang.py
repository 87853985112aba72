"""The command of an SGLang server (SGLang documentation, "Server Arguments")."""

from agent.serving.arguments import Option, command, quantised
from agent.serving.fit import Fit
from agent.settings import Profile
from agent.settings.profile import Launch

_NAMES = {"deepseek_r1": "deepseek-r1", "deepseek_v3": "deepseek-v3", "deepseek_v31": "deepseekv31"}
"""Parsers that SGLang calls by another name. `hermes` stays: its `qwen25` needs a newline that A.X does not write."""


def serve(profile: Profile, repository: str, fit: Fit, address: tuple[str, int], name: str) -> tuple[str, ...]:
    """`sglang.launch_server`; on several nodes each also gets its `--node-rank` and `--dist-init-addr`."""
    host, port = address
    place = fit.place
    nodes = str(place.pipeline_parallel)
    options: list[Option] = [
        ("--model-path", repository),
        ("--served-model-name", name),
        ("--host", host),
        ("--port", str(port)),
        ("--tp-size", str(place.tensor_parallel)),
        *((("--pp-size", nodes), ("--nnodes", nodes)) if place.pipeline_parallel > 1 else ()),
        ("--context-length", str(fit.context_tokens)),
        ("--mem-fraction-static", f"{_static(fit):g}"),
        *quantised(profile, "sglang", fit),
        *_parsers(profile),
        ("--enable-metrics",),
        ("--enable-cache-report",),
    ]
    return command(("python", "-m", "sglang.launch_server"), options, profile.launch.get("sglang", Launch()).args)


def _parsers(profile: Profile) -> list[Option]:
    tool = profile.parsers.tool if profile.template.tools == "native" else ""
    named = (("--tool-call-parser", tool), ("--reasoning-parser", profile.parsers.reasoning))
    return [(option, _NAMES.get(parser, parser)) for option, parser in named if parser]


def _static(fit: Fit) -> float:
    """The share of a GPU for weights and KV cache: SGLang counts activations and graphs beside it."""
    place = fit.place
    total = place.budget_gib / place.utilisation
    return int((place.budget_gib - place.overhead_gib) / total * 100) / 100
