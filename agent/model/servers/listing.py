"""The answer to `GET /models`: the one thing that every OpenAI-compatible server is asked."""

from typing import Any

from agent.model.servers.contract import Fault, Served, Server
from agent.model.servers.fetch import Answer

Entry = dict[str, Any]
"""One model as a server lists it; every field but `id` may be missing or of any type."""

_LONGEST_WINDOW = 1 << 30
_FAULTS: dict[int, Fault] = {0: "silent", 200: "odd", 401: "key", 403: "key", 404: "missing", 405: "missing"}


def entries(answer: Answer) -> list[Entry]:
    """The models of a list; empty if the answer is no list of models."""
    listed = answer.object.get("data")
    found = listed if isinstance(listed, list) else []
    return [one for one in found if isinstance(one, dict) and isinstance(one.get("id"), str) and one["id"]]


def plain(url: str, answer: Answer) -> Server:
    """The server as far as its list tells."""
    models = tuple(Served(one["id"], _window(one), text(one.get("root")) or "") for one in entries(answer))
    loading = is_loading(answer)
    return Server(url, models=models, loading=loading, fault=None if models or loading else _fault(answer))


def is_loading(answer: Answer) -> bool:
    """The weights are being read, and the server says so."""
    return answer.status == 503 and b"loading" in answer.body[:2_000].lower()


def is_llamacpp_loading(answer: Answer) -> bool:
    """llama.cpp listens before it can answer, and says so in a shape of its own."""
    error = answer.json.get("error") if isinstance(answer.json, dict) else None
    return is_loading(answer) and isinstance(error, dict) and error.get("type") == "unavailable_error"


def owner(answer: Answer) -> str:
    """Who serves the models, as vLLM, SGLang and llama.cpp say of themselves; empty if they are of several owners."""
    owners = {text(one.get("owned_by")) for one in entries(answer)}
    return (owners.pop() or "") if len(owners) == 1 else ""


def whole(value: object) -> int | None:
    """A number of tokens or requests that can be one."""
    return value if type(value) is int and 0 < value < _LONGEST_WINDOW else None


def text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def meta(entry: Entry, name: str) -> int | None:
    """A number of llama.cpp's `meta`, which is null while it loads."""
    found = entry.get("meta")
    return whole(found.get(name)) if isinstance(found, dict) else None


def _window(entry: Entry) -> int | None:
    """vLLM and SGLang, llama.cpp, and the two names under which hosted services tell it."""
    return (
        whole(entry.get("max_model_len"))
        or meta(entry, "n_ctx")
        or whole(entry.get("context_length"))
        or whole(entry.get("context_window"))
    )


def _fault(answer: Answer) -> Fault:
    if answer.status == 200 and answer.object.get("data") == []:
        return "missing"
    return _FAULTS.get(answer.status, "odd" if 300 <= answer.status < 400 else "error")
