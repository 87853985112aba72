"""A model server as a process: what it sees, how far it is, why it ends, and that nothing of it stays behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest

from agent.errors import StorageError, UsageError, UserError
from agent.serving import failure, gguf, health, ports, process
from agent.serving.interruption import Interruption
from agent.serving.meter import Meter
from agent.serving.progress import LogReader, Phase, Progress
from agent.serving.registry import Entry, Registry
from agent.serving.weights import to_download
from tests.command_line import ROOT

Start = Callable[..., tuple["subprocess.Popen[bytes]", str, Path]]
FAKE = ROOT / "tests" / "engines" / "fake_vllm.py"


def until(holds: Callable[[], object], within: float = 20) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "what was waited for did not come"
        threading.Event().wait(0.01)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Start]:
    """Starts the fake engine; gives its process, address and log."""
    running: list[subprocess.Popen[bytes]] = []

    def start(**env: str) -> tuple["subprocess.Popen[bytes]", str, Path]:
        port, log = free_port(), tmp_path / f"{len(running)}.log"
        command = (sys.executable, str(FAKE), "serve", "skt/A.X-4.0", "--port", str(port))
        running.append(process.start(command, process.environment(os.environ, env), log))
        return running[-1], f"http://127.0.0.1:{port}/v1", log

    yield start
    for child in running:
        process.stop(child.pid, patience=0)
        child.wait()


def test_a_server_sees_what_it_needs_and_none_of_our_secrets() -> None:
    ours = {
        "PATH": "/bin",
        "HOME": "/h",
        "HF_TOKEN": "t",
        "HF_HOME": "/w",
        "CUDA_VISIBLE_DEVICES": "1",
        "https_proxy": "p",
    }
    secret = {
        "MODU_API_KEY": "k",
        "MODU_HOME": "/m",
        "OPENAI_API_KEY": "k",
        "AWS_SECRET_ACCESS_KEY": "k",
        "SSH_AUTH_SOCK": "/s",
    }

    assert process.environment(ours | secret, {"VLLM_API_KEY": "k"}) == {**ours, "VLLM_API_KEY": "k"}


def test_a_stopped_server_leaves_no_worker_behind(started: Start) -> None:
    child, url, _ = started()
    until(lambda: health.ask(url).state == "ready")
    before = process.members(child.pid)

    ended_by_itself = process.stop(child.pid)

    assert len(before) == 2
    assert ended_by_itself
    assert process.members(child.pid) == []
    assert child.wait() == 0


def test_a_server_that_does_not_listen_is_killed(started: Start) -> None:
    child, url, _ = started(VLLM_FAKE="stubborn")
    until(lambda: health.ask(url).state == "ready")

    ended_by_itself = process.stop(child.pid, patience=0.2)

    assert not ended_by_itself
    assert process.members(child.pid) == []
    assert child.wait() == -signal.SIGKILL


def test_nobody_has_to_wait_for_a_server_that_does_not_listen(started: Start) -> None:
    child, url, _ = started(VLLM_FAKE="stubborn")
    until(lambda: health.ask(url).state == "ready")

    process.stop(child.pid, patience=3600, hurry=lambda: True)

    assert child.wait() == -signal.SIGKILL


def test_a_process_is_told_from_others_and_has_no_identity_once_it_ended(started: Start) -> None:
    child, _, _ = started()
    while_it_runs = process.identity(child.pid)
    os.killpg(child.pid, signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    as_a_zombie = process.identity(child.pid)
    child.wait()

    assert while_it_runs
    assert while_it_runs != process.identity(os.getpid())
    assert as_a_zombie is None
    assert process.identity(child.pid) is None


def test_health_is_silent_then_loading_then_ready(started: Start, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    _, url, _ = started(VLLM_FAKE_GATE=str(gate))
    until(lambda: health.ask(url).state == "loading")
    gate.touch()
    until(lambda: health.ask(url).state == "ready")

    assert health.ask(url).models == ("skt/A.X-4.0",)
    assert health.ask(f"http://127.0.0.1:{free_port()}/v1").state == "silent"


def test_health_is_not_asked_through_a_proxy(started: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    _, url, _ = started()
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    until(lambda: health.ask(url).state == "ready")


def test_a_server_that_wants_another_key_is_ready_all_the_same(started: Start) -> None:
    _, url, _ = started(VLLM_API_KEY="right")
    until(lambda: health.ask(url, "right").models)

    assert health.ask(url, "wrong") == health.Health("ready")


@pytest.mark.parametrize(("listens", "asked"), [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("gpu-1", "gpu-1")])
def test_a_server_that_listens_everywhere_is_asked_here(listens: str, asked: str) -> None:
    assert health.reachable(listens) == asked


VLLM_LOG = [
    ("INFO 11-24 02:38:21 [vllm.py:1703] Enforce eager set, disabling torch.compile, CUDAGraphs", Phase.STARTING, None),
    (
        "INFO 11-24 02:38:29 [core.py:133] Initializing a V1 LLM engine with config: 'cudagraph_capture_sizes': [1, 2]",
        0,
        None,
    ),
    ("(Worker pid=1) INFO [cpu_model_runner.py:68] Starting to load model skt/A.X-4.0...", Phase.LOADING, None),
    ("Loading safetensors checkpoint shards:   0% Completed | 0/4 [00:00<?, ?it/s]", Phase.LOADING, None),
    ("Loading safetensors checkpoint shards:  25% Completed | 1/4 [00:24<00:49, 24.61s/it]", Phase.LOADING, 25),
    ("Loading safetensors checkpoint shards: 100% Completed | 4/4 [00:51<00:00, 14.52s/it]", Phase.LOADING, 100),
    ("(Worker pid=1) INFO [default_loader.py:384] Loading weights took 51.88 seconds", Phase.PREPARING, None),
    ("Loading safetensors checkpoint shards:  50% Completed | 1/2 [00:24<00:49, 24.61s/it]", Phase.PREPARING, None),
    ("(Worker pid=1) INFO [backends.py:1051] Dynamo bytecode transform time: 8.52 s", Phase.PREPARING, None),
    ("Capturing CUDA graphs (mixed prefill-decode, PIECEWISE):  41%|████  | 21/51 [00:06<00:07]", Phase.PREPARING, 41),
    ("Capturing CUDA graphs (decode, FULL):  17%|█▋  | 6/35 [00:00<00:01, 15.20it/s]", Phase.PREPARING, 41),
]
SGLANG_LOG = [
    ("[2025-12-23 14:18:00] Init torch distributed begin.", Phase.STARTING, None),
    ("[2025-12-23 14:18:01 TP0] Load weight begin. avail mem=46.81 GB", Phase.LOADING, None),
    ("Loading safetensors checkpoint shards:  50% Completed | 2/4 [00:00<00:00, 2.85it/s]", Phase.LOADING, 50),
    ("[2025-03-27 21:33:30 TP0] Load weight end. type=LlamaForCausalLM, avail mem=131.08 GB", Phase.PREPARING, None),
    ("[2025-03-27 21:33:31 TP0] Capture cuda graph begin. This can take up to several minutes.", Phase.PREPARING, None),
    ("Capturing batches (bs=8 avail_mem=11.18 GB):  48%|████ | 11/23 [00:10<00:00, 3.37it/s]", Phase.PREPARING, 48),
]
LLAMA_LOG = [
    ("main: loading model", Phase.LOADING, None),
    ("load_tensors: loading model tensors, this can take a while... (mmap = true)", Phase.LOADING, None),
    ("." * 37, Phase.LOADING, 37),
    ("common_init_from_params: warming up the model with an empty run - please wait ...", Phase.PREPARING, None),
]
XLLAMACPP_LOG = [
    ("0.00.003.885 I srv          init: loading model", Phase.LOADING, None),
    ("0.00.003.940 I srv    load_model: loading model '/m/a.gguf'", Phase.LOADING, None),
    ("0.00.588.558 I cmn          init: llama threadpool init, n_threads = 2", Phase.PREPARING, None),
]


@pytest.mark.parametrize(
    "log", [VLLM_LOG, SGLANG_LOG, LLAMA_LOG, XLLAMACPP_LOG], ids=["vllm", "sglang", "llama", "xllama"]
)
def test_the_log_of_every_engine_tells_how_far_it_is(log: list[tuple[str, Phase, int | None]]) -> None:
    progress, seen = Progress(), []
    for line, _, _ in log:
        progress = progress.after(line)
        seen.append((progress.phase, progress.percent))

    assert seen == [(phase, percent) for _, phase, percent in log]


def test_while_weights_are_fetched_only_reading_them_is_news() -> None:
    fetching = Progress(Phase.DOWNLOADING, 40)

    assert fetching.after("INFO Starting to load model skt/A.X-4.0...") == fetching
    assert fetching.after("Loading safetensors checkpoint shards:  25% Completed | 1/4").phase is Phase.LOADING


def test_the_dots_of_a_help_text_are_no_progress() -> None:
    assert Progress().after("...") == Progress()


def test_a_bar_that_redraws_itself_is_read_line_by_line_also_while_it_grows(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"first\n\rbar 10%\rbar 2")
    reader = LogReader(log)
    first = list(reader.lines())
    with log.open("ab") as file:
        file.write("0%\r한글".encode()[:-1])

    assert first == ["first", "bar 10%", "bar 2"]
    assert "bar 20%" in list(reader.lines())
    assert list(reader.lines()) == []


@pytest.mark.parametrize(
    ("log", "code", "cause", "advice"),
    [
        ("ERROR [core.py:1] torch.OutOfMemoryError: CUDA out of memory. Tried", 1, "메모리가 모자랍니다", "--context"),
        (
            "ValueError: Free memory on device (7/139 GiB) on startup is less than desired GPU memory utilization",
            1,
            "메모리",
            "nv",
        ),
        (
            "ValueError: … KV cache memory (20.00 GiB). the estimated maximum model length is 65536.",
            1,
            "문맥",
            "--context 65536",
        ),
        ("OSError: [Errno 98] Address already in use", 1, "포트", "--port"),
        ("0.00 E srv start: couldn't bind HTTP server socket, hostname: 127.0.0.1, port: 1", 1, "포트", "--port"),
        ("KeyError: 'invalid tool call parser: ax (chose from { hermes })'", 1, "모르는 파서입니다: ax", "새 판"),
        (
            "error: argument --tool-call-parser: invalid choice: 'glm45' (choose from 'hermes')",
            2,
            "파서입니다: glm45",
            "새 판",
        ),
        ("vllm: error: unrecognized arguments: --enable-prompt-tokens-details", 2, "--enable-prompt-tokens", "새 판"),
        (
            "ValueError: Model architectures ['AXK2ForCausalLM'] are not supported for now.",
            1,
            "구조를 모릅니다",
            "새 판",
        ),
        ("llama_model_load: error loading model: unknown model architecture: 'axk2'", 1, "구조를 모릅니다", "새 판"),
        ("ModuleNotFoundError: No module named 'timm'", 1, "패키지가 없습니다: timm", "pip install timm"),
        ("OSError: You are trying to access a gated repo.\n401 Client Error.", 1, "허락", "HF_TOKEN"),
        ("OSError: [Errno 28] No space left on device", 1, "디스크", "HF_HOME"),
        ("OSError: We couldn't connect to 'https://hub' to load the files", 1, "연결할 수 없습니다", "HTTPS_PROXY"),
        ("RuntimeError: Failed to infer device type, please set", 1, "GPU 를 찾지 못했습니다", "--gguf"),
        ("0.00 E gguf_init_from_reader: failed to read key-value pairs", 1, "GGUF", "다시 내려받"),
        ("loading", -signal.SIGKILL, "강제로 끝냈습니다", "--context"),
        ("loading", -signal.SIGSEGV, "신호 11", "기록"),
        ("", 3, "종료 코드 3", "기록"),
    ],
)
def test_a_server_that_ends_while_it_starts_says_why_and_what_to_do(
    tmp_path: Path, log: str, code: int, cause: str, advice: str
) -> None:
    path = tmp_path / "serve.log"
    path.write_text(f"INFO starting\n{log}\n", encoding="utf-8")

    error = failure.explain("ax-4.0 서버가 시작하다 멈췄습니다", code, path)

    assert cause in str(error)
    assert advice in error.hint
    assert str(path) in error.hint


def test_the_telling_lines_are_shown_without_what_stands_before_them_and_without_escapes(tmp_path: Path) -> None:
    path = tmp_path / "serve.log"
    before = "(EngineCore pid=4711) ERROR 11-24 02:38:47 [core.py:1120]"
    frames = "\n".join(f'File "/x/{n}.py", line {n}, in run' for n in range(300))
    lines = ["Traceback (most recent call last):", frames, "raise KeyError(", "\x1b[31mKeyError: 'x'"]
    path.write_text("".join(f"{before} {line}\n" for line in lines), encoding="utf-8")

    assert str(failure.explain("서버가 멈췄습니다", 1, path)).splitlines()[1:] == ["  | [31mKeyError: 'x'"]


def entry(name: str, pid: int, identity: str) -> Entry:
    return Entry(
        name=name, pid=pid, identity=identity, engine="vllm", served_name=name, url="http://h/v1", log=Path("l")
    )


def test_a_server_is_found_again_by_another_process_until_it_ends(started: Start, tmp_path: Path) -> None:
    child, _, _ = started()
    written = entry("ax-4.0", child.pid, process.identity(child.pid) or "")
    Registry(tmp_path / "home").write(written)

    assert Registry(tmp_path / "home").get("ax-4.0") == written
    assert Registry(tmp_path / "home").all() == [written]
    process.stop(child.pid)
    assert Registry(tmp_path / "home").get("ax-4.0") is None
    assert Registry(tmp_path / "home").all() == []


def test_a_later_process_of_the_same_number_is_not_taken_for_the_server(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    registry.write(entry("ax-4.0", os.getpid(), "boot/1"))

    assert registry.get("ax-4.0") is None


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", ".hidden", "한국어 모델 " * 40, "a" * 300])
def test_any_name_is_one_file_in_the_folder(tmp_path: Path, name: str) -> None:
    registry = Registry(tmp_path / "home")
    mine = entry(name, os.getpid(), process.identity(os.getpid()) or "")
    registry.write(mine)
    registry.log(name).touch()

    assert registry.get(name) == mine
    assert registry.get(name + "x") is None
    assert {path.name for path in tmp_path.iterdir()} == {"home"}
    assert (tmp_path / "home" / "serve").stat().st_mode & 0o077 == 0


def test_a_half_written_state_file_is_no_server(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    registry.write(entry("ax-4.0", os.getpid(), process.identity(os.getpid()) or ""))
    state = tmp_path / "serve" / "ax-4.0.json"
    state.write_bytes(state.read_bytes()[:20])

    assert registry.all() == []


def test_the_log_before_the_last_start_is_kept(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    registry.log("ax-4.0").write_text("first", encoding="utf-8")
    registry.log("ax-4.0").write_text("second", encoding="utf-8")

    logs = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "logs").iterdir()}
    assert logs == {"serve-ax-4.0.log": "second", "serve-ax-4.0.previous.log": "first"}


def test_two_commands_do_not_start_the_same_server_at_once(tmp_path: Path) -> None:
    with Registry(tmp_path).starting("ax-4.0"):
        with pytest.raises(UserError, match="지금 시작하고 있습니다"), Registry(tmp_path).starting("ax-4.0"):
            pass
        with Registry(tmp_path).starting("ax-3.1"):
            pass


def snapshot(folder: Path, *files: str, index: bool = True) -> Path:
    """A model in the hub's cache of which these files are there."""
    here = folder / "hub" / "models--skt--A.X-4.0" / "snapshots" / "53de79d"
    here.mkdir(parents=True)
    main = here.parents[1] / "refs" / "main"
    main.parent.mkdir()
    main.write_text("53de79d", encoding="utf-8")
    if index:
        weight_map = {"a": "model-1.safetensors", "b": "model-2.safetensors"}
        (here / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}), encoding="utf-8")
    for name in files:
        (here / name).write_bytes(b"x")
    return here


WHOLE = ("config.json", "model-1.safetensors", "model-2.safetensors")


def test_weights_in_the_cache_are_not_fetched(tmp_path: Path) -> None:
    snapshot(tmp_path, *WHOLE)

    assert to_download("skt/A.X-4.0", 145.0, {"HF_HOME": str(tmp_path)}) is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda here: (here / "model-2.safetensors").unlink(),
        lambda here: (here / "config.json").unlink(),
        lambda here: (here / "model.safetensors.index.json").write_text('{"weight', encoding="utf-8"),
        lambda here: [
            (here / "model-2.safetensors").unlink(),
            (here / "model-2.safetensors").symlink_to("../../blobs/no"),
        ],
    ],
    ids=["a shard", "the config", "the index", "a link to a part"],
)
def test_weights_of_which_something_is_missing_are_fetched(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    here = snapshot(tmp_path, *WHOLE)
    damage(here)

    download = to_download("skt/A.X-4.0", 0.001, {"HF_HOME": str(tmp_path)})

    assert download
    assert download.folder == here.parents[1]


def test_a_download_says_how_much_where_and_how_far(tmp_path: Path) -> None:
    download = to_download("skt/A.X-4.0", 0.002, {"HF_HUB_CACHE": str(tmp_path)})
    assert download
    assert "약 0.0 GB" in download.question
    assert str(tmp_path / "models--skt--A.X-4.0") in download.question
    assert download.percent == 0
    blobs = download.folder / "blobs"
    blobs.mkdir(parents=True)
    (blobs / "1.incomplete").write_bytes(bytes(500_000))
    (blobs / "2").write_bytes(bytes(500_000))

    assert download.percent == 50


def test_nothing_is_fetched_when_the_hub_is_switched_off(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="HF_HUB_OFFLINE"):
        to_download("skt/A.X-4.0", 145.0, {"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"})


def test_a_disk_that_is_too_small_is_told_before(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"1,000,000,001.0 GB 가 필요한데") as refused:
        to_download("skt/A.X-4.0", 1e9, {"HF_HOME": str(tmp_path)})

    assert "HF_HOME" in refused.value.hint


def test_a_folder_is_served_if_it_holds_a_model(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UserError, match="온전한 모델이 없습니다"):
        to_download(str(tmp_path), None, {})
    (tmp_path / "model.safetensors").touch()

    assert to_download(str(tmp_path), None, {}) is None
    with pytest.raises(UserError, match="모델 폴더가 없습니다"):
        to_download(str(tmp_path / "no"), None, {})
    with pytest.raises(UserError, match="줄여 적을 수 없습니다"):
        to_download("~/model", None, {})


@pytest.mark.parametrize(
    "file",
    ["hub/models--o--m-gguf/snapshots/1/m-q4_k_m.gguf", "llama.cpp/o_m-gguf_M-Q4_K_M.gguf"],
    ids=["hub", "llama.cpp"],
)
def test_a_gguf_is_looked_for_by_its_quantisation_in_both_caches(tmp_path: Path, file: str) -> None:
    env = {"HF_HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).touch()

    assert to_download("o/m-gguf:Q4_K_M", 0.1, env) is None
    assert to_download("o/m-gguf:Q8_0", 0.1, env) is not None


def test_a_taken_port_is_refused_with_a_free_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"포트 {port} ") as refused:
            ports.check("127.0.0.1", port)

    ports.check("127.0.0.1", int(refused.value.hint.rpartition(" ")[2]))


@pytest.mark.parametrize(
    ("host", "said"), [("192.0.2.1", "이 컴퓨터의 주소가 아닙니다"), ("no such host", "주소를 알 수")]
)
def test_an_address_of_another_machine_is_refused(host: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ports.check(host, free_port())


def test_a_gguf_is_looked_at_before_an_engine_is_started(tmp_path: Path) -> None:
    good, page, part = (tmp_path / name for name in ("a.gguf", "page.gguf", "m-00002-of-00002.gguf"))
    good.write_bytes(b"GGUF\x03\x00\x00\x00")
    page.write_bytes(b"<html>")
    part.write_bytes(b"GGUF")

    assert gguf.checked(str(good)) == good
    assert gguf.trained_context(good) is None
    for path, said in [
        (tmp_path / "no.gguf", "없습니다"),
        (tmp_path, "폴더입니다"),
        (page, "GGUF 파일이 아닙니다"),
        (part, "m-00001-of-00002.gguf"),
        (good / "below", "읽을 수 없습니다"),
    ]:
        with pytest.raises(UserError, match=said):
            gguf.checked(str(path))


def test_a_pipe_gets_a_line_for_each_step_and_no_escapes() -> None:
    stream = StringIO()
    meter = Meter(stream)
    for percent in range(0, 101, 5):
        meter.show(Progress(Phase.LOADING, percent), 1)
    meter.show(Progress(Phase.READY), 75)
    meter.clear()

    lines = stream.getvalue().splitlines()
    assert len(lines) == 12
    assert lines[-1] == "준비 끝 (1분 15초)"
    assert "\x1b" not in stream.getvalue()


def test_a_terminal_gets_one_line_that_fits() -> None:
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as stream:
        os.set_blocking(ours, False)
        meter = Meter(stream)
        for percent in (10, 20):
            meter.show(Progress(Phase.LOADING, percent), 1)
        meter.clear()
        drawn = os.read(ours, 4096).decode()
    os.close(ours)

    assert "\n" not in drawn
    assert drawn.endswith("\r\x1b[K")


def test_an_interruption_is_noted_and_the_handlers_come_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Interruption() as interruption:
        assert not interruption.wait(0)
        signal.raise_signal(signal.SIGTERM)
        once = (interruption.wait(3600), interruption.insists)
        signal.raise_signal(signal.SIGINT)

        assert once == (True, False)
        assert interruption.insists
    assert signal.getsignal(signal.SIGTERM) is before


def test_what_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interruption() as interruption:
            signal.raise_signal(signal.SIGHUP)

            assert not interruption.wait(0)
    finally:
        signal.signal(signal.SIGHUP, before)
