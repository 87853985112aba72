"""What is talked about: the request, the calls it needs, and what a model without faults would say at each point."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

NEXT, NEXT_ANSWER = "고마워, 오늘은 여기까지야", "네."
"""The second request of every row: it shows whether the session is still sound."""
Stage = Literal["call", "answer", "next", "other"]
Made = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Reply:
    """What is meant, before a style makes bytes of it."""

    text: str = ""
    reasoning: str = ""
    calls: tuple[Made, ...] = ()

    @property
    def finish(self) -> str:
        return "tool_calls" if self.calls else "stop"


@dataclass(frozen=True)
class Post:
    """One chat request as the script sees it."""

    body: dict[str, Any]
    stage: Stage
    nth: int
    """How many requests of this stage there have been, with this one."""
    reply: Reply
    """What a model without faults would answer."""
    at: float
    """Seconds on the server's clock."""


@dataclass(frozen=True)
class Task:
    """A request of the user and what must come of it."""

    request: str
    calls: tuple[Made, ...]
    answer: str
    marks: tuple[str, ...]
    """Found in the results of calls that worked, one for each call."""
    done: dict[str, int]
    """How often each tool must have been carried out."""
    events: tuple[tuple[str, str], ...] = ()
    """Title and start (UTC) of all events that the calendar must then hold."""

    def post(self, body: dict[str, Any], earlier: Sequence[Post], at: float) -> Post:
        stage = self._stage(body)
        nth = 1 + sum(one.stage == stage for one in earlier)
        return Post(body, stage, nth, self._reply(stage), at)

    def _stage(self, body: dict[str, Any]) -> Stage:
        messages = [message for message in body.get("messages", ()) if message.get("role") != "assistant"]
        texts = [message["content"] if isinstance(message.get("content"), str) else "" for message in messages]
        asked = [number for number, text in enumerate(texts) if self.request in text or NEXT in text]
        if not asked:
            return "other"
        if NEXT in texts[asked[-1]]:
            return "next"
        since = "\n".join(texts[asked[-1] + 1 :])
        return "answer" if all(mark in since for mark in self.marks) else "call"

    def _reply(self, stage: Stage) -> Reply:
        match stage:
            case "call":
                return Reply(calls=self.calls)
            case "answer":
                return Reply(self.answer)
            case _:
                return Reply(NEXT_ANSWER)


TITLE, START = "디자인 리뷰", "내일 오후 3시"
ARGUMENTS = {"title": TITLE, "start": START}
WRITTEN = json.dumps(ARGUMENTS, ensure_ascii=False)
TOOL, READ_TOOL = "calendar_create_event", "calendar_search_events"
CREATE = Task(
    request="내일 오후 3시에 디자인 리뷰 잡아줘",
    calls=((TOOL, ARGUMENTS),),
    answer="3시에 디자인 리뷰를 잡았습니다.",
    marks=("일정 추가",),
    done={"create_event": 1},
    events=((TITLE, "2026-11-23 06:00"),),
)
READ = Task(
    request="앞으로 무슨 일정이 있어?",
    calls=((READ_TOOL, {}),),
    answer="일정이 없습니다.",
    marks=('"items"',),
    done={"search_events": 1},
)
BOTH = Task(
    request="내일 오후 3시에 디자인 리뷰 잡고 모레 일정도 알려줘",
    calls=((TOOL, ARGUMENTS), (READ_TOOL, {"when": "모레"})),
    answer="3시에 디자인 리뷰를 잡았고, 모레는 일정이 없습니다.",
    marks=("일정 추가", '"items"'),
    done={"create_event": 1, "search_events": 1},
    events=((TITLE, "2026-11-23 06:00"),),
)
NOTHING = Task(
    request="도구 호출은 어떻게 적는지 예를 들어 설명해줘",
    calls=(),
    answer="이렇게 적습니다.",
    marks=(),
    done={},
)
"""Nothing may be done: the first answer is the last."""
UNDONE = replace(CREATE, done={}, events=())
"""The usual request where it cannot be met."""
