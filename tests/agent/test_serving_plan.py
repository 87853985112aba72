"""Where a model goes on a machine, and the command that comes of it."""

import shlex
from pathlib import Path

import pytest

from agent.errors import UsageError, UserError
from agent.serving.fit import BASE_GIB, LEAST_TOKENS, MEMORY_BASE_GIB, MEMORY_SHARE, SHARE, UTILISATION
from agent.serving.machine import Machine, parse
from agent.serving.plan import DoesNotFit, Plan, Wish, plan
from agent.settings import Profile
from agent.settings.profile import Geometry
from tests.agent.serve_table import MACHINES, SHIPPED, rows
from tests.agent.serving_plans import KEY, named, planned

GIB = 2**30


@pytest.mark.parametrize("text", MACHINES)
@pytest.mark.parametrize("name", [name for name, profile in SHIPPED.items() if profile.repository])
def test_every_plan_stays_within_the_machine_and_every_refusal_has_figures(name: str, text: str) -> None:
    match _outcome(name, text):
        case DoesNotFit() as refusal:
            assert refusal.needed_gib > refusal.available_gib
            assert f"{refusal.needed_gib:,.1f} GiB" in str(refusal)
            assert refusal.hint
        case made:
            _holds(SHIPPED[name], parse(text), made)


def _outcome(name: str, machine: str) -> Plan | DoesNotFit:
    try:
        return planned(name, machine)
    except DoesNotFit as refusal:
        return refusal


def _holds(profile: Profile, machine: Machine, made: Plan) -> None:
    geometry = profile.geometry
    assert made.precision
    assert made.needed_gib_per_gpu
    assert geometry.kv_bytes_per_token
    weights = geometry.weights_gb[made.precision] * 1e9 / GIB
    kv = made.context_tokens * geometry.kv_bytes_per_token / GIB
    if made.engine == "llamacpp":
        share, devices = (UTILISATION, made.gpus) if made.gpus else (MEMORY_SHARE, 1)
        room = (machine.gpus[0].total_mib * made.gpus if made.gpus else machine.memory_mib) / 1024 * share
        needed = weights + kv + MEMORY_BASE_GIB * devices
    else:
        assert (geometry.attention_heads or 0) % made.tensor_parallel == 0
        assert made.tensor_parallel <= len(machine.gpus)
        gib = machine.gpus[0].total_mib / 1024
        devices, room = 1, gib * UTILISATION
        copies = min(made.tensor_parallel, geometry.kv_heads or 1)
        needed = weights / made.tensor_parallel + kv / copies + BASE_GIB + SHARE * gib
    assert needed <= room + 1e-6
    assert made.needed_gib_per_gpu * devices == pytest.approx(needed)
    assert made.available_gib_per_gpu * devices == pytest.approx(room)
    assert LEAST_TOKENS <= made.context_tokens <= profile.context_tokens


def test_the_table_for_people_has_a_row_for_every_profile() -> None:
    table = list(rows())

    assert len(table) == len(SHIPPED) + 2
    assert {line.count("|") for line in table} == {len(MACHINES) + 2}


def test_the_command_of_the_big_ax() -> None:
    made = planned("ax-4.0", "4x80")

    assert shlex.join(made.command) == (
        "vllm serve skt/A.X-4.0 --served-model-name ax-4.0 --host 127.0.0.1 --port 8000 --tensor-parallel-size 4 "
        "--max-model-len 131072 --gpu-memory-utilization 0.9 --enable-auto-tool-choice --tool-call-parser hermes "
        "--enable-prompt-tokens-details"
    )
    assert (made.url, made.served_name, made.env) == ("http://127.0.0.1:8000/v1", "ax-4.0", {})


def test_the_command_of_k1_over_four_machines() -> None:
    made = planned("ax-k1", "8x80", Wish(nodes=4))

    assert shlex.join(made.command) == (
        "vllm serve skt/A.X-K1 --served-model-name ax-k1 --host 127.0.0.1 --port 8000 --tensor-parallel-size 8 "
        "--pipeline-parallel-size 4 --distributed-executor-backend ray --max-model-len 131072 "
        "--gpu-memory-utilization 0.9 --enable-auto-tool-choice --tool-call-parser hermes "
        "--reasoning-parser deepseek_v3 --enable-prompt-tokens-details"
    )


def test_the_command_of_a_small_ax_on_sglang() -> None:
    made = planned("ax-4.0-light", "1x24", Wish(engine="sglang"))

    assert shlex.join(made.command) == (
        "python -m sglang.launch_server --model-path skt/A.X-4.0-Light --served-model-name ax-4.0-light "
        "--host 127.0.0.1 --port 30000 --tp-size 1 --context-length 16384 --mem-fraction-static 0.81 "
        "--tool-call-parser hermes --enable-metrics --enable-cache-report"
    )


def test_the_command_without_a_gpu() -> None:
    made = planned("exaone-4.0-1.2b", "none")

    assert shlex.join(made.command) == (
        "llama-server --hf-repo LGAI-EXAONE/EXAONE-4.0-1.2B-GGUF:Q4_K_M --alias exaone-4.0-1.2b --host 127.0.0.1 "
        "--port 8080 --ctx-size 32768 --parallel 1 --jinja --metrics"
    )
    assert not made.embedded


def test_a_model_without_a_tool_parser_is_started_without_one() -> None:
    command = planned("deepseek-r1", "8x141").command

    assert "--tool-call-parser" not in command
    assert "--enable-auto-tool-choice" not in command
    assert named(command, "--reasoning-parser") == "deepseek_r1"


def test_the_parser_file_of_the_maker_is_loaded() -> None:
    command = planned("midm-2.0-base", "1x80").command

    assert named(command, "--tool-parser-plugin") == "midm_parser.py"
    assert named(command, "--tool-call-parser") == "midm-parser"


def test_sglang_calls_parsers_by_its_own_names() -> None:
    command = planned("exaone-4.0", "1x80", Wish(engine="sglang")).command

    assert named(command, "--reasoning-parser") == "deepseek-r1"


def test_sixteen_bit_weights_become_fp8_only_where_no_such_build_is_known() -> None:
    on_load = planned("ax-4.0", "1x141")
    build = planned("k-exaone", "4x80")
    native = planned("deepseek-r1", "8x141")

    assert named(on_load.command, "--quantization") == "fp8"
    assert (on_load.precision, on_load.weights_gb) == ("fp8", pytest.approx(145))
    assert build.repository == "LGAI-EXAONE/K-EXAONE-236B-A23B-FP8"
    assert "--quantization" not in build.command
    assert "--quantization" not in native.command


def test_four_bit_weights_are_used_only_where_a_build_is_known() -> None:
    assert planned("ax-3.1", "1x48", Wish(precision="int4")).repository == "dlsxj101/A.X-3.1-NVFP4"
    with pytest.raises(UsageError, match="int4"):
        planned("ax-4.0", "1x80", Wish(precision="int4"))


def test_the_cache_is_never_squeezed_into_fp8_by_itself() -> None:
    assert "--kv-cache-dtype" not in planned("ax-k2", "8x141").command


def test_fewer_gpus_serve_where_more_give_no_longer_context() -> None:
    assert planned("ax-4.0-light", "8x141").tensor_parallel == 1
    assert planned("ax-4.0", "8x141").tensor_parallel == 2


def test_heads_divide_evenly_among_the_gpus() -> None:
    geometry = Geometry(parameters=60, kv_bytes_per_token=57344, attention_heads=28, kv_heads=4)
    odd = Profile(repository="a/b", geometry=geometry)

    assert plan("odd", odd, parse("8x24"), Wish(precision="fp8")).tensor_parallel == 4
    with pytest.raises(DoesNotFit):
        plan("odd", odd, parse("8x24"), Wish(precision="bf16"))


def test_latent_caches_are_not_divided() -> None:
    one = Geometry(parameters=7, kv_bytes_per_token=500_000, attention_heads=32, kv_heads=1)
    many = one.model_copy(update={"kv_heads": 32})

    def context(geometry: Geometry) -> int:
        profile = Profile(repository="a/b", geometry=geometry, context_tokens=262_144)
        return plan("x", profile, parse("4x24"), Wish(precision="bf16")).context_tokens

    assert context(many) > 2 * context(one)


def test_a_context_that_was_asked_for_is_given_or_refused() -> None:
    assert planned("ax-3.1-light", "1x24", Wish(context_tokens=4096)).context_tokens == 4096
    with pytest.raises(DoesNotFit, match=r"32,768 토큰") as refused:
        planned("ax-3.1-light", "1x24", Wish(context_tokens=32_768))
    assert "더 짧은 문맥" in refused.value.hint


def test_a_context_beyond_the_model_is_refused() -> None:
    with pytest.raises(UsageError, match=r"16,384 토큰까지"):
        planned("ax-4.0-light", "1x80", Wish(context_tokens=20_000))


def test_a_refusal_proposes_what_was_checked_to_fit() -> None:
    with pytest.raises(DoesNotFit) as refused:
        planned("ax-4.0", "1x80")

    assert refused.value.hint == (
        "들어가는 것: 더 작은 ax-3.1; 더 작은 ax-4.0-light; 80GB GPU 2장; 이런 기계 2대 (--nodes 2)"
    )
    assert planned("ax-4.0", "2x80").tensor_parallel == 2
    assert planned("ax-4.0", "1x80", Wish(nodes=2)).pipeline_parallel == 2


def test_a_gguf_serves_where_the_gpu_build_does_not_fit() -> None:
    on_gpu = planned("exaone-4.0", "1x24")
    in_memory = planned("exaone-4.5", "1x24")

    assert (on_gpu.engine, named(on_gpu.command, "--n-gpu-layers")) == ("llamacpp", "999")
    assert (in_memory.engine, in_memory.gpus) == ("llamacpp", 0)
    assert "--n-gpu-layers" not in in_memory.command


def test_a_file_of_the_user_is_served_by_llama_cpp(tmp_path: Path) -> None:
    file = _gguf(tmp_path / "내 모델.gguf")

    installed = plan("generic", SHIPPED["generic"], parse("none"), Wish(gguf=str(file)))
    inside = plan("generic", SHIPPED["generic"], Machine(), Wish(gguf=str(file), port=9000))

    assert named(installed.command, "--model") == str(file)
    assert (inside.embedded, inside.command, inside.gguf) == (True, (), str(file))
    assert inside.url == "http://127.0.0.1:9000/v1"
    assert inside.needed_gib_per_gpu is None


def test_all_parts_of_a_file_count(tmp_path: Path) -> None:
    first, _ = (_gguf(tmp_path / f"m-0000{part}-of-00002.gguf", mib=512) for part in (1, 2))

    made = planned("exaone-4.0-1.2b", "none", Wish(gguf=str(first)))

    assert made.weights_gb == pytest.approx(2**30 / 1e9, rel=1e-6)


def test_a_file_and_another_engine_contradict_each_other(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="GGUF"):
        planned("ax-4.0", "4x80", Wish(engine="vllm", gguf=str(_gguf(tmp_path / "m.gguf"))))


def test_an_engine_that_is_missing_is_planned_for_and_named() -> None:
    without = planned("ax-4.0-light", Machine())

    assert not without.embedded
    assert named(without.command, "--hf-repo") == "mykor/A.X-4.0-Light-gguf:Q4_K_M"
    assert any("llama-server" in note and "설치" in note for note in without.notes)


@pytest.mark.parametrize("name", ["generic", "gpt-4o"])
def test_what_has_no_weights_is_not_served(name: str) -> None:
    with pytest.raises(UsageError) as refused:
        planned(name, "4x80")

    assert refused.value.hint


def test_an_engine_that_the_profile_does_not_know_is_refused() -> None:
    with pytest.raises(UsageError, match="SGLang") as refused:
        planned("midm-2.0-base", "1x80", Wish(engine="sglang"))

    assert "launch.sglang" in refused.value.hint


def test_an_installed_sglang_is_taken_where_there_is_no_vllm() -> None:
    only = Machine(parse("1x80").gpus, programs=frozenset({"sglang"}))

    assert planned("ax-4.0-light", only).engine == "sglang"


def test_a_profile_that_names_only_a_repository_is_served_unmeasured() -> None:
    made = plan("mine", Profile(repository="team/model"), parse("4x80"), Wish())

    assert (made.tensor_parallel, made.context_tokens, made.needed_gib_per_gpu) == (4, 32_768, None)
    assert (made.precision, made.weights_gb) == (None, 0)
    assert any("geometry" in note for note in made.notes)


def test_arguments_of_the_profile_win_over_ours() -> None:
    launch = {"vllm": {"args": ["--max-model-len=1000", "--tool-call-parser", "own"]}}
    mine = Profile.model_validate({"repository": "a/b", "parsers": {"tool": "hermes"}, "launch": launch})

    command = plan("mine", mine, parse("1x24"), Wish()).command

    assert "--max-model-len" not in command
    assert command.count("--tool-call-parser") == 1
    assert command[-3:] == ("--max-model-len=1000", "--tool-call-parser", "own")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.0.7", "::", "gpu-server"])
def test_others_reach_the_server_only_with_a_key(host: str) -> None:
    with pytest.raises(UsageError, match="API 키"):
        planned("ax-4.0-light", "1x24", Wish(host=host))
    with pytest.raises(UsageError, match="SGLang"):
        planned("ax-4.0-light", "1x24", Wish(host=host, engine="sglang", api_key=KEY))
    assert planned("ax-4.0-light", "1x24", Wish(host=host, api_key=KEY)).env == {"VLLM_API_KEY": "a key's value"}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "::1"])
def test_this_machine_needs_no_key(host: str) -> None:
    assert planned("ax-4.0-light", "1x24", Wish(host=host)).env == {}


def test_an_ipv6_address_is_bracketed_in_the_url() -> None:
    assert planned("ax-4.0-light", "1x24", Wish(host="::1")).url == "http://[::1]:8000/v1"


def test_every_refusal_says_what_to_do() -> None:
    for wish in (Wish(nodes=0), Wish(engine="llamacpp", precision="bf16"), Wish(gguf="/nowhere.gguf")):
        with pytest.raises(UserError) as refused:
            planned("ax-4.0", "4x80", wish)
        assert refused.value.hint


def _gguf(path: Path, mib: int = 1) -> Path:
    """A file that begins like a GGUF and takes no room on the disk."""
    with path.open("wb") as file:
        file.write(b"GGUF")
        file.truncate(mib * 2**20)
    return path
