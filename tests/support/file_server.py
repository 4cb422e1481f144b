"""A file server at an origin other than the API's, which can go wrong in the ways that real ones do."""

from __future__ import annotations

import enum
import re
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.server import HttpHandler, LoopbackServer

MODIFIED = "Mon, 23 Nov 2026 12:00:00 GMT"
MODIFIED_AT = 1_795_435_200.0


class Framing(enum.Enum):
    """How the end of a body is told."""

    LENGTH = "length"
    CHUNKED = "chunked"
    CHUNKED_WITH_LENGTH = "chunked, beside a length"
    CLOSE = "close"


@dataclass
class StoredFile:
    """One object; `cuts` are the offsets after which the connection breaks, one for each request."""

    content: bytes
    etag: str | None = '"1"'
    encoding: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Further headers."""
    framing: Framing = Framing.LENGTH
    cuts: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    """Answered in place of the file, one for each request."""
    ignores_range: bool = False
    ignores_if_range: bool = False
    part_headers: Mapping[str, str | None] = field(default_factory=dict)
    """Headers of a part that are others than they should be; None leaves one out."""
    redirects_to: str | None = None
    stalls_after: int | None = None
    dribbles: bool = False
    """Whether the headers come a byte at a time, and never end."""
    claims_length: int | None = None


class FileServer(LoopbackServer):
    """Serves `files` by path; `heard` has the path and the headers of each request."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.files: dict[str, StoredFile] = {}
        self.heard: list[tuple[str, dict[str, str]]] = []
        self.stalled = threading.Event()
        self.goes_on = threading.Event()
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()
        server = self

        class Handler(HttpHandler):
            def do_GET(self) -> None:  # noqa: N802
                with server._lock:
                    server.heard.append((self.path, dict(self.headers)))
                    server._at_once += 1
                    server.most_at_once = max(server.most_at_once, server._at_once)
                try:
                    server._answer(self, server.files.get(self.path.partition("?")[0]))
                except OSError:
                    self.close_connection = True
                finally:
                    with server._lock:
                        server._at_once -= 1

        super().__init__(Handler, tls=tls)

    def link(self, path: str, *, signed: str = "20261123T120000Z", expires: int = 604_800) -> str:
        """A link to a file, pre-signed at that time, in UTC, for so many seconds."""
        return f"{self.origin}{path}?X-Amz-Date={signed}&X-Amz-Expires={expires}&X-Amz-Signature=link-mark"

    def _answer(self, handler: HttpHandler, file: StoredFile | None) -> None:
        if file is None or file.statuses:
            _respond(handler, file.statuses.pop(0) if file else 404, {})
        elif file.dribbles:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
            self.stalled.set()
            while not self.goes_on.wait(0.05):
                handler.wfile.write(b"x")
        elif file.redirects_to is not None:
            _respond(handler, 307, {"Location": file.redirects_to})
        else:
            asked = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
            still_fits = file.ignores_if_range or handler.headers.get("If-Range", file.etag) == file.etag
            if not asked or file.ignores_range or not still_fits:
                self._send(handler, file, None)
            elif int(asked[1]) >= len(file.content):
                _respond(handler, 416, {})
            else:
                self._send(handler, file, int(asked[1]))

    def _send(self, handler: HttpHandler, file: StoredFile, first: int | None) -> None:
        """All of a file, or what comes from byte `first` on."""
        body = file.content[first or 0 :]
        headers = {"ETag": file.etag, "Content-Encoding": file.encoding, "Last-Modified": MODIFIED, **file.headers}
        if file.framing in (Framing.LENGTH, Framing.CHUNKED_WITH_LENGTH):
            headers["Content-Length"] = str(file.claims_length or len(body))
        if file.framing in (Framing.CHUNKED, Framing.CHUNKED_WITH_LENGTH):
            headers["Transfer-Encoding"] = "chunked"
            body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:1000], body[1000:]) if part)
            body += b"0\r\n\r\n"
        if file.framing is Framing.CLOSE:
            headers["Connection"] = "close"
        if first is not None:
            headers["Content-Range"] = f"bytes {first}-{len(file.content) - 1}/{len(file.content)}"
            headers |= file.part_headers
        _respond(handler, 200 if first is None else 206, headers)
        if file.stalls_after is not None:
            handler.wfile.write(body[: file.stalls_after])
            self.stalled.set()
            self.goes_on.wait(30)
            body = body[file.stalls_after :]
        if file.cuts:
            handler.wfile.write(body[: file.cuts.pop(0)])
            handler.connection.shutdown(socket.SHUT_RDWR)
            handler.close_connection = True
            return
        handler.wfile.write(body)
        if file.claims_length:
            handler.close_connection = True

    def __exit__(self, *raised: Any) -> None:
        self.goes_on.set()
        super().__exit__(*raised)


def _respond(handler: HttpHandler, status: int, headers: Mapping[str, str | None]) -> None:
    if status not in (200, 206):
        headers = {"Content-Length": "0", **headers}
    handler.send_response(status)
    for name, value in headers.items():
        if value is not None:
            handler.send_header(name, value)
    handler.end_headers()
