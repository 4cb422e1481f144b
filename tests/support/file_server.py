"""A file server at an origin other than the API's, which can go wrong in the ways that real ones do."""

from __future__ import annotations

import enum
import re
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from tests.support.server import Answer, HttpServer, head, parsed

MODIFIED = "Mon, 23 Nov 2026 12:00:00 GMT"
MODIFIED_AT = 1_795_435_200.0

Headers = dict[str, str | None]


class Framing(enum.Enum):
    """How the end of a body is announced."""

    LENGTH = "length"
    CHUNKED = "chunked"
    CHUNKED_WITH_LENGTH = "chunked, beside a length"
    CLOSE = "close"


@dataclass
class StoredFile:
    """One object."""

    content: bytes
    etag: str | None = '"1"'
    encoding: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Further headers."""
    framing: Framing = Framing.LENGTH
    cuts: list[int] = field(default_factory=list)
    """The offsets after which the connection breaks, one for each request."""
    statuses: list[int] = field(default_factory=list)
    """Answered in place of the file, one for each request."""
    ignores_range: bool = False
    ignores_if_range: bool = False
    part_headers: Headers = field(default_factory=dict)
    """Headers of a part that are others than they should be; None leaves one out."""
    redirects_to: str | None = None
    stalls_after: int | None = None
    dribbles: bool = False
    """Whether the headers come a byte at a time, and never end."""
    claims_length: int | None = None

    def answer(self, asked: httpx.Headers) -> tuple[int, Headers, bytes]:
        """The HTTP status, the headers and the body."""
        nothing: Headers = {"Content-Length": "0"}
        if self.statuses:
            return self.statuses.pop(0), nothing, b""
        if self.redirects_to is not None:
            return 307, nothing | {"Location": self.redirects_to}, b""
        part = None if self.ignores_range else re.fullmatch(r"bytes=(\d+)-", asked.get("Range", ""))
        if part and not self.ignores_if_range and asked.get("If-Range", self.etag) != self.etag:
            part = None
        first = int(part[1]) if part else 0
        if part and first >= len(self.content):
            return 416, nothing, b""
        body = self.content[first:]
        headers = {"ETag": self.etag, "Content-Encoding": self.encoding, "Last-Modified": MODIFIED, **self.headers}
        if self.framing in (Framing.LENGTH, Framing.CHUNKED_WITH_LENGTH):
            headers["Content-Length"] = str(self.claims_length or len(body))
        if self.framing in (Framing.CHUNKED, Framing.CHUNKED_WITH_LENGTH):
            headers["Transfer-Encoding"] = "chunked"
            chunks = [*filter(None, (body[:1000], body[1000:])), b""]
            body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
        if part:
            headers["Content-Range"] = f"bytes {first}-{len(self.content) - 1}/{len(self.content)}"
        return (206, headers | self.part_headers, body) if part else (200, headers, body)


class FileServer(HttpServer):
    """Serves `files` by path; `heard` has the path and the headers of each request."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, StoredFile] = {}
        self.heard: list[tuple[str, httpx.Headers]] = []
        self.stalled = threading.Event()
        self.goes_on = threading.Event()
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()

    def link(self, path: str, *, signed: str = "20261123T120000Z", expires: int = 604_800) -> str:
        """A link to a file, pre-signed at that time, in UTC, for so many seconds."""
        return f"{self.origin}{path}?X-Amz-Date={signed}&X-Amz-Expires={expires}&X-Amz-Signature=link-mark"

    def answer(self, request: bytes) -> Answer:
        asked = parsed(request)
        path = asked.url.raw_path.decode()
        file = self.files.get(path.partition("?")[0]) or StoredFile(b"", statuses=[404])

        def answer(connection: socket.socket) -> bool:
            with self._lock:
                self.heard.append((path, asked.headers))
                self._at_once += 1
                self.most_at_once = max(self.most_at_once, self._at_once)
            try:
                return self._send(connection, file, asked.headers)
            finally:
                with self._lock:
                    self._at_once -= 1

        return answer

    def _send(self, connection: socket.socket, file: StoredFile, asked: httpx.Headers) -> bool:
        """Answer in the file's way; whether another request may come on the connection."""
        if file.dribbles:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
            self.stalled.set()
            while not self.goes_on.wait(0.05):
                connection.sendall(b"x")
            return False
        status, headers, body = file.answer(asked)
        connection.sendall(head(status, headers.items()))
        if file.stalls_after is not None:
            connection.sendall(body[: file.stalls_after])
            self.stalled.set()
            self.goes_on.wait(30)
            body = body[file.stalls_after :]
        if file.cuts:
            connection.sendall(body[: file.cuts.pop(0)])
            return False
        connection.sendall(body)
        return file.framing is not Framing.CLOSE and not file.claims_length

    def __exit__(self, *raised: object) -> None:
        self.goes_on.set()
        super().__exit__(*raised)
