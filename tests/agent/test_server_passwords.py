"""Passwords of calendar accounts: from the window that has them to the calendar server, and to no disk."""

from pathlib import Path

import pytest

from agent.host.origin import Origin
from agent.settings import load

PASSWORD = {"MODU_CALDAV_NAVER": "비밀"}


def test_they_reach_the_built_in_servers_from_another_window(tmp_path: Path) -> None:
    settings = Origin(cwd=str(tmp_path), env=PASSWORD).settings(tmp_path)

    assert settings.server_environment["MODU_CALDAV_NAVER"] == "비밀"
    assert "비밀" not in settings.model_dump_json()


def test_they_reach_them_in_a_process_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODU_CALDAV_NAVER", "비밀")
    monkeypatch.setenv("OTHER_PASSWORD", "남의 것")

    environment = load({}, {"MODU_HOME": str(tmp_path)}).server_environment

    assert environment["MODU_CALDAV_NAVER"] == "비밀"
    assert "OTHER_PASSWORD" not in environment


def test_the_notes_of_running_turns_are_without_them(tmp_path: Path) -> None:
    origin = Origin(cwd=str(tmp_path), env=PASSWORD | {"MODU_LANG": "ko"})

    assert origin.plain().env == {"MODU_LANG": "ko"}
