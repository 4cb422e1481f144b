"""How requests leave this machine: the certificates to trust, the proxy to use, and a pool for each way out."""

from __future__ import annotations

import functools
import ipaddress
import os
import re
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

from dfui.core.addresses import is_loopback_host
from dfui.core.errors import UnusableEnvironment

if TYPE_CHECKING:
    import httpcore

MAX_CONNECTIONS = 16
# For a Python that was built elsewhere, and whose own default is not on this machine.
_CA_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu
    "/etc/pki/tls/cert.pem",  # Fedora, RHEL
    "/etc/ssl/cert.pem",  # Alpine, Arch, BSD
    "/etc/ssl/ca-bundle.pem",  # SUSE
)


class Proxy(NamedTuple):
    """A proxy of the environment."""

    url: str
    """With its user and password, if it has any."""
    variable: str

    @property
    def name(self) -> str:
        """Host and port, and the variable that names it."""
        return f"{self.url.rpartition('@')[2].rpartition('//')[2].rstrip('/')} (set by {self.variable})"


def find_proxy(host: str, *, scheme: str = "https", environment: Mapping[str, str] = os.environ) -> Proxy | None:
    """The proxy for a host: that of this scheme, else of all; none for loopback and for what NO_PROXY has."""
    for name in (f"{scheme}_proxy", f"{scheme}_proxy".upper(), "all_proxy", "ALL_PROXY"):
        if url := environment.get(name, "").strip():
            break
    else:
        return None
    if is_loopback_host(host) or any(_covers(entry, host) for entry in _no_proxy(environment)):
        return None
    url = re.sub("^socks://", "socks5://", url)  # as GNOME writes it
    return Proxy(url if "://" in url else f"http://{url}", name)


def unreadable_no_proxy(environment: Mapping[str, str] = os.environ) -> list[str]:
    """The entries of NO_PROXY that are no host, address or network, so they are left out."""
    return [entry for entry in _no_proxy(environment) if not (_network(entry) or re.fullmatch(r"\*|[\w.-]+", entry))]


def _no_proxy(environment: Mapping[str, str]) -> list[str]:
    listed = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    entries = (re.sub(r"^(\*\.|\.|\w+://)|(?<=[^:]):\d+$", "", entry) for entry in re.split(r"[,\s]+", listed))
    return [entry.lower() for entry in entries if entry]


def _covers(entry: str, host: str) -> bool:
    """Whether an entry of NO_PROXY has this host: by its name or a parent's, or by its address."""
    network, address = _network(entry), _network(host)
    if network is None or address is None:
        return entry == "*" or f".{host.lower()}".endswith(f".{entry}")
    return address.network_address in network


def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(re.sub(r"^\[|\](:\d+)?$", "", entry), strict=False)
    except ValueError:
        return None


class NetworkTransport(httpx.AsyncBaseTransport):
    """Sends each request by its own way: through the proxy for its host, or directly.

    What cannot be used of the environment is raised by the request that needs it, as `UnusableEnvironment`.
    """

    def __init__(self) -> None:
        self._pools: dict[tuple[Proxy | None, bool, bool], httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        proxy = find_proxy(request.url.host, scheme=request.url.scheme)
        way = proxy, request.url.scheme == "https", request.method == "DELETE"
        if way not in self._pools:
            self._pools[way] = self._pool(*way)
        opened: list[httpcore.AsyncNetworkStream] = []
        trace = request.extensions.get("trace")

        async def note_opened(event: str, info: Mapping[str, Any]) -> None:
            if event.endswith(".connect_tcp.complete"):
                opened.append(info["return_value"])
            if trace is not None:
                await trace(event, info)

        request.extensions["trace"] = note_opened
        try:
            return await self._pools[way].handle_async_request(request)
        except BaseException as error:
            # httpcore leaves it open if the request is cancelled during TLS, or SOCKS fails.
            for connection in opened:
                await connection.aclose()
            if not type(error).__module__.startswith("socksio"):
                raise
            # httpx lets these through; the module is not imported for those who have no such proxy.
            raise httpx.ProxyError(f"not SOCKS5 ({error})") from None
        finally:
            request.extensions["trace"] = trace

    async def aclose(self) -> None:
        for pool in self._pools.values():
            await pool.aclose()

    def _pool(self, proxy: Proxy | None, is_encrypted: bool, is_delete: bool) -> httpx.AsyncHTTPTransport:
        # Loading the certificates costs more than the rest of a start; plain loopback needs none.
        certificates = self._certificates if is_encrypted or proxy else None
        # On a connection that is kept, a second answer to an earlier request would be taken for the DELETE's.
        limits = httpx.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=0 if is_delete else None)
        try:
            to_proxy = proxy and httpx.Proxy(
                proxy.url, ssl_context=certificates if proxy.url.startswith("https:") else None
            )
            return httpx.AsyncHTTPTransport(
                verify=certificates or False, trust_env=False, limits=limits, proxy=to_proxy
            )
        except (ValueError, httpx.InvalidURL):
            variable = proxy.variable if proxy else ""
            raise UnusableEnvironment(f"{variable} is not the address of an HTTP or SOCKS5 proxy.") from None

    @functools.cached_property
    def _certificates(self) -> ssl.SSLContext:
        return trusted_certificates()


def trusted_certificates(environment: Mapping[str, str] = os.environ) -> ssl.SSLContext:
    """Those of SSL_CERT_FILE and SSL_CERT_DIR, else the system's; SSLKEYLOGFILE is left out, for it gives away a token.

    Raises:
        UnusableEnvironment: a file or folder that a variable names cannot be read.
    """
    file, folder = environment.get("SSL_CERT_FILE"), environment.get("SSL_CERT_DIR")
    if not file and not folder and sys.platform == "darwin":
        import truststore  # asks the keychain; elsewhere it would read the system's file again for each connection

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if file:
        try:
            context.load_verify_locations(cafile=file)
        except OSError as error:
            reason = "it holds no certificates" if isinstance(error, ssl.SSLError) else error.strerror
            raise UnusableEnvironment(f"SSL_CERT_FILE names {file}, which cannot be used: {reason}.") from None
    if folder:
        if not Path(folder).is_dir():
            raise UnusableEnvironment(f"SSL_CERT_DIR names {folder}, which is not a folder.")
        context.load_verify_locations(capath=folder)
    if not file and not folder:
        context.set_default_verify_paths()
        if not ssl.get_default_verify_paths().cafile and (found := next(filter(os.path.isfile, _CA_FILES), None)):
            context.load_verify_locations(cafile=found)
    return context
