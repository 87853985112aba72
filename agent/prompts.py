"""Prompts live in `prompts/*.md` with front matter; a hole or an unused value raises, so a typo cannot ship."""

from functools import cache
from pathlib import Path
from string import Template

PROMPTS = Path(__file__).parents[1] / "prompts"


def render(name: str, **values: str) -> str:
    """Fill `prompts/{name}.md`.

    Raises:
        KeyError: a `$value` of the text is missing, or a given value is not in it.
    """
    template = _read(name)
    if unknown := values.keys() - set(template.get_identifiers()):
        raise KeyError(f"prompt {name!r} has no {sorted(unknown)}")
    return template.substitute(values)


@cache
def _read(name: str) -> Template:
    text = (PROMPTS / f"{name}.md").read_text(encoding="utf-8")
    _, _, body = text.removeprefix("---\n").partition("\n---\n")
    return Template(body.strip())
