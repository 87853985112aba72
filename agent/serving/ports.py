"""Whether a server may listen at an address, and where else it could."""

import errno
import socket

from agent.errors import UsageError, UserError
from agent.text import refusal

_NEAR = 100
"""Ports after the wanted one that are tried before any other."""


def check(host: str, port: int) -> None:
    """Raises `UserError` where nothing can listen, with a free port if only the port is the trouble."""
    try:
        _bind(host, port)
    except socket.gaierror as error:
        raise UsageError(f"주소를 알 수 없습니다: {host}", hint="예: --host 127.0.0.1") from error
    except OSError as error:
        match error.errno:
            case errno.EADDRINUSE:
                raise UserError(
                    f"포트 {port} 을(를) 다른 프로그램이 쓰고 있습니다.",
                    hint=f"비어 있는 포트: --port {near(host, port)}",
                ) from error
            case errno.EADDRNOTAVAIL:
                raise UsageError(f"이 컴퓨터의 주소가 아닙니다: {host}", hint="예: --host 127.0.0.1") from error
        raise UserError(
            f"포트 {port} 에서 기다릴 수 없습니다: {refusal(error)}", hint="1024보다 큰 포트를 --port 로 주세요."
        ) from error


def near(host: str, port: int) -> int:
    """A free port, close to the wanted one if there is one."""
    for candidate in (*range(port + 1, min(port + _NEAR, 65_536)), 0):
        try:
            return _bind(host, candidate)
        except OSError:
            continue
    return port


def _bind(host: str, port: int) -> int:
    """The port that was free; 0 asks for any. Raises `OSError`."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        # As servers do: a connection that has just ended does not keep the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
        bound: int = probe.getsockname()[1]
        return bound
