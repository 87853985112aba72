"""The contract between whoever starts a server and the server: these variables, no others."""

import os
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict


class ServerSettings(BaseModel):
    """Read once from an environment mapping by `load`; passed as a value from there on."""

    model_config = ConfigDict(frozen=True)

    home: Path
    """Everything the program keeps (`MODU_HOME`)."""
    workspace: Path
    """The only folder the code server may touch (`MODU_WORKSPACE`, default the current folder)."""
    timezone: str = "Asia/Seoul"
    """IANA name (`MODU_TZ`)."""
    fixed_now: datetime | None = None
    """The clock of a reproducible run (`MODU_NOW`, ISO 8601 with offset)."""
    database_url: str | None = None
    """Replaces the SQLite files (`MODU_DATABASE_URL`, e.g. `postgresql+psycopg://…`)."""

    def now(self) -> datetime:
        """The current instant in the user's zone."""
        zone = ZoneInfo(self.timezone)
        return self.fixed_now.astimezone(zone) if self.fixed_now else datetime.now(zone)


def default_home(env: Mapping[str, str]) -> Path:
    """The platform's data folder."""
    if sys.platform == "win32":
        return Path(env.get("LOCALAPPDATA", "~/AppData/Local")).expanduser() / "modu"
    if sys.platform == "darwin":
        return Path("~/Library/Application Support/modu").expanduser()
    return Path(env.get("XDG_DATA_HOME") or "~/.local/share").expanduser() / "modu"


def load(env: Mapping[str, str] = os.environ) -> ServerSettings:
    """Read the settings.

    Raises:
        ValueError: a variable does not parse; the Korean text names it.
    """
    timezone = env.get("MODU_TZ") or "Asia/Seoul"
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, IsADirectoryError) as error:
        raise ValueError(f"MODU_TZ 값 {timezone!r} 은(는) 없는 시간대입니다. 예: Asia/Seoul") from error
    return ServerSettings(
        home=Path(env.get("MODU_HOME") or default_home(env)).expanduser(),
        workspace=Path(env.get("MODU_WORKSPACE") or Path.cwd()).resolve(),
        timezone=timezone,
        fixed_now=_instant(env.get("MODU_NOW")),
        database_url=env.get("MODU_DATABASE_URL") or None,
    )


def _instant(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"MODU_NOW 값 {text!r} 을(를) 읽을 수 없습니다. 예: 2026-11-22T09:00:00+09:00") from error
    if instant.tzinfo is None:
        raise ValueError(f"MODU_NOW 값 {text!r} 에 시간대 차이가 없습니다. 예: 2026-11-22T09:00:00+09:00")
    return instant
