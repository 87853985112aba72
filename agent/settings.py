"""One frozen value that says how this process behaves, loaded once by the face.

Sources, the strongest first: the command line, `MODU_…` variables, `.modu/config.toml` of the project, `config.toml` in
the home folder. A project's file comes with the project and is not the user's word: unless the user lists the project
in `trusted_projects`, it may only make things stricter.
"""

import os
import sys
import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from agent.errors import SettingsError

Mode = Literal["plan", "ask", "edit", "auto"]
Language = Literal["ko", "en"]

_STRICTER = {"ask", "deny", "lang", "max_turns"}
"""Keys that a project nobody has trusted may set."""


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ServerSpec(_Closed):
    """A tool server the user added: a command (stdio) or an address (streamable HTTP)."""

    command: str | None = None
    args: tuple[str, ...] = ()
    env: dict[str, str] = {}
    """All that the child sees beside PATH and HOME."""
    cwd: Path | None = None
    url: str | None = None
    headers: dict[str, str] = {}
    """`${NAME}` is replaced from the environment, so that no secret stands in the file."""
    timeout: float = 60
    """Seconds without a sign of life after which a call is given up."""


class Profile(_Closed):
    """What is known of a model."""

    served_name: str | None = None
    """Default: whatever the server lists first."""
    base_url: str | None = None
    api_key_env: str | None = None
    context_tokens: int = 32_768
    temperature: float | None = None
    top_p: float | None = None
    extra_body: dict[str, Any] = {}
    """Sent along with every request, e.g. `chat_template_kwargs`."""
    note: str = ""


class Settings(_Closed):
    home: Path
    workspace: Path
    model: str | None = None
    """A profile; `offline` is the built-in engine."""
    base_url: str | None = None
    api_key: SecretStr | None = None
    mode: Mode = "ask"
    lang: Language = "ko"
    max_turns: int = Field(default=25, ge=1, le=500)
    """Model requests in one turn before the assistant must stop and say so."""
    context_tokens: int | None = Field(default=None, ge=4_096)
    tz: str = "Asia/Seoul"
    now: datetime | None = None
    database_url: str | None = None
    model_timeout: float = Field(default=120, gt=0)
    """Seconds of silence from the model server."""
    tool_timeout: float = Field(default=60, gt=0)
    """Seconds of silence from a tool."""
    allow: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    servers: dict[str, ServerSpec] = {}
    only_servers: tuple[str, ...] = ()
    profiles: dict[str, Profile] = {}
    trusted_projects: tuple[str, ...] = ()
    model_is_explicit: bool = False
    """The model was named for this very request, so nothing may stand in for it."""
    ignored: tuple[str, ...] = ()
    """Keys of an untrusted project file that were left out."""

    @field_validator("now", mode="after")
    @classmethod
    def _has_offset(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("시간대 차이가 없습니다. 예: 2026-11-22T09:00:00+09:00")
        return value

    @property
    def server_environment(self) -> dict[str, str]:
        """The variables a built-in tool server reads."""
        env = {"MODU_HOME": str(self.home), "MODU_WORKSPACE": str(self.workspace), "MODU_TZ": self.tz}
        if self.now:
            env["MODU_NOW"] = self.now.isoformat()
        if self.database_url:
            env["MODU_DATABASE_URL"] = self.database_url
        return env


def load(overrides: Mapping[str, Any], env: Mapping[str, str] = os.environ) -> Settings:
    """Read every source.

    Raises:
        SettingsError: a file or a value cannot be read; the message names it in one Korean sentence.
    """
    home = Path(env.get("MODU_HOME") or _default_home(env)).expanduser().absolute()
    workspace = Path(overrides.get("workspace") or Path.cwd()).absolute()
    own = _read_toml(home / "config.toml")
    project, ignored = _project_file(workspace, own)
    variables = _variables(env)
    named = {key: value for key, value in overrides.items() if value is not None}
    explicit = bool({"model", "base_url"} & (named.keys() | variables.keys()))
    merged = {"lang": _language(env), **own, **project, **variables, **named}
    merged |= {"home": home, "workspace": workspace, "ignored": ignored, "model_is_explicit": explicit}
    for rules in ("ask", "deny"):
        merged[rules] = (*own.get(rules, ()), *project.get(rules, ()))
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingsError(
            f"설정 {'.'.join(map(str, first['loc']))!r} 값이 올바르지 않습니다: {first['msg']}",
            hint=f"{home / 'config.toml'} 와 MODU_ 환경 변수를 확인하세요.",
        ) from error


def _default_home(env: Mapping[str, str]) -> Path:
    if sys.platform == "win32":
        return Path(env.get("LOCALAPPDATA", "~/AppData/Local")) / "modu"
    if sys.platform == "darwin":
        return Path("~/Library/Application Support/modu")
    return Path(env.get("XDG_DATA_HOME") or "~/.local/share") / "modu"


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except NotADirectoryError as error:
        raise SettingsError(f"{path.parent} 은(는) 폴더가 아닙니다.", hint="MODU_HOME 을 확인하세요.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} 을(를) 읽을 수 없습니다: {error}", hint="그 줄을 고치거나 지우세요.") from error
    except OSError as error:
        raise SettingsError(f"{path} 을(를) 열 수 없습니다: {error.strerror}", hint="권한을 확인하세요.") from error


def _project_file(workspace: Path, own: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    project = _read_toml(workspace / ".modu" / "config.toml")
    trusted = {Path(entry).expanduser().resolve() for entry in own.get("trusted_projects", ())}
    if workspace.resolve() in trusted:
        return project, ()
    kept = {key: value for key, value in project.items() if key in _STRICTER}
    return kept, tuple(sorted(project.keys() - kept.keys()))


_SCALARS = (
    "model",
    "base_url",
    "api_key",
    "mode",
    "lang",
    "max_turns",
    "context_tokens",
    "tz",
    "now",
    "database_url",
    "model_timeout",
    "tool_timeout",
)
_LISTS = ("allow", "ask", "deny", "trusted_projects")


def _variables(env: Mapping[str, str]) -> dict[str, Any]:
    scalars = {key: env[name] for key in _SCALARS if env.get(name := f"MODU_{key.upper()}")}
    lists = {key: env[name].split(",") for key in _LISTS if env.get(name := f"MODU_{key.upper()}")}
    return scalars | lists


def _language(env: Mapping[str, str]) -> Language:
    spoken = env.get("LC_ALL") or env.get("LC_MESSAGES") or env.get("LANG") or ""
    return "en" if spoken.startswith("en") else "ko"
