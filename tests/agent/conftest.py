"""What the tests of the agent share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.command_line import CommandLine
from tests.scripted_wire import Script, ScriptedWire

Play = Callable[[Script], ScriptedWire]


@pytest.fixture
def modu(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path)


@pytest.fixture
def play(modu: CommandLine) -> Iterator[Play]:
    """A resident process of the home that plays a script."""
    wires: list[ScriptedWire] = []
    modu.env.pop("MODU_NO_DAEMON")

    def start(script: Script) -> ScriptedWire:
        wires.append(ScriptedWire(modu.home, script))
        return wires[-1]

    yield start
    for wire in wires:
        wire.close()
