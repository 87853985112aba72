"""The command of a vLLM server (vLLM documentation, "CLI Reference: serve"; options checked against 0.32.0)."""

from agent.serving.arguments import Option, command, quantised
from agent.serving.fit import Fit
from agent.settings import Profile
from agent.settings.profile import Launch, Parsers


def serve(profile: Profile, repository: str, fit: Fit, address: tuple[str, int], name: str) -> tuple[str, ...]:
    """`vllm serve`, several nodes over Ray. The API key comes from the environment."""
    host, port = address
    place = fit.place
    options: list[Option] = [
        ("--served-model-name", name),
        ("--host", host),
        ("--port", str(port)),
        ("--tensor-parallel-size", str(place.tensor_parallel)),
        *_pipeline(place.pipeline_parallel),
        ("--max-model-len", str(fit.context_tokens)),
        ("--gpu-memory-utilization", f"{place.utilisation:g}"),
        *quantised(profile, "vllm", fit),
        *(_tools(profile.parsers) if profile.template.tools == "native" else ()),
        *((("--reasoning-parser", profile.parsers.reasoning),) if profile.parsers.reasoning else ()),
        # Else `usage` does not tell what the prefix cache saved.
        ("--enable-prompt-tokens-details",),
    ]
    return command(("vllm", "serve", repository), options, profile.launch.get("vllm", Launch()).args)


def _pipeline(nodes: int) -> tuple[Option, ...]:
    if nodes == 1:
        return ()
    return ("--pipeline-parallel-size", str(nodes)), ("--distributed-executor-backend", "ray")


def _tools(parsers: Parsers) -> tuple[Option, ...]:
    if not parsers.tool:
        return ()
    plugin: tuple[Option, ...] = (("--tool-parser-plugin", parsers.plugin),) if parsers.plugin else ()
    return ("--enable-auto-tool-choice",), *plugin, ("--tool-call-parser", parsers.tool)
