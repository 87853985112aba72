"""A Kubernetes manifest for a plan: a Deployment for one node, a LeaderWorkerSet for several.

Sources: vLLM and SGLang documentation on Kubernetes and multi-node serving; LeaderWorkerSet v1 (0.6 or later, which
tells each pod its LWS_LEADER_ADDRESS and LWS_WORKER_INDEX).
"""

import re
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address
from math import ceil
from pathlib import PurePosixPath

from agent.errors import UsageError
from agent.serving.contract import Plan
from agent.serving.document import Value, to_yaml
from agent.settings import Engine

Object = dict[str, Value]

_IMAGES: dict[Engine, str] = {"vllm": "vllm/vllm-openai:v0.33.0", "sglang": "lmsysorg/sglang:v0.5.23"}
_WEIGHTS, _PLUGINS, _SHM = "/weights", "/plugins", str(PurePosixPath("/dev", "shm"))
_EVERYWHERE = str(IPv4Address(0))
"""In a pod the service and the API key stand in front of the server."""
_SPARE = 1.2
"""Of the weights on disk: the hub's cache keeps parts while it downloads."""
_UNKNOWN_GIB = 200
"""Disk for weights of unknown size."""
_SHARED_MEMORY = "16Gi"
"""NCCL and the workers exchange tensors there; the usual 64 MiB stop it."""
_MEETING_PORT = "20000"
_HEAD = """\
# 먼저 API 키를 만드세요. 클라이언트도 이 키를 씁니다.
#   kubectl create secret generic {name} --from-literal=api-key="$(openssl rand -hex 32)"
# 저장소가 동의를 요구하는 모델이면 --from-literal=hf-token=… 도 함께 주세요.
# 가중치는 처음 시작할 때 받아 볼륨에 남깁니다. 볼륨의 storageClassName 과 이미지 태그는 클러스터에 맞게 고치세요.
"""
_PLUGIN = "# 파서 파일: kubectl create configmap {name}-plugin --from-file={file}\n"
_SEVERAL = "# LeaderWorkerSet 0.6 이상이 클러스터에 있어야 합니다. 모든 파드가 읽는 볼륨(ReadWriteMany)이 필요합니다.\n"


def manifest(plan: Plan) -> str:
    """Volume, workload and service as YAML documents. Raises `UsageError` for llama.cpp."""
    if plan.engine == "llamacpp":
        raise UsageError(
            "쿠버네티스 매니페스트는 vLLM 과 SGLang 만 있습니다.", hint="--engine vllm 을 주거나 명령을 쓰세요."
        )
    name = _name(plan)
    workload = _deployment(plan) if plan.pipeline_parallel == 1 else _leader_worker_set(plan)
    plugin = _plugin(plan)
    head = _HEAD.format(name=name) + (_PLUGIN.format(name=name, file=plugin) if plugin else "")
    several = _SEVERAL if plan.pipeline_parallel > 1 else ""
    return head + several + "---\n".join(to_yaml(part) for part in (_volume(plan), workload, _service(plan)))


def _volume(plan: Plan) -> Object:
    size = ceil(plan.weights_gb * _SPARE) if plan.weights_gb else _UNKNOWN_GIB
    access = "ReadWriteOnce" if plan.pipeline_parallel == 1 else "ReadWriteMany"
    spec: Object = {"accessModes": [access], "resources": {"requests": {"storage": f"{size}Gi"}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": _metadata(plan), "spec": spec}


def _deployment(plan: Plan) -> Object:
    spec: Object = {
        "replicas": 1,
        # The old pod must free its GPUs and the volume first.
        "strategy": {"type": "Recreate"},
        "selector": {"matchLabels": _labels(plan)},
        "template": _pod(plan, _labels(plan), _inside(plan), _answering(plan)),
    }
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": _metadata(plan), "spec": spec}


def _leader_worker_set(plan: Plan) -> Object:
    """One group of pods, one for each node: they meet at the leader, who alone answers."""
    nodes = str(plan.pipeline_parallel)
    if plan.engine == "vllm":
        meeting = ["--nnodes", nodes, "--master-addr", "$(LWS_LEADER_ADDRESS)", "--node-rank", "$(LWS_WORKER_INDEX)"]
        leader, worker = [*_inside(plan), *meeting], [*_inside(plan), *meeting, "--headless"]
    else:
        meeting = ["--node-rank", "$(LWS_WORKER_INDEX)", "--dist-init-addr", f"$(LWS_LEADER_ADDRESS):{_MEETING_PORT}"]
        leader = worker = [*_inside(plan), *meeting]
    labels = _labels(plan)
    group: Object = {
        "size": plan.pipeline_parallel,
        "restartPolicy": "RecreateGroupOnPodRestart",
        "leaderTemplate": _pod(plan, labels | {"role": "leader"}, leader, _answering(plan)),
        "workerTemplate": _pod(plan, labels | {"role": "worker"}, worker, {}),
    }
    return {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "metadata": _metadata(plan),
        "spec": {"replicas": 1, "leaderWorkerTemplate": group},
    }


def _service(plan: Plan) -> Object:
    role = {} if plan.pipeline_parallel == 1 else {"role": "leader"}
    port: Object = {"name": "http", "port": _port(plan), "targetPort": "http"}
    spec: Object = {"selector": _labels(plan) | role, "ports": [port]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": _metadata(plan), "spec": spec}


def _pod(plan: Plan, labels: Mapping[str, str], command: Sequence[str], answering: Object) -> Object:
    name = _name(plan)
    volumes: list[Value] = [
        {"name": "weights", "persistentVolumeClaim": {"claimName": name}},
        {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": _SHARED_MEMORY}},
    ]
    mounts: list[Value] = [{"name": "weights", "mountPath": _WEIGHTS}, {"name": "shm", "mountPath": _SHM}]
    if _plugin(plan):
        volumes.append({"name": "plugin", "configMap": {"name": f"{name}-plugin"}})
        mounts.append({"name": "plugin", "mountPath": _PLUGINS, "readOnly": True})
    container: Object = {
        "name": "server",
        "image": plan.image or _IMAGES[plan.engine],
        "command": list(command),
        "env": _environment(plan),
        "resources": {"limits": {"nvidia.com/gpu": plan.gpus}},
        "volumeMounts": mounts,
        **answering,
    }
    spec: Object = {"automountServiceAccountToken": False, "containers": [container], "volumes": volumes}
    return {"metadata": {"labels": dict(labels)}, "spec": spec}


def _answering(plan: Plan) -> Object:
    """The port and when it counts as open; loading may take an hour."""
    probe: Object = {"httpGet": {"path": "/health", "port": "http"}, "periodSeconds": 10}
    return {
        "ports": [{"name": "http", "containerPort": _port(plan)}],
        "startupProbe": probe | {"failureThreshold": 360},
        "readinessProbe": probe | {"failureThreshold": 3},
    }


def _environment(plan: Plan) -> list[Value]:
    key = "VLLM_API_KEY" if plan.engine == "vllm" else "API_KEY"
    return [
        {"name": "HF_HOME", "value": _WEIGHTS},
        {"name": key, "valueFrom": {"secretKeyRef": {"name": _name(plan), "key": "api-key"}}},
        {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": _name(plan), "key": "hf-token", "optional": True}}},
    ]


def _inside(plan: Plan) -> list[str]:
    """The command as it runs in a pod: reachable, with the mounted parser, without Ray."""
    command = list(plan.command)
    command[command.index("--host") + 1] = _EVERYWHERE
    if command[0] == "python":
        # Images have the numbered name only.
        command[0] = "python3"
    if plugin := _plugin(plan):
        command[command.index("--tool-parser-plugin") + 1] = f"{_PLUGINS}/{plugin}"
    if "--distributed-executor-backend" in command:
        at = command.index("--distributed-executor-backend")
        del command[at : at + 2]
    # A pod shows its arguments to nobody but those who may read its secrets anyway.
    return [*command, *(("--api-key", "$(API_KEY)") if plan.engine == "sglang" else ())]


def _plugin(plan: Plan) -> str:
    """The name of the parser file, if there is one."""
    if "--tool-parser-plugin" not in plan.command:
        return ""
    return PurePosixPath(plan.command[plan.command.index("--tool-parser-plugin") + 1]).name


def _port(plan: Plan) -> int:
    return int(plan.command[plan.command.index("--port") + 1])


def _name(plan: Plan) -> str:
    """A DNS label (RFC 1123)."""
    return f"modu-{re.sub(r'[^a-z0-9]+', '-', plan.name.lower()).strip('-')}"[:50].rstrip("-")


def _labels(plan: Plan) -> dict[str, str]:
    return {"app": _name(plan)}


def _metadata(plan: Plan) -> Object:
    return {"name": _name(plan), "labels": _labels(plan)}
