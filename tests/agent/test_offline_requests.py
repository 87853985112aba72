"""Every Korean request of the tables leads to the tool calls and the answer that it says.

`requests_ko.jsonl` was written before the rules, `requests_ko_heldout.jsonl` after them, to see how far they carry.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from agent.model.offline.engine import OfflineModel
from tests.agent.offline_conversation import Conversation

CASES = [
    json.loads(line)
    for name in ("requests_ko.jsonl", "requests_ko_heldout.jsonl")
    for line in (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
async def test_a_request_leads_to_the_expected_calls_and_answer(case: dict[str, Any]) -> None:
    conversation = Conversation(OfflineModel(), case.get("results", []))
    answer = ""
    for text in case.get("turns") or [case["text"]]:
        answer = await conversation.say(text)

    assert conversation.calls == case["calls"]
    assert [part for part in case.get("answer", []) if part not in answer] == []


def test_each_domain_has_twenty_requests() -> None:
    count = {prefix: sum(case["id"].startswith(prefix) for case in CASES) for prefix in ("cal", "ph", "doc", "code")}
    assert min(count.values()) >= 20
