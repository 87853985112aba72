"""A plan in Korean, for people."""

from agent.serving.contract import Plan

_ENGINES = {"vllm": "vLLM", "sglang": "SGLang", "llamacpp": "llama.cpp"}
_LABEL = 3
"""Syllables of the longest label."""


def explain(plan: Plan) -> str:
    """Engine, precision, GPUs, context, memory per GPU of what there is, address and notes; some lines of text."""
    rows = [
        ("가중치", _weights(plan)),
        ("문맥", f"{plan.context_tokens:,} 토큰"),
        ("메모리", _memory(plan)),
        ("주소", f"{plan.url}  (모델 이름: {plan.served_name})"),
        *(("알림", note) for note in plan.notes),
    ]
    engine = _ENGINES[plan.engine] + (" (내장)" if plan.embedded else "")
    head = f"{plan.name}: {engine}, {plan.precision or '파일 그대로'}, {_parallel(plan)}"
    # A Hangul syllable is two cells wide.
    return "\n".join([head, *(f"  {label}{'  ' * (_LABEL - len(label))}  {text}" for label, text in rows)])


def _weights(plan: Plan) -> str:
    return f"{plan.weights_gb:,.1f} GB  {plan.repository}" if plan.weights_gb else plan.repository


def _memory(plan: Plan) -> str:
    where = "GPU 한 장에 " if plan.gpus else ""
    if plan.needed_gib_per_gpu is None:
        return f"{where}필요한 만큼은 모름, {plan.available_gib_per_gpu:,.1f} GiB 까지 씀"
    return f"{where}약 {plan.needed_gib_per_gpu:,.1f} GiB 필요, {plan.available_gib_per_gpu:,.1f} GiB 까지 씀"


def _parallel(plan: Plan) -> str:
    if not plan.gpus:
        return "CPU"
    cut = f" (TP {plan.tensor_parallel})" if plan.tensor_parallel > 1 else ""
    if plan.pipeline_parallel == 1:
        return f"GPU {plan.gpus}장{cut}"
    return f"{plan.pipeline_parallel}대 x GPU {plan.gpus}장 (TP {plan.tensor_parallel}, PP {plan.pipeline_parallel})"
