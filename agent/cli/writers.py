"""Readers of the event stream: plain text, the answer as JSON, one JSON object, JSON lines. Talk goes to stderr."""

import io
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Protocol, TextIO

from agent.text import printable

Event = Mapping[str, Any]
"""One of `agent.events`, as it crosses the wire."""
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
            case {"type": "text_delta", "text": text}:
                self._said.append(text)
                if self._watched:
                    self._write(text)
            case {"type": "reply_restarted"}:
                self._restart()
            case {"type": "usage" | "turn_finished"}:
                self._end_reply()
        self._show(event)
        for said in _talk(event):
            self._talk(said)

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
            case {"type": "tool_call_proposed", "call_id": call_id, "title": title}:
                self._titles[call_id] = title
            case {"type": "tool_call_finished", "call_id": call_id, "status": status, "summary": summary}:
                self._talk(f"[{_MARKS[status]}] {self._titles.get(call_id, '도구')}: {summary}")
            case {"type": "turn_finished", "stop_reason": "max_turns", "text": text}:
                self._talk(text.rpartition("\n\n")[2])
            case {"type": "turn_finished", "stop_reason": "cancelled"}:
                self._talk("알림: 중단했습니다.")
            case {"type": "approval_asked", "calls": calls}:
                self._titles |= {call["call_id"]: call["title"] for call in calls}

    def close(self, outcome: dict[str, Any]) -> None:
        self._end_line()

    def _talk(self, said: str) -> None:
        self._end_line()
        _say(said)

    def _end_line(self) -> None:
        if self._open_line:
            self._prose.write("\n")
            self._prose.flush()
            self._open_line = False


class DataWriter(TextWriter):
    """The answer as one line of JSON on stdout; what the model says beside it is talk."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)
        write_utf8()

    def show(self, event: Event) -> None:
        super().show(event)
        match event:
            case {"type": "turn_finished", "stop_reason": "done"}:
                self._end_line()
                sys.stdout.write(json.dumps(event.get("data"), ensure_ascii=False) + "\n")
                sys.stdout.flush()


class JsonWriter:
    """Exactly one object on stdout."""

    def __init__(self) -> None:
        write_utf8()

    def show(self, event: Event) -> None:
        for said in _talk(event):
            _say(said)

    def close(self, outcome: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(outcome, ensure_ascii=False) + "\n")


class StreamWriter:
    """Every event as one line, the result object last."""

    def __init__(self) -> None:
        write_utf8()

    def show(self, event: Event) -> None:
        sys.stdout.write(as_line(event) + "\n")
        sys.stdout.flush()
        for said in _talk(event):
            _say(said)

    def close(self, outcome: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps({"type": "result"} | outcome, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def as_line(event: Event) -> str:
    """An event as one line of JSON, as pydantic writes it."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def _talk(event: Event) -> Iterator[str]:
    """What a person at the terminal must see, whatever stdout is for."""
    match event:
        case {"type": "notice", "text": text}:
            yield f"알림: {text}"
        case {"type": "reminder", "text": text}:
            yield f"[알림] {text}"
        case {"type": "compaction", "turns": turns}:
            yield f"알림: 앞선 {turns}번의 대화를 요약해 자리를 만들었습니다."
        case {"type": "error", "message": message, "hint": hint}:
            yield f"오류: {message}" + (f"\n  할 일: {hint}" if hint else "")
        case {"type": "approval_asked", "calls": calls}:
            for call in calls:
                preview = call["preview"].splitlines()
                yield "\n".join([f"[확인 필요] {call['title']}", *(f"  {row}" for row in preview)])
        case {"type": "question_asked", "question": question, "options": options}:
            yield "\n".join([f"[질문] {question}", *(f"  {n}. {option}" for n, option in enumerate(options, 1))])


def _say(said: str) -> None:
    sys.stderr.write(printable(said) + "\n")
    sys.stderr.flush()


def write_utf8() -> None:
    """JSON is UTF-8 whatever the terminal is; half a surrogate pair, which UTF-8 cannot hold, is escaped."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
