"""Drives a model through whole turns with canned tool results, as the agent would."""

import json
from collections.abc import Sequence
from typing import Any

from agent.model.contract import (
    AssistantMessage,
    Call,
    CallMessage,
    ChatModel,
    ChatRequest,
    Finished,
    Message,
    SystemMessage,
    Text,
    ToolMessage,
    ToolSpec,
    UserMessage,
)

CORE = (
    "calendar_create_event calendar_update_event calendar_delete_event calendar_search_events calendar_find_free_time "
    "phone_send_message phone_search_messages phone_list_calls phone_summarize_call phone_find_contact "
    "search_search_documents search_read_document code_read_file code_list_files code_search_code code_edit_file "
    "code_write_file code_run_command code_git_status find_tools use_tool ask_user update_plan read_result"
)
TOOLS = tuple(ToolSpec(name=name, description="", parameters={"type": "object"}) for name in CORE.split())


class Conversation:
    """Messages so far, the calls made, and the canned results still to come."""

    def __init__(self, model: ChatModel, results: Sequence[Any] = (), tools: tuple[ToolSpec, ...] = TOOLS) -> None:
        self.model = model
        self.tools = tools
        self.messages: list[Message] = [SystemMessage(text="당신은 모두입니다.")]
        self.calls: list[dict[str, Any]] = []
        self._results = list(results)
        self._numbers = 0

    async def say(self, text: str, attached: str = "") -> str:
        """One turn; ends with the answer, or with nothing where the canned results run out."""
        self.messages.append(UserMessage(text=text, attached=attached))
        while True:
            answer, calls = await self._step()
            if not calls:
                self.messages.append(AssistantMessage(text=answer))
                return answer
            self.calls += [{"tool": call.name, "arguments": call.arguments} for call in calls]
            echoed = [CallMessage(id=self._id(), name=call.name, arguments=call.arguments) for call in calls]
            self.messages.append(AssistantMessage(text=answer, calls=tuple(echoed)))
            if len(self._results) < len(calls):
                return ""
            self.messages += [self._result(call) for call in echoed]

    async def _step(self) -> tuple[str, list[Call]]:
        request = ChatRequest(messages=tuple(self.messages), tools=self.tools)
        deltas = [delta async for delta in self.model.stream(request)]
        calls = [delta for delta in deltas if isinstance(delta, Call)]
        assert deltas[-1] == Finished(reason="tool_calls" if calls else "stop")
        return "".join(delta.text for delta in deltas if isinstance(delta, Text)), calls

    def _result(self, call: CallMessage) -> ToolMessage:
        canned = self._results.pop(0)
        if isinstance(canned, dict) and set(canned) == {"failed"}:
            return ToolMessage(call_id=call.id, tool=call.name, text=canned["failed"], failed=True)
        text = canned if isinstance(canned, str) else json.dumps(canned, ensure_ascii=False, separators=(",", ":"))
        return ToolMessage(call_id=call.id, tool=call.name, text=text)

    def _id(self) -> str:
        self._numbers += 1
        return f"c{self._numbers}"
