"""A plan as text: for the shell, for Ray, for Kubernetes and for people."""

import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.errors import UsageError
from agent.serving.machine import Gpu, Machine, parse
from agent.serving.manifest import render
from agent.serving.plan import Wish, plan
from agent.serving.show import explain
from agent.settings import Profile
from tests.agent.serving_plans import OPEN, named, planned, program


@pytest.mark.parametrize("form", ["command", "kubernetes"])
def test_the_key_is_shown_nowhere(form: Any) -> None:
    made = planned("ax-4.0-light", "1x24", OPEN)

    shown = [render(made, form), explain(made), repr(made), repr(OPEN), shlex.join(made.command)]

    assert not any("a key" in text for text in shown)
    assert "VLLM_API_KEY" in render(made, form)


@pytest.mark.parametrize(
    ("name", "machine", "wish"),
    [
        ("ax-4.0", "4x80", Wish()),
        ("exaone-4.0", "none", Wish()),
        ("ax-4.0-light", "1x24", Wish(engine="sglang")),
        ("ax-4.0-light", "1x24", OPEN),
        ("ax-4.0", Machine((Gpu("A", 81_559, 1_000), *(Gpu("A", 81_559, 81_000, i) for i in range(1, 5)))), Wish()),
    ],
)
def test_the_shell_reads_the_command_as_it_was_meant(
    name: str, machine: str | Machine, wish: Wish, tmp_path: Path
) -> None:
    made = planned(name, machine, wish)

    assert _read_by_the_shell(render(made, "command"), tmp_path) == made.command


def test_odd_names_are_quoted_for_the_shell(tmp_path: Path) -> None:
    odd = Profile(repository="/models/my model's $(touch x); #1", served_name='a"b')

    made = plan("odd", odd, parse("1x24"), Wish())

    assert _read_by_the_shell(render(made, "command"), tmp_path) == made.command
    assert not (tmp_path / "x").exists()


def test_the_shell_hands_the_key_and_the_gpus_to_the_server(tmp_path: Path) -> None:
    busy = Machine((Gpu("A", 81_559, 1_000), Gpu("A", 81_559, 81_000, 1)), programs=frozenset({"vllm"}))
    program(tmp_path / "vllm", 'echo "$VLLM_API_KEY $CUDA_VISIBLE_DEVICES"')

    text = render(planned("ax-4.0-light", busy, OPEN), "command")

    assert _shell(text, tmp_path, {"MODU_API_KEY": "k"}).stdout == b"k 1\n"
    assert _shell(text, tmp_path, {}).returncode != 0


def test_the_cluster_of_ray_is_started_from_its_head() -> None:
    made = planned("ax-k1", "8x80", Wish(nodes=4))

    text = render(made, "ray")
    checked = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True, check=False)

    assert checked.returncode == 0, checked.stderr
    assert "나머지 3대" in text
    assert "GPU 32개" in text
    assert text.count("--num-gpus=8") == 2
    assert text.endswith(
        render(made, "command").partition("vllm")[1] + render(made, "command").partition("vllm")[2]
    ) or (render(made, "command") in text)


def test_one_machine_needs_no_ray_and_llama_cpp_no_cluster() -> None:
    with pytest.raises(UsageError, match="Ray"):
        render(planned("ax-4.0", "4x80"), "ray")
    with pytest.raises(UsageError, match="쿠버네티스"):
        render(planned("exaone-4.0", "none"), "kubernetes")
    with pytest.raises(UsageError, match="여러 대"):
        planned("exaone-4.0", "none", Wish(nodes=2, engine="llamacpp"))


def test_one_node_of_kubernetes_is_a_deployment() -> None:
    made = planned("midm-2.0-base", "1x80")

    volume, deployment, service = yaml.safe_load_all(render(made, "kubernetes"))
    pod = deployment["spec"]["template"]["spec"]
    [container] = pod["containers"]

    assert [part["kind"] for part in (volume, deployment, service)] == [
        "PersistentVolumeClaim",
        "Deployment",
        "Service",
    ]
    assert container["image"] == "vllm/vllm-openai:v0.11.0"
    assert named(container["command"], "--host") == "0.0.0.0"
    assert named(container["command"], "--tool-parser-plugin") == "/plugins/midm_parser.py"
    assert container["resources"]["limits"] == {"nvidia.com/gpu": 1}
    assert container["readinessProbe"]["httpGet"] == {"path": "/health", "port": "http"}
    assert container["ports"] == [{"name": "http", "containerPort": 8000}]
    assert {volume["name"] for volume in pod["volumes"]} == {"weights", "shm", "plugin"}
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/weights", "/dev/shm", "/plugins"}
    assert _secrets(container)["VLLM_API_KEY"] == {"name": "modu-midm-2-0-base", "key": "api-key"}
    assert service["spec"]["selector"] == deployment["spec"]["selector"]["matchLabels"]
    assert int(volume["spec"]["resources"]["requests"]["storage"].removesuffix("Gi")) > 23


@pytest.mark.parametrize("engine", ["vllm", "sglang"])
def test_several_nodes_of_kubernetes_are_one_group_that_meets_at_its_leader(engine: Any) -> None:
    made = planned("k-exaone", "8x80", Wish(nodes=2, engine=engine, precision="bf16"))

    volume, group, service = yaml.safe_load_all(render(made, "kubernetes"))
    template = group["spec"]["leaderWorkerTemplate"]
    pods = [template[f"{role}Template"]["spec"]["containers"][0] for role in ("leader", "worker")]

    assert (group["kind"], template["size"]) == ("LeaderWorkerSet", 2)
    assert all(named(pod["command"], "--nnodes") == "2" for pod in pods)
    assert all(named(pod["command"], "--node-rank") == "$(LWS_WORKER_INDEX)" for pod in pods)
    assert all(any("$(LWS_LEADER_ADDRESS)" in word for word in pod["command"]) for pod in pods)
    assert all(pod["resources"]["limits"] == {"nvidia.com/gpu": 8} for pod in pods)
    assert not any("ray" in pod["command"] for pod in pods)
    assert [("readinessProbe" in pod) for pod in pods] == [True, False]
    assert [("--headless" in pod["command"]) for pod in pods] == [False, engine == "vllm"]
    assert service["spec"]["selector"]["role"] == "leader"
    assert volume["spec"]["accessModes"] == ["ReadWriteMany"]


def test_sglang_in_a_pod_gets_its_key_from_the_secret() -> None:
    made = planned("qwen3", "1x24", Wish(engine="sglang"))

    _, deployment, _ = yaml.safe_load_all(render(made, "kubernetes"))
    [container] = deployment["spec"]["template"]["spec"]["containers"]

    assert named(container["command"], "--api-key") == "$(API_KEY)"
    assert _secrets(container)["API_KEY"]["key"] == "api-key"


def test_odd_names_survive_yaml() -> None:
    odd = Profile(repository="no: [#'\"]\n{가}", served_name="yes")

    made = plan("Odd_Name.1", odd, parse("1x24"), Wish())
    _, deployment, _ = yaml.safe_load_all(render(made, "kubernetes"))
    [container] = deployment["spec"]["template"]["spec"]["containers"]

    assert deployment["metadata"]["name"] == "modu-odd-name-1"
    assert container["command"][:5] == ["vllm", "serve", "no: [#'\"]\n{가}", "--served-model-name", "yes"]


def test_a_plan_is_explained_in_korean() -> None:
    text = explain(planned("ax-4.0", "4x80"))

    assert text.splitlines()[:5] == [
        "ax-4.0: vLLM, bf16, GPU 4장 (TP 4)",
        "  가중치  145.0 GB  skt/A.X-4.0",
        "  문맥    131,072 토큰",
        "  메모리  GPU 한 장에 약 46.8 GiB 필요, 70.3 GiB 까지 씀",
        "  주소    http://127.0.0.1:8000/v1  (모델 이름: ax-4.0)",
    ]
    assert "어림" in text


def test_the_unpublished_model_is_served_only_with_a_warning() -> None:
    assert any("가정" in note for note in planned("ax-4.1", "4x80").notes)


def _secrets(container: dict[str, Any]) -> dict[str, Any]:
    return {entry["name"]: entry["valueFrom"]["secretKeyRef"] for entry in container["env"] if "valueFrom" in entry}


def _read_by_the_shell(text: str, folder: Path) -> tuple[str, ...]:
    """The words that a program gets, itself among them."""
    for name in ("vllm", "python", "llama-server"):
        program(folder / name, f"printf '%s\\0' {name} \"$@\"")
    read = _shell(text, folder, {"MODU_API_KEY": "k"})
    return tuple(read.stdout.decode().split("\0")[:-1])


def _shell(text: str, folder: Path, env: dict[str, str]) -> "subprocess.CompletedProcess[bytes]":
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(["sh", "-c", text], cwd=folder, capture_output=True, check=False, env={"PATH": path} | env)
