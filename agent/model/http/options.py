"""Everything of a request that is not the conversation: sampling, thinking, the shape of the answer."""

from typing import Any

from agent.contract import Thinking
from agent.model.contract import ChatRequest
from agent.model.servers.contract import Server
from agent.settings import Profile, Sampling

Json = dict[str, Any]


def options(request: ChatRequest, profile: Profile, server: Server, refused: frozenset[str]) -> Json:
    """Fields in a fixed order; those the server has refused before are left out."""
    fields = {
        **_sampling(profile, request.thinking),
        **thinking(request.thinking, profile, server),
        **_length(profile, refused),
        **profile.extra_body,
        **(_shape(request.answer_schema) if request.answer_schema else {}),
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    kept = {name: value for name, value in fields.items() if name not in refused}
    return kept if "stream" in kept else kept | {"stream": False}


def thinks(wanted: Thinking | None, profile: Profile) -> bool:
    """Whether the model is meant to think about this request."""
    if profile.thinking.switch == "always" or wanted is None:
        return profile.thinking.switch == "always" or profile.thinking.default
    return wanted != "off"


def budget(wanted: Thinking | None, profile: Profile) -> int | None:
    """Tokens of thinking, None for as many as it likes."""
    return wanted if isinstance(wanted, int) else profile.thinking.budget


def thinking(wanted: Thinking | None, profile: Profile, server: Server) -> Json:
    """The switch, said with every request that a model with a switch gets (`models.md` 0.4)."""
    told = profile.thinking
    if told.switch != "kwarg" and wanted is None:
        return {}
    on, tokens = thinks(wanted, profile), budget(wanted, profile)
    if server.kind == "ollama":
        return {"reasoning_effort": "medium" if on else "none"}
    fields: Json = {} if told.switch == "always" else {"chat_template_kwargs": {told.kwarg: on}}
    return fields | ({"thinking_token_budget": tokens} if on and tokens and server.kind == "vllm" else {})


def _sampling(profile: Profile, wanted: Thinking | None) -> Json:
    chosen = profile.sampling
    if thinks(wanted, profile) and profile.sampling_thinking:
        chosen = profile.sampling_thinking
    shorthand = Sampling(temperature=profile.temperature, top_p=profile.top_p)
    return chosen.model_dump(exclude_none=True) | shorthand.model_dump(exclude_none=True)


def _length(profile: Profile, refused: frozenset[str]) -> Json:
    if profile.max_output_tokens is None:
        return {}
    # Newer hosted models know the second name only.
    name = "max_completion_tokens" if "max_tokens" in refused else "max_tokens"
    return {name: profile.max_output_tokens}


def _shape(schema: Json) -> Json:
    named = {"name": "answer", "schema": schema, "strict": True}
    return {"response_format": {"type": "json_schema", "json_schema": named}}
