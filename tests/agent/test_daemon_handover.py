"""After an upgrade the old process gives way at once and still ends what it has begun."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.wire.locks import is_held
from tests.agent.daemon_program import Face, Program, runs, told, until


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    made = Program(tmp_path)
    yield made
    made.end()


def _busy(program: Program) -> tuple[Face, Path]:
    """A face with a turn that ends when there is such a file."""
    face, go = program.face(), program.home / "go"
    assert face.line()
    face.ask("test.work", until=str(go))
    until(lambda: program.ask("daemon.status")["sessions"][0]["running"])
    return face, go


def test_a_busy_process_hands_over_and_ends_its_turn(program: Program) -> None:
    old = program.start()
    worker = program.worker
    busy, go = _busy(program)
    program.upgrade()

    newcomer = program.face(build=program.build())
    assert newcomer.line() is None
    until(lambda: not is_held(program.folder.lock))
    assert not program.folder.socket.exists()
    new = program.start()

    assert new != old
    assert program.worker != worker
    assert runs(old)
    assert runs(worker)
    go.touch()
    answer = busy.line()
    assert answer
    assert answer["result"] == worker
    until(lambda: not runs(old) and not runs(worker))
    assert program.supervisor == new
    assert program.folder.socket.exists()
    assert program.worker
    assert "새 판에 자리를 내줍니다" in program.log


def test_an_idle_process_is_gone_at_once(program: Program) -> None:
    old = program.start()
    assert program.worker
    program.upgrade()

    assert program.face(build=program.build()).line() is None

    until(lambda: not runs(old))
    assert program.start() != old


def test_a_face_of_another_installation_alone_changes_nothing(program: Program) -> None:
    old = program.start()

    greeted = program.face(build="another").line()

    assert greeted
    assert program.start() == old


def test_a_retired_process_that_crashes_is_not_started_again(program: Program) -> None:
    old = program.start()
    worker = program.worker
    _busy(program)
    program.upgrade()
    assert program.face(build=program.build()).line() is None
    until(lambda: not is_held(program.folder.lock))
    new = program.start()

    os.kill(worker, signal.SIGKILL)
    until(lambda: not runs(old))

    assert program.supervisor == new
    assert program.worker


def test_a_retired_process_hurries_when_it_is_told_to_end(program: Program) -> None:
    old = program.start()
    _busy(program)
    program.upgrade()
    assert program.face(build=program.build()).line() is None
    until(lambda: not is_held(program.folder.lock))

    until(lambda: not told(old, signal.SIGTERM))


def test_a_worker_alone_hands_over_too(program: Program) -> None:
    old = program.start()
    worker = program.worker
    os.kill(old, signal.SIGKILL)
    until(lambda: program.supervisor == worker)
    busy, go = _busy(program)
    program.upgrade()

    assert program.face(build=program.build()).line() is None
    until(lambda: not is_held(program.folder.lock))
    program.start()
    assert program.worker != worker
    go.touch()

    assert busy.line()
    until(lambda: not runs(worker))
    assert program.worker
