"""What a user should know about a model server, in Korean: what it is, how busy it is, what could be better."""

from collections.abc import Iterator

from agent.contract import EngineStatus
from agent.josa import josa
from agent.model.servers.address import is_readable_on_the_way
from agent.model.servers.contract import Fault, Kind, Server
from agent.model.servers.find import Found
from agent.settings import Settings
from agent.text import printable

ENGINE_NAMES: dict[Kind, str] = {
    "vllm": "vLLM",
    "sglang": "SGLang",
    "llamacpp": "llama.cpp",
    "ollama": "Ollama",
    "lmstudio": "LM Studio",
    "openai": "OpenAI 호환 서버",
}
_SMALL_WINDOW = 8_192
"""The tools and the system prompt alone take about half of it."""
_LONGER: dict[Kind, str] = {
    "vllm": "--max-model-len 32768",
    "sglang": "--context-length 32768",
    "llamacpp": "-c 32768, --parallel 을 쓰면 그 배수",
    "ollama": "OLLAMA_CONTEXT_LENGTH=32768",
    "lmstudio": "모델을 올릴 때 Context Length",
}
FAULTS: dict[Fault, str] = {
    "key": "API 키를 요구합니다",
    "missing": "모델 목록을 주지 않습니다",
    "error": "오류로 답합니다",
    "silent": "제때 답하지 않습니다",
    "odd": "모델 서버답지 않은 답을 합니다",
}
_CURES: dict[Fault, str] = {
    "key": "MODU_API_KEY 나 프로필의 api_key_env 로 키를 주세요.",
    "missing": "주소 끝이 /v1 인지 확인하세요.",
    "error": "서버의 로그를 확인하세요.",
    "silent": "서버가 바쁘거나 멈췄는지 확인하세요.",
    "odd": "주소가 맞는지, 끝이 /v1 인지 확인하세요.",
}


def engine(server: Server) -> str:
    """`vLLM 0.33.0`"""
    return " ".join(filter(None, (ENGINE_NAMES[server.kind], printable(server.version or ""))))


def window(tokens: int | None) -> str:
    return f"{tokens:,}토큰" if tokens else "문맥 모름"


def description(found: Found, context_tokens: int) -> str:
    """Engine, model, profile, window and address in one line."""
    named = f"{printable(found.served_name)} ({found.profile_name})"
    parts = (engine(found.server) if found.server else "", named, window(context_tokens), found.endpoints[0].url)
    return " · ".join(filter(None, parts))


def load(status: EngineStatus) -> str:
    """KV cache, prefix hits and queue; empty if the server tells none of them."""
    hits, looked_up = status.prefix_hits, status.prefix_queries
    hit_share = hits / looked_up if looked_up and hits is not None else None
    parts = (
        None if status.kv_usage is None else f"KV {status.kv_usage:.0%}",
        None if hit_share is None else f"접두사 적중 {hit_share:.0%}",
        None if status.running is None else f"실행 {status.running}",
        None if status.waiting is None else f"대기 {status.waiting}",
    )
    return " · ".join(filter(None, parts))


def cautions(settings: Settings, found: Found, context_tokens: int) -> Iterator[tuple[str, str]]:
    """What works but could be better, each with what to do about it."""
    if found.notice:
        yield found.notice, "서버에 있는 모델의 프로필을 --model 로 고르거나 그 모델을 서버에 올리세요."
    for endpoint in found.endpoints:
        if endpoint.place == "hosted" and is_readable_on_the_way(endpoint.url):
            yield f"{endpoint.url} 로 가는 내용과 키가 암호화되지 않습니다.", "https:// 주소를 쓰세요."
    if found.server is None:
        yield (
            f"첫 주소 {found.endpoints[0].url} 에 연결할 수 없어 다음 주소로 답합니다.",
            "그 서버를 켜거나 순서를 바꾸세요.",
        )
    else:
        yield from _of_the_server(settings, found, found.server, context_tokens)


def _of_the_server(settings: Settings, found: Found, server: Server, context_tokens: int) -> Iterator[tuple[str, str]]:
    if server.loading:
        yield (
            "서버가 모델을 올리는 중입니다.",
            "다 올라갈 때까지 기다렸다가 답합니다. 서버의 로그에서 진행을 볼 수 있습니다.",
        )
        return
    if server.fault and not (server.fault == "missing" and found.endpoints[0].place == "hosted"):
        yield f"서버가 {FAULTS[server.fault]}.", _CURES[server.fault]
    if not (settings.model or found.asked) and len(server.models) > 1:
        chosen = josa(printable(found.served_name), "을/를")
        yield (
            f"서버에 모델이 {len(server.models)}개 있어 {chosen} 씁니다.",
            "--model 로 프로필을 고르거나 served_name 을 적으세요.",
        )
    yield from _of_the_window(settings, found, server, context_tokens)


def _of_the_window(settings: Settings, found: Found, server: Server, context_tokens: int) -> Iterator[tuple[str, str]]:
    told = found.told_window
    if told and told < _SMALL_WINDOW:
        how = f" ({_LONGER[server.kind]})" if server.kind in _LONGER else ""
        yield f"문맥이 {told:,}토큰으로 짧아 긴 일을 하지 못합니다.", f"서버를 더 긴 문맥으로 띄우세요{how}."
    if not told and not settings.context_tokens:
        unloaded = server.kind in ("ollama", "lmstudio")
        why = "모델이 아직 메모리에 없어 문맥을 알 수 없습니다" if unloaded else "서버가 문맥을 알려 주지 않습니다"
        yield (
            f"{why}. {context_tokens:,}토큰으로 봅니다.",
            "다르면 config.toml 의 context_tokens 에 서버의 값을 적으세요.",
        )
