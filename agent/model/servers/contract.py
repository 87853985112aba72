"""What is known of a model server: the values that discovery makes and the client works with."""

from dataclasses import dataclass
from itertools import chain
from typing import Literal

Kind = Literal["vllm", "sglang", "llamacpp", "ollama", "lmstudio", "openai"]
"""`openai`: speaks the protocol and says no more about itself."""
Fault = Literal["key", "missing", "error", "silent", "odd"]
"""Why a server lists no models: it wants a key (401, 403), it has no list (404, 405), it fails (other statuses), it
does not answer in time, or what it answers is no list of models (a web page, a redirect)."""


@dataclass(frozen=True)
class Served:
    """One model that a server lists."""

    id: str
    context_tokens: int | None = None
    """The window it is served with, None if the server does not say."""
    root: str = ""
    """The weights behind the name, where the server tells."""


@dataclass(frozen=True)
class Server:
    """One server as it answered."""

    url: str
    """With `/v1`, without a slash at the end."""
    kind: Kind = "openai"
    version: str | None = None
    models: tuple[Served, ...] = ()
    """Chat models, those in memory first. Empty where the server does not list them."""
    loading: bool = False
    """It answers, but the weights are still being read."""
    fault: Fault | None = None
    """Set if it could not list its models; it may still serve them."""

    @property
    def root(self) -> str:
        """Where the engine's own endpoints stand."""
        return self.url.removesuffix("/v1")

    def served(self, name: str) -> Served | None:
        """The listed model that a name means: in any case, without Ollama's `:latest`, or the name of the weights."""
        wanted = name.casefold()
        exact = (one for one in self.models if one.id == name)
        alike = (one for one in self.models if one.id.casefold() in (wanted, f"{wanted}:latest"))
        rooted = (one for one in self.models if one.root.casefold() == wanted)
        return next(chain(exact, alike, rooted), None)
