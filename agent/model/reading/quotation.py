"""Whether a call that stands in the model's text was copied from text that came from outside."""

import re

from agent.model.contract import ChatRequest, ToolMessage, UserMessage
from agent.model.reading.characters import cleaned

_UNSEEN = re.compile(r"\\+[nrt]?|\s+")
"""White space and escapes: a result is JSON, so what it quotes stands in it with backslashes."""
_ESCAPED = re.compile(r"\\+u([0-9a-fA-F]{4})")
_SHORTEST = 4


class Quotations:
    """The outside text of a request, made ready when it is first asked for."""

    def __init__(self, request: ChatRequest) -> None:
        self._request = request
        self._outside: str | None = None

    def holds(self, body: str) -> bool:
        """Such a call is a quotation: to show what a document says is not to do it."""
        if self._outside is None:
            self._outside = "\n".join(_bare(text) for text in _outside(self._request))
        bare = _bare(body)
        return len(bare) >= _SHORTEST and bare in self._outside


def _outside(request: ChatRequest) -> list[str]:
    found: list[str] = []
    for message in request.messages:
        match message:
            case ToolMessage(text=text, outside=True) | UserMessage(attached=text):
                found.append(text)
    return found


def _bare(text: str) -> str:
    return _UNSEEN.sub("", cleaned(_ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)))
