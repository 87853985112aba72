"""`modu serve PROFILE`: a model server on this machine, from a profile or a GGUF file."""

import argparse
import asyncio
import difflib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from agent.cli.serve_options import USAGE, serve_options
from agent.cli.served import already, say, status, stop
from agent.errors import UsageError, UserError
from agent.model.profiles import GENERIC, matching, profiles
from agent.model.servers.contract import Served
from agent.serving import engines, gguf, machine, manifest, ports, process, show
from agent.serving.contract import KEY_VARIABLES, Plan, Wish
from agent.serving.interruption import Interruption
from agent.serving.meter import Meter
from agent.serving.plan import plan
from agent.serving.registry import Registry
from agent.serving.supervision import Launch, ModelServer
from agent.serving.weights import Download, DownloadNotAgreed, to_download
from agent.settings import Profile, Settings, load
from agent.text import one_line

_INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    if {"--help", "-h"} & set(arguments):
        sys.stdout.write(USAGE)
        return 0
    if sys.platform == "win32":
        raise UserError("modu serve 는 Windows 에서 바로 돌지 않습니다.", hint="WSL 안에서 실행하세요.")
    options = serve_options(arguments)
    settings = load({})
    registry = Registry(settings.home)
    if options.status:
        return status(registry)
    if options.stop:
        return stop(registry, options)
    if not options.profile and not options.gguf:
        return _list(settings, options)
    return _serve(settings, registry, options)


def _serve(settings: Settings, registry: Registry, options: argparse.Namespace) -> int:
    name, profile = _chosen(settings, options)
    if not options.print and (entry := registry.get(name)):
        return already(entry)
    wish = _wish(settings, profile, options)
    made = plan(name, profile, _machine(options), wish, profiles(settings))
    if options.print:
        sys.stdout.write(manifest.render(made, options.print).rstrip("\n") + "\n")
        return 0
    say(show.explain(made))
    with registry.starting(name):
        launch = _launch(made, wish, options.yes)
        with Interruption() as interruption, ModelServer(launch, registry, interruption) as server:
            return _attend(server, launch, options)


def _chosen(settings: Settings, options: argparse.Namespace) -> tuple[str, Profile]:
    """The profile that was named, or one for the GGUF file alone."""
    known = profiles(settings)
    if options.gguf:
        options.gguf = str(gguf.checked(options.gguf))
    if not options.profile:
        return _of_a_file(Path(options.gguf), known)
    if options.profile in known:
        return options.profile, known[options.profile]
    near = difflib.get_close_matches(options.profile, known, n=3)
    raise UsageError(
        f"모델 프로필 {options.profile!r} 이(가) 없습니다.",
        hint=f"비슷한 프로필: {', '.join(near)}" if near else f"쓸 수 있는 프로필: {', '.join(known)}",
    )


def _of_a_file(file: Path, known: Mapping[str, Profile]) -> tuple[str, Profile]:
    """What its name says of a GGUF file, and the context that it was made for, if that is shorter."""
    profile = known[matching(Served(file.name), known) or GENERIC]
    tokens = min(profile.context_tokens, gguf.trained_context(file) or profile.context_tokens)
    return file.stem, profile.model_copy(update={"context_tokens": tokens, "served_name": file.stem})


def _machine(options: argparse.Namespace) -> machine.Machine:
    return machine.parse(options.gpus) if options.gpus else asyncio.run(machine.inventory())


def _wish(settings: Settings, profile: Profile, options: argparse.Namespace) -> Wish:
    key = os.environ.get(profile.api_key_env or "")
    return Wish(
        engine=options.engine,
        precision=options.precision,
        context_tokens=options.context,
        port=options.port,
        host=options.host,
        nodes=options.nodes or 1,
        gguf=options.gguf,
        # The same that a request of ours will bring along.
        api_key=settings.api_key or (SecretStr(key) if key else None),
    )


def _launch(made: Plan, wish: Wish, agrees: bool) -> Launch:
    """What to start, once nothing stands in its way. Raises `UserError`."""
    command = engines.command(made, wish.host)
    ports.check(wish.host, urlsplit(made.url).port or 80)
    download = None if made.gguf else to_download(made.repository, made.weights_gb)
    if download and not agrees:
        _ask(download)
    return Launch(
        name=made.name,
        engine=made.engine,
        command=command,
        env=process.environment(os.environ, made.env),
        url=made.url,
        served_name=made.served_name,
        key=made.env.get(KEY_VARIABLES.get(made.engine, ""), ""),
        download=download,
    )


def _ask(download: Download) -> None:
    """Raises `UserError` unless the user agrees."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise DownloadNotAgreed(download.question, hint="내려받으려면 --yes 를 붙이세요.")
    say(download.question)
    sys.stderr.write("내려받을까요? (y/N) ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().casefold() not in ("y", "yes", "예", "네", "응", "ㅛ"):
        raise UserError("내려받지 않았습니다.", hint="이미 받은 폴더가 있으면 프로필의 repository 에 적으세요.")


def _attend(server: ModelServer, launch: Launch, options: argparse.Namespace) -> int:
    """Stay with the server until it ends, or until it answers if it is to be left alone."""
    say(f"기록: {server.log}")
    meter = Meter(sys.stderr)
    try:
        end = server.until_ready(meter.show)
    finally:
        meter.clear()
    if end == "interrupted":
        say("시작을 멈춥니다.")
        return _INTERRUPTED
    if end == "ready":
        _introduce(launch, options)
        if options.detach:
            server.leave()
            return 0
        end = server.until_end()
    say("서버를 멈춥니다." if end == "interrupted" else "다른 명령이 서버를 멈췄습니다.")
    return 0


def _introduce(launch: Launch, options: argparse.Namespace) -> None:
    way_out = f"modu serve --stop {launch.name}" if options.detach else "Ctrl-C"
    model = f"--model {options.profile} " if options.profile else ""
    say(f'쓰기: modu {model}--base-url {launch.url} "요청"\n멈추기: {way_out}')
    sys.stdout.write(launch.url + "\n")
    sys.stdout.flush()


def _list(settings: Settings, options: argparse.Namespace) -> int:
    """Which profiles this machine can serve, and why the others not."""
    here = _machine(options)
    able, unable = [], []
    for name, profile in profiles(settings).items():
        if not (profile.repository or profile.gguf):
            continue
        try:
            made = plan(name, profile, here, _wish(settings, profile, options))
        except UserError as error:
            unable.append(f"  {name:<22} {one_line(str(error), 100)}\n")
            continue
        size = f"{made.engine}, {made.precision or 'GGUF'}, 문맥 {made.context_tokens:,} 토큰"
        able.append(f"  {name:<22} {size}{_lacking(made)}\n")
    sys.stdout.write("이 컴퓨터에서 켤 수 있는 프로필\n" + ("".join(able) or "  없음\n"))
    sys.stdout.write("켤 수 없는 프로필\n" + "".join(unable) if unable else "")
    say("켜려면: modu serve PROFILE   GGUF 파일은: modu serve --gguf FILE")
    return 0


def _lacking(made: Plan) -> str:
    try:
        engines.command(made, "127.0.0.1")
    except UserError:
        return " (엔진을 먼저 설치해야 합니다)"
    return ""
