"""Model servers that are already running: told about, listed and stopped."""

import argparse
import sys

from agent.errors import UsageError, UserError
from agent.serving import health, process
from agent.serving.registry import Entry, Registry


def say(text: str) -> None:
    """On standard error: standard output is for the address."""
    sys.stderr.write(text.rstrip("\n") + "\n")
    sys.stderr.flush()


def already(entry: Entry) -> int:
    ready = health.ask(entry.url).state == "ready"
    say(f"{entry.name} 서버가 이미 {'실행 중입니다' if ready else '시작하고 있습니다'} (PID {entry.pid}).")
    say(f"기록: {entry.log}\n멈추기: modu serve --stop {entry.name}")
    sys.stdout.write(entry.url + "\n")
    return 0


def status(registry: Registry) -> int:
    entries = registry.all()
    if not entries:
        say("실행 중인 모델 서버가 없습니다.")
    for entry in entries:
        state = {"ready": "응답함", "loading": "시작하는 중", "silent": "응답 없음"}[health.ask(entry.url).state]
        sys.stdout.write(f"{entry.name}  {state}  {entry.url}  {entry.engine}  PID {entry.pid}  {entry.log}\n")
    return 0


def stop(registry: Registry, options: argparse.Namespace) -> int:
    name = options.profile
    running = registry.all()
    chosen = [entry for entry in running if options.all or name in (None, entry.name)]
    if name and not chosen:
        raise UserError(f"{name} 서버는 실행 중이 아닙니다.", hint="modu serve --status 로 확인하세요.")
    if not options.all and len(chosen) > 1:
        names = ", ".join(entry.name for entry in chosen)
        raise UsageError(f"서버가 여럿입니다: {names}", hint="modu serve --stop 이름, 모두 멈추려면 --stop --all")
    if not chosen:
        say("실행 중인 모델 서버가 없습니다.")
    for entry in chosen:
        # First forgotten, so that a command that watches it knows that this was meant.
        registry.remove(entry)
        process.stop(entry.pid)
        if left := process.members(entry.pid):
            raise UserError(
                f"{entry.name} 서버가 끝나지 않습니다 (PID {', '.join(map(str, left))}).",
                hint="GPU 드라이버가 멈춘 때일 수 있습니다. 컴퓨터를 다시 시작하세요.",
            )
        say(f"{entry.name} 서버를 멈췄습니다.")
    return 0
