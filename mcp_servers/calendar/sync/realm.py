"""Where an account's password may go: to its own host and the hosts its provider names, by TLS."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from mcp_servers.calendar.sync.faults import Unsafe


@dataclass(frozen=True, slots=True)
class Realm:
    """The hosts of one account."""

    url: str
    """Where the account begins."""
    domains: tuple[str, ...] = ()
    """Further hosts under these names, e.g. "icloud.com" whose calendars lie on numbered hosts."""

    def resolve(self, href: str, base: str = "") -> str:
        """The absolute URL of what the server names.

        Raises:
            Unsafe: it is outside the realm, or the connection would not be encrypted.
        """
        try:
            url = urljoin(base or self.url, href)
            here, there = urlsplit(self.url), urlsplit(url)
            near = there.netloc.rpartition("@")[2] == here.netloc.rpartition("@")[2] and there.scheme == here.scheme
            _ = there.port
        except ValueError as error:
            raise Unsafe(f"서버가 잘못된 주소를 보냈습니다: {href[:200]!r}") from error
        if there.username or not (near or self._allied(there.scheme, there.hostname or "", there.port)):
            raise Unsafe(
                f"서버가 다른 곳({there.hostname})으로 보내려 합니다. 비밀번호가 새지 않도록 멈췄습니다. "
                "계정의 주소(url)를 확인하세요."
            )
        if there.scheme != "https" and not _is_loopback(there.hostname or ""):
            raise Unsafe(f"암호화되지 않은 주소입니다: {url}. https:// 로 시작하는 주소를 쓰세요.")
        return url

    def _allied(self, scheme: str, host: str, port: int | None) -> bool:
        allied = (host == domain or host.endswith(f".{domain}") for domain in self.domains)
        return scheme == "https" and port in (None, 443) and any(allied)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
