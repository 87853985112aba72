"""Prompts cannot ship with a hole."""

import pytest

from agent.prompts import PROMPTS, render

NAMES = sorted(path.stem for path in PROMPTS.glob("*.md"))


def declared(name: str) -> list[str]:
    head = (PROMPTS / f"{name}.md").read_text(encoding="utf-8").split("---")[1]
    fields = dict(line.split(": ", 1) for line in head.strip().splitlines())
    assert fields["purpose"]
    return fields.get("values", "").replace(",", " ").split()


@pytest.mark.parametrize("name", NAMES)
def test_a_prompt_needs_exactly_the_values_it_declares(name: str) -> None:
    values = {value: f"[{value}]" for value in declared(name)}

    text = render(name, **values)

    assert all(value in text for value in values.values())
    assert "purpose:" not in text
    assert "$" not in text
    assert text == text.strip()


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_value_cannot_be_overlooked(name: str) -> None:
    first, *others = declared(name)

    with pytest.raises(KeyError, match=first):
        render(name, **dict.fromkeys(others, "x"))


@pytest.mark.parametrize("name", NAMES)
def test_a_value_the_prompt_does_not_use_cannot_be_overlooked(name: str) -> None:
    with pytest.raises(KeyError, match="typo"):
        render(name, typo="x", **dict.fromkeys(declared(name), "x"))


def test_a_value_is_taken_as_it_is() -> None:
    text = render("system", workspace="/돈/$workspace/${x}/$$/\\1")

    assert "/돈/$workspace/${x}/$$/\\1" in text
