"""Rows: calls in their proper place whose name or arguments are wrong."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tests.faults.conversation import ARGUMENTS, CREATE, READ, READ_TOOL, START, TITLE, TOOL, WRITTEN, Post
from tests.faults.row import Row
from tests.faults.server import Do
from tests.faults.styles import Delta, first, pieces, streams


def calling(name: str, *arguments: Any, finish: str = "tool_calls", call_id: str = "chatcmpl-tool-1") -> Do:
    """A call whose arguments come in these very pieces."""
    head = {"index": 0, "id": call_id, "type": "function", "function": {"name": name, "arguments": ""}}
    rest: list[Delta] = [{"tool_calls": [{"index": 0, "function": {"arguments": one}}]} for one in arguments]
    return streams({"tool_calls": [head]}, *rest, finish=finish)


def wrote(name: str, does: str, arguments: str, **more: Any) -> Row:
    """These characters as arguments: they are mended, so the user is asked."""
    return Row(name, does, first(calling(TOOL, *pieces(arguments, 7))), **{"asks": "yes"} | more)


def hopeless(name: str, does: str, arguments: str, **more: Any) -> Row:
    """Nothing can be made of them: the model hears so and calls again, rightly."""
    return Row(name, does, first(calling(TOOL, *pieces(arguments, 7))), **{"extra": 1} | more)


def named(name: str, does: str, tool: str, **more: Any) -> Row:
    return Row(name, does, first(calling(tool, WRITTEN)), **{"asks": "any"} | more)


def reading(name: str, does: str, *arguments: Any, **more: Any) -> Row:
    return Row(name, does, first(calling(READ_TOOL, *arguments)), task=READ, **more)


def changed(**arguments: Any) -> str:
    return json.dumps(ARGUMENTS | arguments, ensure_ascii=False)


def _echoed_names(posts: Sequence[Post]) -> list[str]:
    """What the model called a tool is history, in a form that servers accept (`strict.py`)."""
    calls = [one for message in posts[-1].body.get("messages", ()) for one in message.get("tool_calls", ())]
    return [] if len(calls) == 2 else [f"{len(calls)} calls are told, 2 were made"]


WRAPPED = f'{{"name": "{TOOL}", "arguments": {WRITTEN}}}'

ROWS = [
    reading("no-arguments", "an empty string for a tool that needs none", ""),
    reading("null-arguments", "null for them", None),
    reading("null-word-arguments", "the word null for them", "null"),
    reading("no-argument-deltas", "no arguments at all"),
    reading("number-as-string", "a string where a number belongs", '{"limit": "5"}', asks="any", extra=None),
    reading(
        "null-for-optional",
        "null for every optional argument",
        '{"text": null, "when": null, "limit": 20, "cursor": null}',
        extra=None,
    ),
    reading(
        "word-null-for-optional",
        'the string "null" for an optional argument',
        '{"when": "null"}',
        asks="any",
        extra=None,
    ),
    Row("object-arguments", "the arguments as an object", first(calling(TOOL, ARGUMENTS)), asks="any"),
    wrote("double-encoded", "a string of JSON in a string", json.dumps(WRITTEN, ensure_ascii=False), asks="no"),
    wrote("trailing-comma", "a comma before the brace", f"{WRITTEN[:-1]},}}"),
    wrote("single-quotes", "single quotes", WRITTEN.replace('"', "'")),
    wrote("missing-brace", "no closing brace", WRITTEN[:-1]),
    wrote("brace-too-many", "one closing brace too many", WRITTEN + "}"),
    wrote(
        "raw-newline",
        "a line break inside a string",
        f'{{"title": "{TITLE}", "start": "{START}", "description": "하나\n둘\t셋"}}',
    ),
    wrote("python-literals", "None and True", f"{{'title': '{TITLE}', 'start': '{START}', 'end': None}}"),
    wrote("unquoted-keys", "keys without quotes", f'{{title: "{TITLE}", start: "{START}"}}'),
    wrote("comments", "a comment in the JSON", f'{{"title": "{TITLE}", // 제목\n "start": "{START}"}}'),
    wrote("fenced-arguments", "the arguments in a code fence", f"```json\n{WRITTEN}\n```", asks="any", extra=None),
    wrote("wrapped-arguments", '{"name", "arguments"} around them', WRAPPED, asks="any"),
    wrote("arguments-in-arguments", '{"arguments": {…}} around them', f'{{"arguments": {WRITTEN}}}', asks="any"),
    wrote("arguments-and-end-token", "an end token after them", f"{WRITTEN}</tool_call><|im_end|>"),
    wrote(
        "invalid-escape",
        "an escape that JSON does not know",
        f'{{"title": "{TITLE}", "start": "{START}", "location": "C:\\회의실"}}',
    ),
    wrote(
        "vllm-arguments-before-name",
        "what vLLM streams of `arguments` before `name`",
        f'{WRITTEN}, "name": "{TOOL}"',
        asks="any",
        extra=None,
    ),
    Row(
        "vllm-argument-called-name",
        "there the argument `name` became the tool's",
        first(calling(TITLE, f'{WRITTEN}, "name": "{TOOL}"')),
        extra=1,
        inspect=_echoed_names,
    ),
    Row(
        "vllm-parameters",
        "what vLLM streams of `parameters`: a call without arguments",
        first(calling(TOOL, "")),
        extra=1,
    ),
    hopeless("hopeless-arguments", "arguments that mean nothing", "title 디자인 리뷰 when tomorrow {{{"),
    hopeless("arguments-are-a-list", "a list", f'["{TITLE}", "{START}"]', asks="any"),
    hopeless("arguments-cut-in-a-string", "they stop inside a value", WRITTEN[: WRITTEN.index("리뷰") + 1]),
    hopeless("required-argument-missing", "no `start`", f'{{"title": "{TITLE}"}}'),
    hopeless("nan-argument", "NaN", f'{{"title": "{TITLE}", "start": NaN}}', asks="any"),
    hopeless("deep-nesting", "a hundred thousand brackets", '{"title": ' + "[" * 100_000),
    Row(
        "cut-by-length",
        "the length limit cuts the call, though it parses",
        first(calling(TOOL, WRITTEN, finish="length")),
        extra=1,
    ),
    Row(
        "cut-by-length-inside",
        "it cuts inside the arguments",
        first(calling(TOOL, WRITTEN[:-9], finish="length")),
        extra=1,
    ),
    wrote(
        "number-for-string",
        "a number where a string belongs",
        changed(title=20261123),
        asks="any",
        extra=None,
        task=replace(CREATE, events=(("20261123", "2026-11-23 06:00"),)),
    ),
    wrote("string-for-list", "a string where a list belongs", changed(attendees="김민수"), asks="any", extra=None),
    wrote("list-as-string", "a list written as a string", changed(attendees='["김민수"]'), asks="any", extra=None),
    wrote("word-true", 'the string "true" beside the arguments', changed(all_day="true"), asks="any", extra=None),
    wrote(
        "half-surrogate",
        "half an emoji in an argument",
        f'{{"title": "{TITLE}\\ud83d", "start": "{START}"}}',
        asks="any",
        extra=None,
    ),
    wrote(
        "nul-character",
        "U+0000 in an argument",
        f'{{"title": "{TITLE}\\u0000", "start": "{START}"}}',
        asks="any",
        extra=None,
    ),
    named("prefix-functions", "`functions.` before the name", f"functions.{TOOL}"),
    named("name-with-dot", "`server.tool`", "calendar.create_event"),
    named("name-with-slash", "`server/tool`", "calendar/create_event", extra=None),
    named("name-with-number", "`name:0`, as Kimi", f"functions.{TOOL}:0"),
    named("name-in-capitals", "the name in another case", "Calendar_Create_Event", extra=None),
    named("name-with-blanks", "blanks around the name", f" {TOOL}\n"),
    named("name-with-token", "a token of the template after the name", f"{TOOL}<|channel|>commentary", extra=None),
    Row(
        "unknown-tool",
        "a tool that does not exist, then the right one",
        first(calling("calendar_add", WRITTEN)),
        extra=1,
    ),
    Row("unknown-tool-korean", "a Korean name, then the right one", first(calling("일정_추가", WRITTEN)), extra=1),
    Row("empty-name", "no name at all, then the right one", first(calling("", WRITTEN)), extra=None, asks="any"),
    Row(
        "long-name", "a name of three hundred letters, then the right one", first(calling("a" * 300, WRITTEN)), extra=1
    ),
]
