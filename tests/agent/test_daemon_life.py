"""The resident process is one, outlives its terminal, its worker and its watcher, and leaves nothing behind."""

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.wire.locks import is_held
from tests.agent.daemon_program import Program, nobody_listens, parent, runs, told, until

LAUNCH = (
    "from pathlib import Path; from agent.wire.launching import launch; from agent.wire.home import home_folder;"
    "from agent.wire.link import Link\n"
    "link = Link(lambda: launch(home_folder()), {'modu': 1, 'cwd': '/', 'options': {}, 'env': {}})\n"
    "print(link.call('daemon.status')['pid'])"
)
"""What a thin face does."""


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
    assert f"신호 {by} (으)로 죽었습니다" in program.log
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
    assert not [pid for pid in family if runs(pid)]


def test_a_home_whose_processes_were_all_killed_is_served_again(program: Program) -> None:
    for pid in (program.start(), program.worker):
        os.kill(pid, signal.SIGKILL)
    until(lambda: not is_held(program.folder.lock))
    assert program.folder.socket.exists()
    assert nobody_listens(program.folder.socket)

    program.start()

    assert program.worker


def test_a_worker_that_keeps_crashing_is_given_up_and_faces_hear_so_at_once(program: Program) -> None:
    program.home.mkdir()
    (program.home / "broken").touch()
    supervisor = program.start()
    face = program.face()

    assert face.line() is None
    until(lambda: not runs(supervisor))
    assert program.log.count("종료 코드 1 (으)로 죽었습니다") == 5
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


def test_a_fault_in_what_was_left_over_keeps_nobody_out(program: Program) -> None:
    program.home.mkdir()
    (program.home / "poison").touch()
    program.start()

    assert program.ask("daemon.status")["recovered"]
    assert "a note that cannot be read" not in program.log
    assert "RuntimeError" in program.log


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
