"""`modu "요청"`: one request, or the terminal UI when there is none."""

import argparse
import asyncio
import importlib
import signal
import sys

from agent.cli import logs, stdin
from agent.cli.approvals import Person
from agent.cli.conversation import Conversation
from agent.cli.options import language, overrides, parser, usage
from agent.cli.report import report, report_refused
from agent.cli.request_options import request_options
from agent.cli.result import INTERRUPTED, Result
from agent.cli.writers import TextWriter, Writer, chosen, has_schema
from agent.contract import Assistant, Attachment, RequestOptions
from agent.errors import UsageError, UserError
from agent.events import QuestionAsked
from agent.settings import Settings, load
from agent.text import clean

_LONGEST = 12_000
"""Characters of standard input that can be the request itself; more is a document with a request at its head."""

_MODES = {"plan": "읽기만", "ask": "확인하고 실행", "edit": "파일 수정은 자동", "auto": "자동"}
"""The modes on the screen's status line."""

_LATER = {"run", "acp", "web", "daemon"}
"""Words of the contract that later versions bring; they are not requests."""


def main(arguments: list[str]) -> int:
    lang, rest = language(arguments)
    if "--help" in rest or "-h" in rest:
        sys.stdout.write(usage(lang))
        return 0
    writer, result = chosen(rest), Result("")
    if has_schema(rest):
        result.expect_data()
    try:
        return _main(parser().parse_intermixed_args(rest), writer)
    except UserError as error:
        # A script that asked for JSON gets its object whatever happens.
        result.fail(error)
        writer.close(result.value)
        return report(error)
    except KeyboardInterrupt:
        result.interrupt()
        writer.close(result.value)
        return INTERRUPTED


def _main(options: argparse.Namespace, writer: Writer) -> int:
    settings = load(overrides(options))
    logs.start(settings.home)
    wishes = request_options(options)
    if options.request[:1] and options.request[0] in _LATER and len(options.request) < 3:
        raise UsageError(
            f"'{options.request[0]}' 명령은 이 판에 아직 없습니다.", hint="modu --help 로 쓸 수 있는 명령을 보세요."
        )
    text = clean(" ".join(options.request)).strip()
    resumes = _resumes(options)
    attachment = stdin.read(has_request=bool(text) or resumes)
    if not text and not attachment and not resumes:
        if not options.request and sys.stdin.isatty() and sys.stdout.isatty() and type(writer) is TextWriter:
            return _open_screen(settings, options, wishes)
        raise UsageError("요청이 없습니다.", hint='부탁할 말을 적으세요. 예: modu "내일 일정 알려줘"')
    if not text and attachment:
        text, attachment = _split(attachment)
    return asyncio.run(_request(settings, options, wishes, writer, text, [attachment] if attachment else []))


def _split(piped: Attachment) -> tuple[str, Attachment | None]:
    """Standard input that came alone, as a request; its head only, where all of it would not fit the model."""
    text = piped.text.strip()
    return (text, None) if len(text) <= _LONGEST else (text[: _LONGEST // 4], piped)


def _resumes(options: argparse.Namespace) -> bool:
    """`--session`/`--continue` without a request goes on with what was parked or interrupted."""
    named = bool(options.session or options.go_on)
    scripted = options.yes or options.json or options.stream_json or options.schema or not sys.stdout.isatty()
    return named and not options.request and scripted


def _open_screen(settings: Settings, options: argparse.Namespace, wishes: RequestOptions) -> int:
    # The screen is a layer above: it is found by name, never imported from here.
    screen = importlib.import_module("tui.app")

    async def ready() -> Assistant:
        session = await asyncio.to_thread(importlib.import_module, "agent.session.assistant")
        assistant: Assistant = await session.load(settings)
        return assistant

    session = options.session or (asyncio.run(_newest(settings)) if options.go_on else None)
    banner = _MODES[settings.mode] + (", 비공개 설정" if settings.private else "")
    code: int = screen.run(ready, session, banner, wishes)
    return code


async def _newest(settings: Settings) -> str | None:
    from agent.session.assistant import load as load_assistant

    assistant = await load_assistant(settings)
    try:
        return await _session_id(assistant, argparse.Namespace(session=None, go_on=True))
    finally:
        await assistant.close()


async def _request(
    settings: Settings,
    options: argparse.Namespace,
    wishes: RequestOptions,
    writer: Writer,
    text: str,
    attachments: list[Attachment],
) -> int:
    from agent.session.assistant import load as load_assistant

    assistant = await load_assistant(settings)
    try:
        session = await assistant.open(await _session_id(assistant, options))
        person = Person(agrees=options.yes, present=sys.stdin.isatty() and sys.stderr.isatty())
        conversation = Conversation(session, writer, person, wishes)
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, conversation.interrupt)
        await conversation.run(text, attachments)
    finally:
        await assistant.close()
    if conversation.refused:
        return report_refused(conversation.refused)
    writer.close(conversation.result.value)
    if asked := conversation.result.parked:
        answer = '"답"' if isinstance(asked, QuestionAsked) else "--yes"
        sys.stderr.write(f"확인이 필요해 멈췄습니다. 이어서 하려면: modu --session {session.id} {answer}\n")
    return conversation.result.exit_code


async def _session_id(assistant: Assistant, options: argparse.Namespace) -> str | None:
    if options.session or not options.go_on:
        session: str | None = options.session
        return session
    recent = await assistant.sessions(limit=1)
    if not recent:
        raise UsageError("이어서 할 대화가 없습니다.", hint='새로 시작하세요. 예: modu "내일 일정 알려줘"')
    return recent[0].id
