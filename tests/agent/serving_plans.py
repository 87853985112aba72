"""Plans of the shipped profiles on described machines, for the tests of `modu serve`."""

from pathlib import Path

from pydantic import SecretStr

from agent.serving.machine import Machine, parse
from agent.serving.plan import Plan, Wish, plan
from tests.agent.serve_table import SHIPPED

KEY = SecretStr("a key's value")
OPEN = Wish(host="0.0.0.0", api_key=KEY)


def planned(name: str, machine: str | Machine, wish: Wish = Wish()) -> Plan:  # noqa: B008
    return plan(name, SHIPPED[name], parse(machine) if isinstance(machine, str) else machine, wish, SHIPPED)


def named(command: tuple[str, ...] | list[str], option: str) -> str:
    return command[command.index(option) + 1]


def program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
