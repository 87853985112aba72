"""The three protocols that terminal agents speak to models: how each writes down an answer.

An answer is a text or one call of a tool. It is complete before the first byte leaves, so a dialect is a function
from the request and the answer to the bytes of the response. Each response has a number, and its ids bear it: clients
tell answers and calls apart by them.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A tool call instead of a text."""

    tool: str
    arguments: Json


Answer = str | Call


@dataclass(frozen=True)
class Response:
    body: bytes
    content_type: str = "application/json"


def answered(path: str, body: Json, answer: Answer, number: int) -> Response | None:
    """The response to a request for a model, None where the path is none of a model's."""
    endpoint = path.rpartition("/")[2]
    if endpoint not in WRITERS:
        return None
    whole, events = WRITERS[endpoint]
    if not body.get("stream"):
        return Response(json.dumps(whole(body, answer, number), ensure_ascii=False).encode())
    last = "data: [DONE]\n\n" if endpoint == "completions" else ""
    return Response(f"{''.join(map(_event, events(body, answer, number)))}{last}".encode(), "text/event-stream")


def _event(event: Json) -> str:
    """Those with a type also name it, as two of the protocols want."""
    name = f"event: {event['type']}\n" if "type" in event else ""
    return f"{name}data: {json.dumps(event, ensure_ascii=False)}\n\n"


def _chat_chunks(body: Json, answer: Answer, number: int) -> Iterable[Json]:
    head = {"id": f"chatcmpl-{number}", "object": "chat.completion.chunk", "created": 1, "model": body.get("model")}
    message, reason = _chat_message(answer, number)
    for index, call in enumerate(message.get("tool_calls", [])):
        call["index"] = index
    yield head | {"choices": [{"index": 0, "delta": message, "finish_reason": None}]}
    yield head | {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}
    yield head | {"choices": [], "usage": CHAT_USAGE}


def _chat(body: Json, answer: Answer, number: int) -> Json:
    message, reason = _chat_message(answer, number)
    choice = {"index": 0, "message": message, "finish_reason": reason}
    head = {"id": f"chatcmpl-{number}", "object": "chat.completion", "created": 1, "model": body.get("model")}
    return head | {"choices": [choice], "usage": CHAT_USAGE}


CHAT_USAGE = {"prompt_tokens": 100, "completion_tokens": 5, "total_tokens": 105}


def _chat_message(answer: Answer, number: int) -> tuple[Json, str]:
    if isinstance(answer, str):
        return {"role": "assistant", "content": answer}, "stop"
    function = {"name": answer.tool, "arguments": json.dumps(answer.arguments, ensure_ascii=False)}
    call = {"id": f"call_{number}", "type": "function", "function": function}
    return {"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls"


def _response(body: Json, answer: Answer, number: int) -> Json:
    details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    usage = {"input_tokens": 100, "output_tokens": 5, "total_tokens": 105} | details
    head = {
        "id": f"resp_{number}",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": body.get("model"),
    }
    return head | {"output": [_response_item(answer, number)], "usage": usage}


def _response_item(answer: Answer, number: int) -> Json:
    if isinstance(answer, str):
        content = [{"type": "output_text", "text": answer, "annotations": []}]
        return {
            "type": "message",
            "id": f"msg_{number}",
            "status": "completed",
            "role": "assistant",
            "content": content,
        }
    arguments = json.dumps(answer.arguments, ensure_ascii=False)
    return {
        "type": "function_call",
        "id": f"fc_{number}",
        "call_id": f"call_{number}",
        "name": answer.tool,
        "arguments": arguments,
    }


def _response_events(body: Json, answer: Answer, number: int) -> Iterable[Json]:
    response, item = _response(body, answer, number), _response_item(answer, number)
    yield {"type": "response.created", "response": response | {"status": "in_progress", "output": []}}
    place = {"item_id": item["id"], "output_index": 0}
    if isinstance(answer, str):
        begun = item | {"status": "in_progress", "content": []}
        yield {"type": "response.output_item.added", "output_index": 0, "item": begun}
        yield {"type": "response.output_text.delta", "content_index": 0, "delta": answer} | place
    else:
        begun, arguments = item | {"status": "in_progress", "arguments": ""}, item["arguments"]
        yield {"type": "response.output_item.added", "output_index": 0, "item": begun}
        yield {"type": "response.function_call_arguments.delta", "delta": arguments} | place
        yield {"type": "response.function_call_arguments.done", "arguments": arguments} | place
    yield {"type": "response.output_item.done", "output_index": 0, "item": item}
    yield {"type": "response.completed", "response": response}


def _message(body: Json, answer: Answer, number: int) -> Json:
    usage = {"input_tokens": 100, "output_tokens": 5}
    head = {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "model": body.get("model"),
        "stop_sequence": None,
    }
    if isinstance(answer, str):
        return head | {"content": [{"type": "text", "text": answer}], "stop_reason": "end_turn", "usage": usage}
    use = {"type": "tool_use", "id": f"toolu_{number}", "name": answer.tool, "input": answer.arguments}
    return head | {"content": [use], "stop_reason": "tool_use", "usage": usage}


def _message_events(body: Json, answer: Answer, number: int) -> Iterable[Json]:
    message = _message(body, answer, number)
    yield {"type": "message_start", "message": message | {"content": [], "stop_reason": None}}
    block: Json
    if isinstance(answer, str):
        block, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": answer}
    else:
        block = message["content"][0] | {"input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(answer.arguments, ensure_ascii=False)}
    yield {"type": "content_block_start", "index": 0, "content_block": block}
    yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    stop = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield {"type": "message_delta", "delta": stop, "usage": {"output_tokens": 5}}
    yield {"type": "message_stop"}


WRITERS: dict[str, tuple[Callable[[Json, Answer, int], Json], Callable[[Json, Answer, int], Iterable[Json]]]] = {
    "completions": (_chat, _chat_chunks),
    "responses": (_response, _response_events),
    "messages": (_message, _message_events),
}
"""By the last part of the path: how an answer is written whole, and as events."""
