"""What can be set, and what each value must look like."""

import os
import re
from datetime import datetime
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from agent.contract import Thinking
from agent.settings.profile import Address, Profile

Mode = Literal["plan", "ask", "edit", "auto"]
Language = Literal["ko", "en"]

SERVER_SECRETS = "MODU_CALDAV_"
"""Variables with this beginning are passwords that the calendar server may use, and no others."""
_OURS = {"calendar", "phone", "search", "code", "modu"}
"""Names that an added server must not take: the tools of these are believed."""


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


class SmsRule(_Closed):
    """Whom a text message goes to when a reminder is due. The user's own word for it: nobody is asked then."""

    to: str
    """A telephone number."""
    match: str = "*"
    """Titles, with `*` and `?` as in file names; upper and lower case are the same."""

    @field_validator("to", mode="after")
    @classmethod
    def _is_a_number(cls, value: str) -> str:
        # A name would lead wherever a contact of that name leads by then.
        if not re.fullmatch(r"\+?[\d\s().-]{3,24}", value):
            raise ValueError(f"{value!r} 은(는) 전화번호가 아닙니다. 예: 010-1234-5678")
        return value


class ReminderWays(_Closed):
    """How reminders reach the user."""

    desktop: bool = True
    """Where there is a display."""
    terminal: bool = True
    """In every window of ours."""
    default: float | None = Field(default=None, ge=0, le=40_320)
    """Minutes before the start of what has no reminder of its own; without it nothing is said of such."""
    sms: tuple[SmsRule, ...] = ()


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
    thinking: Thinking | None = None
    """`on`, `off` or a number of tokens; default: as the profile says."""
    private: bool = False
    """Nothing of this conversation may leave the first endpoint of a profile."""
    telemetry: bool = False
    """OpenTelemetry spans and metrics, sent where the `OTEL_EXPORTER_OTLP_…` variables say."""
    tool_timeout: float = Field(default=60, gt=0)
    """Seconds of silence from a tool."""
    daemon_idle: float = Field(default=30, gt=0)
    """Minutes after which the resident process ends when nobody needs it."""
    reminders: ReminderWays = ReminderWays()
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
            if name.casefold() in _OURS or not re.fullmatch(r"[A-Za-z0-9_-]{1,24}", name):
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
    variables: dict[str, SecretStr] | None = None
    """Of the environment of the face, what settings and tools refer to; None: this process is the face."""

    def variable(self, name: str) -> str | None:
        """A variable of the face's environment."""
        if self.variables is None:
            return os.environ.get(name)
        return self.variables[name].get_secret_value() if name in self.variables else None

    @property
    def server_environment(self) -> dict[str, str]:
        """The variables a built-in tool server reads."""
        env = {"MODU_HOME": str(self.home), "MODU_WORKSPACE": str(self.workspace), "MODU_TZ": self.tz}
        if self.variables is not None:
            # The process that runs the server has another face's.
            env |= {name: value for name in ("PATH", "HOME", "LANG") if (value := self.variable(name))}
        names = os.environ if self.variables is None else self.variables
        env |= {name: self.variable(name) or "" for name in sorted(names) if name.startswith(SERVER_SECRETS)}
        if self.now:
            env["MODU_NOW"] = self.now.isoformat()
        if self.database_url:
            env["MODU_DATABASE_URL"] = self.database_url
        return env
