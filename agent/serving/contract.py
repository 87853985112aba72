"""What is asked of `modu serve` and what comes of it: the wish of the user and the plan for a machine."""

import ipaddress
from dataclasses import dataclass, field

from pydantic import SecretStr

from agent.settings import Engine, Precision

PORTS: dict[Engine, int] = {"vllm": 8000, "sglang": 30000, "llamacpp": 8080}
"""Where the engines listen unless told otherwise, and where modu looks for them."""
KEY_VARIABLES: dict[Engine, str] = {"vllm": "VLLM_API_KEY", "llamacpp": "LLAMA_API_KEY"}
"""Where engines read their API key, so that it never stands in a command line that others on the machine can list."""


@dataclass(frozen=True)
class Wish:
    """What the user asked for; what is None is for the plan to choose."""

    engine: Engine | None = None
    precision: Precision | None = None
    context_tokens: int | None = None
    port: int | None = None
    host: str = "127.0.0.1"
    nodes: int = 1
    """Machines of the same kind, together serving one model."""
    gguf: str | None = None
    """A local GGUF file, instead of the profile's."""
    api_key: SecretStr | None = None
    """What the server will ask of its clients; required where others can reach it."""

    @property
    def private(self) -> bool:
        """Whether only this machine can reach the server."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


@dataclass(frozen=True)
class Plan:
    """How one model is served on one machine, or on several of the same kind."""

    name: str
    """The profile."""
    engine: Engine
    command: tuple[str, ...]
    """Empty when the engine runs inside our own process."""
    env: dict[str, str] = field(repr=False)
    """Beside the usual environment; may hold the API key, so it is never shown."""
    url: str
    """With `/v1`."""
    served_name: str
    precision: Precision | None
    """None: as the GGUF file is, or as an unmeasured model is stored."""
    tensor_parallel: int
    pipeline_parallel: int
    """Also the number of machines."""
    context_tokens: int
    needed_gib_per_gpu: float | None
    """Weights, KV cache of one full request and overhead; of main memory without GPUs; None where sizes are unknown."""
    available_gib_per_gpu: float
    """What the engine may take of each of those GPUs, or of main memory."""
    weights_gb: float
    """As they are stored and downloaded, in 10^9 bytes; 0 if unknown."""
    repository: str
    """With the quantisation after a colon for a GGUF, as llama.cpp writes it."""
    notes: tuple[str, ...] = ()
    """For people, in Korean."""
    embedded: bool = False
    """llama.cpp inside our own process, because there is no `llama-server` here."""
    gguf: str | None = None
    """The local file that is served."""
    gpus: int = 0
    """How many GPUs of each machine are used; 0 for main memory."""
    image: str = ""
    """Container image, empty for the usual one of the engine."""
