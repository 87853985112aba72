"""What can be said of a model and of the places that serve it: the schema of `[profiles.NAME]`.

Shipped profiles stand in `agent/model/profiles.toml`; a table of the same name in `config.toml` changes single keys.
Facts and their sources: the model cards, and where a card is missing the field is left out or marked in `note`.
"""

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Engine = Literal["vllm", "sglang", "llamacpp"]
"""What `modu serve` can start."""
Precision = Literal["bf16", "fp8", "int4"]


def _address(value: str) -> str:
    if not _names_a_host(value):
        raise ValueError("http:// 나 https:// 로 시작하는 주소여야 합니다. 예: http://127.0.0.1:8000/v1")
    return value


def _names_a_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


Address = Annotated[str, AfterValidator(_address)]


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sampling(_Closed):
    """Sent explicitly: a server fills in what is absent from the model's own generation config."""

    temperature: float | None = Field(default=None, ge=0)
    top_p: float | None = Field(default=None, gt=0, le=1)
    top_k: int | None = None
    min_p: float | None = None
    presence_penalty: float | None = None
    repetition_penalty: float | None = None


class ThinkingSwitch(_Closed):
    """How a model is told to think or not to."""

    switch: Literal["none", "kwarg", "always"] = "none"
    """`none`: it never thinks; `kwarg`: `chat_template_kwargs`; `always`: it cannot be switched off."""
    kwarg: str = "enable_thinking"
    default: bool = False
    """Whether we let it think unless told otherwise. Sent with every request: `deepseek_v3` parsers need it said."""
    budget: int | None = Field(default=None, gt=0)
    """Tokens of thinking after which the server ends it, where it can."""
    in_history: bool = False
    """The template wants earlier reasoning back (it may still drop it)."""
    opens: str = "<think>"
    closes: str = "</think>"


class Template(_Closed):
    """What the chat template does to our messages."""

    drops_tool_ids: bool = False
    """Results are matched to calls by order only, so parallel results carry the tool's name in their text."""
    system_role: bool = True
    """False: the system prompt goes to the head of the first user message."""
    tools: Literal["native", "prompt"] = "native"
    """`prompt`: no tool support at all; tools are described in the system prompt and calls read from the text."""


class Parsers(_Closed):
    """Names of the parsers a server must be started with."""

    tool: str = ""
    reasoning: str = ""
    plugin: str = ""
    """A Python file the model's maker ships with the parser in it."""


class Geometry(_Closed):
    """What memory follows from."""

    parameters: float = Field(default=0, ge=0)
    """Thousand millions."""
    weights_gb: dict[Precision, float] = {}
    """Size of the weights by precision, in 10^9 bytes."""
    kv_bytes_per_token: int | None = None
    """Of the KV cache in 16 bit, all layers together."""
    layers: int | None = Field(default=None, gt=0)
    attention_heads: int | None = Field(default=None, gt=0)
    """They must divide evenly among the GPUs of one node."""
    kv_heads: int | None = Field(default=None, gt=0)
    """On more GPUs than this the KV cache is no longer divided; 1 for latent attention (MLA)."""
    estimated: bool = False
    """Computed or assumed, not read from the model's config."""


class Launch(_Closed):
    """How an engine serves the model."""

    args: tuple[str, ...] = ()
    needs: str = ""
    """Minimal version or build, in one Korean sentence."""
    repository: str = ""
    """Where another build stands, such as a GGUF."""
    builds: dict[Precision, str] = {}
    """Builds of other precision that this engine loads, e.g. `{int4 = "owner/model-AWQ"}`."""
    image: str = ""
    """Container image, where the usual one of the engine does not serve the model."""


class Endpoint(_Closed):
    """One place that serves the model. A private request goes to the first of a profile and nowhere else."""

    url: Address
    name: str = ""
    """What the user sees; default: the host."""
    place: Literal["own", "company", "hosted"] = "own"
    served_name: str | None = None
    api_key_env: str | None = None
    mask: bool | None = None
    """Replace personal data before it is sent there; default: everywhere but on the user's own machines."""

    @property
    def masked(self) -> bool:
        return self.place != "own" if self.mask is None else self.mask


class Profile(_Closed):
    """What is known of a model."""

    title: str = ""
    repository: str = ""
    """On the model hub, e.g. `skt/A.X-4.0`."""
    served_names: tuple[str, ...] = ()
    """Names under which servers list it; a name also matches in any case and with a path before it."""
    verified: bool = True
    """False: not publicly released, every value is an assumption."""
    licence: str = ""
    note: str = ""

    served_name: str | None = None
    """Ask for exactly this name; default: whatever the server lists first."""
    base_url: Address | None = None
    api_key_env: str | None = None
    endpoints: tuple[Endpoint, ...] = ()
    """In order of preference, instead of `base_url`."""
    gguf: str | None = None
    """A local GGUF file for `modu serve`."""

    context_tokens: int = Field(default=32_768, ge=1_024)
    """Used until the server says its own."""
    max_output_tokens: int | None = Field(default=None, gt=0)
    temperature: float | None = Field(default=None, ge=0)
    """Shorthand: overrides both samplings."""
    top_p: float | None = Field(default=None, gt=0, le=1)
    sampling: Sampling = Sampling()
    sampling_thinking: Sampling | None = None
    """Default: the plain one."""
    thinking: ThinkingSwitch = ThinkingSwitch()
    template: Template = Template()
    parsers: Parsers = Parsers()
    geometry: Geometry = Geometry()
    launch: dict[Engine, Launch] = {}
    extra_body: dict[str, Any] = {}
    """Sent along with every request."""
