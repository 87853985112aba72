"""What the arguments of a request mean."""

import argparse
import random
from pathlib import Path
from typing import Any

from agent.cli.arguments import Request, overrides, read
from agent.cli.options import OPTIONS
from agent.errors import UsageError

PIECES = [
    *("안녕", "", "-", "-5", "-.5", "- 할 일", "-x", "--bogus", "--bogus=1", "--bogus 2", "a=b", "--json=", "="),
    *OPTIONS,
    *(f"{name}={value}" for name in OPTIONS for value in ("3", "plan", "")),
    *("plan", "fast", "3", "ko"),
]


def test_arguments_are_read_as_argparse_reads_them() -> None:
    chance = random.Random(11)

    for _ in range(1_500):
        given = chance.choices(PIECES, k=chance.randrange(5))

        assert _ours(given) == _argparse(given), given


def _ours(given: list[str]) -> dict[str, Any] | None:
    try:
        return vars(read(given))
    except UsageError:
        return None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        raise UsageError(message)


def _argparse(given: list[str]) -> dict[str, Any] | None:
    parser = _Parser(prog="modu", add_help=False, allow_abbrev=False)
    parser.add_argument("words", nargs="*")
    for name, (value, _, _) in OPTIONS.items():
        keywords: dict[str, Any] = {"metavar": value} if value else {"action": "store_true"}
        if name in {"--mode", "--lang"}:
            keywords = {"choices": value.split("|")}
        keywords |= {"--max-turns": {"type": int}, "--server": {"action": "append", "default": []}}.get(name, {})
        parser.add_argument(name, **keywords | ({"dest": "go_on"} if name == "--continue" else {}))
    try:
        return vars(parser.parse_intermixed_args(given))
    except UsageError:
        return None


def test_behind_two_dashes_everything_is_said() -> None:
    request = read(["--json", "a", "--", "--bogus", "--", "--json"])

    assert (request.words, request.json) == (["a", "--bogus", "--", "--json"], True)


def test_a_folder_is_named_whole() -> None:
    request = Request()
    request.cwd = "tests"

    assert overrides(request)["workspace"] == str(Path.cwd() / "tests")
