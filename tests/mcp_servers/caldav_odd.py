"""A small CalDAV server with the peculiarities that real ones have and Radicale and xandikos do not."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

_NAMES = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:cs="http://calendarserver.org/ns/"'


@dataclass
class Odd:
    """How it behaves, and what it holds."""

    ctag: bool = True
    etag: bool = True
    multiget: bool = True
    writable: bool = True
    rewrite: tuple[str, str] = ("", "")
    """What it writes differently in texts that are put."""
    refuse: str = ""
    """It does not take texts in which this stands."""
    redirect: str = ""
    """Where it sends everybody who asks for /moved/."""
    answer: bytes = b""
    """What it answers to every PROPFIND and REPORT, if anything."""
    items: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """Method and path of every request, and whether it carried a password."""
    url: str = ""

    def etag_of(self, name: str) -> str:
        return f'"{sha256(self.items[name].encode()).hexdigest()[:12]}"' if self.etag else ""


@contextmanager
def odd_server(odd: Odd) -> Iterator[Odd]:
    class Handler(_Handler):
        state = odd

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    odd.url = f"http://127.0.0.1:{server.server_port}/cal/"
    try:
        yield odd
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    state: Odd
    protocol_version = "HTTP/1.1"

    def do_PROPFIND(self) -> None:
        if not self._heard():
            return
        state = self.state
        listing = self.headers["Depth"] == "1"
        ctag = sha256(repr(sorted(state.items.items())).encode()).hexdigest()
        write = "<d:privilege><d:write/></d:privilege>" if state.writable else ""
        report = "<d:report><c:calendar-multiget/></d:report>" if state.multiget else ""
        own = (
            "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype><d:displayname>이상한 달력</d:displayname>"
            f"<d:current-user-privilege-set><d:privilege><d:read/></d:privilege>{write}</d:current-user-privilege-set>"
            f"<d:supported-report-set><d:supported-report>{report}</d:supported-report></d:supported-report-set>"
        )
        own += f"<cs:getctag>{ctag}</cs:getctag>" if state.ctag else ""
        parts = [_response("/cal/", own)]
        parts += [_response(f"/cal/{name}", self._etag(name)) for name in state.items if listing]
        self._answer(207, "".join(parts))

    def do_REPORT(self) -> None:
        if not self._heard():
            return
        if not self.state.multiget:
            self._answer(403, "")
            return
        names = [href.rpartition("/")[2] for href in re.findall("href>([^<]+)<", self.body)]
        found = [name for name in names if name in self.state.items]
        data = [
            f"{self._etag(name)}<c:calendar-data>{escape(self.state.items[name])}</c:calendar-data>" for name in found
        ]
        self._answer(207, "".join(_response(f"/cal/{name}", text) for name, text in zip(found, data, strict=True)))

    def do_GET(self) -> None:
        if self._heard() and self._exists():
            self._plain(200, self.state.items[self._name()])

    def do_PUT(self) -> None:
        if not self._heard() or not self._fresh():
            return
        if self.state.refuse and self.state.refuse in self.body:
            self._plain(403, "")
            return
        self.state.items[self._name()] = self.body.replace(*self.state.rewrite) if self.state.rewrite[0] else self.body
        self._plain(201, "")

    def do_DELETE(self) -> None:
        if self._heard() and self._exists() and self._fresh():
            del self.state.items[self._name()]
            self._plain(204, "")

    def _heard(self) -> bool:
        """Take the request in; False when it is answered already."""
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length).decode()
        password = "Authorization" in self.headers
        self.state.asked.append(f"{self.command} {self.path}{' +password' if password else ''}")
        if not password:
            self._plain(401, "", ("WWW-Authenticate", 'Basic realm="x"'))
        elif self.path == "/moved/" and self.state.redirect:
            self._plain(302, "", ("Location", self.state.redirect))
        elif not self.path.startswith("/cal/"):
            self._plain(404, "")
        elif self.state.answer and self.command in ("PROPFIND", "REPORT"):
            self._send(207, self.state.answer, ("Content-Type", "application/xml"))
        else:
            return True
        return False

    def _exists(self) -> bool:
        if self._name() not in self.state.items:
            self._plain(404, "")
        return self._name() in self.state.items

    def _fresh(self) -> bool:
        name = self._name()
        there = self.state.etag_of(name) if name in self.state.items else None
        wanted = self.headers.get("If-Match")
        stale = (wanted and wanted != there) or (self.headers.get("If-None-Match") and there is not None)
        if stale:
            self._plain(412, "")
        return not stale

    def _name(self) -> str:
        return self.path.rpartition("/")[2]

    def _etag(self, name: str) -> str:
        return f"<d:getetag>{escape(self.state.etag_of(name))}</d:getetag>" if self.state.etag else "<d:none/>"

    def _answer(self, status: int, responses: str) -> None:
        text = f'<?xml version="1.0" encoding="utf-8"?><d:multistatus {_NAMES}>{responses}</d:multistatus>'
        self._send(status, text.encode(), ("Content-Type", "application/xml; charset=utf-8"))

    def _plain(self, status: int, text: str, *headers: tuple[str, str]) -> None:
        self._send(status, text.encode(), ("Content-Type", "text/calendar; charset=utf-8"), *headers)

    def _send(self, status: int, content: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(content)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


def _response(href: str, properties: str) -> str:
    status = "<d:status>HTTP/1.1 200 OK</d:status>"
    told = f"<d:propstat><d:prop>{properties}</d:prop>{status}</d:propstat>"
    return f"<d:response><d:href>{href}</d:href>{told}</d:response>"
