"""What the tests of the agent share."""

from pathlib import Path

import pytest

from tests.command_line import CommandLine


@pytest.fixture
def modu(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path)
