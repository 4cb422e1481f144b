"""TLS: whom the client trusts."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from dfui.api import client as client_module
from dfui.core.errors import (
    InsecureConnection,
    NotConnected,
)
from tests.support.fault_client import RUNNING, SECRET, client_of, error_of, told
from tests.support.fault_server import FaultServer, http


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@contextlib.contextmanager
def tls_server(authority: trustme.CA, name: str = "127.0.0.1") -> Iterator[FaultServer]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    with FaultServer(http(200, RUNNING), tls=context) as server:
        yield server


async def test_a_certificate_of_an_unknown_authority_is_not_secure_and_nothing_is_sent(authority: trustme.CA) -> None:
    with tls_server(authority) as server:
        async with client_of(server.url) as client:
            assert isinstance(error := await error_of(client.cancel_download("7")), InsecureConnection)
    assert server.requests == []
    assert SECRET not in told(error)


async def test_an_authority_named_in_ssl_cert_file_is_trusted_for_its_hosts_alone(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    with tls_server(authority) as server:
        async with client_of(server.url) as client:
            assert (await client.get_download("7")).download.api_status == "running"
    with tls_server(authority, "other.example") as server:
        async with client_of(server.url) as client:
            assert isinstance(await error_of(client.get_download("7")), InsecureConnection)
    assert server.requests == []


async def test_a_server_without_tls_behind_an_https_address_is_not_secure() -> None:
    with FaultServer(http(200, RUNNING)) as server:
        async with client_of(server.url.replace("http:", "https:")) as client:
            error = await error_of(client.get_download("7"))
    assert isinstance(error, InsecureConnection)
    assert SECRET.encode() not in b"".join(server.requests)


async def test_tls_that_is_not_established_in_time_is_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "CONNECT_SECONDS", 0.05)
    with FaultServer() as server:
        async with client_of(server.url.replace("http:", "https:")) as client:
            error = await error_of(client.get_download("7"))
    assert type(error) is NotConnected
    assert "no connection within" in str(error)
