"""The model server of a campaign: what it answers follows from the request alone, how fast it is from chance."""

import random
import time
from collections.abc import Iterator
from typing import Any

from tests.chaos.world import WORK
from tests.scripted_model import Reply, ScriptedModel, calls, says

_LONG, _PIECE = 1_600, 160
"""Pieces of a long answer and syllables of each: more than all buffers between two processes hold."""


class SlowModel(ScriptedModel):
    """Takes its time between two pieces, so that harm can come in between."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__(script)
        # A process that dies in the middle of its request is what is wanted.
        self._server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
        self.slowest = 0.06
        """Seconds."""
        self._chance = chance

    def lines(self, reply: Reply) -> Iterator[bytes]:
        hurry = 0.0 if len(reply) >= _LONG else self.slowest
        for line in super().lines(reply):
            yield line
            time.sleep(self._chance.uniform(0, hurry))
        # A campaign would keep hundreds of megabytes of them.
        self.requests.clear()
        self.raw.clear()


def script(body: dict[str, Any]) -> Reply:
    """`작업 n` makes event E<n>, message M<n> and line L<n>, each in a step of its own or together."""
    position = max(n for n, message in enumerate(body["messages"]) if message["role"] == "user")
    asked = WORK.findall(body["messages"][position]["content"])
    if not asked:
        return says("네.")
    done = sum(message["role"] == "tool" for message in body["messages"][position:])
    # A summary of earlier turns may stand before it.
    kind, number = asked[-1][0], int(asked[-1][1])
    match kind:
        case "긴 답":
            return [{"content": f"{n} " + "가나다라" * (_PIECE // 4)} for n in range(_LONG)]
        case "도구":
            steps = [((_THIRD, {"tool": "toy_progress", "arguments": {"steps": 8, "pause": 0.1}}),)]
        case "명령":
            steps = [(("code_run_command", {"command": "echo begun; sleep 45; echo ended"}),)]
        case _:
            steps = _work(number)
    remaining = [step for n, step in enumerate(steps) if sum(map(len, steps[: n + 1])) > done]
    if remaining:
        return [*says(f"{number}번 일을 하겠습니다."), *calls(*remaining[0])]
    return says(f"{number}번 일을 끝냈습니다. " + "더 시킬 일이 있으면 말씀하세요. " * (number % 3))


_THIRD = "use_tool"


def _work(number: int) -> list[tuple[tuple[str, dict[str, Any]], ...]]:
    event = ("calendar_create_event", {"title": f"E{number}", "start": "내일 오후 3시"})
    message = ("phone_send_message", {"to": "010-1234-5678", "text": f"M{number}"})
    edit = ("code_edit_file", {"path": f"log-{number}.txt", "old_text": "END", "new_text": f"L{number}\nEND"})
    return [(event, message, edit)] if number % 2 else [(event,), (message,), (edit,)]


def asks(kind: str, number: int) -> str:
    """The request of that kind."""
    return f"{kind} {number}: 010-1234-5678로 알려 줘"
