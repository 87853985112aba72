"""`modu daemon`: what people and scripts see of the resident process."""

import json
import os
import plistlib
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.daemon import show, units
from agent.wire.locks import is_held
from tests.agent.daemon_program import Program, runs, until

NONE = "상주 프로세스가 실행되고 있지 않습니다."


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    made = Program(tmp_path)
    yield made
    made.end()


def test_it_is_started_looked_at_and_stopped(program: Program) -> None:
    started = program.modu("start")
    again = program.modu("start")
    status = program.modu("status")
    worker, supervisor = program.worker, program.supervisor
    stopped = program.modu("stop")

    assert (started.returncode, started.stderr) == (0, f"상주 프로세스가 실행 중입니다 (PID {supervisor}).\n")
    assert (again.returncode, again.stderr) == (0, f"상주 프로세스가 이미 실행 중입니다 (PID {supervisor}).\n")
    assert status.stdout.splitlines() == [
        f"상주 프로세스  실행 중 (PID {worker}, 감시 {supervisor}), 0초째",
        f"판             {program.build()}",
        "창             1개 연결됨 (유닉스 소켓)",
        "대화           1개 열림, 0개 일하는 중",
        "도구 서버      calendar 연결됨",
        "모델           ax-4.1",
        "다음 알림      2026-11-22 (일) 09:00",
        "메모리         50MB (가장 많을 때 60MB)",
        "사건           1분에 7건",
        f"기록           {program.folder.log}",
    ]
    assert (stopped.returncode, stopped.stderr) == (0, "상주 프로세스를 껐습니다.\n")
    assert not runs(worker)
    assert not is_held(program.folder.lock)


def test_a_script_gets_an_object(program: Program) -> None:
    program.start()

    status = json.loads(program.modu("status", "--json").stdout)

    assert status["pid"] == program.worker
    assert status["supervisor"] == program.supervisor
    assert (status["transport"], status["log"]) == ("유닉스 소켓", str(program.folder.log))


def test_where_none_runs_it_says_so(program: Program) -> None:
    status, stopped, logs = program.modu("status"), program.modu("stop"), program.modu("logs")

    assert (status.returncode, status.stdout.startswith(NONE)) == (1, True)
    assert (stopped.returncode, stopped.stderr) == (0, f"{NONE}\n")
    assert (logs.returncode, logs.stdout.startswith("아직 기록이 없습니다.")) == (1, True)
    assert not program.home.exists()


def test_a_restart_is_another_process(program: Program) -> None:
    old = program.start()

    assert program.modu("restart").returncode == 0

    assert program.supervisor != old
    assert not runs(old)
    assert program.worker


def test_a_worker_alone_is_stopped(program: Program) -> None:
    supervisor, worker = program.start(), program.worker
    os.kill(supervisor, signal.SIGKILL)
    until(lambda: program.supervisor == worker)

    assert program.modu("stop").returncode == 0

    assert not runs(worker)


def test_one_that_cannot_be_reached_is_stopped(program: Program) -> None:
    supervisor, worker = program.start(), program.worker
    program.folder.socket.unlink()

    assert program.modu("stop").returncode == 0

    assert not runs(supervisor)
    assert not runs(worker)


def test_the_log_is_read_as_lines_for_people(program: Program) -> None:
    program.start()
    os.kill(program.worker, signal.SIGKILL)
    assert program.worker
    with program.folder.log.open("a", encoding="utf-8") as file:
        file.write("Fatal Python error: \x1b[31mof a library\n")

    lines = program.modu("logs").stdout.splitlines()

    assert "알림 상주 프로세스를 시작합니다" in lines[0]
    assert any("오류 작업 프로세스가 죽었습니다 (신호 SIGKILL)" in line for line in lines)
    assert "Fatal Python error: [31mof a library" in lines
    assert program.modu("logs", "-n", "1").stdout == "Fatal Python error: [31mof a library\n"


def test_the_log_is_followed_over_its_change_of_files(program: Program) -> None:
    program.start()
    assert program.worker
    reader = subprocess.Popen(
        [sys.executable, "-P", "-c", "from agent.cli.daemon import main; main(['logs', '-f', '-n', '0'])"],
        env=program.env,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert reader.stdout
        descriptors = Path(f"/proc/{reader.pid}/fd")
        until(lambda: any(one.readlink() == program.folder.log for one in descriptors.iterdir() if one.is_symlink()))
        program.folder.log.rename(program.folder.log.with_name("daemon.log.1"))
        os.kill(program.worker, signal.SIGKILL)

        assert "SIGKILL" in reader.stdout.readline()
    finally:
        reader.kill()
        reader.communicate()


@pytest.mark.parametrize("given", [["up"], ["status", "--xml"], ["logs", "-n", "x"], ["logs", "-g"], ["stop", "now"]])
def test_what_cannot_be_read_is_an_error_of_use(program: Program, given: list[str]) -> None:
    assert program.modu(*given).returncode == 2


def test_help_needs_no_home(program: Program) -> None:
    assert "modu daemon start" in program.modu("--help").stdout
    assert not program.home.exists()


def test_a_thin_command_loads_nothing_heavy(program: Program) -> None:
    code = "import sys, agent.cli.daemon; print(*{'asyncio', 'pydantic', 'logging', 'argparse'} & sys.modules.keys())"

    assert program.python(code).stdout.split() == []


def test_the_process_that_watches_loads_little(program: Program) -> None:
    heavy = "{'asyncio', 'pydantic', 'logging', 'subprocess', 'threading', 'argparse', 'hashlib'}"
    code = f"import sys, agent.daemon.__main__; print(*{heavy} & sys.modules.keys())"

    assert program.python(code).stdout.split() == []


def test_the_unit_is_one_that_systemd_takes(program: Program, tmp_path: Path) -> None:
    home = tmp_path / '집 100% "$HOME"'
    shown = program.modu("install", "--print", MODU_HOME=str(home))
    unit = tmp_path / "modu.service"
    unit.write_text(shown.stdout, encoding="utf-8")

    assert f'"MODU_HOME={tmp_path}/집 100%% \\"$HOME\\""' in shown.stdout
    assert f"ExecStart={sys.executable} -P -m agent.daemon --foreground\n" in shown.stdout
    assert not home.exists()
    if tool := shutil.which("systemd-analyze"):
        env = program.env | {"XDG_RUNTIME_DIR": str(tmp_path)}
        checked = subprocess.run([tool, "--user", "verify", unit], env=env, capture_output=True, text=True, check=False)
        assert (checked.returncode, checked.stderr) == (0, "")


def test_the_property_list_is_one(tmp_path: Path) -> None:
    read = plistlib.loads(units.property_list(tmp_path).encode())

    assert read["EnvironmentVariables"]["MODU_HOME"] == str(tmp_path)
    assert read["ProgramArguments"] == [sys.executable, "-P", "-m", "agent.daemon", "--foreground"]
    assert read["KeepAlive"] == {"SuccessfulExit": False}


def _systemctl(program: Program, exit_code: int) -> Path:
    """A stand-in that notes what it was told."""
    folder = program.root / "bin"
    folder.mkdir()
    tool = folder / "systemctl"
    tool.write_text(
        f'#!/bin/sh\necho "$*" >> "{folder}/calls"\necho "no bus" >&2\nexit {exit_code}\n', encoding="utf-8"
    )
    tool.chmod(0o755)
    program.env["PATH"] = f"{folder}:{program.env['PATH']}"
    return folder / "calls"


def test_a_service_is_installed_and_removed(program: Program, tmp_path: Path) -> None:
    calls = _systemctl(program, 0)
    unit = tmp_path / ".config" / "systemd" / "user" / "modu.service"

    installed = program.modu("install")
    written = unit.read_text(encoding="utf-8")
    removed = program.modu("uninstall")

    assert (installed.returncode, removed.returncode) == (0, 0)
    assert f"MODU_HOME={program.home}" in written
    assert not unit.exists()
    assert calls.read_text(encoding="utf-8").splitlines() == [
        "--user daemon-reload",
        "--user enable --now modu.service",
        "--user disable --now modu.service",
        "--user daemon-reload",
    ]
    assert "설치되어 있지 않습니다" in program.modu("uninstall").stderr


def test_where_the_service_manager_does_not_answer_it_says_what_to_do(program: Program, tmp_path: Path) -> None:
    _systemctl(program, 1)

    installed = program.modu("install")

    assert installed.returncode == 1
    assert "켜지 못했습니다: no bus" in installed.stdout
    assert "systemctl --user enable --now modu.service" in installed.stdout


def test_durations_and_faults_for_people() -> None:
    line = {"time": "2026-11-22T00:00:00.000+0900", "level": "ERROR", "logger": "agent.host", "message": "m"}

    assert [show.duration(seconds) for seconds in (5, 65, 3_700, 90_000)] == ["5초", "1분", "1시간", "1일"]
    assert show.log_line(json.dumps(line | {"fault": "KeyError", "frames": ["a.py:1 f"]})).endswith(
        "오류 m [agent.host]\n    a.py:1 f\n    KeyError"
    )
    assert show.log_line('{"half": ') == '{"half": '
