"""Why a model server ended while it started: what its log says about it, and what to do."""

import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.errors import UserError
from agent.text import clip, printable

_TAIL = 200_000
"""Bytes of the log that are looked at."""
_SHOWN, _WIDTH = 6, 200
"""Lines that are shown, and characters of each."""


@dataclass(frozen=True)
class _Cause:
    sign: re.Pattern[str]
    what: str
    """In Korean; `{0}` is the first group of the sign."""
    advice: str


def _cause(sign: str, what: str, advice: str) -> _Cause:
    return _Cause(re.compile(sign), what, advice)


_SMALLER = (
    "--context 를 줄이거나 --precision fp8 또는 int4 를 주세요. "
    "GPU 를 쓰는 다른 프로그램이 있는지는 nvidia-smi 로 볼 수 있습니다."
)
_CAUSES = (
    _cause(
        r"estimated maximum model length is (\d+)",
        "문맥이 남은 GPU 메모리보다 깁니다",
        "--context {0} 이하로 다시 시작하세요.",
    ),
    _cause(
        r"[Aa]ddress already in use|couldn't bind HTTP server socket|[Pp]ort \d+ is (?:already )?in use",
        "그 포트를 다른 프로그램이 쓰고 있습니다",
        "--port 로 다른 포트를 주세요.",
    ),
    _cause(
        r"CUDA out of memory|OutOfMemoryError|HIP out of memory|cudaMalloc failed: out of memory"
        r"|No available memory for the cache blocks|less than (?:desired GPU memory utilization|requested memory)"
        r"|larger than the available KV cache memory|larger than the maximum number of tokens that can be stored"
        r"|Not enough memory|failed to allocate|unable to allocate|ErrorOutOfDeviceMemory|std::bad_alloc",
        "메모리가 모자랍니다",
        _SMALLER,
    ),
    _cause(r"No space left on device", "디스크가 가득 찼습니다", "공간을 비우거나 HF_HOME 으로 다른 폴더를 정하세요."),
    _cause(
        r"GatedRepoError|gated repo|Access to model \S+ is restricted|40[13] Client Error|Invalid username or password",
        "허락을 받아야 내려받을 수 있는 모델입니다",
        "모델 허브에서 이용 약관에 동의하고, 발급받은 토큰을 환경 변수 HF_TOKEN 에 담아 다시 시작하세요.",
    ),
    _cause(
        r"RepositoryNotFoundError|404 Client Error|is not a local folder and is not a valid model identifier",
        "그 이름의 모델이 허브에 없습니다",
        "프로필의 repository 를 확인하세요.",
    ),
    _cause(
        r"LocalEntryNotFoundError|couldn't connect to 'http|Failed to resolve|Temporary failure in name resolution"
        r"|Max retries exceeded",
        "모델 허브에 연결할 수 없습니다",
        "네트워크와 프록시(HTTPS_PROXY)를 확인하거나, 내려받아 둔 폴더를 프로필의 repository 에 적으세요.",
    ),
    _cause(
        r"ModuleNotFoundError: No module named '([^']+)'",
        "엔진에 필요한 파이썬 패키지가 없습니다: {0}",
        "엔진이 설치된 환경에서 실행하세요: pip install {0}",
    ),
    _cause(
        r"invalid (?:tool call|tool|reasoning) parser:? '?([\w.-]+)|--[\w-]+-parser: invalid choice: '([\w.-]+)'"
        r"|Reasoning parser '?([\w.-]+)'? not (?:found|registered)",
        "설치된 엔진이 모르는 파서입니다: {0}",
        "엔진을 새 판으로 올리거나 프로필의 parsers 를 그 엔진이 아는 이름으로 고치세요.",
    ),
    _cause(
        r"(?:unrecognized arguments|unknown argument|invalid argument):? (--?[\w-]+)",
        "설치된 엔진이 모르는 옵션입니다: {0}",
        "엔진을 새 판으로 올리거나 프로필의 launch 에서 그 옵션을 빼세요.",
    ),
    _cause(
        r"[Mm]odel architectures? \[?'?([\w-]+)'?\]? (?:are|is) not supported|unknown model architecture: '([\w.-]+)'"
        r"|does not recognize this architecture",
        "설치된 엔진이 이 모델의 구조를 모릅니다",
        "엔진을 새 판으로 올리세요. 모델 카드에 필요한 판이 적혀 있습니다.",
    ),
    _cause(
        r"Failed to infer device type|No CUDA GPUs are available|NVIDIA driver on your system|CUDA driver version",
        "엔진이 GPU 를 찾지 못했습니다",
        "nvidia-smi 로 드라이버를 확인하세요. GPU 가 없으면 GGUF 파일로 시작할 수 있습니다: modu serve --gguf FILE",
    ),
    _cause(
        r"invalid magic characters|gguf_init_from_\w+: failed|error loading model",
        "GGUF 파일이 온전하지 않거나 이 판의 llama.cpp 가 읽지 못합니다",
        "파일을 다시 내려받거나 xllamacpp 를 새 판으로 올리세요.",
    ),
)
_TELLING = re.compile(r"\b\w*(?:Error|Exception)\b|\berror:|\bERROR\b|\bE \w+\s|failed|fatal|Killed", re.IGNORECASE)
_SOURCE = re.compile(r"File |raise |_raise|Traceback ")
"""Lines of a traceback that quote the program."""
_PREFIX = re.compile(r"^(?:\([\w -]+pid=\d+\) )?(?:ERROR [\d-]+ [\d:]+ \[[\w./]+:\d+\] ?)?")
"""What vLLM puts before every line of a traceback."""


def explain(what_ended: str, code: int, log: Path) -> UserError:
    """The error to show for a server that ended with this exit code (negative: the number of a signal)."""
    lines = [line for line in map(_bare, _tail(log)) if line]
    what, advice = _known(code, lines)
    shown = "".join(f"\n  | {clip(line, _WIDTH)}" for line in _telling(lines))
    return UserError(f"{what_ended}: {what}.{shown}", hint=f"{advice} 기록 전체: {log}")


def _known(code: int, lines: Sequence[str]) -> tuple[str, str]:
    text = "\n".join(lines)
    for cause in _CAUSES:
        if found := cause.sign.search(text):
            named = next((group for group in found.groups() if group), "")
            return cause.what.format(named), cause.advice.format(named)
    if code == -signal.SIGKILL:
        return "운영체제가 강제로 끝냈습니다. 대개 컴퓨터의 메모리가 모자란 때입니다", _SMALLER
    ended = f"신호 {-code}" if code < 0 else f"종료 코드 {code}"
    return f"까닭을 알 수 없습니다 ({ended})", "기록을 읽어 보세요."


def _telling(lines: Sequence[str]) -> list[str]:
    """The last lines that name an error, each once; where none does, the last lines."""
    named = [line for line in dict.fromkeys(lines) if _TELLING.search(line) and not _SOURCE.match(line)]
    return (named or list(lines))[-_SHOWN:]


def _bare(line: str) -> str:
    return printable(_PREFIX.sub("", line)).strip()


def _tail(log: Path) -> list[str]:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL))
        return file.read().decode("utf-8", errors="replace").splitlines()
