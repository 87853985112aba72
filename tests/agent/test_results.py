"""What a tool gave back, as the model reads it."""

import unicodedata
from typing import Any

import pytest
from mcp.types import (
    AudioContent,
    BlobResourceContents,
    CallToolResult,
    ContentBlock,
    EmbeddedResource,
    ImageContent,
    ResourceLink,
    TextContent,
    TextResourceContents,
)

from agent.tools.results import Output, preview, read


def answer(*content: ContentBlock, **rest: Any) -> Output:
    return read(CallToolResult(content=list(content), **rest))


@pytest.mark.parametrize(
    ("block", "text"),
    [
        (TextContent(text="첫 줄\r\n둘째\x1b[31m 줄\x07"), "첫 줄\n둘째[31m 줄"),
        (TextContent(text=unicodedata.normalize("NFD", "한글")), "한글"),
        (ImageContent(data="AAECAw==", mime_type="image/png"), "[image/png 4바이트]"),
        (AudioContent(data="AAEC", mime_type="audio/wav"), "[audio/wav 3바이트]"),
        (ResourceLink(uri="file:///memo.txt", name="메모"), "[자료 메모: file:///memo.txt]"),
        (
            EmbeddedResource(resource=TextResourceContents(uri="memo://1", text="회의는 세 시")),
            "[자료 memo://1]\n회의는 세 시",
        ),
        (EmbeddedResource(resource=BlobResourceContents(uri="memo://2", blob="AAEC")), "[자료 memo://2, 3바이트]"),
    ],
    ids=["text", "decomposed", "image", "audio", "link", "embedded text", "embedded bytes"],
)
def test_every_kind_of_content_is_readable(block: ContentBlock, text: str) -> None:
    assert answer(block).text == text


def test_blocks_follow_one_another() -> None:
    output = answer(TextContent(text="그림입니다"), ImageContent(data="AAEC", mime_type="image/png"))

    assert (output.text, output.summary) == ("그림입니다\n[image/png 3바이트]", "그림입니다 [image/png 3바이트]")


def test_structured_content_stands_for_its_text_and_beside_its_pictures() -> None:
    text = TextContent(text='{"city": "서울", "note": null}')
    output = answer(
        text,
        ImageContent(data="AAEC", mime_type="image/png"),
        structured_content={"city": "서울", "note": None, "days": [{"note": None}]},
    )

    assert output.text == '{"city":"서울","days":[{}]}\n[image/png 3바이트]'


def test_a_wrapped_text_is_unwrapped() -> None:
    output = answer(TextContent(text="한 줄\n두 줄"), structured_content={"result": "한 줄\n두 줄"})

    assert (output.text, output.summary) == ("한 줄\n두 줄", "한 줄 두 줄")


def test_structured_content_is_clean_to_its_leaves() -> None:
    decomposed = unicodedata.normalize("NFD", "회의")
    output = answer(structured_content={"summary": f"{decomposed}\x1b[2J", "items": [{"\x00key": "\x9b값"}]})

    assert output.text == '{"summary":"회의[2J","items":[{"key":"값"}]}'
    assert output.summary == "회의[2J"


@pytest.mark.parametrize(
    ("structured", "summary"),
    [
        ({"summary": "일정 추가: 회의"}, "일정 추가: 회의"),
        ({"items": [1, 2]}, "2건"),
        ({"items": [1], "next_cursor": "x"}, "1건 (더 있음)"),
        ({"slots": []}, "0건"),
        ([1, 2], "[1, 2]"),
        (0, "0"),
    ],
)
def test_a_summary_is_one_line_for_people(structured: Any, summary: str) -> None:
    assert answer(structured_content=structured).summary == summary


def test_an_empty_answer_says_so() -> None:
    assert answer().text == "(빈 결과)"
    assert answer(structured_content={"result": ""}).text == "(빈 결과)"
    assert not answer().failed


def test_a_refusal_is_its_text_whatever_else_comes_along() -> None:
    output = answer(
        TextContent(text="재고가 없습니다"),
        structured_content={"left": 0},
        is_error=True,
        _meta={"modu/error": "conflict"},
    )

    assert output == Output(text="재고가 없습니다", summary="재고가 없습니다", failed=True, code="conflict")


def test_a_refusal_without_words_gets_some() -> None:
    output = answer(is_error=True)

    assert (output.text, output.failed, output.code) == ("도구가 까닭을 말하지 않고 실패했습니다.", True, "failed")


def test_a_preview_is_the_summary_and_what_stands_under_it() -> None:
    result = CallToolResult(content=[], structured_content={"summary": "파일 고침\x1b", "detail": "- 전\n+ 후", "x": 1})

    assert preview(result) == "파일 고침\n- 전\n+ 후"
