"""The shipped profiles: what they claim, and that the page for users explains every key."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from agent.settings import Profile

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "profiles.md").read_text(encoding="utf-8")
SHIPPED = {
    name: Profile.model_validate(table)
    for name, table in tomllib.loads((ROOT / "agent" / "model" / "profiles.toml").read_text(encoding="utf-8")).items()
}
MODELS = {name: profile for name, profile in SHIPPED.items() if profile.repository}


def test_the_profiles_that_were_asked_for_are_there() -> None:
    assert list(SHIPPED) == [
        "ax-4.1", "ax-4.0", "ax-4.0-light", "ax-3.1", "ax-3.1-light", "ax-k1", "ax-k2", "midm-2.0-base",
        "midm-2.0-mini", "exaone-4.0", "exaone-4.0-1.2b", "exaone-4.5", "k-exaone", "command-a-reasoning", "qwen2.5",
        "qwen3", "deepseek-r1", "deepseek-v3.1", "gpt-4o", "generic",
    ]  # fmt: skip


def test_only_the_unpublished_model_is_unverified_and_says_so() -> None:
    assert [name for name, profile in SHIPPED.items() if not profile.verified] == ["ax-4.1"]
    assert "가정" in SHIPPED["ax-4.1"].note
    assert SHIPPED["ax-4.1"].geometry.estimated


@pytest.mark.parametrize("name", MODELS)
def test_a_model_tells_what_serving_it_takes(name: str) -> None:
    profile = MODELS[name]
    geometry = profile.geometry

    assert profile.title
    assert profile.licence
    assert profile.note
    assert name in profile.served_names
    assert geometry.parameters > 0
    assert geometry.weights_gb
    assert geometry.kv_bytes_per_token
    assert geometry.layers
    assert geometry.attention_heads
    assert geometry.kv_heads
    assert "vllm" in profile.launch


@pytest.mark.parametrize("name", MODELS)
def test_sizes_agree_with_the_number_of_parameters(name: str) -> None:
    geometry = MODELS[name].geometry
    bytes_each = {"bf16": (1.9, 2.2), "fp8": (0.95, 1.2), "int4": (0.5, 0.8)}

    for precision, size in geometry.weights_gb.items():
        least, most = bytes_each[precision]
        assert least <= size / geometry.parameters <= most


def test_no_two_profiles_claim_the_same_name() -> None:
    names = [
        name for profile in SHIPPED.values() for name in {spelling.casefold() for spelling in profile.served_names}
    ]

    assert len(names) == len(set(names))


def test_ax_calls_are_read_by_the_hermes_parser_only() -> None:
    family = {name: profile for name, profile in SHIPPED.items() if name.startswith("ax-")}

    assert {profile.parsers.tool for profile in family.values()} == {"hermes"}
    assert all(profile.template.drops_tool_ids for profile in family.values())
    assert "qwen25" not in str(SHIPPED)


@pytest.mark.parametrize(
    ("name", "switch", "kwarg", "default"),
    [
        ("ax-4.0", "none", "enable_thinking", False),
        ("ax-k1", "kwarg", "enable_thinking", False),
        ("exaone-4.0", "kwarg", "enable_thinking", False),
        ("exaone-4.5", "kwarg", "enable_thinking", True),
        ("k-exaone", "kwarg", "enable_thinking", True),
        ("qwen3", "kwarg", "enable_thinking", True),
        ("command-a-reasoning", "kwarg", "reasoning", True),
        ("deepseek-v3.1", "kwarg", "thinking", False),
        ("deepseek-r1", "always", "enable_thinking", True),
    ],
)
def test_thinking_is_switched_as_the_model_wants(name: str, switch: str, kwarg: str, default: bool) -> None:
    thinking = SHIPPED[name].thinking

    assert (thinking.switch, thinking.kwarg, thinking.default) == (switch, kwarg, default)


def test_the_reasoning_parser_belongs_to_models_that_think() -> None:
    for profile in SHIPPED.values():
        assert not profile.parsers.reasoning or profile.thinking.switch != "none"


def test_r1_has_no_tool_parser_and_is_told_of_tools_in_the_prompt() -> None:
    r1 = SHIPPED["deepseek-r1"]

    assert (r1.parsers.tool, r1.template.tools, r1.template.system_role) == ("", "prompt", False)


def test_the_hosted_model_is_marked_as_such_and_gets_masked_text() -> None:
    hosted = SHIPPED["gpt-4o"]

    assert [endpoint.place for endpoint in hosted.endpoints] == ["hosted"]
    assert hosted.endpoints[0].masked
    assert hosted.endpoints[0].api_key_env == "OPENAI_API_KEY"
    assert (hosted.thinking.switch, hosted.thinking.in_history, hosted.extra_body) == ("none", False, {})


def test_the_generic_profile_assumes_nothing() -> None:
    assert SHIPPED["generic"].model_dump(exclude_defaults=True).keys() == {"title", "note"}


def test_licences_that_forbid_business_are_named() -> None:
    forbidding = {name for name, profile in SHIPPED.items() if "비상업" in profile.licence}

    assert forbidding == {"exaone-4.0", "exaone-4.0-1.2b", "exaone-4.5", "command-a-reasoning"}


def test_the_page_explains_every_key_and_no_other() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    written = {key for line in rows for key in re.findall(r"`([^`]+)`", line.split("|")[1])}

    assert written - SHIPPED.keys() == set(_keys(Profile))
    assert written & SHIPPED.keys() == SHIPPED.keys()


def test_the_examples_of_the_page_are_valid() -> None:
    [example] = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    tables = {name: Profile.model_validate(table) for name, table in tomllib.loads(example)["profiles"].items()}

    assert tables["our-model"].launch["vllm"].builds == {"int4": "our-team/our-model-14b-AWQ"}
    assert [endpoint.masked for endpoint in tables["our-model"].endpoints] == [False, True]


def _keys(model: type[BaseModel], before: str = "") -> Iterator[str]:
    """Dotted keys as the page writes them."""
    for name, field in model.model_fields.items():
        inner = list(_models(field.annotation))
        if name == "launch":
            yield from _keys(inner[0], "launch.ENGINE.")
            continue
        if not inner or name in ("endpoints", "sampling", "sampling_thinking"):
            yield f"{before}{name}"
        if inner and name != "sampling_thinking":
            yield from _keys(inner[0], f"{before}{name}.")


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (Union, UnionType, tuple, dict):
        for part in get_args(annotation):
            yield from _models(part)
