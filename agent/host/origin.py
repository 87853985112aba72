"""Whose requests these are: the folder, the options and the environment of the face that sends them."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, SecretStr

from agent.settings import Settings, load
from agent.settings.sources import SECRET
from agent.settings.values import SERVER_SECRETS

_ALWAYS = {"PATH", "HOME", "LANG", "VIRTUAL_ENV"}
"""What commands need that tools run."""
_CREDENTIAL = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD|PASSWD)$", re.IGNORECASE)
_REFERENCE = re.compile(r"\$\{(\w+)\}")


class Origin(BaseModel):
    """Kept for a turn that runs, so that it can go on after a crash; then without its secrets."""

    model_config = ConfigDict(frozen=True)

    cwd: str
    options: dict[str, Any] = {}
    env: dict[str, str] = {}

    @classmethod
    def of(cls, greeting: Mapping[str, Any]) -> "Origin":
        """Raises `ValueError` for what is no greeting."""
        return cls.model_validate({key: greeting[key] for key in cls.model_fields if key in greeting})

    def settings(self, home: Path) -> Settings:
        """Raises `SettingsError` as `agent.settings.load`."""
        given = self.options | {"workspace": self.options.get("workspace") or self.cwd}
        found = load(given, self.env | {"MODU_HOME": str(home)})
        return found.model_copy(update={"variables": self._variables(found)})

    def plain(self) -> "Origin":
        """Without what must not lie on a disk."""
        kept = {key: value for key, value in self.env.items() if _is_plain(key)}
        return self.model_copy(update={"env": kept})

    def on(self, env: Mapping[str, str]) -> "Origin":
        """With this environment where it has nothing of its own."""
        return self.model_copy(update={"env": {**env, **self.env}})

    def _variables(self, settings: Settings) -> dict[str, SecretStr]:
        """Of the environment, what settings and tools refer to; the rest differs from window to window."""
        named = set(_REFERENCE.findall(settings.model_dump_json(include={"servers"})))
        for profile in settings.profiles.values():
            named |= {profile.api_key_env or "", *(one.api_key_env or "" for one in profile.endpoints)}
        kept = named | _ALWAYS
        return {
            key: SecretStr(value)
            for key, value in sorted(self.env.items())
            if key in kept or key.startswith(SERVER_SECRETS) or _is_credential(key)
        }


def _is_credential(name: str) -> bool:
    """Of somebody else's."""
    return _CREDENTIAL.search(name) is not None and not name.startswith("MODU_")


def _is_plain(name: str) -> bool:
    secret = name in SECRET or name.startswith(SERVER_SECRETS) or _CREDENTIAL.search(name)
    ours = name.startswith("MODU_") and not secret
    return ours or name in _ALWAYS or name.startswith("LC_")
