"""One frozen value that says how this process behaves, loaded once by the face.

Sources, the strongest first: the command line, `MODU_…` variables, `.modu/config.toml` of the project, `config.toml` in
the home folder. A project's file comes with the project and is not the user's word: unless the user lists the project
in `trusted_projects`, it may only make things stricter.
"""

import difflib
import os
import re
import sys
import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from agent.errors import SettingsError

Mode = Literal["plan", "ask", "edit", "auto"]
Language = Literal["ko", "en"]

_STRICTER = {"ask", "deny", "lang"}
"""Keys that a project nobody has trusted may set."""
_OURS = {"calendar", "phone", "search", "code", "modu"}
"""Names that an added server must not take: the tools of these are believed."""


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError("http:// 나 https:// 로 시작하는 주소여야 합니다. 예: http://127.0.0.1:8000/v1")
    return value


Address = Annotated[str, AfterValidator(_address)]


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ServerSpec(_Closed):
    """A tool server the user added: a command (stdio) or an address (streamable HTTP)."""

    command: str | None = None
    args: tuple[str, ...] = ()
    env: dict[str, str] = {}
    """All that the child sees beside PATH and HOME."""
    cwd: Path | None = None
    url: Address | None = None
    headers: dict[str, str] = {}
    """`${NAME}` is replaced from the environment, so that no secret stands in the file."""
    timeout: float = Field(default=60, gt=0)
    """Seconds without a sign of life after which a call is given up."""

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if bool(self.command) == bool(self.url):
            raise ValueError("command 와 url 가운데 하나만 적어야 합니다")
        return self


class Profile(_Closed):
    """What is known of a model."""

    served_name: str | None = None
    """Default: whatever the server lists first."""
    base_url: Address | None = None
    api_key_env: str | None = None
    context_tokens: int = 32_768
    temperature: float | None = None
    top_p: float | None = None
    extra_body: dict[str, Any] = {}
    """Sent along with every request, e.g. `chat_template_kwargs`."""
    note: str = ""


class Written(_Closed):
    """What a `config.toml` may say."""

    model: str | None = None
    """A profile; `offline` is the built-in engine."""
    base_url: Address | None = None
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
    profiles: dict[str, Profile] = {}
    trusted_projects: tuple[str, ...] = ()

    @field_validator("now", mode="after")
    @classmethod
    def _has_offset(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("시간대 차이가 없습니다. 예: 2026-11-22T09:00:00+09:00")
        return value

    @field_validator("tz", mode="after")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"{value!r} 은(는) 없는 시간대입니다. 예: Asia/Seoul") from error
        return value

    @field_validator("api_key", mode="after")
    @classmethod
    def _fits_a_header(cls, value: SecretStr | None) -> SecretStr | None:
        # The client would name the key when it fails to send it.
        if value and not re.fullmatch(r"[!-~]+", value.get_secret_value()):
            raise ValueError("키에 쓸 수 없는 글자(한글, 빈칸, 줄바꿈)가 있습니다")
        return value

    @field_validator("servers", mode="after")
    @classmethod
    def _names_are_free(cls, value: dict[str, ServerSpec]) -> dict[str, ServerSpec]:
        for name in value:
            if name in _OURS or not re.fullmatch(r"[A-Za-z0-9_-]{1,24}", name):
                raise ValueError(f"서버 이름으로 쓸 수 없습니다: {name!r}. 내장 서버와 다른 영문 이름을 지으세요")
        return value


class Settings(Written):
    home: Path
    workspace: Path
    only_servers: tuple[str, ...] = ()
    model_is_explicit: bool = False
    """The model was named for this very request, so nothing may stand in for it."""
    ignored: tuple[str, ...] = ()
    """Keys of an untrusted project file that were left out."""

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
    home, workspace = home_folder(env), _workspace(overrides.get("workspace"))
    file = home / "config.toml"
    own = _checked(_read_toml(file), lambda key: f"{file} 의 {key}")
    project, ignored = _project(workspace, own)
    variables = _checked(_variables(env), lambda key: f"환경 변수 MODU_{key.upper()}")
    named = {key: value for key, value in overrides.items() if value is not None}
    options = _checked({key: named[key] for key in named.keys() & Written.model_fields.keys()}, _option)
    place = {"home": home, "workspace": workspace, "only_servers": named.get("only_servers", ()), "ignored": ignored}
    explicit = bool({"model", "base_url"} & (options.keys() | variables.keys()))
    merged = _merged(({"lang": _language(env)}, own, project, variables, options))
    return Settings.model_validate(merged | place | {"model_is_explicit": explicit})


def home_folder(env: Mapping[str, str] = os.environ) -> Path:
    """Where everything is kept that the program keeps."""
    return Path(env.get("MODU_HOME") or _default_home(env)).expanduser().absolute()


def _workspace(given: str | None) -> Path:
    try:
        return Path(given or Path.cwd()).absolute()
    except FileNotFoundError as error:
        raise SettingsError("지금 있는 폴더가 지워졌습니다.", hint="있는 폴더로 옮긴 뒤 다시 하세요.") from error


def _merged(layers: tuple[Mapping[str, Any], ...]) -> dict[str, Any]:
    """The stronger layer wins; what forbids adds up, and so do tables."""
    merged = {key: value for layer in layers for key, value in layer.items()}
    for rules in ("ask", "deny"):
        merged[rules] = tuple(rule for layer in layers for rule in layer.get(rules, ()))
    for table in ("servers", "profiles"):
        merged[table] = {name: entry for layer in layers for name, entry in layer.get(table, {}).items()}
    strongest = next((layer for layer in reversed(layers) if {"model", "base_url"} & layer.keys()), {})
    if merged.get("model") == "offline" and "model" not in strongest:
        # An address given for this request says more than a habit written down.
        del merged["model"]
    return merged


def _checked(values: dict[str, Any], source: Callable[[str], str]) -> dict[str, Any]:
    """The values of one source, so that a fault can name where it stands."""
    try:
        Written.model_validate(values)
    except ValidationError as error:
        fault = error.errors()[0]
        key = ".".join(map(str, fault["loc"]))
        raise SettingsError(f"{source(key)}: {_reason(fault)}.", hint=_advice(fault)) from error
    return values


_REASONS = {
    "extra_forbidden": "모르는 키입니다",
    "string_type": "따옴표로 묶은 글자여야 합니다",
    "path_type": "따옴표로 묶은 경로여야 합니다",
    "int_type": "정수여야 합니다",
    "int_parsing": "정수여야 합니다",
    "int_from_float": "정수여야 합니다",
    "float_type": "숫자여야 합니다",
    "float_parsing": "숫자여야 합니다",
    "tuple_type": '["…", "…"] 꼴의 목록이어야 합니다',
    "dict_type": "[표] 여야 합니다",
    "model_type": "[표] 여야 합니다",
    "greater_than_equal": "{ge} 이상이어야 합니다",
    "greater_than": "{gt}보다 커야 합니다",
    "less_than_equal": "{le} 이하여야 합니다",
    "literal_error": "{expected} 가운데 하나여야 합니다",
    "value_error": "{error}",
}


def _reason(fault: ErrorDetails) -> str:
    if fault["type"].startswith("datetime"):
        return "ISO 8601 시각이어야 합니다. 예: 2026-11-22T09:00:00+09:00"
    context = {key: str(value).replace(" or ", ", ") for key, value in fault.get("ctx", {}).items()}
    return _REASONS.get(fault["type"], fault["msg"]).format(**context).rstrip(".")


def _advice(fault: ErrorDetails) -> str:
    tables: dict[str | int, type[BaseModel]] = {"servers": ServerSpec, "profiles": Profile}
    known = tables.get(fault["loc"][0], Written).model_fields
    near = difflib.get_close_matches(str(fault["loc"][-1]), known, n=1)
    if fault["type"] != "extra_forbidden" or not near:
        return "그 값을 고치거나 지우세요."
    return f"{near[0]} 을(를) 쓰려던 것이면 고치고, 아니면 지우세요."


def _option(key: str) -> str:
    return f"--{key.replace('_', '-')}"


def _default_home(env: Mapping[str, str]) -> Path:
    if sys.platform == "win32":
        return Path(env.get("LOCALAPPDATA", "~/AppData/Local")) / "modu"
    if sys.platform == "darwin":
        return Path("~/Library/Application Support/modu")
    return Path(env.get("XDG_DATA_HOME") or "~/.local/share") / "modu"


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except NotADirectoryError as error:
        raise SettingsError(f"{path.parent} 은(는) 폴더가 아닙니다.", hint="MODU_HOME 을 확인하세요.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} 이(가) UTF-8 글이 아닙니다.", hint="UTF-8 로 다시 저장하세요.") from error
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+), column (\d+)", str(error))
        where = f"{place[1]}번째 줄 {place[2]}번째 글자" if place else "파일 끝"
        raise SettingsError(
            f"{path} 의 {where} 근처가 TOML 문법에 맞지 않습니다.", hint="그 줄을 고치거나 지우세요."
        ) from error
    except OSError as error:
        raise SettingsError(f"{path} 을(를) 열 수 없습니다: {error.strerror}", hint="권한을 확인하세요.") from error


def _project(workspace: Path, own: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What the project's file may set here, and the keys that were left out."""
    file = workspace / ".modu" / "config.toml"
    found = _read_toml(file)
    trusted = {Path(entry).expanduser().resolve() for entry in own.get("trusted_projects", ())}
    believed = workspace.resolve() in trusted
    kept = {key: value for key, value in found.items() if believed or key in _STRICTER}
    return _checked(kept, lambda key: f"{file} 의 {key}"), tuple(sorted(found.keys() - kept.keys()))


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
    given = {key: env.get(f"MODU_{key.upper()}", "").strip() for key in (*_SCALARS, *_LISTS)}
    return {key: value.split(",") if key in _LISTS else value for key, value in given.items() if value}


def _language(env: Mapping[str, str]) -> Language:
    spoken = env.get("LC_ALL") or env.get("LC_MESSAGES") or env.get("LANG") or ""
    return "en" if spoken.startswith("en") else "ko"
