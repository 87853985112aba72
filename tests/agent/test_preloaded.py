"""What is forked for a command line is what the interpreter would have started: nothing has happened but imports."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.agent.conftest import Play
from tests.command_line import CommandLine
from tests.preloaded import SEEN, Forked, fits
from tests.scripted_wire import answering, turn

LOOK = """
import asyncio, functools, gc, json, logging, os, signal, sys, threading
# The interpreter's own look at HOME, for packages that a user has installed.
import zoneinfo

read = set()

class Watched(type(os.environ)):
    def __getitem__(self, name):
        read.add(name)
        return super().__getitem__(name)

before = {name: signal.getsignal(name) for name in signal.valid_signals()}
os.environ.__class__ = Watched
from tests.preloaded import load
load()
gc.unfreeze()
ours = ("agent", "mcp_servers", "prompts")
caches = [one for one in gc.get_objects() if isinstance(one, functools._lru_cache_wrapper)]
print(json.dumps({
    "read": sorted(name for name in read if name.startswith(("MODU_", "HOME"))),
    "threads": len(os.listdir("/proc/self/task")) + len(threading.enumerate()),
    "children": open(f"/proc/self/task/{os.getpid()}/children").read(),
    "folder": os.getcwd(),
    "loop": asyncio._get_running_loop() is not None,
    "caches": [one.__qualname__ for one in caches
               if one.__module__.split(".")[0] in ours and one.cache_info().currsize],
    "handlers": [str(one) for one in (logging.root, *logging.root.manager.loggerDict.values())
                 if any(not isinstance(held, logging.NullHandler) for held in getattr(one, "handlers", ()))],
    "signals": [int(name) for name, held in before.items() if signal.getsignal(name) is not held],
    "open": sorted(int(one) for one in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{one}"))[3:],
    "entry": "agent.__main__" in sys.modules,
}), flush=True)
os._exit(0)
"""


def test_loading_reads_no_setting_and_leaves_nothing_running(tmp_path: Path) -> None:
    env = SEEN | {"PATH": os.environ["PATH"]}

    looked = subprocess.run([sys.executable, "-c", LOOK], cwd=tmp_path, env=env, capture_output=True, check=True)

    assert json.loads(looked.stdout) == {
        "read": [],
        "threads": 2,
        "children": "",
        "folder": str(tmp_path),
        "loop": False,
        "caches": [],
        "handlers": [],
        "signals": [],
        "open": [],
        "entry": False,
    }


def test_a_request_is_answered_as_by_a_process_that_was_just_started(modu: CommandLine) -> None:
    request = ("--model", "offline", "--json", "이 글을 요약해줘")

    forked = modu.run(*request, stdin="회의는 세 시다.".encode())
    anew = subprocess.run(
        modu.command(*request),
        cwd=modu.work,
        env=modu.env,
        input="회의는 세 시다.".encode(),
        capture_output=True,
        check=False,
    )

    told = json.loads(anew.stdout) | {"session": forked.object["session"]}
    assert (anew.returncode, told, anew.stderr.decode()) == (forked.code, forked.object, forked.err)


def test_it_has_its_own_arguments_folder_environment_and_streams(modu: CommandLine, play: Play) -> None:
    wire = play(answering(*turn("네.\n")))

    process = Forked(
        modu.command("--thinking", "300", "안녕"),
        cwd=modu.work,
        env=modu.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    told = process.communicate("붙인 글".encode(), timeout=60)

    assert (process.returncode, *told) == (0, "네.\n".encode(), b"")
    assert (wire.heard[0]["cwd"], wire.heard[0]["env"]) == (str(modu.work), modu.env)
    said = wire.heard[1]["params"]
    assert (said["text"], said["options"]["thinking"]) == ("안녕", "300")
    assert said["attachments"] == [{"source": "표준 입력", "text": "붙인 글"}]


def test_how_each_of_several_ended_is_told_to_whoever_waits_for_it(modu: CommandLine) -> None:
    idle, killed, told = (modu.start("--model", "offline", stdin=subprocess.PIPE) for _ in range(3))
    with pytest.raises(subprocess.TimeoutExpired):
        idle.wait(0)

    killed.kill()
    told.terminate()
    _, said = idle.communicate(timeout=60)
    for process in (killed, told):
        process.communicate(timeout=60)
        process.terminate()

    assert isinstance(idle, Forked)
    assert (idle.returncode, killed.returncode, told.returncode) == (2, -signal.SIGKILL, -signal.SIGTERM)
    assert "요청이 없습니다" in said.decode()
    assert idle.poll() == 2


@pytest.mark.parametrize("changed", [{"LANG": "ko_KR.UTF-8"}, {"TZ": "Asia/Seoul"}, {"PYTHONPATH": "/"}])
def test_what_the_interpreter_or_a_library_would_have_seen_takes_a_new_one(
    modu: CommandLine, changed: dict[str, str]
) -> None:
    assert fits(modu.env)
    assert not fits(modu.env | changed)
    assert not fits({name: value for name, value in modu.env.items() if name != "LANG"})
