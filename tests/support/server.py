"""Servers on loopback: the simulated account, one that answers as no server should, and a proxy.

python -m tests.support.server --dialect docs2026 --port 8765
"""

from __future__ import annotations

import argparse
import contextlib
import io
import re
import shutil
import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Callable, Iterable
from typing import Any, Self, cast

import httpx

from dfui.core.clock import Clock
from dfui.simulator.account import TOKEN, Dialect, Simulator
from dfui.simulator.files import SimulatedFiles
from dfui.simulator.scenarios import ORDINARY, SCENARIOS, demo_account


class LoopbackServer(socketserver.ThreadingTCPServer):
    """Gives each connection to `serve`, on a thread of its own, and closes it afterwards."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, *, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), socketserver.BaseRequestHandler)
        self.connections = 0
        """How many were opened."""
        self.stopped = threading.Event()
        self.port = int(self.server_address[1])
        self.origin = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._tls = tls
        self._open = 0
        self._changed = threading.Condition()

    def serve(self, connection: socket.socket) -> None:
        raise NotImplementedError

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changed:
            self.connections += 1
            self._open += 1
        super().process_request(request, client_address)

    def finish_request(self, request: Any, client_address: Any) -> None:
        with contextlib.suppress(OSError):  # whoever asked is gone
            if self._tls is None:
                self.serve(request)
            else:
                with self._tls.wrap_socket(request, server_side=True) as encrypted:
                    self.serve(encrypted)

    def shutdown_request(self, request: Any) -> None:
        """Close it, but not in an orderly way: a reset stays one."""
        self.close_request(request)
        with self._changed:
            self._open -= 1
            self._changed.notify_all()

    def drain(self) -> None:
        """Wait until every connection so far has been dealt with."""
        before = self.connections
        with socket.create_connection(("127.0.0.1", self.port)):  # accepted after all that came before
            pass
        with self._changed:
            assert self._changed.wait_for(lambda: self.connections > before and self._open == 0, 10)

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *raised: object) -> None:
        self.stopped.set()
        self.shutdown()
        self.server_close()


# ── HTTP ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

Answer = Callable[[socket.socket], object]
"""Answers on the connection of a request; if that is true, the next request may come on the same connection."""


class HttpServer(LoopbackServer):
    """Answers each request of a connection."""

    def serve(self, connection: socket.socket) -> None:
        while (request := _read_request(connection)) and self.answer(request)(connection):
            pass

    def answer(self, request: bytes) -> Answer:
        raise NotImplementedError


def _read_request(connection: socket.socket) -> bytes:
    """A request as it came, head and body; nothing at the end of the connection."""
    came = b""
    while not _is_whole(came):
        part = connection.recv(65536)
        if not part:
            return b""
        came += part
    return came


def _is_whole(request: bytes) -> bool:
    head, end, body = request.partition(b"\r\n\r\n")
    announced = re.search(rb"(?i)\r\nContent-Length: *(\d+)", head)
    is_greeting = request.startswith((b"\x16\x03", b"\x05"))  # of TLS or SOCKS, at a server without it
    return is_greeting or (bool(end) and len(body) >= int(announced[1] if announced else 0))


def parsed(request: bytes) -> httpx.Request:
    head, _, content = request.decode("latin-1").partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    method, path, _ = first.split(" ")
    headers = httpx.Headers([(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)])
    return httpx.Request(method, f"http://{headers['Host']}{path}", headers=headers, content=content.encode("latin-1"))


def head(status: int, headers: Iterable[tuple[str, str | None]]) -> bytes:
    """The head of an answer; a header that is None is left out."""
    lines = [f"HTTP/1.1 {status} Scripted", *(f"{name}: {value}" for name, value in headers if value is not None)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def whole(response: httpx.Response) -> Answer:
    """This answer, and the connection stays open."""
    response.headers["Content-Length"] = str(len(response.read()))
    sent = head(response.status_code, response.headers.items()) + response.content

    def answer(connection: socket.socket) -> bool:
        connection.sendall(sent)
        return True

    return answer


class SimulatorServer(HttpServer):
    """Serves a simulator; `url` is what `--api-url` takes."""

    def __init__(self, simulator: Simulator, *, port: int = 0) -> None:
        super().__init__(port=port)
        self.simulator = simulator
        self.fault: Callable[[httpx.Request], Answer | None] = lambda request: None
        """What answers in place of the simulator."""
        self.url = self.origin + simulator.base_path

    def answer(self, request: bytes) -> Answer:
        return self.fault(parsed(request)) or whole(self.simulator.handle(parsed(request)))


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve a simulated Datafiniti account on loopback.")
    parser.add_argument("--dialect", choices=[each.value for each in Dialect], default=Dialect.LIVE_2025.value)
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--scenario", choices=list(SCENARIOS), default=ORDINARY)
    options = parser.parse_args()
    simulator = demo_account(Clock().now, options.scenario)
    simulator.dialect = Dialect(options.dialect)
    simulator.token = options.token
    files = SimulatorServer(cast(Simulator, SimulatedFiles(simulator)))  # of which it needs `handle` alone
    simulator.link_origin = files.url
    server = SimulatorServer(simulator, port=options.port)
    print(f"Serving {options.dialect} at {server.url}, with the token {options.token}", flush=True)  # noqa: T201
    with files, server:
        threading.Event().wait()


# ── answers that no server should give ───────────────────────────────────────────────────────────────────────────────


def http(
    status: int, body: bytes = b"", *, headers: Iterable[str] = (), length: int | None = None, more: bool = False
) -> Answer:
    """A whole answer; `length` announces another one than is sent, `more` that the connection stays open."""
    lines = [line.partition(": ")[::2] for line in headers] + [("Connection", "close")] * (not more)
    sent = head(status, [("Content-Length", str(len(body) if length is None else length)), *lines]) + body
    return lambda connection: connection.sendall(sent)


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


class FaultServer(HttpServer):
    """Answers each request by the next of the script, the last one again and again; without a script never."""

    def __init__(self, *script: Answer, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls=tls)
        self.requests: list[bytes] = []
        """Each request as it came, head and body."""
        self.script = list(script)
        self.url = f"{self.origin}/v4"

    def answer(self, request: bytes) -> Answer:
        self.requests.append(request)
        if not self.script:
            return lambda connection: self.stopped.wait(30)
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


class Proxy(LoopbackServer):
    """Tunnels every host to one port on loopback, by CONNECT or SOCKS5; `asked` has the first line of each request."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.url = self.origin
        self._to = port

    def serve(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as reads:
            if reads.peek(1)[:1] == b"\x05":
                self._greet_as_socks5(connection, reads)
            else:
                self.asked.append(reads.readline().decode().strip())
                while reads.readline().strip():
                    pass
                connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        with socket.create_connection(("127.0.0.1", self._to)) as there:
            back = threading.Thread(target=_copy, args=(there, connection))
            back.start()
            _copy(connection, there)
            back.join()

    def _greet_as_socks5(self, connection: socket.socket, reads: io.BufferedReader) -> None:
        _, methods = reads.read(2)
        reads.read(methods)
        connection.sendall(b"\x05\x00")
        *_, length = reads.read(5)  # version, connect, reserved, a name, and its length
        name, port = reads.read(length), int.from_bytes(reads.read(2))
        self.asked.append(f"SOCKS5 {name.decode()}:{port}")
        connection.sendall(b"\x05\x00\x00\x01" + bytes(6))


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Copy all that comes, then its end."""
    with contextlib.suppress(OSError), source.makefile("rb", buffering=0) as reads:
        with target.makefile("wb", buffering=0) as writes:
            shutil.copyfileobj(reads, writes)
        target.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    main()
