"""What is known of models, and which of it fits what a server serves."""

import pytest

from agent.model.profiles import GENERIC, matching, profiles
from agent.model.servers.contract import Served
from agent.settings import Profile
from agent.settings.profile import Sampling, ThinkingSwitch
from tests.conftest import MakeSettings

KNOWN = {
    "ax-4.1": Profile(served_names=("A.X-4.1",)),
    "ax-4.0": Profile(repository="skt/A.X-4.0", served_names=("ax4",)),
    "ax-4.0-light": Profile(repository="skt/A.X-4.0-Light"),
    "ax-k1": Profile(repository="skt/A.X-K1"),
    "midm-2.0-base": Profile(repository="K-intelligence/Midm-2.0-Base-Instruct", served_names=("midm-2.0:base",)),
    "midm-2.0-mini": Profile(repository="K-intelligence/Midm-2.0-Mini-Instruct", served_names=("midm-2.0:mini",)),
    "exaone-4.0": Profile(repository="LGAI-EXAONE/EXAONE-4.0-32B"),
    "exaone-4.0-1.2b": Profile(repository="LGAI-EXAONE/EXAONE-4.0-1.2B"),
    "exaone-4.5": Profile(repository="LGAI-EXAONE/EXAONE-4.5-33B"),
    "k-exaone": Profile(repository="LGAI-EXAONE/K-EXAONE-236B-A23B"),
    "qwen3": Profile(repository="Qwen/Qwen3-8B"),
    "우리-모델": Profile(served_name="team/final"),
    GENERIC: Profile(),
}


@pytest.mark.parametrize(
    ("served", "profile"),
    [
        ("skt/A.X-4.0", "ax-4.0"),
        ("ax4", "ax-4.0"),
        ("AX-4.0", "ax-4.0"),
        ("skt/A.X-4.0-Light", "ax-4.0-light"),
        ("/models/A.X-4.0-Light-Q4_K_M.gguf", "ax-4.0-light"),
        ("C:\\models\\A.X-4.0-Light-Q8_0.gguf", "ax-4.0-light"),
        ("skt_A.X-4.0-Light-IQ4_XS.gguf", "ax-4.0-light"),
        ("hf.co/mykor/A.X-4.0-Light-gguf:Q4_K_M", "ax-4.0-light"),
        ("cookieshake/a.x-4.0-light-imatrix:q4_0", "ax-4.0-light"),
        ("/data/A.X-4.0-Light/model-00001-of-00005.gguf", "ax-4.0-light"),
        ("/hub/models--skt--A.X-4.0-Light/snapshots/0f1e2d3c4b5a69788796a5b4c3d2e1f001234567", "ax-4.0-light"),
        ("A.X-K1", "ax-k1"),
        ("midm-2.0:mini", "midm-2.0-mini"),
        ("Midm-2.0-Mini-Instruct-gguf", "midm-2.0-mini"),
        ("K-intelligence/Midm-2.0-Base-Instruct", "midm-2.0-base"),
        ("exaone-4.0-32b-awq", "exaone-4.0"),
        ("exaone-4.0:1.2b", "exaone-4.0-1.2b"),
        ("LGAI-EXAONE_EXAONE-4.0-1.2B-Q4_K_M.gguf", "exaone-4.0-1.2b"),
        ("exaone4.5:33b", "exaone-4.5"),
        ("K-EXAONE-236B-A23B-FP8", "k-exaone"),
        ("qwen3:8b", "qwen3"),
        ("qwen3:latest", "qwen3"),
        ("qwen3-8b@q4_k_m", "qwen3"),
        ("Qwen/Qwen3-30B-A3B-GPTQ-Int4", "qwen3"),
        ("unsloth/Qwen3-8B-bnb-4bit", "qwen3"),
        ("team/final", "우리-모델"),
        ("우리-모델", "우리-모델"),
    ],
)
def test_a_served_name_leads_to_its_profile(served: str, profile: str) -> None:
    assert matching(Served(served), KNOWN) == profile


@pytest.mark.parametrize(
    "served",
    [
        "skt/A.X-4.0-VL-Light",
        "A.X-4.2",
        "ax-40b",
        "EXAONE-4.0.1-32B",
        "Qwen3.5-9B",
        "Qwen3-Coder-30B-A3B",
        "Qwen3-4B-Thinking-2507",
        "/home/qwen3/llama-3.gguf",
        "Huihui-Qwen3-8B",
        "generic",
        "default",
        "model.gguf",
        "gpt-oss-20b",
        "///",
        "",
    ],
)
def test_a_model_that_merely_looks_like_a_known_one_has_no_profile(served: str) -> None:
    assert matching(Served(served), KNOWN) is None


def test_a_light_model_is_never_taken_for_the_large_one() -> None:
    large_only = {"ax-4.0": KNOWN["ax-4.0"]}

    assert matching(Served("skt/A.X-4.0-Light"), large_only) is None


def test_behind_a_name_of_ones_own_the_weights_decide() -> None:
    assert matching(Served("production", root="/weights/skt/A.X-4.0-Light"), KNOWN) == "ax-4.0-light"
    assert matching(Served("qwen3", root="skt/A.X-4.0-Light"), KNOWN) == "qwen3"


def test_every_name_of_a_shipped_profile_leads_back_to_it(make_settings: MakeSettings) -> None:
    known = profiles(make_settings())

    astray = [
        (name, served)
        for name, profile in known.items()
        if name != GENERIC
        for served in filter(None, (name, profile.repository, *profile.served_names))
        if matching(Served(served), known) != name
    ]

    assert {"ax-4.1", "ax-4.0", GENERIC} <= known.keys()
    assert astray == []


def test_a_table_of_the_user_changes_single_keys_of_a_shipped_profile(make_settings: MakeSettings) -> None:
    shipped = profiles(make_settings())["ax-4.1"]
    own = Profile(note="내 것", thinking=ThinkingSwitch(budget=512), extra_body={"seed": 7})

    changed = profiles(make_settings(profiles={"ax-4.1": own}))["ax-4.1"]

    assert (changed.note, changed.thinking.budget, changed.extra_body["seed"]) == ("내 것", 512, 7)
    assert changed.context_tokens == shipped.context_tokens
    assert changed.thinking == shipped.thinking.model_copy(update={"budget": 512})
    assert changed.sampling == shipped.sampling


def test_a_value_set_to_the_default_is_a_change_too(make_settings: MakeSettings) -> None:
    shipped = profiles(make_settings())["ax-4.1"]
    plain = Profile().context_tokens

    changed = profiles(make_settings(profiles={"ax-4.1": Profile(context_tokens=plain)}))["ax-4.1"]

    assert shipped.context_tokens != plain
    assert changed.context_tokens == plain


def test_a_profile_of_the_users_own_stands_beside_ours(make_settings: MakeSettings) -> None:
    own = Profile(title="우리 모델", sampling=Sampling(temperature=0.1))

    known = profiles(make_settings(profiles={"ours": own}))

    assert known["ours"] == own
    assert list(known)[-1] == "ours"
