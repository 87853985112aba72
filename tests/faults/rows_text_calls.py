"""Rows: calls written into the text, because no parser of the server took them out."""

import json
import re
from typing import Any

from tests.faults.conversation import BOTH, CREATE, NOTHING, READ_TOOL, START, TITLE, TOOL, WRITTEN
from tests.faults.row import Row
from tests.faults.styles import first, pieces, says_in

OBJECT = f'{{"name": "{TOOL}", "arguments": {WRITTEN}}}'
READ_OBJECT = f'{{"name": "{READ_TOOL}", "arguments": {{"when": "모레"}}}}'
TAGGED = f"<tool_call>{OBJECT}</tool_call>"


def wrote(name: str, does: str, *parts: str, finish: str = "stop", **more: Any) -> Row:
    """The first answer is this text; the call in it stands where no call belongs, so the user is asked."""
    return Row(name, does, first(says_in(*parts, finish=finish)), **{"asks": "no"} | more)


def as_text(text: str) -> tuple[str, ...]:
    return tuple(pieces(text, 5))


CODER = (
    f"<tool_call>\n<function={TOOL}>\n<parameter=title>\n{TITLE}\n</parameter>\n"
    f"<parameter=start>\n{START}\n</parameter>\n</function>\n</tool_call>"
)
GLM = (
    f"<tool_call>{TOOL}\n<arg_key>title</arg_key>\n<arg_value>{TITLE}</arg_value>\n"
    f"<arg_key>start</arg_key>\n<arg_value>{START}</arg_value>\n</tool_call>"
)
INVOKE = (
    f'<function_calls>\n<invoke name="{TOOL}">\n<parameter name="title">{TITLE}</parameter>\n'
    f'<parameter name="start">{START}</parameter>\n</invoke>\n</function_calls>'
)
DEEPSEEK = (
    f"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>{TOOL}\n```json\n{WRITTEN}\n```"
    "<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
)
DEEPSEEK_31 = (
    f"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>{TOOL}<｜tool▁sep｜>{WRITTEN}<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
)
KIMI = (
    f"<|tool_calls_section_begin|><|tool_call_begin|>functions.{TOOL}:0<|tool_call_argument_begin|>{WRITTEN}"
    "<|tool_call_end|><|tool_calls_section_end|>"
)
HARMONY = f"<|channel|>commentary to=functions.{TOOL} <|constrain|>json<|message|>{WRITTEN}<|call|>"
HARMONY_THOUGHT = f"<|channel|>analysis<|message|>일정을 잡자.<|end|><|start|>assistant{HARMONY}"
HARMONY_ANSWER = f"<|channel|>final<|message|>{CREATE.answer}<|return|>"
PYTHONIC = f'[{TOOL}(title="{TITLE}", start="{START}")]'
BEFORE = "네, 잡겠습니다."
FOREIGN = json.dumps({"name": "김민수", "arguments": {"team": "디자인"}}, ensure_ascii=False)
EXAMPLE = f"이렇게 적습니다.\n\n```json\n{FOREIGN}\n```"
PROSE = f"`{TOOL}`는 일정을 추가하는 도구입니다. {TOOL}(title=…)처럼 쓰지는 않습니다."
UNKNOWN_TAG = '이렇게 적습니다. <tool_call>{"name": "weather_now", …}</tool_call> 은 보기입니다.'

ROWS = [
    wrote("tool-call-text", "<tool_call>{…}</tool_call> in the content", *as_text(TAGGED)),
    wrote(
        "tool-call-text-newlines", "the same on lines of its own", *as_text(f"<tool_call>\n{OBJECT}\n</tool_call>\n")
    ),
    wrote("tool-call-text-by-characters", "the same, one character a delta", *TAGGED),
    wrote("tool-call-text-unclosed", "no </tool_call> at the end", *as_text(f"<tool_call>\n{OBJECT}")),
    wrote(
        "tool-call-text-pretty",
        "the JSON over many lines",
        *as_text(f"<tool_call>\n{json.dumps(json.loads(OBJECT), ensure_ascii=False, indent=2)}\n</tool_call>"),
    ),
    wrote(
        "tool-call-text-after-words",
        "a sentence first",
        *as_text(f"{BEFORE}\n\n{TAGGED}"),
        text=f"{BEFORE}\n\n{CREATE.answer}",
    ),
    wrote(
        "tool-call-text-before-words",
        "the model goes on talking after the call",
        *as_text(f"{TAGGED}\n\n결과를 기다리겠습니다."),
        text=re.compile(f"^(결과를 기다리겠습니다.\n\n)?{CREATE.answer}$"),
    ),
    wrote(
        "tool-call-text-and-imagined-result",
        "the model makes up the result too",
        *as_text(f'{TAGGED}\n<tool_response>\n{{"ok": true}}\n</tool_response>\n'),
        known="a result that the model makes up behind its call stays in the text",
    ),
    wrote(
        "tool-call-text-parameters",
        "`parameters` for `arguments`",
        *as_text(f'<tool_call>{{"name": "{TOOL}", "parameters": {WRITTEN}}}</tool_call>'),
    ),
    wrote(
        "tool-call-text-arguments-first",
        "`arguments` before `name`",
        *as_text(f'<tool_call>{{"arguments": {WRITTEN}, "name": "{TOOL}"}}</tool_call>'),
    ),
    wrote(
        "tool-call-text-argument-called-name",
        "the same, an argument itself called `name`",
        *as_text(f'<tool_call>{{"arguments": {{"name": "민수", {WRITTEN[1:]}, "name": "{TOOL}"}}</tool_call>'),
        extra=None,
        asks="any",
    ),
    wrote(
        "tool-call-text-string-arguments",
        "the arguments as a string of JSON",
        *as_text(
            f'<tool_call>{{"name": "{TOOL}", "arguments": {json.dumps(WRITTEN, ensure_ascii=False)}}}</tool_call>'
        ),
    ),
    wrote(
        "tool-call-text-openai-shape",
        "the whole OpenAI object",
        *as_text(
            f'<tool_call>{{"type": "function", "function": {{"name": "{TOOL}", "arguments": {WRITTEN}}}}}</tool_call>'
        ),
    ),
    wrote(
        "tool-call-text-two",
        "a write and a read, each in its tags",
        *as_text(f"{TAGGED}\n<tool_call>{READ_OBJECT}</tool_call>"),
        task=BOTH,
    ),
    wrote(
        "tool-call-text-list",
        "both in one list",
        *as_text(f"<tool_call>[{OBJECT}, {READ_OBJECT}]</tool_call>"),
        task=BOTH,
    ),
    wrote(
        "tool-call-text-lines",
        "both on lines in one tag",
        *as_text(f"<tool_call>\n{OBJECT}\n{READ_OBJECT}\n</tool_call>"),
        task=BOTH,
    ),
    wrote("json-fence", "the call as ```json", *as_text(f"```json\n{OBJECT}\n```")),
    wrote("tool-call-fence", "the call as ```tool_call", *as_text(f"```tool_call\n{OBJECT}\n```")),
    wrote("bare-json", "the content is the call's JSON and nothing else", *as_text(OBJECT)),
    wrote("bare-json-tool-calls", 'the content is {"tool_calls": […]}', *as_text(f'{{"tool_calls": [{OBJECT}]}}')),
    wrote(
        "llama-python-tag",
        "<|python_tag|>{…}",
        *as_text(f'<|python_tag|>{{"name": "{TOOL}", "parameters": {WRITTEN}}}'),
    ),
    wrote("qwen3-coder", "<function=…><parameter=…>", *as_text(CODER)),
    wrote("glm-arg-keys", "<arg_key>…<arg_value>…", *as_text(GLM)),
    wrote("invoke-tags", '<invoke name="…"><parameter name="…">', *as_text(INVOKE)),
    wrote("mistral-list", "[TOOL_CALLS][{…}]", *as_text(f"[TOOL_CALLS][{OBJECT}]")),
    wrote("mistral-args", "[TOOL_CALLS]name[ARGS]{…}", *as_text(f"[TOOL_CALLS]{TOOL}[ARGS]{WRITTEN}")),
    wrote("pythonic", "[name(title=…, start=…)]", *as_text(PYTHONIC)),
    wrote("deepseek-v3", "the tokens of DeepSeek V3", *as_text(DEEPSEEK)),
    wrote("deepseek-v31", "the tokens of DeepSeek V3.1", *as_text(DEEPSEEK_31)),
    wrote("kimi", "the tokens of Kimi K2", *as_text(KIMI)),
    wrote("harmony", "the channels of gpt-oss", *as_text(HARMONY)),
    wrote("harmony-analysis", "an analysis channel before the call", *as_text(HARMONY_THOUGHT)),
    Row(
        "harmony-answer", "the final channel left in the text", first(says_in(*as_text(HARMONY_ANSWER)), stage="answer")
    ),
    wrote("granite", "<|tool_call|>[…]", *as_text(f'<|tool_call|>[{{"name": "{TOOL}", "arguments": {WRITTEN}}}]')),
    wrote(
        "command-a",
        "<|START_ACTION|>[…]<|END_ACTION|>",
        *as_text(
            f'<|START_ACTION|>[{{"tool_call_id": "0", "tool_name": "{TOOL}", "parameters": {WRITTEN}}}]<|END_ACTION|>'
        ),
    ),
    wrote("function-tag", "<function=name>{…}</function>", *as_text(f"<function={TOOL}>{WRITTEN}</function>")),
    wrote(
        "call-text-cut-by-length",
        "the text of the call is cut by the length limit, then right",
        *as_text(TAGGED[:-40]),
        finish="length",
        asks="any",
        extra=None,
    ),
    Row(
        "json-that-is-no-call",
        "JSON in the answer that only looks like a call",
        first(says_in(*as_text(EXAMPLE)), stage="answer"),
        task=NOTHING,
        text=EXAMPLE,
    ),
    Row(
        "tool-named-in-prose",
        "the answer speaks of a tool",
        first(says_in(*as_text(PROSE)), stage="answer"),
        task=NOTHING,
        text=PROSE,
    ),
    Row(
        "tag-quoted-in-prose",
        "the answer quotes <tool_call> with what is no JSON",
        first(says_in(*as_text(UNKNOWN_TAG)), stage="answer"),
        task=NOTHING,
        text=re.compile("이렇게 적습니다"),
        extra=None,
    ),
]
