"""The simulated account behind a real loopback socket, in this process or as one of its own.

python -m tests.support.server --dialect docs2026 --port 8765
"""

from __future__ import annotations

import argparse
import contextlib
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, cast

import httpx

from dfui.core.clock import Clock
from dfui.simulator.account import TOKEN, Dialect, Simulator
from dfui.simulator.files import SimulatedFiles
from dfui.simulator.scenarios import ORDINARY, SCENARIOS, demo_account

Handle = Callable[[httpx.Request], httpx.Response]
Fault = Callable[[socket.socket, Handle], None]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, *arguments: Any) -> None:
        self._handlers = 0
        self._handlers_changed = threading.Condition()
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._count(1)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._handlers_changed:
            self._handlers += change
            self._handlers_changed.notify_all()

    def wait_for_handlers(self) -> None:
        with self._handlers_changed:
            assert self._handlers_changed.wait_for(lambda: self._handlers == 0, 10)


class SimulatorServer:
    """Serves a simulator; `url` is what `--api-url` takes."""

    def __init__(self, simulator: Simulator, *, port: int = 0) -> None:
        self.simulator = simulator
        self.fault: Callable[[httpx.Request], Fault | None] = lambda request: None
        """What deals with a request on the socket itself, in place of an orderly answer."""
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

            def handle(self) -> None:
                with contextlib.suppress(ConnectionError):  # whoever asked is gone
                    super().handle()

            def do_HEAD(self) -> None:
                self.send_response(204)
                self.end_headers()
                self.close_connection = True

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

            def finish(self) -> None:
                with contextlib.suppress(OSError):
                    super().finish()

            do_GET = do_POST = do_DELETE = answer  # noqa: N815

        self._http = _Server(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}{self.simulator.base_path}"

    def drain(self) -> None:
        """Wait until all that was sent here has been dealt with, and every connection is closed."""
        host, port = self._http.server_address[:2]
        with socket.create_connection((str(host), int(port))) as last:  # accepted after all that came before
            last.sendall(b"HEAD / HTTP/1.0\r\n\r\n")
            while last.recv(1024):
                pass
        self._http.wait_for_handlers()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


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


if __name__ == "__main__":
    main()
