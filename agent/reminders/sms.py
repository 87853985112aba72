"""A text message about a reminder, to the number that a rule of the user's names, once (invariant 3)."""

import asyncio
import hashlib
from collections.abc import Iterator
from fnmatch import fnmatchcase

from agent.errors import ToolFailed
from agent.policy.policy import Situation, Subject, judge
from agent.reminders.due import Due
from agent.settings import Settings
from agent.text import clean
from agent.tools.hub import Hub

_TOOL = "phone_send_message"
_PAUSES = (0, 2, 5)
"""Seconds before each attempt."""
_PATIENCE = 60.0
"""Seconds for all of them: shorter than a claim lasts."""


def numbers(due: Due, settings: Settings) -> Iterator[str]:
    """Whom rules name for it, each once."""
    title = clean(due.title).casefold()
    found = [rule.to for rule in settings.reminders.sms if fnmatchcase(title, clean(rule.match).casefold())]
    yield from dict.fromkeys(found)


async def send(hub: Hub, due: Due, to: str, settings: Settings) -> str:
    """Why it was not sent; empty if it was, now or before a crash."""
    # The same words whenever they are sent: under one key the server takes no others.
    arguments = {"to": to, "text": " ".join(filter(None, ["[알림]", due.title, due.when, due.location]))}
    subject = Subject(tool=_TOOL, effect="send", trusted=True, arguments=arguments)
    verdict = judge(subject, Situation(mode="ask", user_words=to), settings)
    if verdict.action == "deny":
        return verdict.reason
    key = hashlib.sha256(f"reminder\n{due.key}\n{to}".encode()).hexdigest()
    fault = "제때 보내지 못했습니다."
    try:
        async with asyncio.timeout(_PATIENCE):
            for pause in _PAUSES:
                await asyncio.sleep(pause)
                try:
                    sent = await hub.call(hub.catalog.get(_TOOL), arguments, key, _ignore)
                except ToolFailed as error:
                    fault = str(error)
                else:
                    # Other words under the key: the thing was changed after it was sent.
                    return sent.text if sent.failed and sent.code != "conflict" else ""
    except TimeoutError:
        pass
    return fault


async def _ignore(_progress: float, _total: float | None, _message: str | None) -> None:
    return
