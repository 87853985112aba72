"""The result object of the contract, gathered from the events of one request."""

from typing import Any

from agent.errors import UserError
from agent.events import (
    ApprovalAsked,
    Event,
    Failure,
    PendingCall,
    QuestionAsked,
    ToolCallFinished,
    ToolCallProposed,
    TurnFinished,
    Usage,
)

INTERRUPTED = 130
_KEYS = ("session", "text", "data", "stop_reason", "tool_calls", "usage", "model", "error")
"""In the order of the contract."""


class Result:
    """Gathers the result object of the contract from the events of one request."""

    def __init__(self, session: str) -> None:
        self.exit_code = 1
        self.parked: ApprovalAsked | QuestionAsked | None = None
        self._in_turn = False
        self._calls: dict[str, dict[str, Any]] = {}
        self._usage = Usage()
        self._object: dict[str, Any] = {
            "session": session,
            "text": "",
            "stop_reason": "error",
            "model": "",
            "error": None,
        }

    def expect_data(self) -> None:
        """The request has a schema: the object says what came of it, null where nothing did."""
        self._object["data"] = None

    @property
    def in_turn(self) -> bool:
        """The agent is at work, and a `cancel` would reach it."""
        return self._in_turn

    def take(self, event: Event) -> None:
        self._in_turn = True
        match event:
            case ToolCallProposed() as call:
                self._propose(call)
            case ToolCallFinished(call_id=call_id, status=status, result=text) if call_id in self._calls:
                self._calls[call_id] |= {"status": status, "result": text}
            case Usage() as usage:
                self._usage = _sum(self._usage, usage)
                self._object["model"] = usage.model
            case ApprovalAsked() | QuestionAsked():
                self._park(event)
            case Failure() as failure:
                self.exit_code = failure.exit_code
                self._object["error"] = {"message": failure.message, "hint": failure.hint}
            case TurnFinished() as finished:
                self._finish(finished)

    def _park(self, asked: ApprovalAsked | QuestionAsked) -> None:
        self.parked, self.exit_code, self._in_turn = asked, 4, False
        self._object["stop_reason"] = "needs_approval"
        match asked:
            case ApprovalAsked(calls=calls):
                # After a restart the calls were proposed to another process.
                for call in calls:
                    self._propose(call)
            case QuestionAsked(question=question):
                self._object["text"] = question

    def _propose(self, call: ToolCallProposed | PendingCall) -> None:
        made = call.model_dump(include={"server", "tool", "arguments"})
        self._calls.setdefault(call.call_id, {"id": call.call_id, **made, "status": "pending", "result": ""})

    def _finish(self, finished: TurnFinished) -> None:
        self.parked, self._in_turn = None, False
        self._object |= {
            "text": finished.text,
            "stop_reason": finished.stop_reason,
            "model": finished.model,
        }
        if "data" in self._object:
            self._object["data"] = finished.data
        if finished.stop_reason != "error":
            self.exit_code = {"done": 0, "cancelled": INTERRUPTED}.get(finished.stop_reason, 1)

    def fail(self, error: UserError) -> None:
        """What went wrong outside a turn."""
        self.exit_code = error.exit_code
        self._object["error"] = {"message": str(error), "hint": error.hint}

    def interrupt(self) -> None:
        """The user broke off outside a turn; what waits for an answer goes on waiting."""
        self.exit_code = INTERRUPTED
        if self.parked is None:
            self._object["stop_reason"] = "cancelled"

    @property
    def value(self) -> dict[str, Any]:
        usage = self._usage.model_dump(exclude={"type", "model"})
        gathered = self._object | {"tool_calls": list(self._calls.values()), "usage": usage}
        return {key: gathered[key] for key in _KEYS if key in gathered}


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(
        input_tokens=one.input_tokens + other.input_tokens,
        output_tokens=one.output_tokens + other.output_tokens,
        cached_tokens=one.cached_tokens + other.cached_tokens,
        reasoning_tokens=one.reasoning_tokens + other.reasoning_tokens,
    )
