"""Readers of the event stream: plain text, the answer as JSON, one JSON object, JSON lines. Talk goes to stderr."""

import io
import json
import sys
from collections.abc import Iterator
from typing import Any, Protocol, TextIO

from agent.events import (
    ApprovalAsked,
    Compacted,
    Event,
    Failure,
    Notice,
    QuestionAsked,
    ReplyRestarted,
    TextDelta,
    ToolCallFinished,
    ToolCallProposed,
    TurnFinished,
    Usage,
)
from agent.text import printable

_MARKS = {"done": "완료", "failed": "실패", "declined": "거절", "cancelled": "취소", "unknown": "확인 필요"}


class Writer(Protocol):
    def show(self, event: Event) -> None: ...

    def close(self, outcome: dict[str, Any]) -> None:
        """Called once, with the result object of the contract."""
        ...


def chosen(arguments: list[str]) -> Writer:
    """The writer that the arguments ask for, even where they are wrong in something else."""
    if "--stream-json" in arguments:
        return StreamWriter()
    if "--json" in arguments:
        return JsonWriter()
    return DataWriter() if has_schema(arguments) else TextWriter()


def has_schema(arguments: list[str]) -> bool:
    """The answer shall be JSON."""
    return any(argument.partition("=")[0] == "--schema" for argument in arguments)


class TextWriter:
    """The answer on stdout, one line a tool call on stderr.

    A person sees it as it comes. A program gets each reply when it is whole, since one that breaks off comes again.
    """

    def __init__(self, prose: TextIO | None = None) -> None:
        self._prose = prose or sys.stdout
        self._titles: dict[str, str] = {}
        self._open_line = False
        self._watched = self._prose.isatty()
        self._said: list[str] = []
        """Of the reply that is coming in."""

    def show(self, event: Event) -> None:
        match event:
            case TextDelta(text=text):
                self._said.append(text)
                if self._watched:
                    self._write(text)
            case ReplyRestarted():
                self._restart()
            case Usage() | TurnFinished():
                self._end_reply()
        self._show(event)
        for line in _talk(event):
            self._talk(line)

    def _write(self, text: str) -> None:
        self._prose.write(printable(text))
        self._prose.flush()
        self._open_line = not text.endswith("\n")

    def _restart(self) -> None:
        if self._watched and self._said:
            self._talk("알림: 답이 중간에 끊겨 처음부터 다시 받습니다.")
        self._said.clear()

    def _end_reply(self) -> None:
        if self._said and not self._watched:
            self._write("".join(self._said))
        self._said.clear()

    def _show(self, event: Event) -> None:
        match event:
            case ToolCallProposed(call_id=call_id, title=title):
                self._titles[call_id] = title
            case ToolCallFinished(call_id=call_id, status=status, summary=summary):
                self._talk(f"[{_MARKS[status]}] {self._titles.get(call_id, '도구')}: {summary}")
            case TurnFinished(stop_reason="max_turns", text=text):
                self._talk(text.rpartition("\n\n")[2])
            case TurnFinished(stop_reason="cancelled"):
                self._talk("알림: 중단했습니다.")
            case ApprovalAsked(calls=calls):
                self._titles |= {call.call_id: call.title for call in calls}

    def close(self, outcome: dict[str, Any]) -> None:
        self._end_line()

    def _talk(self, line: str) -> None:
        self._end_line()
        _say(line)

    def _end_line(self) -> None:
        if self._open_line:
            self._prose.write("\n")
            self._prose.flush()
            self._open_line = False


class DataWriter(TextWriter):
    """The answer as one line of JSON on stdout; what the model says beside it is talk."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)
        _write_utf8()

    def show(self, event: Event) -> None:
        super().show(event)
        match event:
            case TurnFinished(stop_reason="done", data=data):
                self._end_line()
                sys.stdout.write(json.dumps(data, ensure_ascii=False) + "\n")
                sys.stdout.flush()


class JsonWriter:
    """Exactly one object on stdout."""

    def __init__(self) -> None:
        _write_utf8()

    def show(self, event: Event) -> None:
        for line in _talk(event):
            _say(line)

    def close(self, outcome: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(outcome, ensure_ascii=False) + "\n")


class StreamWriter:
    """Every event as one line, the result object last."""

    def __init__(self) -> None:
        _write_utf8()

    def show(self, event: Event) -> None:
        sys.stdout.write(event.model_dump_json() + "\n")
        sys.stdout.flush()
        for line in _talk(event):
            _say(line)

    def close(self, outcome: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps({"type": "result"} | outcome, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def _talk(event: Event) -> Iterator[str]:
    """What a person at the terminal must see, whatever stdout is for."""
    match event:
        case Notice(text=text):
            yield f"알림: {text}"
        case Compacted(turns=turns):
            yield f"알림: 앞선 {turns}번의 대화를 요약해 자리를 만들었습니다."
        case Failure(message=message, hint=hint):
            yield f"오류: {message}" + (f"\n  할 일: {hint}" if hint else "")
        case ApprovalAsked(calls=calls):
            for call in calls:
                yield "\n".join([f"[확인 필요] {call.title}", *(f"  {line}" for line in call.preview.splitlines())])
        case QuestionAsked(question=question, options=options):
            yield "\n".join([f"[질문] {question}", *(f"  {n}. {option}" for n, option in enumerate(options, 1))])


def _say(line: str) -> None:
    sys.stderr.write(printable(line) + "\n")
    sys.stderr.flush()


def _write_utf8() -> None:
    """JSON is UTF-8 whatever the terminal is; half a surrogate pair, which UTF-8 cannot hold, is escaped."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
