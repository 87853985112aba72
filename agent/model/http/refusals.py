"""What a server means by an error: a field it does not take, a context that is too long, or something else."""

import re
from collections.abc import Collection

_TOO_LONG = re.compile(
    r"context[ _](?:length|size|window)|maximum (?:context|model|sequence) length|max_model_len|too many tokens"
    r"|prompt is too long|exceed_context_size|exceeds? the (?:available )?context|longer than the maximum"
    r"|input (?:length|tokens?) .{0,60}exceed|inputs?\W{0,2} tokens \+ \W?max_new_tokens|reduce the length of"
    r"|must have less than \d+ tokens|prompt .{0,40}(?:too long|exceeds)"
    r"|longer than the model.s context|token(?:s)? limit|request too large",
    re.IGNORECASE,
)
_LIMITS = (
    r"model with (\d+) maximum context length",
    r"less than (\d+) tokens",
    r"maximum (?:context|model|sequence|input) length (?:of|is|\()\s*(?:only )?:?\s*(\d+)",
    r"context (?:length|size|window) (?:of|is|\()\s*(?:only )?:?\s*(\d+)",
    r"context (?:length|size|window)[^\d]{0,20}\((\d+)",
    r"n_ctx[\"' ]*[:=]\s*(\d+)",
    r"max_model_len[\"' ]*(?:[:=]|is|of)\s*(\d+)",
    r"(?:must be|should be) (?:<=|less than or equal to|at most)\s*(\d+)",
    r"(?:limit|maximum)(?: of| is|:)\s*(\d+)",
    r">\s*(\d+)\s*maximum",
)
_NO_TOOLS = re.compile(
    r"enable-auto-tool-choice|tool-call-parser|(?:does not|doesn.t|not) support(?:ed)? .{0,30}(?:tools?|function)"
    r"|(?<!parallel_)(?:tools?|function calling|tool calling|tool use|tool choice|tool_choice).{0,40}"
    r"(?:not (?:currently )?(?:be )?(?:supported|permitted|allowed|enabled|available)|unsupported|requires?|disabled)"
    r"|(?:unrecognized|unknown|unexpected|unsupported|invalid)[^.]{0,60}\b(?:tools|functions|tool_choice)\b",
    re.IGNORECASE,
)
_NO_TOOL_ROLE = re.compile(
    r"roles? must alternate|(?:unexpected|unknown|invalid|unsupported) (?:message )?role.{0,12}tool"
    r"|after the optional system message",
    re.IGNORECASE,
)
_NO_SYSTEM = re.compile(r"system (?:role|message|prompt)s?.{0,20}not (?:be )?(?:supported|allowed)", re.IGNORECASE)
_MESSAGE_FIELDS = ("reasoning_content", "reasoning")


_ANSWER_TOO_LONG = re.compile(
    r"max(?:_completion)?_tokens\W.{0,80}(?:too large|cannot be greater|must be|at most|invalid range|valid range)",
    re.IGNORECASE | re.DOTALL,
)
"""Not the request is at fault, but how long an answer may become."""
LIMITS_OF_ANSWER = frozenset({"max_tokens", "max_completion_tokens"})
_ALIASES = {"chat_template_kwargs": ("chat_template",), "max_completion_tokens": ("max_tokens",)}
"""Other names under which a message speaks of a field."""


def too_long(message: str, limits_answer: bool = False) -> bool:
    """The request does not fit the window. `limits_answer`: it says how long the answer may become."""
    if limits_answer and _ANSWER_TOO_LONG.search(message):
        return False
    return bool(_TOO_LONG.search(message))


def window(message: str) -> int | None:
    """The window the server names, in tokens."""
    plain = re.sub(r"(?<=\d),(?=\d{3})", "", message)
    found = (re.search(pattern, plain, re.IGNORECASE) for pattern in _LIMITS)
    return next((int(match[1]) for match in found if match and int(match[1]) >= _LEAST_WINDOW), None)


_LEAST_WINDOW = 256


def refused_fields(message: str, sent: Collection[str], *, has_tools: bool, echoes_reasoning: bool) -> frozenset[str]:
    """Which of the optional fields that were sent the server will not take; empty if the message names none.

    `tools` stands for all of the tool protocol, `reasoning` for the reasoning in earlier messages, `system` for the
    role.
    """
    if has_tools and (_NO_TOOLS.search(message) or _NO_TOOL_ROLE.search(message)):
        return frozenset({"tools"})
    if _NO_SYSTEM.search(message):
        return frozenset({"system"})
    if echoes_reasoning and any(_names(message, field) for field in _MESSAGE_FIELDS):
        return frozenset({"reasoning"})
    if _ANSWER_TOO_LONG.search(message) and not LIMITS_OF_ANSWER.isdisjoint(sent):
        # Under the other name it would be too large as well.
        return LIMITS_OF_ANSWER
    named = frozenset(
        field for field in sent if any(_names(message, name) for name in (field, *_ALIASES.get(field, ())))
    )
    # "stream_options is only allowed when stream is true" is not about the stream.
    return named - {"stream"} or named


def _names(message: str, field: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(field)}(?!\w)", message) is not None
