"""Three readers of the event stream: plain text, one JSON object, JSON lines. Talk goes to stderr."""

import json
import sys
from typing import Any, Protocol

from agent.events import (
    ApprovalAsked,
    Compacted,
    Event,
    Failure,
    Notice,
    PendingCall,
    QuestionAsked,
    TextDelta,
    ToolCallFinished,
    ToolCallProposed,
    TurnFinished,
    TurnStarted,
    Usage,
)

_MARKS = {"done": "완료", "failed": "실패", "declined": "거절", "cancelled": "취소", "unknown": "확인 필요"}


class Writer(Protocol):
    def show(self, event: Event) -> None: ...

    def close(self, outcome: dict[str, Any]) -> None:
        """Called once, with the result object of the contract."""
        ...


class TextWriter:
    """The answer on stdout as it comes, one line a tool call on stderr."""

    def __init__(self) -> None:
        self._titles: dict[str, str] = {}
        self._open_line = False

    def show(self, event: Event) -> None:
        match event:
            case TextDelta(text=text):
                sys.stdout.write(text)
                sys.stdout.flush()
                self._open_line = not text.endswith("\n")
            case ToolCallProposed(call_id=call_id, title=title):
                self._titles[call_id] = title
            case ApprovalAsked(calls=calls):
                self._titles |= {call.call_id: call.title for call in calls}
                for call in calls:
                    self._talk(
                        "\n".join([f"[확인 필요] {call.title}", *(f"  {line}" for line in call.preview.splitlines())])
                    )
            case ToolCallFinished(call_id=call_id, status=status, summary=summary):
                self._talk(f"[{_MARKS[status]}] {self._titles.get(call_id, '도구')}: {summary}")
            case Notice(text=text):
                self._talk(f"알림: {text}")
            case Compacted(turns=turns):
                self._talk(f"알림: 앞선 {turns}번의 대화를 요약해 자리를 만들었습니다.")
            case Failure(message=message, hint=hint):
                self._talk(f"오류: {message}" + (f"\n  할 일: {hint}" if hint else ""))
            case TurnFinished(stop_reason="max_turns", text=text):
                self._talk(text.rpartition("\n\n")[2])

    def close(self, outcome: dict[str, Any]) -> None:
        self._end_line()

    def _talk(self, line: str) -> None:
        self._end_line()
        sys.stderr.write(line + "\n")
        sys.stderr.flush()

    def _end_line(self) -> None:
        if self._open_line:
            sys.stdout.write("\n")
            sys.stdout.flush()
            self._open_line = False


class JsonWriter:
    """Exactly one object on stdout."""

    def show(self, event: Event) -> None:
        if isinstance(event, Notice):
            sys.stderr.write(f"알림: {event.text}\n")

    def close(self, outcome: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(outcome, ensure_ascii=False) + "\n")


class StreamWriter:
    """Every event as one line, the result object last."""

    def show(self, event: Event) -> None:
        sys.stdout.write(event.model_dump_json() + "\n")
        sys.stdout.flush()

    def close(self, outcome: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps({"type": "result"} | outcome, ensure_ascii=False) + "\n")
        sys.stdout.flush()


class Result:
    """Gathers the result object of the contract from the events of one request."""

    def __init__(self, session: str) -> None:
        self.exit_code = 1
        self.parked: ApprovalAsked | QuestionAsked | None = None
        self._calls: dict[str, dict[str, Any]] = {}
        self._usage = Usage()
        self._object: dict[str, Any] = {
            "session": session,
            "text": "",
            "stop_reason": "error",
            "model": "",
            "error": None,
        }

    def take(self, event: Event) -> None:
        match event:
            case TurnStarted():
                self._object["text"] = ""
            case ToolCallProposed() as call:
                self._propose(call)
            case ToolCallFinished(call_id=call_id, status=status, result=text) if call_id in self._calls:
                self._calls[call_id] |= {"status": status, "result": text}
            case Usage() as usage:
                self._usage = _sum(self._usage, usage)
            case ApprovalAsked() | QuestionAsked():
                self._park(event)
            case Failure() as failure:
                self.exit_code = failure.exit_code
                self._object["error"] = {"message": failure.message, "hint": failure.hint}
            case TurnFinished() as finished:
                self._finish(finished)

    def _park(self, asked: ApprovalAsked | QuestionAsked) -> None:
        self.parked, self.exit_code = asked, 4
        self._object["stop_reason"] = "needs_approval"
        if isinstance(asked, ApprovalAsked):
            # After a restart the calls were proposed to another process.
            for call in asked.calls:
                self._propose(call)

    def _propose(self, call: ToolCallProposed | PendingCall) -> None:
        made = call.model_dump(include={"server", "tool", "arguments"})
        self._calls.setdefault(call.call_id, {"id": call.call_id, **made, "status": "pending", "result": ""})

    def _finish(self, finished: TurnFinished) -> None:
        self.parked = None
        self._object |= {
            "text": finished.text,
            "stop_reason": finished.stop_reason,
            "model": finished.model,
        }
        if finished.stop_reason != "error":
            self.exit_code = {"done": 0, "cancelled": 130}.get(finished.stop_reason, 1)

    @property
    def value(self) -> dict[str, Any]:
        usage = self._usage.model_dump(exclude={"type"})
        return self._object | {"tool_calls": list(self._calls.values()), "usage": usage}


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(
        input_tokens=one.input_tokens + other.input_tokens,
        output_tokens=one.output_tokens + other.output_tokens,
        cached_tokens=one.cached_tokens + other.cached_tokens,
        reasoning_tokens=one.reasoning_tokens + other.reasoning_tokens,
    )
