"""Servers on loopback: the simulated account, one that answers as no server should, and a proxy.

python -m tests.support.server --dialect docs2026 --port 8765
"""

from __future__ import annotations

import argparse
import contextlib
import io
import shutil
import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any, Self, cast

import httpx

from dfui.core.clock import Clock
from dfui.simulator.account import TOKEN, Dialect, Simulator
from dfui.simulator.files import SimulatedFiles
from dfui.simulator.scenarios import ORDINARY, SCENARIOS, demo_account


class LoopbackServer:
    """Gives each connection to `serve`, on a thread of its own, and closes it afterwards."""

    def __init__(
        self, serve: Callable[[socket.socket], object], *, tls: ssl.SSLContext | None = None, port: int = 0
    ) -> None:
        self.connections = 0
        """How many were opened."""
        self.stopped = threading.Event()
        self._open = 0
        self._changed = threading.Condition()
        server = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                try:
                    with contextlib.suppress(OSError):  # whoever asked is gone
                        if tls is None:
                            serve(self.request)
                        else:
                            with tls.wrap_socket(self.request, server_side=True) as encrypted:
                                serve(encrypted)
                finally:
                    self.request.close()
                    with server._changed:
                        server._open -= 1
                        server._changed.notify_all()

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            block_on_close = False
            request_queue_size = 128

            def process_request(self, request: Any, client_address: Any) -> None:
                with server._changed:
                    server.connections += 1
                    server._open += 1
                super().process_request(request, client_address)

            def shutdown_request(self, request: Any) -> None:
                """Not in an orderly way: a reset stays one."""
                self.close_request(request)

        self._server = Server(("127.0.0.1", port), Handler)
        self.port = int(self._server.server_address[1])
        self.origin = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def drain(self) -> None:
        """Wait until every connection so far has been dealt with."""
        before = self.connections
        with socket.create_connection(("127.0.0.1", self.port)):  # accepted after all that came before
            pass
        with self._changed:
            assert self._changed.wait_for(lambda: self.connections > before and self._open == 0, 10)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class HttpHandler(BaseHTTPRequestHandler):
    """Answers the requests of one connection, as long as the other side keeps it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(connection, ("127.0.0.1", 0), cast(Any, None))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()


# ── the simulated account ────────────────────────────────────────────────────────────────────────────────────────────

Handle = Callable[[httpx.Request], httpx.Response]
Fault = Callable[[socket.socket, Handle], None]


class SimulatorServer(LoopbackServer):
    """Serves a simulator; `url` is what `--api-url` takes."""

    def __init__(self, simulator: Simulator, *, port: int = 0) -> None:
        self.simulator = simulator
        self.fault: Callable[[httpx.Request], Fault | None] = lambda request: None
        """What deals with a request on the socket itself, in place of an orderly answer."""
        server = self

        class Handler(HttpHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                url = f"http://{self.headers['Host']}{self.path}"
                request = httpx.Request(self.command, url, headers=dict(self.headers), content=body)
                if (fault := server.fault(request)) is not None:
                    fault(self.connection, simulator.handle)
                    self.close_connection = True
                    return
                answer = simulator.handle(request)
                answer.read()
                self.send_response(answer.status_code)
                for name, value in answer.headers.items():
                    if name.lower() not in ("content-length", "transfer-encoding"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            do_GET = do_POST = do_DELETE = answer  # noqa: N815

        super().__init__(Handler, port=port)

    @property
    def url(self) -> str:
        return self.origin + self.simulator.base_path


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


class FaultServer(LoopbackServer):
    """Answers each request by the next of the script, the last one again and again; without a script never."""

    def __init__(self, *script: Answer, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        """Each request as it came, head and body."""
        self._script = list(script)
        super().__init__(self._answer, tls=tls)
        self.url = f"{self.origin}/v4"

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        request = _read_request(connection)
        if not request:
            return
        self.requests.append(request)
        if not self._script:
            self.stopped.wait(30)
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
        if came.startswith((b"\x16\x03", b"\x05")):
            return came  # the greeting of TLS or SOCKS, at a server without it
    head, _, body = came.partition(b"\r\n\r\n")
    announced = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while len(body) < int(announced[0] if announced else 0):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


class Proxy(LoopbackServer):
    """Tunnels every host to one port on loopback, by CONNECT or SOCKS5; `asked` has the first line of each request."""

    def __init__(self, port: int) -> None:
        self.asked: list[str] = []
        self._to = port
        super().__init__(self._tunnel)
        self.url = self.origin

    def _tunnel(self, connection: socket.socket) -> None:
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
