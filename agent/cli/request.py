"""`modu "요청"`: one request, or the terminal UI when there is none."""

import os
import sys
from typing import Any

from agent.cli import schema_file, stdin
from agent.cli.access import Access
from agent.cli.approvals import Person
from agent.cli.arguments import Request, overrides, read
from agent.cli.conversation import Conversation, heard
from agent.cli.options import language, usage
from agent.cli.report import report, report_refused
from agent.cli.result import Result
from agent.cli.writers import TextWriter, Writer, chosen, has_schema
from agent.errors import UsageError, UserError
from agent.text import clean
from agent.wire.frames import PIECE

_LONGEST = 12_000
"""Characters of standard input that can be the request itself; more is a document with a request at its head."""

_LATER = {"run", "acp", "web"}
"""Words of the contract that later versions bring; they are not requests."""


def main(arguments: list[str]) -> int:
    lang, rest = language(arguments)
    if "--help" in rest or "-h" in rest:
        sys.stdout.write(usage(lang))
        return 0
    writer, result = chosen(rest), Result()
    if has_schema(rest):
        result.expect_data()
    try:
        return _main(read(rest), writer, result)
    except UserError as error:
        # A script that asked for JSON gets its object whatever happens.
        result.fail(error)
        writer.close(result.value)
        return report(error)
    except KeyboardInterrupt:
        result.interrupt()
        writer.close(result.value)
        return result.exit_code


def _main(request: Request, writer: Writer, result: Result) -> int:
    options = overrides(request)
    schema = schema_file.read(request.schema) if request.schema is not None else None
    if request.words[:1] and request.words[0] in _LATER and len(request.words) < 3:
        raise UsageError(
            f"'{request.words[0]}' 명령은 이 판에 아직 없습니다.", hint="modu --help 로 쓸 수 있는 명령을 보세요."
        )
    text = clean(" ".join(request.words)).strip()
    resumes = _resumes(request)
    piped = stdin.read(has_request=bool(text) or resumes)
    if not text and piped is None and not resumes:
        if not request.words and sys.stdin.isatty() and sys.stdout.isatty() and type(writer) is TextWriter:
            # Loaded only here: it draws, and brings an event loop along.
            from agent.cli.screen import show

            return show(request, options)
        raise UsageError("요청이 없습니다.", hint='부탁할 말을 적으세요. 예: modu "내일 일정 알려줘"')
    if not text and piped is not None:
        text, piped = _split(piped)
    attachments, uploads = _attached(piped)
    said = {
        "session": request.session or ("newest" if request.go_on else None),
        "text": text,
        "attachments": attachments,
        "options": {"thinking": request.thinking, "private": request.private},
        "schema": schema,
        "key": os.urandom(16).hex(),
    }
    with Access(options, by_itself=request.no_daemon) as access:
        return _converse(access, request, writer, result, said, uploads)


def _converse(
    access: Access,
    request: Request,
    writer: Writer,
    result: Result,
    said: dict[str, Any],
    uploads: list[tuple[str, str]],
) -> int:
    present = sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()
    conversation = Conversation(access.link, writer, Person(agrees=request.yes, present=present), result)
    with heard(conversation):
        conversation.run(said, uploads)
        access.close()
    if conversation.refused:
        return report_refused(conversation.refused)
    writer.close(result.value)
    if asked := result.parked:
        answer = '"답"' if asked["type"] == "question_asked" else "--yes"
        sys.stderr.write(f"확인이 필요해 멈췄습니다. 이어서 하려면: modu --session {result.session} {answer}\n")
    return result.exit_code


def _split(piped: str) -> tuple[str, str | None]:
    """Standard input that came alone, as a request; its head only, where all of it would not fit the model."""
    text = piped.strip()
    return (text, None) if len(text) <= _LONGEST else (text[: _LONGEST // 4], piped)


def _attached(piped: str | None) -> tuple[list[dict[str, str]], list[tuple[str, str]]]:
    """Standard input as an attachment, and what of it must go ahead in pieces."""
    if piped is None:
        return [], []
    if len(piped) <= PIECE:
        return [{"source": stdin.SOURCE, "text": piped}], []
    return [{"source": stdin.SOURCE, "upload": "stdin"}], [("stdin", piped)]


def _resumes(request: Request) -> bool:
    """`--session`/`--continue` without a request goes on with what was parked or interrupted."""
    named = bool(request.session or request.go_on)
    scripted = request.yes or request.json or request.stream_json or request.schema or not sys.stdout.isatty()
    return named and not request.words and bool(scripted)
