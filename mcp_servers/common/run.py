"""Run one server alone: standard input and output by default, streamable HTTP with `--http HOST:PORT`."""

import argparse
import ipaddress
import logging
import sys
from collections.abc import Callable, Mapping
from os import environ

from mcp_servers.common.server import ToolServer

Create = Callable[[Mapping[str, str]], ToolServer]


def run(server: str, create: Create, arguments: list[str] | None = None) -> int:
    """The `main` of `python -m mcp_servers.NAME`. The log goes to stderr: stdout is the protocol."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    parser = argparse.ArgumentParser(prog=f"modu server {server}", description=f"{server} 도구 서버를 혼자 실행합니다.")
    parser.add_argument("--http", metavar="HOST:PORT", help="streamable HTTP로 서비스합니다 (이 컴퓨터 안에서만)")
    options, unknown = parser.parse_known_args(arguments)
    try:
        if unknown:
            raise ValueError(f"모르는 옵션입니다: {' '.join(unknown)}")
        address = _address(options.http) if options.http else None
        built = create(environ)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if address is None:
        built.run("stdio")
        return 0
    try:
        built.run("streamable-http", host=address[0], port=address[1])
    except SystemExit:
        # The web server has said why, but leaves with an exit code that means something else here.
        sys.stderr.write(f"{address[0]}:{address[1]} 에서 서비스할 수 없습니다. 다른 포트를 고르세요.\n")
        return 1
    return 0


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not port.isdigit():
        raise ValueError(f"--http 값 {text!r} 을(를) 읽을 수 없습니다. 예: 127.0.0.1:8801")
    if not _is_here(host):
        raise ValueError("인증이 없으므로 이 컴퓨터 안(127.0.0.1)에서만 열 수 있습니다. 예: --http 127.0.0.1:8801")
    return host, int(port)


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
