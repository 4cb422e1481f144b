"""A server on loopback that answers as no server should: each request by the next of a script."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

Answer = Callable[[socket.socket], None]


def http(
    status: int, body: bytes = b"", *, headers: Sequence[str] = (), length: int | None = None, more: bool = False
) -> Answer:
    """A whole answer; `length` announces another one than is sent, `more` that the connection stays open."""
    lines = [f"HTTP/1.1 {status} Scripted", f"Content-Length: {len(body) if length is None else length}", *headers]
    head = "\r\n".join(lines if more else [*lines, "Connection: close"]) + "\r\n\r\n"
    return lambda connection: connection.sendall(head.encode("latin-1") + body)


def raw(text: bytes) -> Answer:
    """These bytes, whatever they are."""
    return lambda connection: connection.sendall(text)


def reset(after: Answer | None = None) -> Answer:
    """A connection that is reset, perhaps after a part of an answer."""

    def answer(connection: socket.socket) -> None:
        if after:
            after(connection)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return answer


def close(connection: socket.socket) -> None:
    """No answer, and the connection closed."""


class FaultServer:
    """Answers by the script, the last answer again and again; each connection is closed after its answer.

    Without a script it never answers, and leaves each connection open until it is stopped.
    """

    def __init__(self, *script: Answer, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        """Each request as it came, head and body."""
        self.closed = threading.Event()
        """Set when a connection was closed after an answer."""
        self._script = list(script)
        self._tls = tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._held: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def origin(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._listening.getsockname()[1]}"

    @property
    def url(self) -> str:
        return f"{self.origin}/v4"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        for each in [self._listening, *self._held]:
            each.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), connection:
                connection.settimeout(10)
                if self._tls is None:
                    self._answer(connection)
                else:
                    with self._tls.wrap_socket(connection, server_side=True) as encrypted:
                        self._answer(encrypted)
            self.closed.set()

    def _answer(self, connection: socket.socket) -> None:
        request = _read_request(connection)
        if not request:
            return
        self.requests.append(request)
        if not self._script:
            self._held.append(connection.dup())
            return
        answer = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        answer(connection)


def _read_request(connection: socket.socket) -> bytes:
    came = b""
    while b"\r\n\r\n" not in came:
        part = connection.recv(65536)
        if not part:
            return b""
        came += part
        if came.startswith(b"\x16\x03"):
            return came  # the greeting of TLS, at a server without it
    head, _, body = came.partition(b"\r\n\r\n")
    announced = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while len(body) < int(announced[0] if announced else 0):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
