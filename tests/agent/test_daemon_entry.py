"""Who gets in, and where: the socket, loopback with a token, other users of the machine, homes that are no good.

Some of it takes a second user and a mount: run as root, or where `sudo -n` works.
"""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from tests.agent.daemon_program import Program, runs, until

ROOT = () if os.geteuid() == 0 else ("sudo", "-n")
PROBE = """
import json, os, pwd, socket, sys
from pathlib import Path
account, folder, *processes = sys.argv[1:]
found = pwd.getpwnam(account)
os.setgroups([]); os.setgid(found.pw_gid); os.setuid(found.pw_uid)

def tried(attempt):
    try: return str(attempt())
    except OSError as error: return type(error).__name__

def connected():
    with socket.socket(socket.AF_UNIX) as made:
        made.connect(f"{folder}/modu.sock")
        made.sendall(b'{"modu": 1}\\n')
        return made.recv(100)

told = {
    "connect": tried(connected),
    "list": tried(lambda: os.listdir(folder)),
    "port": tried(lambda: Path(folder, "port.json").read_text()),
    "log": tried(lambda: Path(folder, "../logs/daemon.log").read_text()),
    "environ": [tried(lambda: Path(f"/proc/{one}/environ").read_text()) for one in processes],
    "cmdline": [tried(lambda: Path(f"/proc/{one}/cmdline").read_text()) for one in processes],
}
print(json.dumps(told))
"""


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    made = Program(tmp_path)
    yield made
    made.end()


@pytest.fixture
def account() -> Iterator[str]:
    """Another user of this machine."""
    name = f"modu-test-{os.getpid()}"
    _as_root("useradd", "--no-create-home", "--no-user-group", name)
    yield name
    _as_root("userdel", name)


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A folder that every user may enter, unlike that of pytest."""
    made = Path(mkdtemp(dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def _as_root(*command: str) -> str:
    done = subprocess.run([*ROOT, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"run this test as root or where `sudo -n` works: {command}: {done.stderr}"
    return done.stdout


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _probed(program: Program, account: str) -> dict[str, Any]:
    processes = [str(program.supervisor), str(program.worker)]
    answered = _as_root(sys.executable, "-P", "-c", PROBE, account, str(program.folder.path), *processes)
    told: dict[str, Any] = json.loads(answered)
    return told


def test_nobody_else_may_enter_the_folder_or_the_socket(program: Program) -> None:
    before = os.umask(0)
    try:
        program.start()
    finally:
        os.umask(before)
    assert program.worker

    home = program.home
    modes = {path.name: oct(_mode(path)) for path in (home, home / "daemon", home / "logs")}
    files = {path.name: oct(_mode(path)) for path in (program.folder.socket, program.folder.lock, program.folder.log)}
    assert modes == {"home": "0o700", "daemon": "0o700", "logs": "0o700"}
    assert files == {"modu.sock": "0o600", "lock": "0o600", "daemon.log": "0o600"}


def test_another_user_learns_nothing_and_does_not_get_in(open_place: Path, account: str) -> None:
    program = Program(open_place)
    program.home.mkdir(mode=0o755)
    try:
        program.start()
        shut = _probed(program, account)
        # Even where somebody has opened the doors, the process looks at who comes.
        program.folder.path.chmod(0o777)
        program.folder.socket.chmod(0o777)
        opened = _probed(program, account)
    finally:
        program.end()

    refused = "PermissionError"
    assert {key: shut[key] for key in ("connect", "list", "port", "log")} == dict.fromkeys(
        ("connect", "list", "port", "log"), refused
    )
    assert shut["environ"] == [refused, refused]
    supervisor, worker = (one.split("\0") for one in shut["cmdline"])
    assert supervisor[1:] == ["-P", "-m", "agent.daemon", ""]
    assert worker[1:4] == ["-P", "-m", "agent.daemon.worker"]
    assert all(one.isdecimal() for one in worker[4:-1])
    assert opened["connect"] in ("b''", "ConnectionResetError", "BrokenPipeError")
    assert "연결을 거절했습니다" in program.log


def test_loopback_takes_the_token_and_nothing_else(program: Program) -> None:
    supervisor = program.start(MODU_DAEMON_TRANSPORT="tcp")
    known = json.loads(program.folder.port.read_text(encoding="ascii"))

    assert not program.folder.socket.exists()
    assert _mode(program.folder.port) == 0o600
    assert len(known["token"]) == 64
    assert program.face().line()
    assert program.face(token="0" * 64).line() is None
    assert program.face(token="").line() is None
    assert "127.0.0.1 과 토큰" in program.log
    assert known["token"] not in program.log

    worker = program.worker
    os.kill(worker, signal.SIGKILL)
    assert program.face().line()
    assert program.worker != worker
    program.ask("daemon.stop", patience=0)
    until(lambda: not runs(supervisor))
    assert not program.folder.port.exists()


def test_where_the_socket_is_refused_loopback_serves(program: Program) -> None:
    program.folder.socket.mkdir(parents=True)

    program.start()

    assert program.worker
    assert program.folder.port.exists()
    assert "유닉스 소켓을 만들 수 없습니다" in program.log


def test_a_home_with_a_long_name_has_its_socket_elsewhere(tmp_path: Path) -> None:
    program = Program(tmp_path, tmp_path / ("긴이름" * 20))
    place = program.folder.socket
    try:
        program.start()
        assert place.parent.parent == Path("/tmp")
        assert (_mode(place.parent), _mode(place)) == (0o700, 0o600)
        assert program.worker
        assert not program.folder.port.exists()
    finally:
        program.end()
        place.parent.rmdir()


def test_a_place_that_another_user_took_first_is_left_to_him(tmp_path: Path, account: str) -> None:
    """A face that greeted him would tell him its environment."""
    program = Program(tmp_path, tmp_path / ("긴이름" * 20))
    place = program.folder.socket.parent
    place.mkdir(mode=0o777)
    _as_root("chown", account, str(place))
    try:
        program.start()
        assert program.worker
        assert program.folder.port.exists()
        assert not list(place.iterdir())
    finally:
        program.end()
        _as_root("rmdir", str(place))


@pytest.mark.parametrize(
    ("given", "fills", "said"),
    [("ro", "true", "읽기만 되는 곳입니다"), ("size=16k", "head -c 99999 /dev/zero > full", "디스크가 가득 찼습니다")],
)
def test_a_home_that_takes_nothing_is_said_so(program: Program, given: str, fills: str, said: str) -> None:
    program.home.mkdir()
    begin = f'mount -t tmpfs -o {given} none "$MODU_HOME"; cd "$MODU_HOME"; {fills}; exec "$0" -P -m agent.daemon'
    env = [f"{name}={value}" for name, value in program.env.items()]

    begun = subprocess.run(
        [*ROOT, "env", *env, "unshare", "-m", "sh", "-c", begin, sys.executable],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert begun.returncode == 1
    [line] = begun.stdout.splitlines()
    assert said in line
    assert str(program.home) in line
    assert not program.processes


def test_a_home_that_cannot_be_is_said_so_by_the_face(program: Program, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    started = program.modu("start", MODU_HOME=str(tmp_path / "file" / "home"))

    assert started.returncode == 1
    assert "저장 폴더를 쓸 수 없습니다: 폴더가 아닌 것이 경로에 있습니다" in started.stdout


def test_many_faces_at_once_are_all_served(program: Program) -> None:
    program.start()
    faces = [program.face() for _ in range(100)]

    assert all(face.line() for face in faces)
    assert program.ask("daemon.status")["faces"] == 101


def test_a_face_that_says_nothing_keeps_nobody_out(program: Program) -> None:
    program.start()
    with socket.socket(socket.AF_UNIX) as silent:
        silent.connect(str(program.folder.socket))

        assert program.worker


def test_under_a_service_manager_it_stays_and_says_when_it_is_ready(program: Program, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        service = program.begin("--foreground", NOTIFY_SOCKET=str(tmp_path / "notify"))
        assert manager.recv(100) == b"READY=1"
        worker = program.worker
        second = program.begin("--foreground", NOTIFY_SOCKET=str(tmp_path / "notify"))
        assert manager.recv(200).startswith(b"READY=1\nSTATUS=")
        assert second.communicate(timeout=20)[0] == "ready\n"
        assert second.returncode == 0

    assert service.pid == program.supervisor
    assert b"NOTIFY_SOCKET" not in Path(f"/proc/{worker}/environ").read_bytes()
    service.send_signal(signal.SIGINT)
    said = service.communicate(timeout=20)[0]
    assert service.returncode == 0
    assert "작업 프로세스를 시작했습니다" in said
    assert not runs(worker)
