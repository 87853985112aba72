"""Killed, crashing, robbed of its folder: faces are served again, and nothing stays behind."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.wire.locks import is_held
from tests.agent.daemon_program import LAUNCH, Program, nobody_listens, runs, until


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    made = Program(tmp_path)
    yield made
    made.end()


def test_a_killed_worker_is_replaced_behind_the_same_socket_and_waiting_faces_are_served(program: Program) -> None:
    supervisor = program.start()
    worker, place = program.worker, program.folder.socket.stat().st_ino
    busy = program.face()
    assert busy.line()
    busy.ask("test.work", until=str(program.home / "never"))
    os.kill(worker, signal.SIGSTOP)
    waiting = [program.face() for _ in range(5)]

    os.kill(worker, signal.SIGKILL)
    greeted = [face.line() for face in waiting]

    assert busy.line() is None
    assert {one["pid"] for one in greeted if one} == {program.worker} != {worker}
    assert program.folder.socket.stat().st_ino == place
    assert program.supervisor == supervisor
    assert program.ask("daemon.status")["recovered"]


@pytest.mark.parametrize("by", ["SIGKILL", "SIGSEGV"])
def test_nothing_of_a_killed_worker_stays(program: Program, by: str) -> None:
    program.start()
    family = program.ask("test.spawn")
    assert all(map(runs, family))

    program.ask("test.die", by=by)
    program.ask("daemon.status")

    assert not [pid for pid in family if runs(pid)]
    assert f"죽었습니다 (신호 {by})" in program.log
    assert "남긴 프로세스 3개를 끝냈습니다" in program.log


def test_after_the_death_of_its_watcher_the_worker_goes_on_alone_and_clears_up_at_its_end(program: Program) -> None:
    supervisor = program.start()
    worker = program.worker
    family = program.ask("test.spawn")
    os.kill(supervisor, signal.SIGKILL)
    until(lambda: program.supervisor == worker)

    assert program.start() == worker
    assert program.worker == worker
    assert program.processes.count(supervisor) == 0

    program.ask("daemon.stop", patience=0)
    until(lambda: not is_held(program.folder.lock))
    until(lambda: not runs(worker))
    assert not program.folder.socket.exists()
    until(lambda: not [pid for pid in family if runs(pid)])


def test_a_home_whose_processes_were_all_killed_is_served_again(program: Program) -> None:
    for pid in (program.start(), program.worker):
        os.kill(pid, signal.SIGKILL)
    until(lambda: not is_held(program.folder.lock))
    assert program.folder.socket.exists()
    assert nobody_listens(program.folder.socket)

    program.start()

    assert program.worker


def test_one_whose_socket_was_removed_gives_way(program: Program) -> None:
    old, worker = program.start(), program.worker
    busy = program.face()
    assert busy.line()
    busy.ask("test.work", until=str(program.home / "go"))
    program.folder.socket.unlink()

    assert program.start() != old
    assert program.worker != worker
    (program.home / "go").touch()
    assert busy.line() == {"id": 1, "result": worker}
    until(lambda: not runs(old) and not runs(worker))
    assert program.worker


def test_one_whose_folder_was_removed_takes_nothing_from_the_next(program: Program) -> None:
    old, worker = program.start(), program.worker
    shutil.rmtree(program.home)

    new = program.start()
    assert program.worker != worker
    os.kill(old, signal.SIGTERM)
    until(lambda: not runs(old) and not runs(worker))

    assert program.supervisor == new
    assert program.worker


def test_a_worker_that_keeps_crashing_is_given_up_and_faces_hear_so_at_once(program: Program) -> None:
    program.home.mkdir()
    (program.home / "broken").touch()
    supervisor = program.start()
    face = program.face()

    assert face.line() is None
    until(lambda: not runs(supervisor))
    assert program.log.count("죽었습니다 (종료 코드 1)") == 5
    assert "60초 안에 5번 죽어서" in program.log
    assert "RuntimeError" in program.log
    assert "010-1234-5678" not in program.log
    assert not program.folder.socket.exists()

    launched = program.python(LAUNCH)
    assert "잇달아 죽어서" in launched.stderr.strip().splitlines()[-1]

    (program.home / "broken").unlink()
    program.upgrade()
    assert program.start()
    assert program.worker


def test_a_fault_in_what_was_left_over_keeps_nobody_out(program: Program) -> None:
    program.home.mkdir()
    (program.home / "poison").touch()
    program.start()

    assert program.ask("daemon.status")["recovered"]
    assert "a note that cannot be read" not in program.log
    assert "RuntimeError" in program.log
