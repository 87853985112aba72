"""Rows: how the pieces of a call are told apart, and how a stream says that it ends."""

import json
from typing import Any

from tests.faults.conversation import BOTH, CREATE, READ_TOOL, TOOL, WRITTEN, Made, Reply
from tests.faults.row import Row
from tests.faults.server import Do
from tests.faults.styles import DONE, USAGE, Delta, chunk, deltas, event, events, first, pieces, stream, streams, styled

READ_WRITTEN = '{"when": "모레"}'
HALF = len(WRITTEN) // 2


def piece(
    index: int | None, arguments: str | None = None, name: str | None = None, call_id: str | None = None
) -> Delta:
    """One delta of one call; what is None is left out."""
    function = {"name": name, "arguments": arguments}
    given: dict[str, Any] = {"index": index, "id": call_id, "type": "function" if name else None}
    given["function"] = {key: value for key, value in function.items() if value is not None}
    return {"tool_calls": [{key: value for key, value in given.items() if value is not None}]}


def calls(name: str, does: str, *given: Delta, finish: str | None = "tool_calls", **more: Any) -> Row:
    return Row(name, does, first(streams(*given, finish=finish)), **more)


def ending(*last: bytes) -> Any:
    """Every stream ends with these events."""

    def style(reply: Reply) -> Do:
        return stream(*(event(chunk(one)) for one in deltas(reply)), *last)

    return styled(style)


def finished(reply: Reply) -> bytes:
    return event(chunk({}, reply.finish))


def without_done(reply: Reply) -> Do:
    return stream(*events(*deltas(reply), finish=reply.finish)[:-1])


def finish_with_last_delta(reply: Reply) -> Do:
    *before, last = deltas(reply)
    return stream(*(event(chunk(one)) for one in before), event(chunk(last, reply.finish, usage=USAGE)), DONE)


def usage_in_every_chunk(reply: Reply) -> Do:
    said = (event(chunk(one, usage=USAGE)) for one in deltas(reply))
    return stream(*said, event(chunk({}, reply.finish, usage=USAGE)), DONE)


def empty_choices_first(reply: Reply) -> Do:
    """Azure: what its content filter found in the prompt comes first."""
    return stream(event(chunk(None, prompt_filter_results=[])), *events(*deltas(reply), finish=reply.finish))


def two_choices(reply: Reply) -> Do:
    """The same answer twice, as if `n=2` had been asked for."""
    said: list[bytes] = []
    for one in [*deltas(reply), {}]:
        finish = None if one else reply.finish
        choices = [{"index": index, "delta": one, "finish_reason": finish} for index in (0, 1)]
        said.append(event(chunk(None) | {"choices": choices}))
    return stream(*said, DONE)


def choices_apart(reply: Reply) -> Do:
    """The same, each choice in chunks of its own."""
    said: list[bytes] = []
    for one in [*deltas(reply), {}]:
        finish = None if one else reply.finish
        said += [
            event(chunk(None) | {"choices": [{"index": index, "delta": one, "finish_reason": finish}]})
            for index in (0, 1)
        ]
    return stream(*said, DONE)


def legacy(*made: Made) -> Do:
    [(name, arguments)] = made
    given = [{"function_call": {"name": name, "arguments": ""}}]
    given += [{"function_call": {"arguments": one}} for one in pieces(json.dumps(arguments, ensure_ascii=False))]
    return streams(*given, finish="function_call")


def message_in_stream(reply: Reply) -> Do:
    """One event that holds a whole `message` instead of deltas."""
    made = _whole_calls(*reply.calls)
    message = {"role": "assistant", "content": reply.text} | ({"tool_calls": made} if made else {})
    choice = {"index": 0, "message": message, "finish_reason": reply.finish}
    return stream(event(chunk(None) | {"choices": [choice]}), DONE)


def _whole_calls(*made: Made) -> list[dict[str, Any]]:
    return [
        {
            "index": n,
            "id": f"call-{n}",
            "type": "function",
            "function": {"name": name, "arguments": json.dumps(arguments)},
        }
        for n, (name, arguments) in enumerate(made)
    ]


def with_whole_message_at_the_end(reply: Reply) -> Do:
    """Deltas first, then the whole message beside the finish reason."""
    message = {"role": "assistant", "content": reply.text, "tool_calls": _whole_calls(*reply.calls)}
    choice = {"index": 0, "delta": {}, "message": message, "finish_reason": reply.finish}
    return stream(*(event(chunk(one)) for one in deltas(reply)), event(chunk(None) | {"choices": [choice]}), DONE)


ONE = [piece(0, WRITTEN[:HALF], TOOL, "x"), piece(0, WRITTEN[HALF:])]

ROWS = [
    calls("missing-id", "no id", piece(0, WRITTEN[:HALF], TOOL), piece(0, WRITTEN[HALF:])),
    calls("empty-id-later", "an empty id in every later delta", ONE[0], piece(0, WRITTEN[HALF:], call_id="")),
    calls(
        "doubled-ids",
        "two calls with one id",
        piece(0, WRITTEN, TOOL, "x"),
        piece(1, READ_WRITTEN, READ_TOOL, "x"),
        task=BOTH,
    ),
    calls(
        "one-index",
        "two calls with the index 0",
        piece(0, WRITTEN, TOOL, "x"),
        piece(0, READ_WRITTEN, READ_TOOL, "y"),
        task=BOTH,
    ),
    calls(
        "one-index-in-pieces",
        "the same, each in two pieces",
        *ONE,
        piece(0, "", READ_TOOL, "y"),
        piece(0, READ_WRITTEN),
        task=BOTH,
    ),
    calls("no-index", "no index", piece(None, WRITTEN, TOOL, "x")),
    calls(
        "no-index-two",
        "two calls without index",
        piece(None, WRITTEN, TOOL, "x"),
        piece(None, READ_WRITTEN, READ_TOOL, "y"),
        task=BOTH,
    ),
    calls(
        "no-index-in-pieces",
        "pieces without index",
        piece(None, WRITTEN[:HALF], TOOL, "x"),
        piece(None, WRITTEN[HALF:]),
    ),
    calls(
        "index-from-one",
        "indices that begin at 1",
        piece(1, WRITTEN, TOOL, "x"),
        piece(2, READ_WRITTEN, READ_TOOL, "y"),
        task=BOTH,
    ),
    calls(
        "interleaved",
        "two calls in turns",
        ONE[0],
        piece(1, "", READ_TOOL, "y"),
        ONE[1],
        piece(1, READ_WRITTEN),
        task=BOTH,
    ),
    calls("name-in-every-delta", "the name in every delta", ONE[0], piece(0, WRITTEN[HALF:], TOOL)),
    calls("name-and-id-in-every-delta", "name and id in every delta", ONE[0], piece(0, WRITTEN[HALF:], TOOL, "x")),
    calls("id-changes", "a new id in every delta of one call", ONE[0], piece(0, WRITTEN[HALF:], call_id="y")),
    calls("empty-name-later", "an empty name in every later delta", ONE[0], piece(0, WRITTEN[HALF:], "")),
    calls(
        "name-in-pieces",
        "the name in two pieces",
        piece(0, None, TOOL[:9], "x"),
        piece(0, None, TOOL[9:]),
        piece(0, WRITTEN),
    ),
    calls(
        "arguments-before-name",
        "arguments come before the name",
        piece(0, WRITTEN, None, "x"),
        piece(0, "", TOOL),
        asks="any",
        extra=None,
    ),
    calls("repeated-whole", "the whole call again in the last chunk", *ONE, piece(0, WRITTEN, TOOL, "x"), asks="any"),
    calls("repeated-arguments", "the whole arguments again", *ONE, piece(0, WRITTEN), asks="any"),
    calls(
        "repeated-encoded",
        "a summary with double-encoded arguments (litellm #20480)",
        *ONE,
        piece(0, json.dumps(WRITTEN), TOOL, "x"),
        asks="any",
        extra=None,
    ),
    calls(
        "cumulative-arguments",
        "each delta holds all so far",
        piece(0, WRITTEN[:HALF], TOOL, "x"),
        piece(0, WRITTEN),
        asks="any",
        extra=None,
    ),
    calls(
        "same-call-under-two-indices",
        "one call under two indices with one id (LocalAI #9722)",
        piece(0, WRITTEN, TOOL, "x"),
        piece(1, WRITTEN, TOOL, "x"),
        asks="any",
    ),
    calls(
        "same-call-twice",
        "the very same call twice",
        piece(0, WRITTEN, TOOL, "x"),
        piece(1, WRITTEN, TOOL, "y"),
        asks="any",
    ),
    calls("ghost-call", "an empty second call", *ONE, piece(1, "", "", ""), asks="any"),
    calls(
        "null-tool-calls",
        "tool_calls null beside the call",
        {"content": None, "tool_calls": None},
        *ONE,
        {"tool_calls": []},
    ),
    calls("call-and-text", "text between the pieces of the call", ONE[0], {"content": "\n"}, ONE[1]),
    calls("stop-with-calls", "finish_reason stop although there are calls", *ONE, finish="stop"),
    calls("odd-finish-with-calls", "finish_reason eos", *ONE, finish="eos"),
    calls(
        "content-filter-with-calls",
        "finish_reason content_filter after a whole call",
        *ONE,
        finish="content_filter",
        asks="any",
        extra=None,
    ),
    Row(
        "tool-calls-without-calls",
        "finish_reason tool_calls, but text",
        first(streams(*deltas(Reply(CREATE.answer)), finish="tool_calls"), stage="answer"),
    ),
    Row("legacy-function-call", "`function_call` as of 2023", first(legacy(*CREATE.calls)), asks="any"),
    Row("whole-message-event", "a whole message in one event of the stream", styled(message_in_stream), asks="any"),
    Row(
        "whole-message-last",
        "the whole message once more at the end",
        styled(with_whole_message_at_the_end),
        asks="any",
    ),
    Row("two-choices", "two choices in every chunk", styled(two_choices)),
    Row("choices-apart", "two choices in chunks of their own", styled(choices_apart)),
    Row("no-finish-reason", "no finish_reason, but [DONE]", ending(DONE)),
    Row("finish-with-last-delta", "finish_reason beside the last delta", styled(finish_with_last_delta)),
    Row("no-done", "no [DONE]", styled(without_done)),
    Row(
        "no-usage",
        "no usage",
        styled(lambda reply: stream(*(event(chunk(one)) for one in deltas(reply)), finished(reply), DONE)),
    ),
    Row(
        "null-usage",
        "usage null",
        styled(
            lambda reply: stream(
                *(event(chunk(one, usage=None)) for one in deltas(reply)),
                finished(reply),
                event(chunk(None, usage=None)),
                DONE,
            )
        ),
    ),
    Row("usage-in-every-chunk", "usage in every chunk", styled(usage_in_every_chunk)),
    Row("empty-choices-first", "a chunk with no choices first", styled(empty_choices_first)),
    Row(
        "unlike-chunks",
        "chunks without id, object, model",
        styled(
            lambda reply: stream(
                *(event({"choices": [{"delta": one}]}) for one in deltas(reply)),
                event({"choices": [{"delta": {}, "finish_reason": reply.finish}]}),
                DONE,
            )
        ),
    ),
]
