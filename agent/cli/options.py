"""Options of a request, in Korean and English."""

import argparse
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from agent.errors import UsageError

_USAGE = {
    "ko": """모두(modu): 일정, 전화·문자, 문서 검색, 코드를 맡는 한국어 비서

사용법
  modu                          터미널 화면을 엽니다
  modu "요청"                    한 번 부탁하고 답을 받습니다
  … | modu "요약해줘"            표준 입력을 함께 건넵니다
  modu sessions                 대화 목록 (show ID, export ID, delete ID)
  modu index PATH…              문서를 찾을 수 있게 색인합니다
  modu doctor                   설치와 연결을 점검합니다
  modu models                   모델 프로필과 연결 상태
  modu serve PROFILE            이 컴퓨터에서 모델 서버를 켭니다
  modu server NAME [--http HOST:PORT]   도구 서버 하나만 실행 (calendar, phone, search, code)
  modu mcp                      다른 프로그램이 쓰는 MCP 서버로 실행

요청의 옵션
""",
    "en": """modu: a Korean agentic assistant for calendar, phone/SMS, document search and code

Usage
  modu                          open the terminal UI
  modu "request"                one request, the answer on stdout
  … | modu "summarise"          hands standard input along
  modu sessions                 list conversations (show ID, export ID, delete ID)
  modu index PATH…              index documents for search
  modu doctor                   check the installation
  modu models                   model profiles and what is reachable
  modu serve PROFILE            start a local model server
  modu server NAME [--http HOST:PORT]   one tool server alone (calendar, phone, search, code)
  modu mcp                      the agent as an MCP server

Options of a request
""",
}
_OPTIONS: dict[str, tuple[dict[str, Any], str, str]] = {
    "--model": ({"metavar": "NAME"}, "모델 프로필 (offline: 내장 엔진)", "model profile (offline: built-in engine)"),
    "--base-url": ({"metavar": "URL"}, "OpenAI 호환 서버 주소", "address of an OpenAI-compatible server"),
    "--mode": (
        {"choices": ("plan", "ask", "edit", "auto")},
        "plan 읽기만, ask 바꾸기 전에 확인, edit 파일 수정 허용, auto 정책이 허락하는 것 모두",
        "plan reads only, ask before every change, edit lets file edits through, auto what policy allows",
    ),
    "--yes": (
        {"action": "store_true"},
        "이 요청의 확인 질문에 모두 예",
        "answer every approval of this request with yes",
    ),
    "--session": ({"metavar": "ID"}, "이 대화를 이어서", "go on with this conversation"),
    "--continue": ({"action": "store_true", "dest": "go_on"}, "마지막 대화를 이어서", "go on with the last one"),
    "--json": ({"action": "store_true"}, "결과를 JSON 하나로", "the result as one JSON object"),
    "--stream-json": ({"action": "store_true"}, "사건을 JSON 한 줄씩", "the event stream, one JSON object a line"),
    "--schema": (
        {"metavar": "FILE"},
        "답을 이 JSON 스키마에 맞는 JSON 한 줄로",
        "the answer as one line of JSON that fits this schema",
    ),
    "--thinking": (
        {"metavar": "on|off|N"},
        "답하기 전에 생각하기: on, off, 생각할 토큰 수",
        "thinking before the answer: on, off, or a number of tokens",
    ),
    "--private": (
        {"action": "store_true"},
        "이 요청은 첫 번째 서버 밖으로 보내지 않음",
        "this request goes to your own model server and no further",
    ),
    "--max-turns": ({"metavar": "N", "type": int}, "모델에 묻는 횟수 한도", "limit of model requests"),
    "--cwd": ({"metavar": "DIR"}, "작업 폴더", "working folder"),
    "--server": (
        {"metavar": "NAME", "action": "append", "default": []},
        "이 도구 서버만 (여러 번 가능)",
        "only this tool server (repeatable)",
    ),
    "--lang": ({"choices": ("ko", "en")}, "도움말의 말", "language of the help"),
}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Korean instead of argparse's English."""
        raise UsageError(_korean(message), hint="modu --help 로 사용법을 보세요.")


def parser() -> argparse.ArgumentParser:
    """Of a request."""
    made = _Parser(prog="modu", add_help=False, allow_abbrev=False)
    made.add_argument("request", nargs="*")
    for name, (keywords, _, _) in _OPTIONS.items():
        made.add_argument(name, **keywords)
    return made


def usage(lang: str) -> str:
    """The whole help."""
    lines = []
    for name, (keywords, korean, english) in _OPTIONS.items():
        value = keywords.get("metavar") or "|".join(keywords.get("choices", ()))
        if said := korean if lang == "ko" else english:
            lines.append(f"  {name} {value}".ljust(32) + said + "\n")
    return _USAGE[lang] + "".join(lines)


def language(arguments: list[str], env: Mapping[str, str] = os.environ) -> tuple[str, list[str]]:
    """The language of the help, and the arguments without a leading `--lang`."""
    if arguments and arguments[0].startswith("--lang="):
        arguments = [*arguments[0].split("=", 1), *arguments[1:]]
    if arguments[:1] == ["--lang"] and arguments[1:2] in (["ko"], ["en"]):
        return arguments[1], arguments[2:]
    spoken = env.get("MODU_LANG") or env.get("LC_ALL") or env.get("LC_MESSAGES") or env.get("LANG") or ""
    return ("en" if spoken.startswith("en") else "ko"), arguments


def overrides(options: argparse.Namespace) -> dict[str, Any]:
    """The options as settings. Raises `UsageError` for what they cannot mean."""
    if options.cwd and not Path(options.cwd).is_dir():
        raise UsageError(f"작업 폴더 {options.cwd!r} 이(가) 없습니다.", hint="--cwd 에 있는 폴더를 주세요.")
    return {
        "model": options.model,
        "base_url": options.base_url,
        "mode": options.mode,
        "max_turns": options.max_turns,
        "workspace": options.cwd,
        "only_servers": tuple(options.server),
        "lang": options.lang,
    }


_MISTAKES = {
    r"argument (?P<name>\S+): expected one argument": "{name} 다음에 값이 필요합니다.",
    r"argument (?P<name>\S+): invalid choice: (?P<given>.*) \(choose from (?P<known>.*)\)": (
        "{name} 에 쓸 수 없는 값입니다: {given}. 쓸 수 있는 값: {known}"
    ),
    r"argument (?P<name>\S+): invalid int value: (?P<given>.*)": "{name} 에는 정수가 필요합니다: {given}",
    r"argument (?P<name>\S+): ignored explicit argument (?P<given>.*)": "{name} 에는 값을 줄 수 없습니다: {given}",
    r"unrecognized arguments: (?P<given>.*)": "모르는 옵션입니다: {given}",
}


def _korean(message: str) -> str:
    for english, korean in _MISTAKES.items():
        if found := re.fullmatch(english, message, re.DOTALL):
            return korean.format(**found.groupdict())
    return message
