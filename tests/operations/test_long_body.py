"""A long body is read past the libraries, and is byte for byte the one that they would have given."""

from __future__ import annotations

import random
import ssl
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import h11
import httpcore
import httpx
import pytest
import trustme

from dfui.core.fetching import Check, FileState
from dfui.operations import object_store
from dfui.operations.fetch_control import FetchControl
from dfui.operations.long_body import LONG_BYTES, body_of
from tests.support.fetching import Account, serve, when_it_stalls
from tests.support.file_server import FileServer, Framing
from tests.support.proxy import Proxy

LONG = random.Random(8).randbytes(LONG_BYTES + 500_000)


class Counted(httpx.SyncByteStream):
    """Counts the pieces that come through the libraries."""

    def __init__(self, stream: Iterator[bytes]) -> None:
        self._stream = stream
        self.pieces = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._stream:
            self.pieces += 1
            yield piece


def answered(body: bytes, *, with_the_head: int) -> tuple[httpx.Response, Counted]:
    """An answer as httpcore gives it, where so many bytes of the body come in one read with the head."""
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    rest = body[with_the_head:]
    reads = [head + body[:with_the_head], *(rest[at : at + 16_384] for at in range(0, len(rest), 16_384))]
    pool = httpcore.ConnectionPool(network_backend=httpcore.MockBackend(reads))
    timeout = {"timeout": httpx.Timeout(5).as_dict()}
    asked = httpcore.Request("GET", "http://files.test/1", headers={"Host": "files.test"}, extensions=timeout)
    core = pool.handle_request(asked)
    stream = Counted(iter(core.stream))  # type: ignore[arg-type]
    request = httpx.Request("GET", "http://files.test/1", extensions=timeout)
    return httpx.Response(200, stream=stream, request=request, extensions=core.extensions), stream


@pytest.mark.parametrize("with_the_head", [0, 1, 16_000, 60_000, LONG_BYTES + 1, len(LONG)])
def test_what_came_with_the_head_is_there_once_and_the_rest_is_read_past_the_libraries(with_the_head: int) -> None:
    """This fails where the libraries have changed: see then what they keep back, and what `TRIED_WITH` is to be."""
    response, through_libraries = answered(LONG, with_the_head=with_the_head)
    assert b"".join(body_of(response, len(LONG))) == LONG
    assert through_libraries.pieces == 1


@pytest.mark.parametrize(("library", "name"), [(httpcore, "__version__"), (h11, "PRODUCT_ID")])
def test_libraries_that_nobody_tried_are_not_gone_past(
    library: ModuleType, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, name, getattr(library, name).replace("0.", "7.", 1))
    response, through_libraries = answered(LONG, with_the_head=100)
    assert b"".join(body_of(response, len(LONG))) == LONG
    assert through_libraries.pieces > 1


def test_a_body_that_ends_early_is_broken_off() -> None:
    response, _ = answered(LONG, with_the_head=100)
    pieces = body_of(response, len(LONG) + 1)
    with pytest.raises(httpx.RemoteProtocolError):
        list(pieces)


@pytest.fixture
def tls_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """An object store that is spoken with over TLS, as the real ones are."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "files.example.com").configure_cert(context)
    with FileServer(tls=context) as serving:
        yield serving


@pytest.mark.parametrize("framing", [Framing.LENGTH, Framing.CHUNKED_WITH_LENGTH, Framing.CLOSE])
async def test_long_files_come_whole_over_tls_also_after_a_cut(
    framing: Framing, account: Account, tls_files: FileServer, out: Path
) -> None:
    names = [f"7_{number}.bin" for number in range(6)]
    serve(tls_files, account, *names, content=LONG, framing=framing)
    if framing is not Framing.CLOSE:  # where a cut cannot be told from the end
        tls_files.files["/7_3.bin"].cuts = [LONG_BYTES + 7]
    got = await account.fetch(out)
    assert {file.state for file in got.values()} == {FileState.COMPLETE}
    assert got["7_1.bin"].check is (Check.LENGTH if framing is Framing.LENGTH else None)
    assert {(out / name).read_bytes() for name in names} == {LONG}
    if framing is Framing.LENGTH:
        asked = [headers.get("Range") for path, headers in tls_files.heard if path.startswith("/7_3.bin")]
        assert asked == [None, f"bytes={LONG_BYTES + 7}-"]


async def test_stopping_ends_a_read_past_the_libraries_at_once_and_keeps_what_came(
    account: Account, tls_files: FileServer, out: Path
) -> None:
    serve(tls_files, account, content=LONG, stalls_after=LONG_BYTES + 7)
    control = FetchControl()
    stopper = when_it_stalls(tls_files, control.stop)
    stopper.start()
    got = await account.fetch(out, control=control)
    stopper.join()
    assert not tls_files.goes_on.is_set()
    assert got["7_1.bin"].state is FileState.STOPPED
    kept = (out / "7_1.bin.part").read_bytes()
    assert kept and LONG.startswith(kept)
    assert got["7_1.bin"].bytes_done == len(kept)


async def test_a_store_that_stalls_is_waited_for_no_longer_than_it_may_and_what_came_is_kept(
    account: Account, tls_files: FileServer, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_store, "READ_SECONDS", 0.2)
    serve(tls_files, account, content=LONG, stalls_after=LONG_BYTES + 7, etag=None)
    got = await account.fetch(out)
    assert "within 0 s" in (got["7_1.bin"].trouble or "")
    assert not tls_files.goes_on.is_set()
    assert (out / "7_1.bin.part").read_bytes() == LONG[: LONG_BYTES + 7]


async def test_a_long_file_comes_through_the_tunnel_of_a_proxy(
    account: Account, tls_files: FileServer, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(tls_files, account, content=LONG, cuts=[LONG_BYTES + 7])
    account.links = [[tls_files.link("/7_1.bin").replace("127.0.0.1", "files.example.com")]]
    with Proxy(tls_files.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        got = await account.fetch(out)
    assert got["7_1.bin"].state is FileState.COMPLETE
    assert (out / "7_1.bin").read_bytes() == LONG
    assert proxy.asked == [f"CONNECT files.example.com:{tls_files.port} HTTP/1.1"] * 2
