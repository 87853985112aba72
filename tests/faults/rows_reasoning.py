"""Rows: where a model's reasoning turns up."""

import re

from tests.faults.conversation import CREATE, TOOL, WRITTEN, Reply
from tests.faults.row import Row
from tests.faults.server import Do
from tests.faults.styles import Delta, Style, call_deltas, first, pieces, says_in, streams, styled

THOUGHT = "내일은 월요일이다. 오후 3시는 15시다."
CALL_TEXT = f'<tool_call>{{"name": "{TOOL}", "arguments": {WRITTEN}}}</tool_call>'


def under(*names: str) -> Style:
    """The reasoning in deltas of its own, under these names at once."""

    def style(reply: Reply) -> Do:
        thought = [dict.fromkeys(names, piece) for piece in pieces(THOUGHT)]
        return _after(thought, reply)

    return style


def inline(opens: str, closes: str, size: int = 500) -> Style:
    """The reasoning at the head of the text, all in deltas of so many characters."""

    def style(reply: Reply) -> Do:
        text = f"{opens}{THOUGHT}{closes}{reply.text}"
        return _after([{"content": piece} for piece in pieces(text, size)], Reply(calls=reply.calls))

    return style


def _after(given: list[Delta], reply: Reply) -> Do:
    said = [{"content": piece} for piece in pieces(reply.text)]
    return streams(*given, *said, *call_deltas(*reply.calls), finish=reply.finish)


def only_reasoning(reply: Reply) -> Do:
    """`deepseek_r1` parser with thinking off (vLLM #19017): the answer is taken for reasoning."""
    thought = [{"reasoning_content": piece} for piece in pieces(reply.text)]
    return streams(*thought, *call_deltas(*reply.calls), finish=reply.finish)


def in_parts(reply: Reply) -> Do:
    """Mistral's Magistral: content as a list, thinking as a list in it."""
    thought = {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": THOUGHT}]}]}
    said = [{"content": [{"type": "text", "text": piece}]} for piece in pieces(reply.text)]
    return streams(thought, *said, *call_deltas(*reply.calls), finish=reply.finish)


def with_details(reply: Reply) -> Do:
    """OpenRouter: the same thought as text and as a list of details."""
    detail = {"type": "reasoning.text", "text": THOUGHT, "index": 0, "format": "unknown"}
    return _after([{"content": "", "reasoning": THOUGHT, "reasoning_details": [detail]}], reply)


def null_fields(reply: Reply) -> Do:
    """Every delta names every field."""
    empty: Delta = {
        "role": "assistant",
        "content": None,
        "reasoning": None,
        "reasoning_content": None,
        "tool_calls": None,
    }
    thought = [empty | {"reasoning": THOUGHT, "reasoning_content": THOUGHT}]
    said = [empty | {"content": piece} for piece in pieces(reply.text)]
    return streams(*thought, *said, *(empty | one for one in call_deltas(*reply.calls)), finish=reply.finish)


def thought_of(text: str) -> Do:
    """All of it under `reasoning`, no text, no call."""
    return streams(*({"reasoning": piece} for piece in pieces(text)))


def _twice(thought: str) -> str:
    """Two replies of a turn, each with this reasoning."""
    return thought * 2


ROWS = [
    Row("reasoning-field", "reasons under `reasoning`", styled(under("reasoning")), thinks=_twice(THOUGHT)),
    Row(
        "reasoning-content-field",
        "under `reasoning_content`",
        styled(under("reasoning_content")),
        thinks=_twice(THOUGHT),
    ),
    Row(
        "both-fields",
        "under both names at once",
        styled(under("reasoning", "reasoning_content")),
        thinks=_twice(THOUGHT),
    ),
    Row("null-fields", "every delta names all fields, most of them null", styled(null_fields), thinks=_twice(THOUGHT)),
    Row("reasoning-details", "`reasoning` and `reasoning_details` alike", styled(with_details), thinks=_twice(THOUGHT)),
    Row(
        "think-inline",
        "<think>…</think> in the content",
        styled(inline("<think>", "</think>\n\n")),
        thinks=_twice(THOUGHT),
    ),
    Row(
        "think-split",
        "the same, one character a delta",
        styled(inline("<think>\n", "\n</think>\n\n", 1)),
        thinks=_twice(THOUGHT),
    ),
    Row("think-upper-case", "<THINK>…</Think>", styled(inline("<THINK>", "</Think>")), thinks=_twice(THOUGHT)),
    Row(
        "think-empty",
        "an empty <think></think> first, as Qwen3 with thinking off",
        first(says_in("<think>\n\n</think>\n\n", CREATE.answer), stage="answer"),
    ),
    Row(
        "think-twice",
        "two blocks of <think>, text between",
        first(
            says_in(f"<think>{THOUGHT}</think>3시에 ", f"<think>{THOUGHT}</think>디자인 리뷰를 잡았습니다."),
            stage="answer",
        ),
    ),
    Row("think-lone-close", "`…</think>` whose opening tag stood in the prompt", styled(inline("", "\n</think>\n\n"))),
    Row("think-lone-close-split", "the same, one character a delta", styled(inline("", "\n</think>\n\n", 1))),
    Row(
        "think-never-closed-once",
        "<think> without an end and no answer, once",
        first(says_in("<think>", *pieces(THOUGHT)), stage="answer"),
        text=re.compile(f"{CREATE.answer}$|^{THOUGHT}$"),
        extra=None,
    ),
    Row("thinking-tag", "<thinking>…</thinking>", styled(inline("<thinking>", "</thinking>\n"))),
    Row("think-brackets", "[THINK]…[/THINK], as Magistral", styled(inline("[THINK]", "[/THINK]"))),
    Row("seed-think", "<seed:think>…</seed:think>", styled(inline("<seed:think>", "</seed:think>"))),
    Row(
        "content-parts-thinking",
        "content as lists of parts, thinking in them",
        styled(in_parts),
        thinks=_twice(THOUGHT),
    ),
    Row("answer-only-in-reasoning", "the answer only in the reasoning field", styled(only_reasoning)),
    Row(
        "call-in-reasoning",
        "the call as text in the reasoning field, no content",
        first(thought_of(f"{THOUGHT}\n{CALL_TEXT}")),
        asks="yes",
    ),
    Row(
        "call-in-open-think",
        "a call inside a <think> that never closes (vLLM #16511)",
        first(says_in("<think>", THOUGHT, *pieces(CALL_TEXT, 7))),
        asks="yes",
    ),
    Row(
        "call-thought-of-then-made",
        "a call written in closed thoughts, then really made",
        first(
            streams(
                {"content": f"<think>{CALL_TEXT} 이렇게 부르자.</think>"},
                *call_deltas(*CREATE.calls),
                finish="tool_calls",
            )
        ),
    ),
    Row(
        "call-reasoned-then-made",
        "a call written in the reasoning field, then really made",
        first(streams({"reasoning": f"{CALL_TEXT} 이렇게 부르자."}, *call_deltas(*CREATE.calls), finish="tool_calls")),
    ),
    Row(
        "think-after-call-text",
        "a call as text, then <think> again",
        first(says_in(f"<think>{THOUGHT}</think>{CALL_TEXT}<think>됐다.</think>")),
    ),
]
