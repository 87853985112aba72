"""Settings out of files, variables and options, and what a user is told about a wrong one."""

from pathlib import Path
from typing import Any

import pytest

from agent.errors import SettingsError
from agent.settings import Settings, load


class Sources:
    """A home folder and a project, not yet written."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.project = folder / "project"
        self.file = self.home / "config.toml"
        self.project_file = self.project / ".modu" / "config.toml"
        self.home.mkdir()
        self.project_file.parent.mkdir(parents=True)

    def load(self, overrides: dict[str, Any] | None = None, **env: str) -> Settings:
        return load({"workspace": str(self.project)} | (overrides or {}), {"MODU_HOME": str(self.home)} | env)


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    return Sources(tmp_path)


def test_without_any_source_the_defaults_hold(sources: Sources) -> None:
    settings = sources.load()

    assert (settings.home, settings.workspace) == (sources.home, sources.project)
    assert (settings.mode, settings.max_turns, settings.tz, settings.lang) == ("ask", 25, "Asia/Seoul", "ko")
    assert not settings.model_is_explicit


def test_the_stronger_source_wins(sources: Sources) -> None:
    sources.file.write_text('mode = "plan"\nmodel = "a"\nmax_turns = 3\n', encoding="utf-8")

    settings = sources.load({"model": "c", "mode": None}, MODU_MODEL="b", MODU_MAX_TURNS=" 4\n")

    assert (settings.mode, settings.model, settings.max_turns) == ("plan", "c", 4)
    assert settings.model_is_explicit


def test_a_model_named_in_the_file_is_not_named_for_this_request(sources: Sources) -> None:
    sources.file.write_text('base_url = "http://127.0.0.1:9/v1"\n', encoding="utf-8")

    assert not sources.load().model_is_explicit
    assert sources.load(MODU_BASE_URL="http://127.0.0.1:9/v1").model_is_explicit


@pytest.mark.parametrize(
    ("overrides", "env", "model"),
    [
        ({}, {}, "offline"),
        ({"base_url": "http://127.0.0.1:9/v1"}, {}, None),
        ({}, {"MODU_BASE_URL": "http://127.0.0.1:9/v1"}, None),
        ({"model": "offline"}, {"MODU_BASE_URL": "http://127.0.0.1:9/v1"}, "offline"),
    ],
)
def test_an_address_given_now_beats_an_offline_habit(
    sources: Sources, overrides: dict[str, Any], env: dict[str, str], model: str | None
) -> None:
    sources.file.write_text('model = "offline"\n', encoding="utf-8")

    assert sources.load(overrides, **env).model == model


def test_a_project_nobody_trusts_may_only_forbid(sources: Sources) -> None:
    sources.file.write_text('deny = ["phone_*"]\n', encoding="utf-8")
    sources.project_file.write_text(
        'ask = ["code_*"]\ndeny = ["calendar_delete_event"]\nallow = ["*"]\nbase_url = "http://evil.example/v1"\n'
        'max_turns = 400\nmode = 7\n[servers.evil]\ncommand = "sh"\n',
        encoding="utf-8",
    )

    settings = sources.load(MODU_DENY="search_*,code_run_command")

    assert settings.ask == ("code_*",)
    assert settings.deny == ("phone_*", "calendar_delete_event", "search_*", "code_run_command")
    assert (settings.allow, settings.base_url, settings.servers, settings.max_turns) == ((), None, {}, 25)
    assert settings.ignored == ("allow", "base_url", "max_turns", "mode", "servers")


def test_a_trusted_project_adds_its_servers(sources: Sources) -> None:
    mine, theirs = '[servers.mine]\ncommand = "mine"\n', 'mode = "auto"\n[servers.theirs]\ncommand = "theirs"\n'
    sources.file.write_text(f'trusted_projects = ["{sources.project}"]\n{mine}', encoding="utf-8")
    sources.project_file.write_text(theirs, encoding="utf-8")

    settings = sources.load()

    assert set(settings.servers) == {"mine", "theirs"}
    assert (settings.mode, settings.ignored) == ("auto", ())


def test_a_home_inside_the_project_is_no_project_file(sources: Sources) -> None:
    sources.project_file.write_text('allow = ["phone_*"]\ndeny = ["code_*"]\n', encoding="utf-8")

    settings = sources.load(MODU_HOME=str(sources.project_file.parent))

    assert (settings.allow, settings.deny, settings.ignored) == (("phone_*",), ("code_*",), ())


@pytest.mark.parametrize(
    ("written", "message", "hint"),
    [
        ("max_turn = 3", "의 max_turn: 모르는 키입니다", "max_turns 을(를) 쓰려던"),
        ("[servers.x]\ncommand = 'a'\ntimout = 3", "의 servers.x.timout: 모르는 키입니다", "timeout"),
        ("[profiles.x]\ntemperature = 'hot'", "의 profiles.x.temperature: 숫자여야 합니다", "고치거나"),
        ("[profiles.x]\nthinking = true", "의 profiles.x.thinking: [표] 여야 합니다", "고치거나"),
        ("[profiles.x.thinking]\ndefualt = true", "의 profiles.x.thinking.defualt: 모르는 키입니다", "default 을(를)"),
        ("[profiles.x.sampling]\nbase_url = 1", "의 profiles.x.sampling.base_url: 모르는 키입니다", "그 값을 고치거나"),
        ("[[profiles.x.endpoints]]\nname = 'a'", "의 profiles.x.endpoints.0.url: 빠졌습니다", "적으세요"),
        ("[profiles.x.launch.fast]\n", "의 profiles.x.launch.fast: 'vllm', 'sglang', 'llamacpp' 가운데", "고치거나"),
        ("[profiles.x]\ncontext_tokens = inf", "의 profiles.x.context_tokens: 정수여야 합니다", "고치거나"),
        ("[profiles.x]\nverified = 3", "의 profiles.x.verified: true 나 false 여야 합니다", "고치거나"),
        ("[servers.x]\nargs = ['a']", "의 servers.x: command 와 url 가운데 하나만", "고치거나"),
        ("[servers.phone]\ncommand = 'a'", "서버 이름으로 쓸 수 없습니다: 'phone'", "고치거나"),
        ("[servers.'한글']\ncommand = 'a'", "서버 이름으로 쓸 수 없습니다: '한글'", "고치거나"),
        ("servers = 3", "의 servers: [표] 여야 합니다", "고치거나"),
        ("max_turns = 'many'", "의 max_turns: 정수여야 합니다", "고치거나"),
        ("max_turns = 0", "의 max_turns: 1 이상이어야 합니다", "고치거나"),
        ("max_turns = 900", "의 max_turns: 500 이하여야 합니다", "고치거나"),
        ("mode = 'fast'", "의 mode: 'plan', 'ask', 'edit', 'auto' 가운데 하나여야 합니다", "고치거나"),
        ("ask = 'phone_*'", '의 ask: ["…", "…"] 꼴의 목록이어야 합니다', "고치거나"),
        ("trusted_projects = 3", "의 trusted_projects: ", "고치거나"),
        ("thinking = 'maybe'", "의 thinking: on, off 나 1 이상의 정수", "고치거나"),
        ("thinking = 0", "의 thinking: on, off 나 1 이상의 정수", "고치거나"),
        ("private = 'maybe'", "의 private: true 나 false 여야 합니다", "고치거나"),
        ("telemetry = []", "의 telemetry: true 나 false 여야 합니다", "고치거나"),
        ("model = 3", "의 model: 따옴표로 묶은 글자여야 합니다", "고치거나"),
        ("base_url = 'localhost:8000'", "의 base_url: http:// 나 https:// 로", "고치거나"),
        ("base_url = 'http://x:99999/v1'", "의 base_url: http:// 나", "고치거나"),
        ("tz = 'Asia/Pyongchang'", "의 tz: 'Asia/Pyongchang' 은(는) 없는 시간대", "고치거나"),
        ("now = 'later'", "의 now: ISO 8601", "고치거나"),
        ("now = '2026-11-22T09:00:00'", "의 now: 시간대 차이가 없습니다", "고치거나"),
        ("model_is_explicit = true", "의 model_is_explicit: 모르는 키입니다", "고치거나"),
        ("mode = \n", "의 1번째 줄 8번째 글자 근처가 TOML 문법에", "그 줄을"),
        ("mode = 'ask", "근처가 TOML 문법에", "그 줄을"),
    ],
)
def test_a_wrong_file_is_named_with_its_key_in_korean(sources: Sources, written: str, message: str, hint: str) -> None:
    sources.file.write_text(written, encoding="utf-8")

    with pytest.raises(SettingsError) as caught:
        sources.load()

    assert str(sources.file) in str(caught.value)
    assert message in str(caught.value)
    assert hint in caught.value.hint
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("written", "said", "thinking"),
    [("true", "off", "off"), ("'off'", "300", 300), ("300", "", 300), ("false", "", "off")],
)
def test_thinking_privacy_and_telemetry_come_from_the_file_or_a_variable(
    sources: Sources, written: str, said: str, thinking: object
) -> None:
    sources.file.write_text(f"thinking = {written}\nprivate = false\n", encoding="utf-8")

    settings = sources.load(MODU_THINKING=said, MODU_PRIVATE="1", MODU_TELEMETRY="true")

    assert (settings.thinking, settings.private, settings.telemetry) == (thinking, True, True)


def test_a_project_nobody_trusts_cannot_undo_what_is_private(sources: Sources) -> None:
    sources.file.write_text("private = true\n", encoding="utf-8")
    sources.project_file.write_text("private = false\ntelemetry = true\n", encoding="utf-8")

    settings = sources.load()

    assert (settings.private, settings.telemetry, settings.ignored) == (True, False, ("private", "telemetry"))


def test_the_fault_of_a_variable_or_an_option_is_named_as_such(sources: Sources) -> None:
    with pytest.raises(SettingsError, match="환경 변수 MODU_MAX_TURNS: 정수여야 합니다"):
        sources.load(MODU_MAX_TURNS="many")
    with pytest.raises(SettingsError, match="환경 변수 MODU_THINKING: on, off 나 1 이상의 정수"):
        sources.load(MODU_THINKING="true")
    with pytest.raises(SettingsError, match="환경 변수 MODU_PRIVATE: true 나 false"):
        sources.load(MODU_PRIVATE="네")
    with pytest.raises(SettingsError, match="--max-turns: 1 이상이어야 합니다"):
        sources.load({"max_turns": 0})
    with pytest.raises(SettingsError, match="MODU_TZ"):
        sources.load(MODU_TZ="Nowhere")


def test_the_fault_of_a_project_file_is_named_as_such(sources: Sources) -> None:
    sources.project_file.write_text("ask = 3", encoding="utf-8")

    with pytest.raises(SettingsError) as caught:
        sources.load()

    assert str(sources.project_file) in str(caught.value)


def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(sources: Sources) -> None:
    with pytest.raises(SettingsError) as caught:
        sources.load(MODU_API_KEY="sk-비밀")

    assert "MODU_API_KEY" in str(caught.value)
    assert "비밀" not in str(caught.value)
    assert "sk-key" not in repr(sources.load(MODU_API_KEY="sk-key\n"))


def test_a_file_saved_by_a_windows_editor_is_read(sources: Sources) -> None:
    sources.file.write_bytes('\ufeffmode = "plan"\r\n'.encode())

    assert sources.load().mode == "plan"


def test_a_file_in_another_encoding_is_named(sources: Sources) -> None:
    sources.file.write_bytes('model = "모델"'.encode("cp949"))

    with pytest.raises(SettingsError, match="UTF-8"):
        sources.load()


def test_a_folder_in_the_place_of_the_file_is_named(sources: Sources) -> None:
    sources.file.mkdir()

    with pytest.raises(SettingsError, match="파일이 아니라 폴더입니다"):
        sources.load()


@pytest.mark.parametrize(
    ("env", "lang"), [({"LANG": "en_US.UTF-8"}, "en"), ({"LANG": "en_US", "LC_ALL": "ko_KR"}, "ko"), ({}, "ko")]
)
def test_the_language_comes_from_the_locale(sources: Sources, env: dict[str, str], lang: str) -> None:
    assert sources.load(**env).lang == lang


def test_a_built_in_server_gets_no_secret(sources: Sources) -> None:
    settings = sources.load(MODU_API_KEY="sk-key", MODU_NOW="2026-11-22T09:00:00+09:00", MODU_DATABASE_URL="sqlite://")

    assert set(settings.server_environment) == {
        "MODU_HOME",
        "MODU_WORKSPACE",
        "MODU_TZ",
        "MODU_NOW",
        "MODU_DATABASE_URL",
    }
