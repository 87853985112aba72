"""Options of a request, in Korean and English."""

import os
from collections.abc import Mapping

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
  modu daemon start|stop|status|restart|logs|install   대화를 맡아 두는 상주 프로세스

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
  modu daemon start|stop|status|restart|logs|install   the resident process that holds the sessions

Options of a request
""",
}
OPTIONS: dict[str, tuple[str, str, str]] = {
    "--model": ("NAME", "모델 프로필 (offline: 내장 엔진)", "model profile (offline: built-in engine)"),
    "--base-url": ("URL", "OpenAI 호환 서버 주소", "address of an OpenAI-compatible server"),
    "--mode": (
        "plan|ask|edit|auto",
        "plan 읽기만, ask 바꾸기 전에 확인, edit 파일 수정 허용, auto 정책이 허락하는 것 모두",
        "plan reads only, ask before every change, edit lets file edits through, auto what policy allows",
    ),
    "--yes": ("", "이 요청의 확인 질문에 모두 예", "answer every approval of this request with yes"),
    "--session": ("ID", "이 대화를 이어서", "go on with this conversation"),
    "--continue": ("", "마지막 대화를 이어서", "go on with the last one"),
    "--json": ("", "결과를 JSON 하나로", "the result as one JSON object"),
    "--stream-json": ("", "사건을 JSON 한 줄씩", "the event stream, one JSON object a line"),
    "--schema": (
        "FILE",
        "답을 이 JSON 스키마에 맞는 JSON 한 줄로",
        "the answer as one line of JSON that fits this schema",
    ),
    "--thinking": (
        "on|off|N",
        "답하기 전에 생각하기: on, off, 생각할 토큰 수",
        "thinking before the answer: on, off, or a number of tokens",
    ),
    "--private": (
        "",
        "이 요청은 첫 번째 서버 밖으로 보내지 않음",
        "this request goes to your own model server and no further",
    ),
    "--max-turns": ("N", "모델에 묻는 횟수 한도", "limit of model requests"),
    "--cwd": ("DIR", "작업 폴더", "working folder"),
    "--server": ("NAME", "이 도구 서버만 (여러 번 가능)", "only this tool server (repeatable)"),
    "--no-daemon": (
        "",
        "상주 프로세스 없이 이 요청만 따로 처리 (MODU_NO_DAEMON=1)",
        "run on its own, without the resident process (MODU_NO_DAEMON=1)",
    ),
    "--lang": ("ko|en", "도움말의 말", "language of the help"),
}
"""Name: what its value is, empty where it takes none; then what it does."""

ALONE = "--no-daemon"
"""Also behind or before the commands that reach the sessions."""


def usage(lang: str) -> str:
    """The whole help."""
    lines = [
        f"  {name} {value}".ljust(32) + (korean if lang == "ko" else english) + "\n"
        for name, (value, korean, english) in OPTIONS.items()
    ]
    return _USAGE[lang] + "".join(lines)


def language(arguments: list[str], env: Mapping[str, str] = os.environ) -> tuple[str, list[str]]:
    """The language of the help, and the arguments without a leading `--lang`."""
    if arguments and arguments[0].startswith("--lang="):
        arguments = [*arguments[0].split("=", 1), *arguments[1:]]
    if arguments[:1] == ["--lang"] and arguments[1:2] in (["ko"], ["en"]):
        return arguments[1], arguments[2:]
    spoken = env.get("MODU_LANG") or env.get("LC_ALL") or env.get("LC_MESSAGES") or env.get("LANG") or ""
    return ("en" if spoken.startswith("en") else "ko"), arguments


def taken_out(arguments: list[str]) -> tuple[bool, list[str]]:
    """Whether `--no-daemon` stands among the arguments of a command, and the others."""
    return ALONE in arguments, [argument for argument in arguments if argument != ALONE]
