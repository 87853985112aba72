"""What earlier turns left that a request may point at: the last event, the events listed, the last person."""

from collections.abc import Sequence
from typing import Any

from agent.model.contract import AssistantMessage, Message, ToolMessage
from agent.model.offline.plan import Done, Outcome


def remembered(messages: Sequence[Message]) -> Done | None:
    """The newest events and person of the tool results, or None."""
    asked = {
        call.id: call.arguments
        for message in messages
        if isinstance(message, AssistantMessage)
        for call in message.calls
    }
    event: dict[str, Any] = {}
    listed: tuple[dict[str, Any], ...] = ()
    person = ""
    for message in messages:
        if not isinstance(message, ToolMessage) or message.failed:
            continue
        outcome = Outcome(message.text)
        if message.tool == "calendar_search_events":
            listed = tuple(outcome.items)
            event = listed[0] if len(listed) == 1 else {}
        elif message.tool == "calendar_delete_event":
            event, listed = {}, ()
        elif isinstance(found := outcome.value.get("event"), dict):
            event, listed = found, ()
        if message.tool == "phone_find_contact" and outcome.items:
            person = str(outcome.items[0].get("person", ""))
        elif message.tool == "phone_send_message":
            person = str(asked.get(message.call_id, {}).get("to", ""))
    return Done("", event=event, listed=listed, person=person) if event or listed or person else None
