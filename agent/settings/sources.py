"""Where settings come from, the strongest first: the command line, `MODU_…` variables, the project, the home folder."""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent.errors import SettingsError
from agent.settings.faults import checked
from agent.settings.values import Language, Settings, Written
from agent.text import refusal
from agent.wire.home import home_folder

_STRICTER = {"ask", "deny", "lang"}
"""Keys that a project nobody has trusted may set."""


def load(overrides: Mapping[str, Any], env: Mapping[str, str] = os.environ) -> Settings:
    """Read every source.

    Raises:
        SettingsError: a file or a value cannot be read; the message names it in one Korean sentence.
    """
    home, workspace = home_folder(env), _workspace(overrides.get("workspace"))
    file = home / "config.toml"
    own = checked(_read_toml(file), lambda key: f"{file} 의 {key}")
    project, ignored = _project(home, workspace, own)
    variables = checked(_variables(env), lambda key: f"환경 변수 MODU_{key.upper()}")
    named = {key: value for key, value in overrides.items() if value is not None}
    options = checked({key: named[key] for key in named.keys() & Written.model_fields.keys()}, _option)
    place = {"home": home, "workspace": workspace, "only_servers": named.get("only_servers", ()), "ignored": ignored}
    explicit = bool({"model", "base_url"} & (options.keys() | variables.keys()))
    merged = _merged(({"lang": _language(env)}, own, project, variables, options))
    return Settings.model_validate(merged | place | {"model_is_explicit": explicit})


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
    strongest: Mapping[str, Any] = next(
        (layer for layer in reversed(layers) if {"model", "base_url"} & layer.keys()), {}
    )
    if merged.get("model") == "offline" and "model" not in strongest:
        # An address given for this request says more than a habit written down.
        del merged["model"]
    return merged


def _option(key: str) -> str:
    return f"--{key.replace('_', '-')}"


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} 이(가) UTF-8 글이 아닙니다.", hint="UTF-8 로 다시 저장하세요.") from error
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+), column (\d+)", str(error))
        where = f"{place[1]}번째 줄 {place[2]}번째 글자" if place else "파일 끝"
        raise SettingsError(
            f"{path} 의 {where} 근처가 TOML 문법에 맞지 않습니다.", hint="그 줄을 고치거나 지우세요."
        ) from error
    except OSError as error:
        raise SettingsError(f"{path} 을(를) 열 수 없습니다: {refusal(error)}", hint="권한을 확인하세요.") from error


def _project(home: Path, workspace: Path, own: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What the project's file may set here, and the keys that were left out."""
    file = workspace / ".modu" / "config.toml"
    if file == home / "config.toml":
        return {}, ()
    found = _read_toml(file)
    trusted = {Path(entry).expanduser().resolve() for entry in own.get("trusted_projects", ())}
    believed = workspace.resolve() in trusted
    kept = {key: value for key, value in found.items() if believed or key in _STRICTER}
    return checked(kept, lambda key: f"{file} 의 {key}"), tuple(sorted(found.keys() - kept.keys()))


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
    "daemon_idle",
    "thinking",
    "private",
    "telemetry",
)
SECRET = {"MODU_API_KEY", "MODU_DATABASE_URL"}
"""Variables that must not be written down."""
_LISTS = ("allow", "ask", "deny", "trusted_projects")


def _variables(env: Mapping[str, str]) -> dict[str, Any]:
    given = {key: env.get(f"MODU_{key.upper()}", "").strip() for key in (*_SCALARS, *_LISTS)}
    return {key: value.split(",") if key in _LISTS else value for key, value in given.items() if value}


def _language(env: Mapping[str, str]) -> Language:
    spoken = env.get("LC_ALL") or env.get("LC_MESSAGES") or env.get("LANG") or ""
    return "en" if spoken.startswith("en") else "ko"
