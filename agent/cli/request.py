"""`modu "요청"`: one request, or the terminal UI when there is none."""

import argparse
import asyncio
import importlib
import signal
import sys
from collections.abc import AsyncIterator
from typing import Any

from agent.cli import logs, stdin
from agent.cli.approvals import answer
from agent.cli.options import language, overrides, parser, usage
from agent.cli.writers import JsonWriter, Result, StreamWriter, TextWriter, Writer
from agent.contract import Assistant, Attachment, Decision, Session, TurnContinued
from agent.errors import UsageError, UserError
from agent.events import Event
from agent.settings import Settings, load


def main(arguments: list[str]) -> int:
    lang, rest = language(arguments)
    if "--help" in rest or "-h" in rest:
        sys.stdout.write(usage(lang))
        return 0
    options = parser(lang).parse_intermixed_args(rest)
    writer = _writer(options)
    try:
        return _main(options, writer)
    except UserError as error:
        if isinstance(writer, TextWriter):
            raise
        # A script that asked for JSON gets its object whatever happens.
        writer.close(_failed(error))
        sys.stderr.write(f"오류: {error}\n")
        return error.exit_code


def _main(options: argparse.Namespace, writer: Writer) -> int:
    settings = load(overrides(options))
    logs.start(settings.home)
    text = " ".join(options.request).strip()
    attachment = None if _resumes(options, text) else stdin.read(has_request=bool(text))
    if not text and not _resumes(options, text):
        if attachment:
            text, attachment = attachment.text.strip(), None
        elif sys.stdin.isatty() and sys.stdout.isatty() and isinstance(writer, TextWriter):
            return _open_screen(settings, options)
        else:
            raise UsageError("요청이 없습니다.", hint='예: modu "내일 일정 알려줘"')
    return asyncio.run(_request(settings, options, writer, text, attachment))


def _resumes(options: argparse.Namespace, text: str) -> bool:
    """`--session`/`--continue` without a request goes on with what was parked or interrupted."""
    named = bool(options.session or options.go_on)
    scripted = options.yes or options.json or options.stream_json or not sys.stdout.isatty()
    return named and not text and scripted


def _open_screen(settings: Settings, options: argparse.Namespace) -> int:
    # The screen is a layer above: it is found by name, never imported from here.
    screen = importlib.import_module("tui.app")

    async def ready() -> Assistant:
        session = await asyncio.to_thread(importlib.import_module, "agent.session.assistant")
        assistant: Assistant = await session.load(settings)
        return assistant

    code: int = screen.run(ready, options.session, f"{settings.mode} 모드")
    return code


async def _request(
    settings: Settings, options: argparse.Namespace, writer: Writer, text: str, attachment: Attachment | None
) -> int:
    from agent.session.assistant import load as load_assistant

    assistant = await load_assistant(settings)
    try:
        session = await assistant.open(await _session_id(assistant, options))
        result = Result(session.id)
        _cancel_on_signal(session)
        await _converse(session, options, writer, result, text, attachment)
    finally:
        await assistant.close()
    writer.close(result.value)
    if result.parked and isinstance(writer, TextWriter):
        sys.stderr.write(f"확인이 필요해 멈췄습니다. 승인하려면: modu --session {session.id} --yes\n")
    return result.exit_code


async def _converse(
    session: Session,
    options: argparse.Namespace,
    writer: Writer,
    result: Result,
    text: str,
    attachment: Attachment | None,
) -> None:
    """Follow the stream to its end; answer what it asks for as long as somebody can."""
    events: AsyncIterator[Event]
    if _resumes(options, text):
        events = session.resume(TurnContinued())
    else:
        events = session.send(text, (attachment,) if attachment else ())
    while True:
        async for event in events:
            result.take(event)
            writer.show(event)
        decision = await _decide(result, options)
        if decision is None:
            return
        events = session.resume(decision)


async def _decide(result: Result, options: argparse.Namespace) -> Decision | None:
    if result.parked is None:
        return None
    interactive = sys.stdin.isatty() and sys.stderr.isatty()
    return await asyncio.to_thread(answer, result.parked, yes=options.yes, interactive=interactive)


async def _session_id(assistant: Assistant, options: argparse.Namespace) -> str | None:
    if options.session or not options.go_on:
        session: str | None = options.session
        return session
    recent = await assistant.sessions(limit=1)
    if not recent:
        raise UsageError("이어서 할 대화가 없습니다.", hint='새로 시작하세요. 예: modu "내일 일정 알려줘"')
    return recent[0].id


def _cancel_on_signal(session: Session) -> None:
    loop = asyncio.get_running_loop()
    cancelling: set[asyncio.Task[None]] = set()
    for number in (signal.SIGINT, signal.SIGTERM):
        # The set keeps the task alive until it is done.
        loop.add_signal_handler(number, lambda: cancelling.add(loop.create_task(session.cancel())))


def _writer(options: argparse.Namespace) -> Writer:
    if options.stream_json:
        return StreamWriter()
    return JsonWriter() if options.json else TextWriter()


def _failed(error: UserError) -> dict[str, Any]:
    result = Result("")
    return result.value | {"error": {"message": str(error), "hint": error.hint}}
