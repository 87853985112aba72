"""The resident process is one, outlives its terminal, and ends when it is told to or nobody needs it."""

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.daemon_program import LAUNCH, Program, parent, runs, told, until


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    made = Program(tmp_path)
    yield made
    made.end()


def test_ten_faces_that_come_at_once_get_one_process(program: Program) -> None:
    faces = [
        subprocess.Popen([sys.executable, "-P", "-c", LAUNCH], env=program.env, stdout=subprocess.PIPE, text=True)
        for _ in range(10)
    ]

    answers = {face.communicate(timeout=60)[0].strip() for face in faces}

    assert len(answers) == 1
    assert answers.isdisjoint({""})
    assert len(program.processes) == 2
    assert program.log.count("상주 프로세스를 시작합니다") == 1


def test_a_second_start_finds_the_first(program: Program) -> None:
    first = program.start()

    assert program.start() == first
    assert len(program.processes) == 2


def test_it_outlives_the_terminal_and_the_session_it_was_started_from(program: Program) -> None:
    leader, terminal = pty.fork()
    if leader == 0:
        os.execve(sys.executable, [sys.executable, "-P", "-c", f"{LAUNCH}\ninput()"], program.env)
    said = until(lambda: b"\n" in (chunk := os.read(terminal, 100)) and chunk)
    supervisor = program.supervisor

    os.close(terminal)
    os.kill(leader, signal.SIGKILL)
    os.waitpid(leader, 0)
    os.kill(supervisor, signal.SIGHUP)
    os.kill(int(said), signal.SIGHUP)

    assert program.worker == int(said)
    assert parent(int(said)) == supervisor
    assert parent(supervisor) != leader
    stat = Path(f"/proc/{supervisor}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    assert (stat[4], int(stat[3]) != supervisor) == ("0", True)
    assert program.ask("daemon.status")["cwd"] == "/"


def test_it_ends_when_nobody_has_needed_it_for_a_while(program: Program) -> None:
    supervisor = program.start(MODU_DAEMON_IDLE="0.005")
    face = program.face()
    assert face.line()
    worker = program.worker
    until(lambda: program.ask("daemon.status")["uptime"] > 0.6)

    face.close()
    until(lambda: not runs(supervisor))

    assert not runs(worker)
    assert not program.folder.socket.exists()
    assert (program.home / "closed").read_text(encoding="ascii") == str(worker)


def test_what_waits_for_its_time_keeps_it(program: Program) -> None:
    program.home.mkdir()
    (program.home / "waits").touch()
    supervisor = program.start(MODU_DAEMON_IDLE="0.001")
    until(lambda: program.ask("daemon.status")["uptime"] > 0.3)

    (program.home / "waits").unlink()

    until(lambda: not runs(supervisor))


def test_told_to_end_it_lets_the_running_turn_end_and_no_new_face_in(program: Program) -> None:
    supervisor = program.start()
    face, go = program.face(), program.home / "go"
    assert face.line()
    face.ask("test.work", until=str(go))
    face.ask("daemon.status")

    os.kill(supervisor, signal.SIGTERM)
    until(lambda: not program.folder.socket.exists())
    assert not program.listens()
    go.touch()

    answer = face.line()
    assert answer
    assert isinstance(answer["result"], int)
    until(lambda: not runs(supervisor))
    assert not runs(answer["result"])
    assert program.log.count("시작했습니다") == 1


def test_a_worker_that_does_not_end_is_killed_in_the_end(program: Program) -> None:
    """After 15 seconds, or at the second word."""
    supervisor = program.start()
    worker = program.worker
    os.kill(worker, signal.SIGSTOP)

    until(lambda: not told(supervisor, signal.SIGTERM))

    assert not runs(worker)


def test_what_was_loaded_is_frozen_and_the_user_keeps_his_umask(program: Program) -> None:
    before = os.umask(0o026)
    try:
        program.start()
    finally:
        os.umask(before)

    until(lambda: program.ask("daemon.status")["frozen"])
    assert program.ask("daemon.status")["umask"] == "0o26"


def test_it_holds_no_more_than_it_needs(program: Program) -> None:
    program.start()
    worker = program.worker
    [child] = program.ask("test.spawn")[:1]

    files = {str(one.readlink()) for one in Path(f"/proc/{child}/fd").iterdir()}

    assert not [one for one in files if one.startswith("socket:") or one.endswith("daemon/lock")]
    assert runs(worker)


def test_a_relative_home_is_meant_from_where_it_was_said(program: Program) -> None:
    program.home.mkdir()

    started = subprocess.run(
        [sys.executable, "-P", "-m", "agent.daemon"],
        env=program.env | {"MODU_HOME": program.home.name},
        cwd=program.home.parent,
        capture_output=True,
        text=True,
        check=False,
    )

    assert started.stdout == "ready\n"
    worker = program.worker
    program.ask("daemon.stop", patience=0)
    until(lambda: not runs(worker))


def test_a_folder_of_the_same_name_where_a_face_stands_is_not_started(program: Program, tmp_path: Path) -> None:
    trap = tmp_path / "project" / "agent"
    (trap / "daemon").mkdir(parents=True)
    for name in ("__init__.py", "daemon/__init__.py"):
        (trap / name).touch()
    (trap / "daemon" / "__main__.py").write_text("print('trapped')", encoding="utf-8")

    launched = subprocess.run(
        [sys.executable, "-P", "-c", LAUNCH],
        env=program.env,
        cwd=trap.parent,
        capture_output=True,
        text=True,
        check=False,
    )

    assert launched.stdout.strip() == str(program.worker)
