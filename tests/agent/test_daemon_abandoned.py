"""Commands that outlive the process which ran them are ended by the next resident process; others are left alone."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from agent.daemon.abandoned import end_abandoned
from mcp_servers.code.process import plain_environment

Start = Callable[[str], "subprocess.Popen[str]"]
_LOOKS_LIKE = "import os; print(os.environ['MODU_COMMAND_OF'], flush=True); input()"


@pytest.fixture
def command() -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def start(owner: str) -> "subprocess.Popen[str]":
        env = plain_environment({}) | {"MODU_COMMAND_OF": owner}
        one = subprocess.Popen([sys.executable, "-c", _LOOKS_LIKE], env=env, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)  # fmt: skip
        assert one.stdout
        assert one.stdout.readline().strip() == owner
        started.append(one)
        return one

    yield start
    for one in started:
        one.kill()
        one.communicate()


def test_a_command_whose_process_is_gone_is_ended_and_no_other(command: Start) -> None:
    of_us = command(plain_environment({})["MODU_COMMAND_OF"])
    of_another_life_of_our_number = command(f"{os.getpid()}/1")

    assert end_abandoned() == 1

    assert of_another_life_of_our_number.wait(10) != 0
    assert of_us.poll() is None
