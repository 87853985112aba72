"""The result object of the contract, gathered from the events of one request."""

from collections.abc import Mapping
from typing import Any

from agent.errors import UserError

INTERRUPTED = 130
_KEYS = ("session", "text", "data", "stop_reason", "tool_calls", "usage", "model", "error")
"""In the order of the contract."""
_COUNTED = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens")


class Result:
    """Gathers the result object of the contract from the events of one request."""

    def __init__(self) -> None:
        self.exit_code = 1
        self.parked: Mapping[str, Any] | None = None
        """The `approval_asked` or `question_asked` that is open."""
        self.ended = False
        """The turn is over, or waits for an answer."""
        self._calls: dict[str, dict[str, Any]] = {}
        self._usage = dict.fromkeys(_COUNTED, 0)
        self._object: dict[str, Any] = {
            "session": "",
            "text": "",
            "stop_reason": "error",
            "model": "",
            "error": None,
        }

    def expect_data(self) -> None:
        """The request has a schema: the object says what came of it, null where nothing did."""
        self._object["data"] = None

    @property
    def session(self) -> str:
        """Empty until it is known."""
        return str(self._object["session"])

    def open(self, session: str) -> None:
        self._object["session"] = session

    def take(self, event: Mapping[str, Any]) -> None:
        self.ended = False
        match event:
            case {"type": "tool_call_proposed"}:
                self._propose(event)
            case {"type": "tool_call_finished", "call_id": call_id, "status": status} if call_id in self._calls:
                self._calls[call_id] |= {"status": status, "result": event.get("result", "")}
            case {"type": "usage"}:
                self._usage = {name: self._usage[name] + event.get(name, 0) for name in _COUNTED}
                self._object["model"] = event.get("model", "")
            case {"type": "approval_asked" | "question_asked"}:
                self._park(event)
            case {"type": "error"}:
                self.exit_code = event.get("exit_code", 1)
                self._object["error"] = {"message": event["message"], "hint": event.get("hint", "")}
            case {"type": "turn_finished"}:
                self._finish(event)

    def _park(self, asked: Mapping[str, Any]) -> None:
        self.parked, self.exit_code, self.ended = asked, 4, True
        self._object["stop_reason"] = "needs_approval"
        match asked:
            case {"calls": calls}:
                # After a restart the calls were proposed to another process.
                for call in calls:
                    self._propose(call)
            case {"question": question}:
                self._object["text"] = question

    def _propose(self, call: Mapping[str, Any]) -> None:
        made = {name: call[name] for name in ("server", "tool", "arguments")}
        self._calls.setdefault(call["call_id"], {"id": call["call_id"], **made, "status": "pending", "result": ""})

    def _finish(self, finished: Mapping[str, Any]) -> None:
        reason = finished["stop_reason"]
        self.parked, self.ended = None, True
        self._object |= {
            "text": finished.get("text", ""),
            "stop_reason": reason,
            "model": finished.get("model", ""),
        }
        if "data" in self._object:
            self._object["data"] = finished.get("data")
        if reason != "error":
            self.exit_code = {"done": 0, "cancelled": INTERRUPTED}.get(reason, 1)

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
        gathered = self._object | {"tool_calls": list(self._calls.values()), "usage": self._usage}
        return {key: gathered[key] for key in _KEYS if key in gathered}
