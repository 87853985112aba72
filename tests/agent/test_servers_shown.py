"""What `modu models` and `modu doctor` say of model servers."""

from collections.abc import Callable
from pathlib import Path

import pytest
from wcwidth import wcswidth

from agent.__main__ import main
from agent.host.models import profile_lines
from agent.model.servers.advice import cautions, description
from agent.model.servers.contract import Fault, Kind, Served, Server
from agent.model.servers.find import Found
from agent.settings import Endpoint, Profile
from tests.conftest import MakeSettings
from tests.fake_servers import Routes, listing, llamacpp_loading, ollama, serving, vllm

NOBODY = "http://127.0.0.1:9/v1"
HERE, HOSTED = Endpoint(url="http://127.0.0.1:1/v1"), Endpoint(url="http://far.example/v1", place="hosted")
Modu = Callable[..., tuple[int, str]]


@pytest.fixture
def modu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Modu:
    monkeypatch.setenv("MODU_HOME", str(tmp_path))
    monkeypatch.setenv("MODU_NO_DAEMON", "1")
    monkeypatch.chdir(tmp_path)

    def run(command: str, config: str) -> tuple[int, str]:
        (tmp_path / "config.toml").write_text(config, encoding="utf-8")
        code = main([command])
        return code, capsys.readouterr().out

    return run


def found(server: Server | None, *rest: Endpoint, first: Endpoint = HERE, name: str = "m") -> Found:
    return Found("generic", Profile(), (first.model_copy(update={"served_name": name}), *rest), server)


def server(kind: Kind = "vllm", window: int | None = 32_768, *more: Served, fault: Fault | None = None) -> Server:
    return Server(HERE.url, kind, "1", () if fault else (Served("m", window), *more), fault=fault)


def test_models_shows_what_every_address_serves_and_how_busy_it_is(modu: Modu) -> None:
    with serving(vllm()) as running, serving(llamacpp_loading()) as loading, serving({"*": (401, {})}) as guarded:
        code, out = modu(
            "models",
            f'[profiles.own]\nbase_url = "{running.url}"\n[profiles.slow]\nbase_url = "{loading.url}"\n'
            f'[profiles.closed]\nbase_url = "{guarded.url}"\n[profiles.gone]\nbase_url = "{NOBODY}"\n',
        )

    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert code == 0
    assert f"{running.url} vLLM 0.33.0 · KV 12% · 접두사 적중 85% · 실행 2 · 대기 1" in lines
    assert lines[lines.index(next(one for one in lines if one.startswith(running.url))) + 1] == (
        "skt/A.X-4.0-Light 16,384토큰 ax-4.0-light"
    )
    assert f"{loading.url} llama.cpp · 모델을 올리는 중" in lines
    assert f"{guarded.url} OpenAI 호환 서버 · API 키를 요구합니다" in lines
    assert f"{NOBODY} 응답 없음" in lines


def test_models_leaves_hosted_services_alone_until_they_are_chosen(modu: Modu) -> None:
    with serving({"/v1/models": listing({"id": "gpt"})}) as hosted:
        place = f'url = "{hosted.url}"\nplace = "hosted"\n'
        _, shipped = modu("models", f"[[profiles.gpt-4o.endpoints]]\n{place}")
        _, untouched = modu("models", "")

    assert f"{hosted.url} OpenAI 호환 서버" in " ".join(shipped.split())
    assert hosted.paths == ["/v1/models"]
    assert "외부 서비스라 묻지 않음" in untouched


def test_the_table_of_profiles_fits_the_terminal() -> None:
    known = {"하나": Profile(title="긴 이름의 모델 " * 20, licence="MIT"), "two": Profile(verified=False, note="설명")}

    whole, cut = profile_lines(known, None), profile_lines(known, 60)

    assert [line.split()[0] for line in whole] == ["프로필", "offline", "하나", "two"]
    assert "[미확인] 설명" in whole[3]
    assert wcswidth(whole[2]) > 60
    assert max(map(wcswidth, cut)) <= 60
    assert cut[2].endswith("…")
    assert {wcswidth(line[: line.index(word)]) for line, word in zip(whole[2:], ("긴", "[미"), strict=True)} == {
        wcswidth(whole[0][: whole[0].index("모델")])
    }


def test_the_doctor_names_engine_model_and_window(modu: Modu) -> None:
    with serving(vllm()) as running:
        _, out = modu("doctor", f'base_url = "{running.url}"')

    assert f"[정상] 모델: vLLM 0.33.0 · skt/A.X-4.0-Light (ax-4.0-light) · 16,384토큰 · {running.url}\n" in out
    assert "[주의]" not in out


@pytest.mark.parametrize(
    ("routes", "told", "advised"),
    [
        (vllm(window=2_048), "문맥이 2,048토큰으로 짧아", "서버를 더 긴 문맥으로 띄우세요 (--max-model-len 32768)"),
        (llamacpp_loading(), "서버가 모델을 올리는 중입니다", "다 올라갈 때까지 기다렸다가"),
        (ollama("a", "b", running={"a": 9_000}), "서버에 모델이 2개 있어 a를 씁니다", "--model 로 프로필을 고르거나"),
        (ollama("a"), "모델이 아직 메모리에 없어", "context_tokens"),
        ({"*": (401, {})}, "서버가 API 키를 요구합니다", "MODU_API_KEY"),
        ({"*": (200, "<html>")}, "모델 서버답지 않은 답", "끝이 /v1 인지"),
    ],
)
def test_the_doctor_warns_of_what_could_be_better_without_calling_it_ill(
    modu: Modu, routes: Routes, told: str, advised: str
) -> None:
    with serving(routes) as running:
        _, out = modu("doctor", f'base_url = "{running.url}"')

    warned = [line for line in out.splitlines() if line.startswith("[주의] 모델")]
    assert any(told in line for line in warned), out
    assert advised in out
    assert "[문제] 모델" not in out


def test_the_doctor_calls_an_address_ill_that_nobody_answers(modu: Modu) -> None:
    _, out = modu("doctor", f'model = "ours"\n[profiles.ours]\nbase_url = "{NOBODY}"')

    assert "[문제] 모델" in out
    assert f"{NOBODY} 의 서버를 켜거나" in out


def test_the_doctor_shows_a_wrong_choice_and_what_there_is(modu: Modu) -> None:
    with serving(vllm()) as running:
        code, out = modu("doctor", f'model = "gpt-9"\nbase_url = "{running.url}"')

    assert code == 1
    assert "[문제] 모델" in out
    assert "서버에 있는 모델: skt/A.X-4.0-Light" in out


def test_a_good_server_gives_no_cause_for_caution(make_settings: MakeSettings) -> None:
    assert list(cautions(make_settings(model=None), found(server()), 32_768)) == []


def test_what_crosses_a_network_in_the_open_is_pointed_out(make_settings: MakeSettings) -> None:
    secure = HOSTED.model_copy(update={"url": "https://far.example/v1"})

    [(told, advice)] = cautions(make_settings(model=None), found(server(), HOSTED), 32_768)

    assert HOSTED.url in told
    assert "https://" in advice
    assert list(cautions(make_settings(model=None), found(server(), secure), 32_768)) == []


def test_a_hosted_service_need_not_list_its_models(make_settings: MakeSettings) -> None:
    settings = make_settings(model=None, context_tokens=50_000)
    secure = HOSTED.model_copy(update={"url": "https://far.example/v1"})

    assert list(cautions(settings, found(server(fault="missing"), first=secure), 50_000)) == []
    assert list(cautions(settings, found(server(fault="missing")), 50_000)) != []


def test_an_absent_first_endpoint_is_pointed_out(make_settings: MakeSettings) -> None:
    [(told, _)] = cautions(make_settings(model=None), found(None, HERE), 32_768)

    assert HERE.url in told
    assert description(found(None, HERE), 32_768) == f"m (generic) · 32,768토큰 · {HERE.url}"


def test_what_a_server_says_of_itself_cannot_drive_the_terminal() -> None:
    odd = Server(HERE.url, "vllm", "\x1b[2J9", (Served("\x1b[31mm"),))

    assert "\x1b" not in description(found(odd, name="\x1b[31mm"), 5)
