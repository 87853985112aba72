"""Rows: characters and shapes of the text itself."""

import re
import unicodedata
from typing import Any

from tests.faults.conversation import ARGUMENTS, CREATE, NOTHING, TOOL, Reply
from tests.faults.row import Row
from tests.faults.server import Do
from tests.faults.styles import (
    Delta,
    call_deltas,
    chunk,
    deltas,
    event,
    first,
    pieces,
    says,
    says_in,
    stream,
    streams,
    styled,
)

ANSWER = CREATE.answer


def answered(name: str, does: str, *parts: str, **more: Any) -> Row:
    """The answer in these very deltas."""
    return Row(name, does, first(says_in(*parts), stage="answer"), **more)


def token(name: str, written: str) -> Row:
    return answered(name, f"{written} at the end", f"{ANSWER}{written}")


def decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def in_parts(reply: Reply) -> Do:
    """Content as a list of parts, as Mistral and some proxies."""
    said: list[Delta] = [{"content": [{"type": "text", "text": piece}]} for piece in pieces(reply.text)]
    return streams(*said, *call_deltas(*reply.calls), finish=reply.finish)


def in_text_objects(reply: Reply) -> Do:
    said: list[Delta] = [{"content": {"type": "text", "text": piece}} for piece in pieces(reply.text)]
    return streams(*said, *call_deltas(*reply.calls), finish=reply.finish)


def role_in_every_delta(reply: Reply) -> Do:
    return streams(*({"role": "assistant"} | one for one in deltas(reply)), finish=reply.finish)


def as_completion(reply: Reply) -> Do:
    """The shape of the older completions route: `text` beside the delta's place."""
    if reply.calls:
        return streams(*deltas(reply), finish=reply.finish)
    said = [{"index": 0, "text": piece, "finish_reason": None} for piece in pieces(reply.text)]
    last = {"index": 0, "text": "", "finish_reason": "stop"}
    return stream(*(event(chunk(None) | {"choices": [one]}) for one in [*said, last]))


THINKING = {"model": "faulty", "profiles": {"faulty": {"thinking": {"switch": "kwarg", "default": True}}}}
REFUSAL = "죄송하지만 도와드릴 수 없습니다."
LIST = "\n".join(f"- {day}일: 일정 없음" for day in range(1, 31))
RULER = f"| 날 | 일정 |\n|{'-' * 200}|{'-' * 200}|\n" + "| 월 | 없음 |\n" * 12
ZEROS = "```\n" + "\n".join([", ".join(["0"] * 20)] * 20) + "\n```"
SAME = "\n".join(["- 일정 없음"] * 12)

ROWS = [
    answered(
        "decomposed-text", "the answer in NFD, as models trained on macOS texts write", *pieces(decomposed(ANSWER), 2)
    ),
    Row(
        "decomposed-arguments",
        "arguments in NFD",
        first(
            streams(
                *call_deltas((TOOL, {key: decomposed(value) for key, value in ARGUMENTS.items()})), finish="tool_calls"
            )
        ),
    ),
    answered("half-surrogate-in-text", "half an emoji as an escape", ANSWER, "\ud83d"),
    answered(
        "split-surrogates",
        "the halves of an emoji in two events",
        ANSWER,
        " \ud83d",
        "\ude00",
        text=re.compile(f"^{re.escape(ANSWER)}( 😀)?$"),
    ),
    answered(
        "nul-in-text",
        "U+0000 in the text",
        "3시에\u0000 디자인 리뷰를 ",
        "잡았습니다.",
        text=re.compile("^3시에\\W? 디자인 리뷰를 잡았습니다.$"),
    ),
    answered(
        "line-separators",
        "U+2028 and U+0085 in the text, which are no line breaks of the stream",
        "하나\u2028둘\u0085셋",
        text=re.compile("^하나.둘.셋$", re.DOTALL),
    ),
    answered(
        "replacement-characters",
        "U+FFFD where a tokenizer cut a syllable",
        "3시에 디자인 리뷰를 잡았습니다.\ufffd",
        text=re.compile(f"^{re.escape(ANSWER)}\ufffd?$"),
    ),
    answered(
        "data-in-text",
        "the text itself looks like an event",
        "이렇게:\ndata: [DONE]\n\n끝",
        task=CREATE,
        text="이렇게:\ndata: [DONE]\n\n끝",
    ),
    token("im-end", "<|im_end|>"),
    token("eot-id", "<|eot_id|>"),
    token("end-of-sentence", "</s>"),
    token("end-of-text", "<|endoftext|>"),
    token("end-of-turn-exaone", "[|endofturn|]"),
    token("end-of-turn-gemma", "<end_of_turn>"),
    token("end-of-sentence-deepseek", "<｜end▁of▁sentence｜>"),
    answered("im-end-split", "<|im_end|> over several deltas", ANSWER, "<|", "im_", "end", "|>"),
    answered(
        "turn-goes-on",
        "the model plays the next turn too",
        f"{ANSWER}<|im_end|>\n<|im_start|>user\n고마워<|im_end|>\n",
        known="tokens of the template are trimmed at the ends of an answer, never in it: it may speak of them",
    ),
    answered("role-at-the-head", "the template's head before the answer", f"<|im_start|>assistant\n{ANSWER}"),
    answered("blanks-around", "line breaks around the answer", "\n\n", ANSWER, "\n\n"),
    answered(
        "angle-brackets",
        "the answer holds <, > and tags of HTML",
        "a < b, <b>굵게</b> <",
        "div",
        ">",
        text="a < b, <b>굵게</b> <div>",
    ),
    answered(
        "tag-that-never-comes",
        "the answer ends in what could become a tag",
        "3 <",
        " 5 그리고 <th",
        text="3 < 5 그리고 <th",
    ),
    answered("long-list", "thirty lines that are much alike", *pieces(LIST, 9), text=LIST),
    answered("ruler", "rulers of two hundred dashes and equal rows", *pieces(RULER.strip(), 9), text=RULER.strip()),
    answered("equal-lines", "the same line a dozen times, because it is so", *pieces(SAME, 9), text=SAME),
    answered("zero-matrix", "twenty rows of twenty zeros, as asked for", *pieces(ZEROS, 9), text=ZEROS),
    Row(
        "equal-rows-in-arguments",
        "sixty equal rows in an argument",
        first(
            streams(
                *call_deltas((TOOL, ARGUMENTS | {"description": "09:00, 회의실, 빈자리\n" * 60})), finish="tool_calls"
            )
        ),
    ),
    Row("content-parts", "content as a list of parts", styled(in_parts)),
    Row("content-object", "content as one object", styled(in_text_objects)),
    Row("role-in-every-delta", "the role in every delta", styled(role_in_every_delta)),
    Row("completion-shape", "`text` instead of a delta", styled(as_completion)),
    Row(
        "refusal",
        "a refusal in its own field, no content",
        first(streams({"refusal": REFUSAL[:5]}, {"refusal": REFUSAL[5:]}), stage="answer"),
        task=NOTHING,
        text=REFUSAL,
    ),
    Row(
        "content-filter",
        "finish_reason content_filter after some text",
        first(
            stream(*(event(chunk(one)) for one in deltas(Reply("여기까지"))), event(chunk({}, "content_filter"))),
            stage="answer",
        ),
        task=NOTHING,
        text=re.compile(f"^(여기까지|{NOTHING.answer})"),
        extra=None,
    ),
    Row(
        "answer-cut-by-length",
        "the length limit cuts the answer",
        first(says_in(ANSWER[:11], finish="length"), stage="answer"),
        text=re.compile(f"^{re.escape(ANSWER[:11])}"),
        extra=None,
    ),
    Row("empty-once", "an answer with nothing in it, once", first(says(""), stage="answer"), extra=1),
    Row("empty-call-once", "nothing instead of the call, once", first(says("")), extra=1),
    Row("blank-once", "only line breaks, once", first(says("\n\n"), stage="answer"), extra=1),
    Row("token-only-once", "only <|im_end|>, once", first(says("<|im_end|>"), stage="answer"), extra=1),
    Row("done-only-once", "[DONE] and nothing else, once", first(stream(b"data: [DONE]\n\n"), stage="answer"), extra=1),
    Row(
        "reasoning-until-length-once",
        "the length limit comes in the reasoning, once",
        first(streams({"reasoning": "내일은 월요일이고"}, finish="length"), stage="answer"),
        settings=THINKING,
        extra=None,
        text=re.compile(f"^{re.escape(ANSWER)}$"),
    ),
]
