"""What is known of models: the shipped profiles with the user's laid over them, and which one fits a served model."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from agent.model.servers.contract import Served
from agent.settings import Profile, Settings

GENERIC = "generic"
"""The profile of a model of which nothing is known."""
_SHIPPED = Path(__file__).parent / "profiles.toml"

_WORDS = re.compile(r"i?q\d(?:_[a-z0-9]+)*|\d+(?:\.\d+)?[bm](?![a-z0-9])|[a-z]*\d+[a-z0-9]*|[a-z]+|[^\W\d_a-z]+")
"""`q4_k_m` and `1.2b` are one word each."""
_TRIMMINGS = re.compile(
    r"""i?q\d(?:_[a-z0-9]+)* | [km] | x*[ls] | (?:bf|fp|f|int)\d+ | w\d+a\d+ | \d+bit | (?:nv|mx)fp4  # numbers
    | awq | gptq | gguf | ggml | exl\d | mlx | bnb | imatrix | i1 | ud | qat | autoround | quantized | dynamic | hf
    | a?\d+(?:\.\d+)?[bm] | \d+x\d+b | \d+k                                             # size, length of the window
    | instruct | chat | it | base | latest | default | models? | snapshots? | of
    | \d{5} | [0-9a-f]{12,}                                                             # parts of a file, hashes""",
    re.VERBOSE,
)
"""Words that say how a model is packed, not which model it is."""


def profiles(settings: Settings) -> dict[str, Profile]:
    """Ours, in which a table of the user's of the same name changes single keys, then the user's own."""
    own = {name: profile.model_dump(exclude_unset=True) for name, profile in settings.profiles.items()}
    return {name: Profile.model_validate(table) for name, table in _laid_over(_shipped(), own).items()}


def matching(served: Served, known: Mapping[str, Profile]) -> str | None:
    """The profile of a served model, by its name, else by its weights: in any case, with any path before it.

    The longest name wins, and nothing but packaging (quantisation, size, `:latest`, `.gguf`) may be left over: `ax-4.0`
    is no profile for `A.X-4.0-VL-Light`.
    """
    for name in (served.id, served.root):
        if found := _named(name, known):
            return found
    return None


@cache
def _shipped() -> dict[str, Any]:
    return tomllib.loads(_SHIPPED.read_text(encoding="utf-8"))


def _laid_over(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(lower)
    for key, value in upper.items():
        below = merged.get(key)
        merged[key] = _laid_over(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _named(name: str, known: Mapping[str, Profile]) -> str | None:
    words = _telling_words(name)
    fits = [
        (len(spelling), profile)
        for profile, described in known.items()
        if profile != GENERIC
        for spelling in _spellings(profile, described)
        if _begins(words, spelling)
    ]
    return max(fits, key=lambda fit: fit[0])[1] if fits else None


def _telling_words(name: str) -> list[str]:
    """The words of the last part of a path that says more than `model-q4_k_m.gguf` or a hash."""
    parts = [_WORDS.findall(part) for part in re.split(r"[/\\]", name.casefold()) if part]
    return next((words for words in reversed(parts) if not all(map(_TRIMMINGS.fullmatch, words))), [])


def _spellings(name: str, profile: Profile) -> Iterator[str]:
    """Every name of a profile in letters and digits alone, also with the owner before it (`skt_A.X-4.0.gguf`)."""
    owner, _, _ = profile.repository.casefold().rpartition("/")
    for written in filter(None, (name, profile.repository, profile.served_name, profile.gguf, *profile.served_names)):
        spelling = "".join(_telling_words(written))
        yield spelling
        yield "".join(_WORDS.findall(owner)) + spelling


def _begins(words: list[str], spelling: str) -> bool:
    """The words begin with the name, and what follows is packaging. The hub's own cache puts `models--` before it."""
    words = words[1:] if words[:1] == ["models"] else words
    joined = ""
    for position, word in enumerate(words, start=1):
        joined += word
        if joined == spelling:
            return all(map(_TRIMMINGS.fullmatch, words[position:]))
    return False
