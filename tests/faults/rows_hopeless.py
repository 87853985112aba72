"""Rows: nothing can be done. The user hears so at once and in Korean, and the next turn works once it is over."""

from typing import Any

from tests.faults.conversation import CREATE, TOOL, UNDONE, Stage
from tests.faults.row import Failing, Row
from tests.faults.rows_arguments import calling
from tests.faults.rows_cut import CALLED, SAID, SILENCE
from tests.faults.rows_http import OOM, detail, error, flat, in_stream, page
from tests.faults.server import KEY, MODEL, Do, FaultServer, answers, sends
from tests.faults.styles import every, plain, says, stream, styled


def hopeless(name: str, does: str, do: Do, *mentions: str, stage: Stage = "call", **more: Any) -> Row:
    given: dict[str, Any] = {"task": UNDONE if stage == "call" else CREATE, "fails": Failing(mentions=mentions)}
    return Row(name, does, every(do, stage), **given | more)


async def go_away(server: FaultServer) -> None:
    await server.deafen()


async def come_back(server: FaultServer) -> None:
    server.script = styled(plain)
    await server.listen()


UNAUTHORIZED = f"Incorrect API key provided: {KEY}. You can find your API key in your settings."
QUOTA = "You exceeded your current quota, please check your plan and billing details."
NO_MODEL = f"The model `{MODEL}` does not exist."
AWAY: dict[str, Any] = {"task": UNDONE, "prepare": go_away, "heal": come_back, "fails": Failing(exit_codes=(3,))}

ROWS = [
    Row("server-gone", "the server is gone after the first turn", styled(plain), before=("안녕",), **AWAY),
    Row(
        "never-there",
        "nobody listens, and the model was named for this request",
        styled(plain),
        settings={"model_is_explicit": True},
        **AWAY,
    ),
    hopeless(
        "401",
        "401, with the key in its text",
        error("401 Unauthorized", UNAUTHORIZED, "invalid_request_error", code="invalid_api_key"),
        "MODU_API_KEY",
        most=1,
    ),
    hopeless(
        "401-plain",
        "401 as vLLM",
        answers({"error": "Unauthorized"}, status="401 Unauthorized"),
        "MODU_API_KEY",
        most=1,
    ),
    hopeless(
        "403",
        "403",
        error("403 Forbidden", "Your key may not use this model", "permission_error"),
        most=1,
    ),
    hopeless(
        "404-model", "404: the model does not exist", flat("404 Not Found", NO_MODEL, "NotFoundError"), MODEL, most=2
    ),
    hopeless(
        "404-ollama",
        "404: model not found, try pulling it first",
        error("404 Not Found", f'model "{MODEL}" not found, try pulling it first', "api_error"),
        MODEL,
        most=2,
    ),
    hopeless("404-route", "404: no such route", detail("404 Not Found", "Not Found"), "/v1", most=2),
    hopeless(
        "400",
        "400 about what nobody can change",
        flat("400 Bad Request", "The engine was built without sampling"),
        "sampling",
        most=3,
    ),
    hopeless(
        "429-quota",
        "429: the quota is used up",
        error("429 Too Many Requests", QUOTA, "insufficient_quota", code="insufficient_quota"),
        most=0,
    ),
    hopeless(
        "429-for-an-hour",
        "429 with Retry-After: 3600",
        error("429 Too Many Requests", "Rate limit reached", "requests", headers="Retry-After: 3600\r\n"),
        most=4,
    ),
    hopeless("500-for-ever", "500", error("500 Internal Server Error", "Internal server error"), "500", most=5),
    hopeless("html-for-ever", "a page with 200", page("200 OK"), most=5),
    hopeless(
        "login-page",
        "302 to a page to log in",
        sends(b"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n"),
        most=5,
    ),
    hopeless("error-event-for-ever", "an error object in the stream", in_stream(value=OOM), "memory", most=5),
    hopeless("empty-for-ever", "empty answers", says(""), stage="answer", most=5),
    hopeless("cut-for-ever", "the answer is cut every time", stream(*SAID[:3], ends="close"), stage="answer", most=5),
    hopeless("reset-for-ever", "the call is cut every time", stream(*CALLED[:3], ends="reset"), most=5),
    hopeless("silent-for-ever", "silence every time", sends(ends="hang"), settings=SILENCE, most=5),
    hopeless(
        "hopeless-arguments-for-ever", "arguments that mean nothing, every time", calling(TOOL, "{{{ what"), most=5
    ),
    hopeless("unknown-tool-for-ever", "a tool that does not exist, every time", calling("calendar_add", "{}"), most=5),
    hopeless("not-json-for-ever", "events that are no JSON", stream(b"data: hello\n\n", b"data: [DONE]\n\n"), most=5),
]
