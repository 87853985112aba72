"""How each engine tells what it is, by endpoints of its own. An answer of another shape is no answer of that engine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from agent.model.servers.contract import Kind
from agent.model.servers.fetch import Answer
from agent.model.servers.listing import Entry, is_llamacpp_loading, meta, text, whole

Answers = Mapping[str, Answer]
"""By path."""


@dataclass(frozen=True)
class Told:
    """What an engine tells beyond the list of its models."""

    version: str | None = None
    windows: Mapping[str, int] = field(default_factory=dict)
    """By model id."""
    resident: frozenset[str] = frozenset()
    """Models in memory, where others would first have to be loaded."""
    mute: frozenset[str] = frozenset()
    """Models that do not chat, such as embedders."""
    loading: bool = False


Reader = Callable[[Answers, Sequence[Entry]], Told | None]
"""None if the answers are not this engine's."""


def _vllm(answers: Answers, _: Sequence[Entry]) -> Told | None:
    version, metrics = text(answers["/version"].object.get("version")), answers.get("/metrics")
    # Many programs tell a version; the names of the metrics are vLLM's alone.
    known = version if metrics is None else metrics.status == 200 and b"vllm:" in metrics.body
    return Told(version) if known else None


def _sglang(answers: Answers, listed: Sequence[Entry]) -> Told | None:
    told = answers["/server_info"].object or answers["/get_server_info"].object
    if not text(told.get("version")) or not text(told.get("model_path")):
        return None
    window = whole(told.get("context_length"))
    return Told(text(told["version"]), {one["id"]: window for one in listed} if window else {})


def _llamacpp(answers: Answers, listed: Sequence[Entry]) -> Told | None:
    props, loading = answers["/props"].object, is_llamacpp_loading(answers["/health"])
    settings = props.get("default_generation_settings")
    if not isinstance(settings, dict):
        return Told(loading=True) if loading else None
    # Of one slot: what a single request may use. A router has no slots of its own and tells 0.
    slot = whole(settings.get("n_ctx"))
    windows = {one["id"]: slot or meta(one, "n_ctx") or meta(one, "n_ctx_train") for one in listed}
    return Told(
        text(props.get("build_info")),
        {name: window for name, window in windows.items() if window},
        frozenset(one["id"] for one in listed if _state(one) == "loaded"),
        loading=loading,
    )


def _state(entry: Entry) -> str | None:
    """Of a model behind llama.cpp's router."""
    status = entry.get("status")
    return text(status.get("value")) if isinstance(status, dict) else None


def _ollama(answers: Answers, _: Sequence[Entry]) -> Told | None:
    version, running = text(answers["/api/version"].object.get("version")), answers["/api/ps"].object.get("models")
    if not version or not isinstance(running, list):
        return None
    windows = loaded_windows(running)
    return Told(version, {name: window for name, window in windows.items() if window}, frozenset(windows))


def loaded_windows(running: Sequence[object]) -> dict[str, int | None]:
    """From the `models` of Ollama's `/api/ps`: what is in memory, with the window it was loaded with."""
    entries = [one for one in running if isinstance(one, dict)]
    return {name: whole(one.get("context_length")) for one in entries if (name := text(one.get("name")))}


def _lmstudio(answers: Answers, _: Sequence[Entry]) -> Told | None:
    listed = answers["/api/v0/models"].object.get("data")
    found = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    if not found or not all(text(one.get("id")) and text(one.get("state")) for one in found):
        return None
    resident = [one for one in found if one["state"] == "loaded"]
    windows = {one["id"]: whole(one.get("loaded_context_length")) for one in resident}
    return Told(
        windows={name: window for name, window in windows.items() if window},
        resident=frozenset(windows),
        mute=frozenset(one["id"] for one in found if one.get("type") == "embeddings"),
    )


@dataclass(frozen=True)
class Engine:
    """The endpoints to ask, and who reads the answers."""

    reader: Reader
    paths: tuple[str, ...]
    proof: tuple[str, ...] = ()
    """Asked as well where the list does not name the engine."""


ENGINES: dict[Kind, Engine] = {
    "llamacpp": Engine(_llamacpp, ("/props", "/health")),
    "sglang": Engine(_sglang, ("/server_info", "/get_server_info")),
    "vllm": Engine(_vllm, ("/version",), ("/metrics",)),
    "ollama": Engine(_ollama, ("/api/version", "/api/ps")),
    "lmstudio": Engine(_lmstudio, ("/api/v0/models",)),
}
OWNERS: dict[str, Kind] = {"llamacpp": "llamacpp", "sglang": "sglang", "vllm": "vllm"}
"""`owned_by` of the engines that name themselves."""


def paths(owner: str) -> tuple[str, ...]:
    """What to ask a server whose list names this owner."""
    if named := OWNERS.get(owner):
        return ENGINES[named].paths
    return tuple(path for engine in ENGINES.values() for path in (*engine.paths, *engine.proof))


def recognised(owner: str, answers: Answers, listed: Sequence[Entry]) -> tuple[Kind, Told]:
    """The engine and what it told.

    An engine that names itself is believed unless its own endpoint answers with something else: a gateway may let
    only `/v1` through. One that does not must be the only one whose answers fit: some servers answer every path.
    """
    if named := OWNERS.get(owner):
        contradicted = any(answer.status == 200 for answer in answers.values())
        told = ENGINES[named].reader(answers, listed) or (None if contradicted else Told())
        return (named, told) if told else ("openai", Told())
    fitting = [(kind, told) for kind, engine in ENGINES.items() if (told := engine.reader(answers, listed))]
    return fitting[0] if len(fitting) == 1 else ("openai", Told())
