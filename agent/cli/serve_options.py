"""What `modu serve` takes, and what its help says."""

import argparse
import re
from typing import NoReturn

from agent.errors import UsageError

USAGE = """modu serve                    이 컴퓨터에서 돌릴 수 있는 프로필
modu serve PROFILE            모델 서버를 켭니다. 멈추려면 Ctrl-C
modu serve --gguf FILE        GGUF 파일을 llama.cpp 로 켭니다
modu serve --status           실행 중인 서버
modu serve --stop [PROFILE]   서버를 멈춥니다 (--all: 모두)

옵션
  --engine vllm|sglang|llamacpp   엔진 (기본: 컴퓨터에 맞게 고름)
  --precision bf16|fp8|int4       가중치의 정밀도
  --context N                     문맥 길이(토큰)
  --port N, --host H              기다릴 포트와 주소 (기본 주소: 127.0.0.1)
  --gguf FILE                     프로필의 모델 대신 이 파일
  --gpus 4x80                     GPU 를 직접 적음: 개수x기가바이트
  --nodes N                       여러 컴퓨터로 나눔 (--print 와 함께)
  --print [command|ray|kubernetes]  켜지 않고 명령이나 설정만 보여 줌
  --yes                           내려받기에 동의
  --detach                        답하기 시작하면 켜 둔 채 돌아옴
"""
_FORMS = ("command", "ray", "kubernetes")
_MISTAKES = {
    r"argument (?P<name>\S+): expected one argument": "{name} 다음에 값이 필요합니다.",
    r"argument (?P<name>\S+): invalid choice: (?P<given>.*) \(choose from (?P<known>.*)\)": (
        "{name} 에 쓸 수 없는 값입니다: {given}. 쓸 수 있는 값: {known}"
    ),
    r"argument (?P<name>\S+): invalid int value: (?P<given>.*)": "{name} 에는 정수가 필요합니다: {given}",
    r"argument (?P<name>\S+): ignored explicit argument (?P<given>.*)": "{name} 에는 값을 줄 수 없습니다: {given}",
    r"unrecognized arguments: (?P<given>.*)": "모르는 옵션입니다: {given}",
}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Korean instead of argparse's English."""
        raise UsageError(_korean(message), hint="modu --help 로 사용법을 보세요.")


def _korean(message: str) -> str:
    for english, korean in _MISTAKES.items():
        if found := re.fullmatch(english, message, re.DOTALL):
            return korean.format(**found.groupdict())
    return message


def serve_options(arguments: list[str]) -> argparse.Namespace:
    """Raises `UsageError` for what cannot be meant."""
    parser = _Parser(prog="modu serve", add_help=False, allow_abbrev=False)
    parser.add_argument("profile", nargs="?")
    for flag in ("--yes", "--detach", "--status", "--stop", "--all"):
        parser.add_argument(flag, action="store_true")
    for name in ("--context", "--port", "--nodes"):
        parser.add_argument(name, type=int)
    for name in ("--gguf", "--gpus"):
        parser.add_argument(name)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--engine", choices=("vllm", "sglang", "llamacpp"))
    parser.add_argument("--precision", choices=("bf16", "fp8", "int4"))
    parser.add_argument("--print", nargs="?", const="command")
    options = parser.parse_intermixed_args(arguments)
    if options.print and options.print not in _FORMS and options.profile is None:
        # `--print PROFILE`
        options.print, options.profile = "command", options.print
    _check(options)
    return options


def _check(options: argparse.Namespace) -> None:
    hint = "modu serve --help 로 사용법을 보세요."
    if options.print and options.print not in _FORMS:
        raise UsageError(
            f"--print 에 쓸 수 없는 값입니다: {options.print}. 쓸 수 있는 값: {', '.join(_FORMS)}", hint=hint
        )
    if options.port is not None and not 0 < options.port < 65_536:
        raise UsageError(f"--port 는 1 에서 65535 까지입니다: {options.port}", hint=hint)
    if options.context is not None and options.context < 512:
        raise UsageError(f"--context 는 512 이상이어야 합니다: {options.context}", hint="예: --context 32768")
    if options.nodes is not None and options.nodes < 1:
        raise UsageError(f"--nodes 는 1 이상이어야 합니다: {options.nodes}", hint=hint)
    if (options.nodes or 1) > 1 and not options.print:
        raise UsageError(
            "여러 컴퓨터는 이 명령 하나로 켤 수 없습니다. 컴퓨터마다 명령을 실행하거나 클러스터에 맡겨야 합니다.",
            hint="--print ray 로 컴퓨터마다 실행할 명령을, --print kubernetes 로 설정을 보세요.",
        )
