"""JSON out of answers that were asked to be nothing else."""

from typing import Any

import pytest

from agent.model.reading.answers import parsed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"수": 3}', {"수": 3}),
        ('```json\n{"수": 3}\n```', {"수": 3}),
        ('답은 다음과 같습니다.\n{"수": [1, 2]}\n감사합니다.', {"수": [1, 2]}),
        ("[1, 2]", [1, 2]),
        ("3", 3),
        ("{'수': 3,}", {"수": 3}),
        ('{"수": 3, "글": "하나"', {"수": 3, "글": "하나"}),
    ],
)
def test_the_value_is_found(text: str, value: Any) -> None:
    assert parsed(text) == value


@pytest.mark.parametrize("text", ["", "세 개입니다", '{"a": NaN}', "{" * 100_000, "{}" * 3 + "x{"])
def test_what_holds_no_value_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="JSON"):
        parsed(text)
