"""The log of the resident process: bounded, whole lines from several processes, and nothing of what was said."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.daemon import records
from agent.daemon.log import Log, aside, line
from tests.agent.daemon_program import Program

WRITER = """
import sys
from pathlib import Path
from agent.daemon.log import Log
log = Log(Path(sys.argv[1]))
for number in range(3000):
    log.note(f"{sys.argv[2]} {number} " + "x" * 400)
"""


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    made = Program(tmp_path)
    yield made
    made.end()


@pytest.fixture
def lines() -> records.Lines:
    return records.Lines()


def _record(name: str, message: str, *arguments: object, fault: BaseException | None = None) -> logging.LogRecord:
    info = (type(fault), fault, fault.__traceback__) if fault else None
    return logging.LogRecord(name, logging.WARNING, "/x/session.py", 12, message, arguments, info)


def _read(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found


def test_several_processes_share_files_of_bounded_size(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "daemon.log"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), name]) for name in "abc"]
    assert [writer.wait() for writer in writers] == [0, 0, 0]

    files = [aside(path, number) for number in range(3)]
    assert sorted(path.parent.iterdir()) == files
    # While one process puts the file aside the others go on in it.
    assert all(file.stat().st_size < 1_500_000 and file.stat().st_mode & 0o777 == 0o600 for file in files)
    newest_last = [one for file in reversed(files) for one in file.read_text(encoding="utf-8").splitlines()]
    told = [_read(one)["message"].split()[:2] for one in newest_last]
    for name in "abc":
        numbers = [int(number) for who, number in told if who == name]
        assert numbers == list(range(numbers[0], 3000)) if numbers else name


def test_output_follows_the_log_into_its_next_file(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from agent.daemon.log import Log\n"
        "log = Log(Path(sys.argv[1])); log.open(); log.carry_output()\n"
        "Path(sys.argv[1]).rename(sys.argv[1] + '.1'); log.note('second'); os.write(2, b'printed\\n')"
    )

    subprocess.run([sys.executable, "-c", code, str(tmp_path / "logs" / "daemon.log")], check=True)

    assert (tmp_path / "logs" / "daemon.log").read_text(encoding="utf-8").endswith("printed\n")


def test_a_log_that_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "logs").touch()
    log = Log(tmp_path / "logs" / "daemon.log")

    log.note("lost")

    with pytest.raises(OSError, match="logs"):
        log.open()


def test_a_line_holds_whatever_it_is_given() -> None:
    read = _read(line("INFO", "agent", '따옴표 " 줄\n바꿈', extra=Path("/x")))

    assert {key: read[key] for key in ("level", "logger", "message", "extra")} == {
        "level": "INFO",
        "logger": "agent",
        "message": '따옴표 " 줄\n바꿈',
        "extra": "/x",
    }


def test_half_a_character_is_written_too(tmp_path: Path) -> None:
    log = Log(tmp_path / "logs" / "daemon.log")

    log.note(os.fsdecode(b"\xff"))
    log.close()

    assert "?" in (tmp_path / "logs" / "daemon.log").read_text(encoding="utf-8")


def test_of_a_library_only_the_fixed_part_is_kept(lines: records.Lines) -> None:
    ours = _read(lines.format(_record("agent.session", "turn failed: %s", "no server")))
    filled = _read(lines.format(_record("mcp.client", "could not validate %s", "010-1234-5678")))
    formatted = _read(lines.format(_record("mcp.client", "could not validate 010-1234-5678")))

    assert ours["message"] == "turn failed: no server"
    assert filled["message"] == "session:12 could not validate %s"
    assert formatted["message"] == "session:12"


def test_of_a_fault_the_place_is_kept_and_not_the_message(lines: records.Lines) -> None:
    try:
        raise ValueError("010-1234-5678")
    except ValueError as error:
        read = _read(lines.format(_record("agent.host", "session.send failed", fault=error)))

    assert read["fault"] == "ValueError"
    assert read["frames"] == [f"{__file__}:{_line_of('raise ValueError')} {_this_test(read)}"]


def test_what_a_fault_of_the_system_or_an_import_says_is_kept(lines: records.Lines) -> None:
    missing = _read(lines.format(_record("agent", "m", fault=ModuleNotFoundError("No module named 'x'"))))
    refused = _read(lines.format(_record("agent", "m", fault=OSError(28, "No space left on device", "/secret"))))

    assert missing["fault"] == "ModuleNotFoundError: No module named 'x'"
    assert refused["fault"] == "OSError: No space left on device"


def test_a_fault_while_a_face_is_served_is_noted_without_its_words(program: Program) -> None:
    program.start()
    face = program.face()
    assert face.line()
    face.ask("test.raise")

    assert face.line() is None
    assert program.worker
    noted = [_read(one) for one in program.log.splitlines()]
    assert [one["fault"] for one in noted if "fault" in one] == ["ValueError"]
    assert "010-1234-5678" not in program.log
    assert {"time", "level", "logger", "message"} <= set(noted[0])


def _line_of(text: str) -> int:
    source = Path(__file__).read_text(encoding="utf-8").splitlines()
    return next(number for number, one in enumerate(source, 1) if one.strip().startswith(text))


def _this_test(read: dict[str, Any]) -> str:
    return str(read["frames"][0].rpartition(" ")[2])
