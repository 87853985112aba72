"""The resident process as a service of the user: a systemd unit, a launchd agent."""

import os
import plistlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from agent.errors import UserError
from agent.text import one_line, refusal

_LABEL = "kr.modu.daemon"
_UNIT = """\
[Unit]
Description=모두(modu) 상주 프로세스

[Service]
Type=notify
ExecStart={command}
Environment={home} MODU_DAEMON_IDLE=inf
Restart=on-failure
RestartSec=2
KillMode=mixed
TimeoutStopSec=30
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native

[Install]
WantedBy=default.target
"""
"""What tools may do is the policy's and the sandbox's business: namespaces stay allowed because the sandbox makes them,
folders because projects lie anywhere."""


def text(home: Path) -> str:
    """The unit, or on macOS the property list."""
    return property_list(home) if sys.platform == "darwin" else _unit(home)


def path(env: "os._Environ[str] | dict[str, str]" = os.environ) -> Path:
    """Where the service manager of the user looks for it."""
    if sys.platform == "darwin":
        return Path(f"~/Library/LaunchAgents/{_LABEL}.plist").expanduser()
    return Path(env.get("XDG_CONFIG_HOME") or "~/.config").expanduser() / "systemd" / "user" / "modu.service"


def install(home: Path) -> str:
    """Write and enable it; returns what happened. Raises `UserError`."""
    if sys.platform == "win32":
        raise UserError(
            "Windows 에서는 서비스로 설치할 수 없습니다.", hint="모두를 쓰면 상주 프로세스가 저절로 켜집니다."
        )
    place = path()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text(home), encoding="utf-8")
    except OSError as error:
        raise UserError(f"{place} 에 쓸 수 없습니다: {refusal(error)}") from error
    if sys.platform == "darwin":
        _call("launchctl", "bootout", f"gui/{os.getuid()}/{_LABEL}")
        fault = _call("launchctl", "bootstrap", f"gui/{os.getuid()}", str(place))
    else:
        fault = _call("systemctl", "--user", "daemon-reload") or _call(
            "systemctl", "--user", "enable", "--now", "modu.service"
        )
    if fault:
        raise UserError(f"{place} 을(를) 썼지만 켜지 못했습니다: {fault}", hint=_by_hand())
    return f"서비스로 설치했습니다. 로그인할 때 켜집니다: {place}"


def uninstall() -> str:
    """Stop and remove it; returns what happened."""
    place = path()
    if not place.exists():
        return "서비스로 설치되어 있지 않습니다."
    if sys.platform == "darwin":
        fault = _call("launchctl", "bootout", f"gui/{os.getuid()}/{_LABEL}")
    else:
        fault = _call("systemctl", "--user", "disable", "--now", "modu.service")
    place.unlink(missing_ok=True)
    if sys.platform != "darwin":
        _call("systemctl", "--user", "daemon-reload")
    return f"서비스를 지웠습니다: {place}" + (f" (끄지는 못했습니다: {fault})" if fault else "")


def _by_hand() -> str:
    if sys.platform == "darwin":
        return f"launchctl bootstrap gui/{os.getuid()} {path()}"
    return "로그인한 사용자의 세션에서 systemctl --user enable --now modu.service 를 실행하세요."


def _call(*command: str) -> str:
    """Why it did not work; empty if it did."""
    if shutil.which(command[0]) is None:
        return f"{command[0]} 이(가) 없습니다"
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603
    said = (done.stderr or done.stdout).decode(errors="replace")
    return "" if done.returncode == 0 else one_line(said, 200) or f"{command[0]} 종료 코드 {done.returncode}"


def _command() -> Sequence[str]:
    return (sys.executable, "-P", "-m", "agent.daemon", "--foreground")


def _unit(home: Path) -> str:
    command = " ".join(_quoted(one).replace("$", "$$") for one in _command())
    return _UNIT.format(command=command, home=_quoted(f"MODU_HOME={home}"))


def _quoted(word: str) -> str:
    """As systemd.syntax(7) reads it."""
    plain = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{plain}"' if plain != word or not word.isascii() or " " in word else word


def property_list(home: Path) -> str:
    """For launchd."""
    return plistlib.dumps(
        {
            "Label": _LABEL,
            "ProgramArguments": list(_command()),
            "EnvironmentVariables": {"MODU_HOME": str(home), "MODU_DAEMON_IDLE": "inf"},
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ProcessType": "Interactive",
        }
    ).decode()
