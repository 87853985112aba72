"""What model servers have been seen to send, byte for byte, and what it means."""

import json
from typing import Any

from agent.model.contract import Call, Tokens
from agent.model.reading.faults import Cut, Empty, NotAModel, ServerSaid, Unfinished
from agent.settings import Profile
from agent.settings.profile import ThinkingSwitch
from tests.agent.reading_wire import (
    CALLED,
    DONE,
    LENGTH,
    NEVER,
    OUTSIDE,
    PLAIN,
    QUOTED,
    REQUEST,
    ROLE,
    SEARCH,
    STATUS,
    STOP,
    SWITCHED_OFF,
    Recording,
    event,
    native,
    piece,
    said,
    thought,
    whole,
)

WRITTEN = '{"name": "calendar_search_events", "arguments": {"text": "회의"}}'
ARGUMENTS = '{"text": "회의"}'
USAGE = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}
HELLO = event({"content": "안녕"})

TRANSPORT = (
    Recording("an ordinary stream", said("안녕하세요. 반갑습니다 🙂"), "안녕하세요. 반갑습니다 🙂"),
    Recording("no space behind the colon", said("안녕").replace(b"data: ", b"data:"), "안녕"),
    Recording("CRLF", said("안녕").replace(b"\n", b"\r\n"), "안녕"),
    Recording("CR", said("안녕").replace(b"\n", b"\r"), "안녕"),
    Recording("a byte order mark", b"\xef\xbb\xbf" + said("안녕"), "안녕"),
    Recording("keep-alives and other fields", b": ping\n\nretry: 3\nid: 7\nevent: message\n" + said("안녕"), "안녕"),
    Recording(
        "an event over several lines", b'data: {"choices": [{"delta":\ndata: {"content": "A"}}]}\n\n' + STOP, "A"
    ),
    Recording("empty events", b"data:\n\ndata: \n\n" + said("안녕"), "안녕"),
    Recording("no [DONE]", said("안녕", event({}, finish="stop")), "안녕"),
    Recording("no blank line at the end", said("안녕", event({}, finish="stop").rstrip()), "안녕"),
    Recording("no finish reason", said("안녕", DONE), "안녕"),
    Recording("no blank lines at all", said("안녕").replace(b"\n\n", b"\n"), "안녕"),
    Recording("the prefix doubled by a proxy", said("안녕").replace(b"data: ", b"data: data: "), "안녕"),
    Recording("an event stream called a page", said("안녕"), "안녕", content_type="text/html"),
    Recording("several choices", HELLO + HELLO.replace(b'"index": 0', b'"index": 1') + STOP, "안녕"),
    Recording(
        "one JSON body",
        whole({"content": "안녕"}, usage=USAGE),
        "안녕",
        tokens=Tokens(input_tokens=9, output_tokens=4),
        content_type="application/json",
    ),
    Recording("a pretty JSON body", json.dumps(json.loads(whole({"content": "안녕"})), indent=2).encode(), "안녕"),
    Recording("a JSON body without a reason", whole({"content": "안녕"}, None) + b"\n", "안녕"),
    Recording(
        "a JSON body with a call",
        whole(
            {"content": None, "tool_calls": [{"id": "1", "function": {"name": "status", "arguments": "{}"}}]},
            "tool_calls",
        ),
        calls=(STATUS,),
    ),
    Recording("messages instead of deltas", said("안녕하세요").replace(b'"delta"', b'"message"'), "안녕하세요"),
    Recording(
        "Ollama's own protocol",
        native({"role": "assistant", "content": "안"})
        + native({"content": "녕", "thinking": ""})
        + native({"content": ""}, done=True, done_reason="stop", prompt_eval_count=9, eval_count=4),
        "안녕",
        tokens=Tokens(input_tokens=9, output_tokens=4),
    ),
    Recording(
        "Ollama's own call",
        native(
            {
                "content": "",
                "tool_calls": [
                    {"function": {"name": "status", "arguments": {}}},
                    {"function": {"name": "calendar_search_events", "arguments": {"text": "회의"}}},
                ],
            }
        )
        + native({"content": ""}, done=True),
        calls=(STATUS, SEARCH),
    ),
    Recording("raw control characters in a chunk", HELLO.replace("안녕".encode(), b"a\tb") + STOP, "a\tb"),
    Recording("broken usage behind the end", HELLO + event({}, finish="stop") + b'data: {"usage": \n\n' + DONE, "안녕"),
    Recording("an error behind the end", HELLO + STOP[: -len(DONE)] + b'data: {"error": "x"}\n\n', "안녕"),
)

FAULTS = (
    Recording("nothing", b"", fault=Cut),
    Recording("only keep-alives", b": ping\n\n: ping\n\n", fault=Cut),
    Recording("cut between events", HELLO, fault=Cut),
    Recording("cut in an event", HELLO + b'data: {"id": "1", "cho', fault=Cut),
    Recording("a broken chunk", HELLO + b'data: {"choices": [{"del\n\n' + HELLO + STOP, fault=Cut),
    Recording("a call cut off", piece("{}", "status", "1"), fault=Cut),
    Recording("a JSON body cut off", whole({"content": "안녕"})[:-9], fault=Cut),
    Recording("Ollama cut off", native({"content": "안"}) + native({"content": "녕"}), fault=Cut),
    Recording("given up by the server", HELLO + event({}, finish="abort") + DONE, fault=Cut),
    Recording(
        "an error object", HELLO + b'data: {"error": {"message": "CUDA OOM", "code": 500}}\n\n', fault=ServerSaid
    ),
    Recording("an error text", b'data: {"error": "model not found"}\n\n', fault=ServerSaid),
    Recording("an error of vLLM", b'data: {"object": "error", "message": "x", "code": 400}\n\n', fault=ServerSaid),
    Recording("an error event", b'event: error\ndata: {"message": "x"}\n\n', fault=ServerSaid),
    Recording("an error event in words", b"event: error\ndata: out of memory\n\n", fault=ServerSaid),
    Recording("an error line of llama.cpp", b'error: {"code": 500, "message": "x"}\n\n', fault=ServerSaid),
    Recording("an error as JSON body", b'{"error": {"message": "x", "code": "429"}}', fault=ServerSaid),
    Recording("an error of a gateway", b'{"detail": "Not Found"}', fault=ServerSaid),
    Recording("finished by an error", HELLO + event({}, finish="error") + DONE, fault=ServerSaid),
    Recording("withheld", event({}, finish="content_filter") + DONE, fault=ServerSaid),
    Recording("a page", b"<!doctype html><html><head><title>502 Bad\nGateway</title></head></html>", fault=NotAModel),
    Recording("a line of text", b"upstream connect error", fault=NotAModel),
    Recording("an empty answer", ROLE + STOP, fault=Empty),
    Recording("a blank answer", said("\n \n"), fault=Empty),
)

FIELDS = (
    Recording("reasoning", thought("생각한다") + said("답"), "답", "생각한다"),
    Recording("reasoning_content", thought("생각한다", "reasoning_content") + said("\n\n답"), "답", "생각한다"),
    Recording(
        "both names at once", event({"reasoning": "생각", "reasoning_content": "생각"}) + said("답"), "답", "생각"
    ),
    Recording("tags inside the field", thought("<think>\n생각</think>") + said("답"), "답", "생각"),
    Recording(
        "missing and null fields",
        event({"content": None, "tool_calls": None, "reasoning": None})
        + event({"tool_calls": []})
        + b'data: {"choices": null}\n\n'
        + b'data: {"choices": [{"delta": null}]}\n\n'
        + said("답"),
        "답",
    ),
    Recording(
        "content in parts",
        event(
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "음"}]},
                    {"type": "text", "text": "답"},
                ]
            }
        )
        + STOP,
        "답",
        "음",
    ),
    Recording("a refusal", event({"refusal": "안 됩니다"}) + STOP, "안 됩니다"),
    Recording(
        "the whole message at the end",
        said("안녕하세요 반갑습니다", whole({"content": "안녕하세요 반갑습니다"}).join((b"data: ", b"\n\n")) + DONE),
        "안녕하세요 반갑습니다",
    ),
    Recording(
        "the whole text in the last delta",
        said("안녕하세요 반갑습니다", event({"content": "안녕하세요 반갑습니다"}, finish="stop") + DONE),
        "안녕하세요 반갑습니다",
    ),
    Recording(
        "a last message with the only call",
        said(
            "답",
            whole({"content": "답", "tool_calls": [{"id": "1", "function": {"name": "status", "arguments": ""}}]}).join(
                (b"data: ", b"\n\n")
            ),
        ),
        "답",
        calls=(STATUS,),
    ),
    Recording("other finish reasons", said("답", event({}, finish="eos") + DONE), "답"),
    Recording("an empty finish reason", said("답", event({}, finish="") + DONE), "답"),
    Recording("cut by the limit", said("긴 답", LENGTH), "긴 답", reason="length"),
    Recording(
        "usage in every chunk",
        event({"content": "답"}, usage={"prompt_tokens": 9, "completion_tokens": 1})
        + event({}, finish="stop", usage=None)
        + event(
            usage={
                "prompt_tokens": "9",
                "completion_tokens": 4,
                "prompt_tokens_details": {"cached_tokens": 7},
                "completion_tokens_details": {"reasoning_tokens": 2},
            }
        )
        + DONE,
        "답",
        tokens=Tokens(input_tokens=9, output_tokens=4, cached_tokens=7, reasoning_tokens=2),
    ),
    Recording(
        "usage that is none",
        said(
            "답",
            event(
                {}, finish="stop", usage={"prompt_tokens": -3, "completion_tokens": None, "prompt_tokens_details": None}
            )
            + DONE,
        ),
        "답",
    ),
    Recording(
        "timings of llama.cpp",
        said("답", event({}, finish="stop", timings={"cache_n": 30, "prompt_n": 4, "predicted_n": 5}) + DONE),
        "답",
        tokens=Tokens(input_tokens=34, output_tokens=5, cached_tokens=30),
    ),
    Recording(
        "usage behind the end",
        said("답", event({}, finish="stop") + event(usage=USAGE) + DONE),
        "답",
        tokens=Tokens(input_tokens=9, output_tokens=4),
    ),
    Recording("decomposed Hangul", said("각을 재다 café", step=1), "각을 재다 café"),
    Recording("half an emoji", event({"content": "답@"}).replace(b"@", b"\\ud83d") + STOP, "답"),
    Recording(
        "an emoji in two halves",
        event({"content": "답@"}).replace(b"@", b"\\ud83d") + event({"content": "@"}).replace(b"@", b"\\ude42") + STOP,
        "답🙂",
    ),
    Recording("what terminals act on", event({"content": "a\x1b[2Jb\r\nc"}) + STOP, "a[2Jb\nc"),
    Recording("tokens of the template", said("<|im_start|>assistant\n답입니다.<|im_end|><|endoftext|>"), "답입니다."),
    Recording("tokens of other templates", said("assistant\n답 [|endofturn|]\n</s><|extra_id_13|>"), "답"),
)

INLINE = (
    Recording("inline thinking", said("<think>\n생각 < 3\n</think>\n\n답"), "답", "생각 < 3\n"),
    Recording("upper case", said("<THINK>생각</Think>답"), "답", "생각"),
    Recording("tags of Mistral", said("[THINK]생각[/THINK]답"), "답", "생각"),
    Recording("a longer tag", said("<thinking>생각</thinking>답"), "답", "생각"),
    Recording(
        "the tags of the profile",
        said("<속마음>생각</속마음>답"),
        "답",
        "생각",
        profile=Profile(thinking=ThinkingSwitch(switch="always", opens="<속마음>", closes="</속마음>")),
    ),
    Recording("no thought between the tags", said("<think>\n\n</think>\n\n답"), "답"),
    Recording("a second thought", said("앞\n<think>생각</think>\n뒤"), "앞\n뒤", "생각"),
    Recording("never ended", said("<think>생각만 한다"), "생각만 한다"),
    Recording("never ended within the limit", said("<think>생각만 한다", LENGTH), fault=Unfinished),
    Recording("ended and never begun", said("생각이다\n</think>\n\n답"), "답", "생각이다"),
    Recording("ended in a fence that thinking had opened", said("```\nx\n</think>\n답"), "답", "```\nx"),
    Recording("ended twice", said("<think>하나<think>둘</think>셋</think>답"), "답", "하나둘셋"),
    Recording(
        "a tag as an example",
        said("`<think>` 태그와\n```\n</think>\n```\n끝", STOP),
        "`<think>` 태그와\n```\n</think>\n```\n끝",
        profile=NEVER,
    ),
    Recording(
        "a tag in a sentence of a model that never thinks",
        said("닫는 </think> 태그"),
        "닫는 </think> 태그",
        profile=NEVER,
    ),
    Recording("a tag left over by the server's parser", thought("생각") + said("</think>\n\n답"), "답", "생각"),
    Recording("the answer among the reasoning", thought("답입니다") + STOP, "답입니다", profile=SWITCHED_OFF),
    Recording(
        "a cut answer among the reasoning", thought("답입") + LENGTH, "답입", reason="length", profile=SWITCHED_OFF
    ),
    Recording(
        "a call in thinking that never ends",
        said(f"<think>찾자\n<tool_call>{WRITTEN}</tool_call>"),
        thought=f"찾자\n<tool_call>{WRITTEN}</tool_call>",
        calls=(SEARCH.model_copy(update={"repaired": True}),),
    ),
    Recording(
        "a call in the reasoning field",
        thought(f"찾자 <tool_call>{WRITTEN}</tool_call>") + STOP,
        thought=f"찾자 <tool_call>{WRITTEN}</tool_call>",
        calls=(SEARCH.model_copy(update={"repaired": True}),),
    ),
    Recording(
        "a call that was only thought of",
        said(f"<think><tool_call>{WRITTEN}</tool_call></think>답"),
        "답",
        f"<tool_call>{WRITTEN}</tool_call>",
    ),
    Recording(
        "harmony",
        said("<|channel|>analysis<|message|>생각<|end|><|start|>assistant<|channel|>final<|message|>답<|return|>"),
        "답",
        "생각",
    ),
    Recording(
        "tags of Command A",
        said("<|START_THINKING|>생각<|END_THINKING|><|START_RESPONSE|>답<|END_RESPONSE|>"),
        "답",
        "생각",
    ),
)

CALLS = (
    Recording(
        "pieces of one call",
        piece("", "calendar_search_events", "1") + piece('{"text": ') + piece('"회의"}') + CALLED,
        calls=(SEARCH,),
    ),
    Recording(
        "two calls interleaved",
        piece('{"text":', "calendar_search_events", "1")
        + piece("", "status", "2", 1)
        + piece('"회의"}')
        + piece("{}", index=1)
        + CALLED,
        calls=(SEARCH, STATUS),
    ),
    Recording(
        "several calls under one index",
        piece(ARGUMENTS, "calendar_search_events", "1") + piece("{}", "status", "2") + CALLED,
        calls=(SEARCH, STATUS),
    ),
    Recording(
        "one tool twice under one index",
        piece('{"text": "회의"}', "calendar_search_events", "1")
        + piece('{"text": "휴가"}', "calendar_search_events", "2")
        + CALLED,
        calls=(SEARCH, Call(name="calendar_search_events", arguments={"text": "휴가"})),
    ),
    Recording(
        "no index",
        piece('{"text":', "calendar_search_events", "1", None)
        + piece('"회의"}', index=None)
        + piece("{}", "status", "2", None)
        + CALLED,
        calls=(SEARCH, STATUS),
    ),
    Recording(
        "an index in words",
        piece('{"text":', "calendar_search_events", "1", "0") + piece('"회의"}', index="0") + CALLED,
        calls=(SEARCH,),
    ),
    Recording(
        "one id for all",
        piece(ARGUMENTS, "calendar_search_events", "x", None) + piece("{}", "status", "x", None) + CALLED,
        calls=(SEARCH, STATUS),
    ),
    Recording(
        "the name in every piece",
        piece('{"text":', "calendar_search_events", "1") + piece('"회의"}', "calendar_search_events", "1") + CALLED,
        calls=(SEARCH,),
    ),
    Recording(
        "a new id in every piece",
        piece('{"text":', "calendar_search_events", "1") + piece('"회의"}', "calendar_search_events", "2") + CALLED,
        calls=(SEARCH,),
    ),
    Recording(
        "a name in pieces",
        piece(None, "calen", "1") + piece(None, "dar_search") + piece(ARGUMENTS, "_events") + CALLED,
        calls=(SEARCH,),
    ),
    Recording(
        "a name that grows",
        piece(None, "calendar", "1") + piece(ARGUMENTS, "calendar_search_events") + CALLED,
        calls=(SEARCH,),
    ),
    Recording(
        "arguments as an object", piece({"text": "회의"}, "calendar_search_events", "1") + CALLED, calls=(SEARCH,)
    ),
    Recording(
        "arguments as JSON in JSON in JSON",
        piece(json.dumps(json.dumps(ARGUMENTS)), "calendar_search_events", "1") + CALLED,
        calls=(SEARCH,),
    ),
    *(
        Recording(f"no arguments: {none!r}", piece(none, "status", "1") + CALLED, calls=(STATUS,))
        for none in ("", None, "null", "{}", " \n")
    ),
    Recording(
        "an empty object first", piece("{}", "calendar_search_events", "1") + piece(ARGUMENTS) + CALLED, calls=(SEARCH,)
    ),
    Recording(
        "the call once more at the end",
        piece('{"text":', "calendar_search_events", "1")
        + piece('"회의"}')
        + piece(ARGUMENTS, "calendar_search_events", "1", finish="tool_calls")
        + DONE,
        calls=(SEARCH,),
    ),
    Recording(
        "a legacy function call",
        event({"function_call": {"name": "calendar_search_events", "arguments": ""}})
        + event({"function_call": {"arguments": ARGUMENTS}})
        + event({}, finish="function_call")
        + DONE,
        calls=(SEARCH,),
    ),
    Recording(
        "calls behind a text",
        said("찾아볼게요.\n\n", b"") + piece(ARGUMENTS, "functions.calendar_search_events:0", "1") + CALLED,
        "찾아볼게요.",
        calls=(SEARCH,),
    ),
    Recording(
        "the same call as text",
        said(f"<tool_call>{WRITTEN}</tool_call>", b"") + piece(ARGUMENTS, "calendar_search_events", "1") + CALLED,
        calls=(SEARCH,),
    ),
    Recording(
        "a call cut by the limit",
        piece(ARGUMENTS, "calendar_search_events", "1") + LENGTH,
        calls=(
            Call(
                name="calendar_search_events",
                arguments={},
                fault="답이 길이 한도에서 잘려 호출을 버렸습니다. 다시 부르세요.",
            ),
        ),
    ),
)


def _spoken(name: str, text: str, *calls: Call, left: str = "", **more: Any) -> Recording:
    return Recording(name, said(text), left, calls=calls, **more)


TWO = '[{"name": "status", "arguments": {}}, {"name": "calendar_search_events", "arguments": {"text": "회의"}}]'
MENDED = SEARCH.model_copy(update={"repaired": True})
SPOKEN = (
    _spoken("a tagged call", f"<tool_call>{WRITTEN}</tool_call>", SEARCH),
    _spoken(
        "a tagged call among lines",
        f"찾겠습니다.\n\n<tool_call>\n{WRITTEN}\n</tool_call>\n",
        SEARCH,
        left="찾겠습니다.",
    ),
    _spoken("text behind the call", f"<tool_call>{WRITTEN}</tool_call>\n끝", SEARCH, left="끝"),
    _spoken(
        "two tagged calls",
        f'<tool_call>{WRITTEN}</tool_call><tool_call>{{"name": "status"}}</tool_call>',
        SEARCH,
        STATUS,
    ),
    _spoken("one call said twice", f"<tool_call>{WRITTEN}</tool_call>\n<tool_call>{WRITTEN}</tool_call>", SEARCH),
    _spoken("a list in a tag", f"<tool_call>{TWO}</tool_call>", STATUS, SEARCH),
    _spoken("a tag that is never closed", f"<tool_call>{WRITTEN}<|im_end|>", SEARCH),
    _spoken(
        "a tag closed by the next", f'<tool_call>{WRITTEN}\n<tool_call>{{"name": "status"}}</tool_call>', SEARCH, STATUS
    ),
    _spoken(
        "parameters instead of arguments",
        f"<tool_call>{WRITTEN.replace('arguments', 'parameters')}</tool_call>",
        SEARCH,
    ),
    _spoken(
        "arguments before the name",
        '<tool_call>{"arguments": {"text": "회의"}, "name": "calendar_search_events"}</tool_call>',
        SEARCH,
    ),
    _spoken(
        "an argument called name",
        '<tool_call>{"arguments": {"text": "회의", "name": "status"}, "name": "calendar_search_events"}</tool_call>',
        Call(name="calendar_search_events", arguments={"text": "회의", "name": "status"}),
    ),
    _spoken(
        "an unknown tool in a tag",
        '<tool_call>{"name": "weather", "arguments": {}}</tool_call>',
        Call(name="weather", arguments={}),
    ),
    _spoken(
        "the tag's end in an argument",
        '<tool_call>{"name": "calendar_search_events", "arguments": {"text": "a </tool_call> b"}}</tool_call>',
        Call(name="calendar_search_events", arguments={"text": "a </tool_call> b"}),
    ),
    _spoken(
        "a fence and a thought in an argument",
        '<tool_call>{"name": "calendar_search_events", "arguments": {"text": "```<think>"}}</tool_call>',
        Call(name="calendar_search_events", arguments={"text": "```<think>"}),
    ),
    _spoken(
        "quotes that nobody escaped",
        '<tool_call>{"name": "phone_send_sms", "arguments": {"to": "010-1", "text": "그는 "네"라고 했다"}}</tool_call>',
        Call(name="phone_send_sms", arguments={"to": "010-1", "text": '그는 "네"라고 했다'}, repaired=True),
    ),
    _spoken(
        "Python instead of JSON",
        "<tool_call>{'name': 'calendar_search_events', 'arguments': {'text': '회의', 'detail': True}}</tool_call>",
        Call(name="calendar_search_events", arguments={"text": "회의", "detail": True}, repaired=True),
    ),
    _spoken("a missing bracket", f"<tool_call>{WRITTEN[:-1]}</tool_call>", MENDED),
    _spoken(
        "a call that ends in a string",
        "<tool_call>" + WRITTEN[:-5],
        Call(name="calendar_search_events", arguments={}, fault="인자가 올바른 JSON 객체가 아닙니다. 다시 부르세요."),
    ),
    _spoken(
        "markup of Qwen3-Coder",
        "<tool_call>\n<function=calendar_search_events>\n<parameter=text>\n회의\n</parameter>\n<parameter=limit>\n3\n</parameter>\n</function>\n</tool_call>",
        Call(name="calendar_search_events", arguments={"text": "회의", "limit": 3}),
    ),
    _spoken(
        "markup without its tag",
        "네.\n<function=calendar_search_events>\n<parameter=text>회의</parameter>\n</function>\n</tool_call>",
        SEARCH,
        left="네.",
    ),
    _spoken(
        "markup of MiniMax",
        '<invoke name="calendar_search_events"><parameter name="text">회의</parameter></invoke>',
        SEARCH,
    ),
    _spoken(
        "markup of GLM",
        "<tool_call>calendar_search_events\n<arg_key>text</arg_key>\n<arg_value>회의</arg_value>\n</tool_call>",
        SEARCH,
    ),
    _spoken("function_call", f"<function_call>{WRITTEN}</function_call>", SEARCH),
    _spoken("<|tool_call|>", f"<|tool_call|>{TWO}<|/tool_call|>", STATUS, SEARCH),
    _spoken(
        "<|python_tag|>",
        '<|python_tag|>{"name": "calendar_search_events", "parameters": {"text": "회의"}}<|eom_id|>',
        SEARCH,
    ),
    _spoken("[TOOL_CALLS] with a list", f"[TOOL_CALLS]{TWO}</s>", STATUS, SEARCH),
    _spoken(
        "[TOOL_CALLS] with [ARGS]",
        f"[TOOL_CALLS]calendar_search_events[ARGS]{ARGUMENTS}[TOOL_CALLS]status[ARGS]{{}}",
        SEARCH,
        STATUS,
    ),
    _spoken(
        "DeepSeek V3",
        f"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>calendar_search_events\n```json\n{ARGUMENTS}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜><｜end▁of▁sentence｜>",
        SEARCH,
    ),
    _spoken(
        "DeepSeek V3.1",
        f"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>calendar_search_events<｜tool▁sep｜>{ARGUMENTS}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
        SEARCH,
    ),
    _spoken(
        "Kimi K2",
        f"<|tool_calls_section_begin|><|tool_call_begin|>functions.calendar_search_events:0<|tool_call_argument_begin|>{ARGUMENTS}<|tool_call_end|><|tool_calls_section_end|>",
        SEARCH,
    ),
    Recording(
        "harmony with a call",
        said(
            f"<|channel|>analysis<|message|>찾자<|end|><|start|>assistant<|channel|>commentary "
            f"to=functions.calendar_search_events <|constrain|>json<|message|>{ARGUMENTS}<|call|>"
        ),
        thought="찾자",
        calls=(SEARCH,),
    ),
    _spoken(
        "harmony without its head",
        f" to=functions.calendar_search_events<|channel|>commentary json<|message|>{ARGUMENTS}<|call|>",
        SEARCH,
    ),
    _spoken("LFM2", '<|tool_call_start|>[calendar_search_events(text="회의")]<|tool_call_end|>', SEARCH),
    _spoken(
        "Command A",
        f'<|START_ACTION|>[{{"tool_call_id": "0", "tool_name": "calendar_search_events", '
        f'"parameters": {ARGUMENTS}}}]<|END_ACTION|>',
        SEARCH,
    ),
    _spoken("Python as the whole answer", '[status(), calendar_search_events(text="회의")]', STATUS, SEARCH),
    _spoken("a fence", f"찾겠습니다.\n```json\n{WRITTEN}\n```", SEARCH, left="찾겠습니다."),
    _spoken("a fence called tool_call", f"```tool_call\n{WRITTEN}\n```\n", SEARCH),
    _spoken("a fence called tool_code", '```tool_code\nprint(calendar_search_events(text="회의"))\n```', SEARCH),
    _spoken("a fence round a tag", f"```xml\n<tool_call>{WRITTEN}</tool_call>\n```", SEARCH),
    _spoken("a bare object", WRITTEN + "<|im_end|>", SEARCH),
    _spoken("a bare list", TWO, STATUS, SEARCH),
    _spoken("objects on lines", f'{WRITTEN}\n{{"name": "status", "arguments": {{}}}}', SEARCH, STATUS),
    _spoken('"tool"', '{"tool": "calendar_search_events", "arguments": {"text": "회의"}}', SEARCH),
    _spoken('"function"', f'{{"type": "function", "function": {WRITTEN}}}', SEARCH),
    _spoken('"tool_calls"', f'{{"tool_calls": [{{"id": "1", "type": "function", "function": {WRITTEN}}}]}}', SEARCH),
    _spoken(
        "Action",
        f"Thought: 찾자\nAction: calendar_search_events\nAction Input: {ARGUMENTS}\nObservation: 없음\n끝",
        SEARCH,
        left="Thought: 찾자",
    ),
    _spoken("a call behind thinking", f"<think>찾자</think>\n\n{WRITTEN}", SEARCH, thought="찾자"),
)


def _untouched(name: str, text: str, **more: Any) -> Recording:
    return Recording(name, said(text), text, **more)


WORDS = (
    _untouched("JSON for the user", '{"name": "홍길동", "phone": "010-1"}'),
    _untouched("JSON with an offered name and no arguments", '[{"name": "status", "description": "상태"}]'),
    _untouched("JSON with another name", '{"name": "weather", "arguments": {}}'),
    _untouched("a tool's description", '{"name": "calendar_search_events", "parameters": {"type": "object"}}'),
    _untouched("a bare object with words behind it", f"{WRITTEN}\n이렇게 부릅니다."),
    _untouched("a fence with JSON for the user", '```json\n{"name": "홍길동"}\n```\n끝'),
    _untouched("a fence with code", '```python\nprint("<tool_call>")\n```\n끝'),
    _untouched("a tag in backticks", f"`<tool_call>{WRITTEN}</tool_call>` 로 부릅니다."),
    _untouched("a tag in a sentence", "먼저 <tool_call> 태그를 쓰고 [TOOL_CALLS] 는 안 씁니다."),
    _untouched("a list in brackets", "[참고] 회의는 3시입니다. [1] 문서"),
    _untouched("Python for the user", "[x(a=1)]"),
    _untouched("Action of no tool", "Action: 계획을 세운다\n끝"),
    _untouched("signs", "a < b, [c], {d}, `e`, **f**, 1 <= 2 </b>"),
    _untouched("nothing is read without tools", f"<tool_call>{WRITTEN}</tool_call>", request=PLAIN),
    _untouched(
        "nothing is read where a schema was asked for",
        WRITTEN,
        request=REQUEST.model_copy(update={"answer_schema": {}}),
    ),
    _untouched(
        "a quotation from outside",
        f"문서에는 이렇게 있습니다.\n<tool_call>\n{QUOTED}\n</tool_call>\n끝",
        request=OUTSIDE,
    ),
    _untouched("a long rule and laughter", f"{'-' * 200}\n{'ㅋ' * 300}\n끝"),
    _untouched("a table", "| 날짜 | 제목 |\n| --- | --- |\n" + "".join(f"| {n}일 | 회의 {n} |\n" for n in range(60))),
)

RECORDINGS = (*TRANSPORT, *FAULTS, *FIELDS, *INLINE, *CALLS, *SPOKEN, *WORDS)
