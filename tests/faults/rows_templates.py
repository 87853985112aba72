"""Rows: servers and chat templates that know no tools, no system role, no other order of roles, no other call ids."""

import json
import re
from itertools import pairwise
from typing import Any

from tests.faults.conversation import CREATE, TOOL, UNDONE, Post
from tests.faults.row import Failing, Row
from tests.faults.rows_http import error, flat
from tests.faults.rows_refused import forbidden
from tests.faults.server import Do, FaultServer, Script
from tests.faults.styles import every, plain, says

Body = dict[str, Any]
TEXT_CALL = (
    f'<tool_call>{{"name": "{TOOL}", "arguments": {json.dumps(CREATE.calls[0][1], ensure_ascii=False)}}}</tool_call>'
)


def without_parser(post: Post) -> Do:
    """The model sees its tools in the prompt, or it knows of none; its calls stay text."""
    if not post.reply.calls:
        return plain(post.reply)
    known = TOOL in json.dumps([post.body["messages"], post.body.get("tools")])
    return says(TEXT_CALL if known else "그런 도구가 없습니다.")


def toolless(refusal: Do) -> Script:
    """Tools are refused, unless they are only shown to the model (`tool_choice: none`)."""

    def script(post: Post) -> Do:
        asked = post.body.get("tools") and post.body.get("tool_choice") != "none"
        return refusal if asked else without_parser(post)

    return script


def rolebound(refusal: Do) -> Script:
    """Tools, tool messages and calls in messages are refused."""

    def script(post: Post) -> Do:
        roles = any(message["role"] == "tool" or "tool_calls" in message for message in post.body["messages"])
        return refusal if roles or "tools" in post.body else without_parser(post)

    return script


def _complaint_of_order(body: Body) -> bool:
    """Mistral's and Gemma's templates: user and assistant in turns, whatever belongs to a call aside."""
    said = [
        message["role"] for message in body["messages"] if message["role"] != "tool" and "tool_calls" not in message
    ]
    return any(one == other for one, other in pairwise(said))


ORDER = "After the optional system message, conversation roles must alternate user/assistant/user/assistant/..."


def alternating(post: Post) -> Do:
    return flat("400 Bad Request", ORDER) if _complaint_of_order(post.body) else plain(post.reply)


async def insist_on_order(server: FaultServer) -> None:
    server.script = alternating


def nine_letters(post: Post) -> Do:
    ids = [call["id"] for message in post.body["messages"] for call in message.get("tool_calls", ())]
    wrong = [one for one in ids if not re.fullmatch("[A-Za-z0-9]{9}", one)]
    said = f"Tool call id was {wrong[:1]} but must be a-z, A-Z, 0-9, with a length of 9."
    return flat("400 Bad Request", said, "invalid_request_error") if wrong else plain(post.reply)


def systemless(post: Post) -> Do:
    refused = post.body["messages"][0]["role"] == "system"
    return flat("400 Bad Request", "System role not supported") if refused else plain(post.reply)


def never_twice(posts: Any) -> list[str]:
    times = sum(_refused(post.body) for post in posts)
    return [] if times <= 1 else [f"tools were offered {times} times"]


def _refused(body: Body) -> bool:
    return bool(body.get("tools")) and body.get("tool_choice") != "none"


OLLAMA = "registry.ollama.ai/library/gemma3:4b does not support tools"
VLLM = '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'


def told(name: str, does: str, refusal: Do) -> Row:
    """The tools are told in the prompt instead, and the calls are read from the text."""
    return Row(name, does, toolless(refusal), asks="any", extra=1, rewrites=1, loses=("tools",), inspect=never_twice)


ROWS = [
    told(
        "tools-refused-ollama",
        "400 does not support tools, as Ollama",
        error("400 Bad Request", OLLAMA, "api_error", code=None),
    ),
    told("tools-refused-vllm", "400: started without --enable-auto-tool-choice", flat("400 Bad Request", VLLM)),
    told(
        "tools-refused-vllm-error", "the same in the newer envelope", error("400 Bad Request", VLLM, "BadRequestError")
    ),
    told(
        "tools-refused-llama",
        "500 tools param requires --jinja flag",
        error("500 Internal Server Error", "tools param requires --jinja flag"),
    ),
    told("tools-forbidden", "422 Extra inputs are not permitted: tools", forbidden("tools")),
    Row(
        "tool-roles-refused",
        "neither tools nor tool messages nor calls are known",
        rolebound(error("400 Bad Request", "registry.ollama.ai/library/gemma3:4b does not support tools", "api_error")),
        asks="any",
        extra=None,
        rewrites=3,
        most=4,
        loses=("tools",),
    ),
    Row(
        "order-of-roles",
        "after a failed turn the template insists on user and assistant in turns",
        every(flat("400 Bad Request", "The engine was built without sampling")),
        task=UNDONE,
        fails=Failing(),
        heal=insist_on_order,
        rewrites=2,
    ),
    Row("ids-of-nine", "call ids must be nine letters, as Mistral", nine_letters, extra=None, rewrites=1, most=2),
    Row("no-system-role", "400 System role not supported, as Gemma", systemless, extra=1, rewrites=1),
]
