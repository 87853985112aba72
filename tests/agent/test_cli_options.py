"""Options that say how a request is answered: what each may be, where each goes, and what a script gets back."""

import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from agent.__main__ import main
from agent.cli.result import Result
from agent.cli.schema_file import read
from agent.cli.writers import DataWriter, JsonWriter, StreamWriter, TextWriter, Writer, chosen
from agent.contract import RequestOptions
from agent.errors import UsageError
from agent.events import (
    EVENT,
    Event,
    ReplyRestarted,
    TextDelta,
    TurnFinished,
    TurnStarted,
    Usage,
)
from agent.session.answer_schema import request_options
from tests.command_line import CommandLine
from tests.conftest import Serve
from tests.scripted_model import calls, in_order, says

STARTED = TurnStarted(session="s1", turn=1, text="합계")
SCHEMA = {"type": "object", "properties": {"합계": {"type": "integer"}}, "required": ["합계"]}
KEYS = ["session", "text", "data", "stop_reason", "tool_calls", "usage", "model", "error"]
RESTARTED = "알림: 답이 중간에 끊겨 처음부터 다시 받습니다.\n"


@pytest.mark.parametrize(("said", "meant"), [("on", "on"), ("off", "off"), ("300", 300), (None, None)])
def test_thinking_is_on_off_or_a_number(said: str | None, meant: object) -> None:
    assert request_options({"thinking": said}) == RequestOptions.model_validate({"thinking": meant})


@pytest.mark.parametrize("said", ["", "0", "-3", "1.5", "많이", "true"])
def test_any_other_thinking_is_refused_in_korean(said: str) -> None:
    with pytest.raises(UsageError) as caught:
        request_options({"thinking": said})

    assert f"--thinking 에 쓸 수 없는 값입니다: {said!r}" in str(caught.value)
    assert "토큰 수" in caught.value.hint


@pytest.mark.parametrize(
    "schema",
    [
        SCHEMA,
        {"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"a": {}}, "$ref": "#/definitions/a"},
        {"$defs": {"n": {"$anchor": "n", "properties": {"next": {"$ref": "#n"}}}}, "$ref": "#n"},
        {},
    ],
)
def test_a_schema_is_read_from_its_file(tmp_path: Path, schema: dict[str, Any]) -> None:
    file = tmp_path / "틀.json"
    file.write_text("\ufeff" + json.dumps(schema), encoding="utf-8")

    assert request_options({"private": True}, read(str(file))) == RequestOptions(answer_schema=schema, private=True)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"", "의 1번째 줄 1번째 글자"),
        (b'{"type":\n 3,}', "의 2번째 줄 4번째 글자"),
        (b"[]", "의 맨 바깥이 JSON 객체"),
        (b"true", "의 맨 바깥이 JSON 객체"),
        (b"\xff\xfe{", "UTF-8 글이 아닙니다"),
        (b'"' + b"a" * 256 * 1024 + b'"', "256KB보다 큽니다"),
        (b"9" * 5000, "JSON으로 읽을 수 없습니다"),
        (b"[" * 100_000, "JSON으로 읽을 수 없습니다"),
        (b'{"not":' * 300 + b"{}" + b"}" * 300, "너무 깊이 겹쳤습니다"),
        (b'{"properties": {"a": {"type": "objekt"}}}', "의 $.properties.a.type 이(가) JSON 스키마 규칙에"),
        (b'{"pattern": "["}', "의 $.pattern 이(가) JSON 스키마 규칙에"),
        (b'{"$schema": "http://["}', "주소로 읽을 수 없는 것"),
        (b'{"$ref": "https://example.com/a.json"}', "의 $ref 'https://example.com/a.json' 이(가) 파일 안에 없습니다"),
        (b'{"items": [{"$ref": "#/nope"}]}', "의 $.items 이(가) JSON 스키마 규칙에"),
        (b'{"anyOf": [{"$ref": "#/nope"}]}', "의 $ref '#/nope' 이(가) 파일 안에 없습니다"),
    ],
)
def test_a_file_that_is_no_schema_is_refused_with_the_place(tmp_path: Path, content: bytes, place: str) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(content)

    with pytest.raises(UsageError) as caught:
        request_options({}, read(str(file)))

    assert f"{file} " in str(caught.value)
    assert place in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(("name", "why"), [("none.json", "없는 경로입니다"), ("..", "폴더입니다"), ("", "폴더입니다")])
def test_a_schema_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        read(str(tmp_path / name))


@pytest.mark.parametrize(
    ("arguments", "writer"),
    [
        (["합계"], TextWriter),
        (["--schema", "a.json", "합계"], DataWriter),
        (["합계", "--schema=a.json"], DataWriter),
        (["--schema", "a.json", "--json"], JsonWriter),
        (["--stream-json", "--schema", "a.json"], StreamWriter),
    ],
)
def test_the_writer_follows_from_the_options(arguments: list[str], writer: type[Writer]) -> None:
    assert type(chosen(arguments)) is writer


def show(writer: Writer, *events: Event) -> None:
    for event in events:
        writer.show(event.model_dump(mode="json"))
    writer.close({})


def test_with_a_schema_stdout_is_the_data_and_the_prose_is_talk(capsys: pytest.CaptureFixture[str]) -> None:
    show(
        DataWriter(),
        STARTED,
        TextDelta(text="더해 보면 "),
        TextDelta(text="셋입니다."),
        TurnFinished(turn=1, stop_reason="done", text="더해 보면 셋입니다.", data={"합계": 3}),
    )

    assert capsys.readouterr() == ('{"합계": 3}\n', "더해 보면 셋입니다.\n")


@pytest.mark.parametrize("reason", ["error", "cancelled", "max_turns"])
def test_a_turn_that_did_not_end_well_leaves_no_data(reason: Any, capsys: pytest.CaptureFixture[str]) -> None:
    show(DataWriter(), STARTED, TextDelta(text="더"), TurnFinished(turn=1, stop_reason=reason))

    assert capsys.readouterr().out == ""


def test_half_a_surrogate_pair_is_written_as_json_escapes_it() -> None:
    raw = io.BytesIO()
    with redirect_stdout(io.TextIOWrapper(raw, encoding="ascii")):
        show(DataWriter(), TurnFinished(turn=1, stop_reason="done", data={"가": "\ud83d"}))
        written = raw.getvalue()

    assert written.decode() == '{"가": "\\ud83d"}\n'
    assert json.loads(written) == {"가": "\ud83d"}


class Terminal(io.StringIO):
    """Somebody is watching."""

    def isatty(self) -> bool:
        return True


AGAIN = (STARTED, TextDelta(text="반쪽"), ReplyRestarted(), TextDelta(text="온전한 "), TextDelta(text="답"), Usage())


def test_a_reply_that_comes_again_begins_on_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()

    show(TextWriter(terminal), *AGAIN)

    assert terminal.getvalue() == "반쪽\n온전한 답\n"
    assert capsys.readouterr().err == RESTARTED


def test_a_program_never_gets_half_a_reply_that_comes_again(capsys: pytest.CaptureFixture[str]) -> None:
    show(TextWriter(), *AGAIN)

    assert capsys.readouterr() == ("온전한 답\n", "")


def test_a_stream_of_json_passes_the_restart_on(capsys: pytest.CaptureFixture[str]) -> None:
    show(StreamWriter(), ReplyRestarted())
    lines = capsys.readouterr().out.splitlines()

    assert EVENT.validate_json(lines[0]) == ReplyRestarted()
    assert len(lines) == 2


def result(*events: Event, schema: bool) -> dict[str, Any]:
    gathered = Result()
    if schema:
        gathered.expect_data()
    for event in events:
        gathered.take(event.model_dump(mode="json"))
    return gathered.value


def test_the_data_stands_in_the_object_where_there_is_a_schema() -> None:
    finished = TurnFinished(turn=1, stop_reason="done", text="셋", data=[1, 2])

    asked, plain = result(STARTED, finished, schema=True), result(STARTED, finished, schema=False)

    assert (list(asked), asked["data"]) == (KEYS, [1, 2])
    assert list(plain) == [key for key in KEYS if key != "data"]


@pytest.mark.parametrize("wish", ["--private", "--thinking=off"])
def test_what_goes_on_cannot_be_made_private_any_more(modu: CommandLine, serve: Serve, wish: str) -> None:
    model = serve(in_order(calls(("ask_user", {"question": "누구에게요?"}))))
    waiting = modu.run("--base-url", model.base_url, "--json", "문자 보내").object["session"]

    answered, resumed = (modu.run("--session", waiting, wish, *text) for text in (["박지영"], []))

    assert (answered.code, resumed.code) == (2, 2)
    assert "--private 와 --thinking" in answered.err
    assert "--private 와 --thinking" in resumed.err
    assert len(model.requests) == 1


def test_what_goes_on_may_ask_for_its_data(modu: CommandLine, serve: Serve) -> None:
    model = serve(in_order(calls(("ask_user", {"question": "몇?"})), says("셋"), says('{"합계": 3}')))
    (modu.work / "틀.json").write_text(json.dumps(SCHEMA), encoding="utf-8")
    arguments = ("--base-url", model.base_url, "--schema", "틀.json", "--json")
    asked = modu.run(*arguments, "합계")

    answered = modu.run(*arguments, "--session", asked.object["session"], "셋")

    assert (asked.code, asked.object["data"]) == (4, None)
    assert (answered.code, answered.object["data"]) == (0, {"합계": 3})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--thinking"], "--thinking 다음에 값이 필요합니다"),
        (["--thinking", "많이", "안녕"], "--thinking 에 쓸 수 없는 값입니다: '많이'"),
        (["--private=1", "안녕"], "--private 에는 값을 줄 수 없습니다"),
        (["--schema", "없는.json", "안녕"], "스키마 파일 없는.json 을(를) 열 수 없습니다: 없는 경로입니다"),
        (["--schema=", "안녕"], "스키마 파일 . 을(를) 열 수 없습니다"),
    ],
)
def test_a_wrong_option_ends_with_two(
    arguments: list[str],
    said: str,
    modu: CommandLine,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    modu.enter(monkeypatch)

    plain, human = main(arguments), capsys.readouterr()
    scripted, machine = main(["--json", *arguments]), capsys.readouterr()
    found = json.loads(machine.out)

    assert (plain, scripted) == (2, 2)
    assert human.out == ""
    assert said in human.err
    assert said in found["error"]["message"]
    assert ("data" in found) == arguments[0].startswith("--schema")


def test_the_help_names_the_options_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    shown = []
    for lang in ("ko", "en"):
        assert main(["--lang", lang, "--help"]) == 0
        shown.append(capsys.readouterr().out)

    assert all(option in help for help in shown for option in ("--schema FILE", "--thinking on|off|N", "--private"))
    assert "첫 번째 서버" in shown[0]
    assert "your own model server" in shown[1]
