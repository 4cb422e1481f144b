"""A proxy that tunnels every host to one place on loopback."""

from __future__ import annotations

import contextlib
import shutil
import socket
import socketserver
import threading
from types import TracebackType
from typing import Self


class Proxy:
    """Answers CONNECT; `asked` has the first line of each request."""

    def __init__(self, port: int) -> None:
        self.asked: list[str] = []
        proxy = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                proxy.asked.append(self.rfile.readline().decode().strip())
                while self.rfile.readline().strip():
                    pass
                self.wfile.write(b"HTTP/1.1 200 Connected\r\n\r\n")
                with socket.create_connection(("127.0.0.1", port)) as there:
                    back = threading.Thread(target=_copied, args=(there, self.connection))
                    back.start()
                    _copied(self.connection, there)
                    back.join()

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _copied(source: socket.socket, target: socket.socket) -> None:
    """Copy all that comes, then its end."""
    with contextlib.suppress(OSError), source.makefile("rb", buffering=0) as reads:
        with target.makefile("wb", buffering=0) as writes:
            shutil.copyfileobj(reads, writes)
        target.shutdown(socket.SHUT_WR)
