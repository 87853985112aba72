"""Every Korean request of the table leads to the tool calls and the answer that it says."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from agent.model.offline.engine import OfflineModel

sys.path.insert(0, str(Path(__file__).parent))
from offline_conversation import Conversation

CASES = [
    json.loads(line) for line in (Path(__file__).parent / "requests_ko.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
async def test_a_request_leads_to_the_expected_calls_and_answer(case: dict[str, Any]) -> None:
    conversation = Conversation(OfflineModel(), case.get("results", []))
    answer = ""
    for text in case.get("turns") or [case["text"]]:
        answer = await conversation.say(text)

    assert conversation.calls == case["calls"]
    assert [part for part in case.get("answer", []) if part not in answer] == []
