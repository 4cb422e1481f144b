"""Which addresses the API may have: the token is sent to these and to nothing else."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import urlsplit

from dfui.core.errors import AddressError

DATAFINITI_URL = "https://api.datafiniti.co/v4"
# The whole of what stands between // and /, for `urlsplit` reads `[::1]evil.example` as `[::1]`. No zone is taken: it
# names a network interface of this machine, and no host.
HOST_AND_PORT = re.compile(r"([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]*)?", re.ASCII | re.IGNORECASE)
PATH = re.compile(r"(/[\w.~%-]*[\w~%-])*/*", re.ASCII)
"""Without the signs around an address in a text, such as the comma behind it."""
DEFAULT_PORTS = {"http": 80, "https": 443}


class ApiAddress(NamedTuple):
    """Where the API is."""

    url: str
    """The base of every call, without a slash at the end."""
    origin: str
    """Scheme, host and port: what a token and the known downloads belong to."""
    host: str
    """Host and port, as people name it."""
    is_loopback: bool
    """Whether it is on this machine: then plain http is allowed, and no proxy is used."""

    @property
    def is_encrypted(self) -> bool:
        return self.url.startswith("https:")

    @property
    def is_datafiniti(self) -> bool:
        """Whether it is the service itself, and not another that speaks its language."""
        return self.origin == DATAFINITI.origin


def parse_api_url(text: str) -> ApiAddress:
    """Read the address of an API: https anywhere, http on loopback alone.

    Raises:
        AddressError: it is no such address.
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise AddressError("The API address is not an address. Give one like https://api.datafiniti.co/v4.") from None
    host = (parts.hostname or "").lower()
    if parts.scheme not in DEFAULT_PORTS or not host:
        raise AddressError("The API address is not complete. Give one like https://api.datafiniti.co/v4.")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise AddressError("The API address may have a host and a path only: no user, no password, no ? and no #.")
    if not HOST_AND_PORT.fullmatch(parts.netloc):
        raise AddressError("The API address has no valid host. Give an address like https://api.datafiniti.co/v4.")
    if not PATH.fullmatch(parts.path):
        raise AddressError("The API address has an odd sign in its path. Give one like https://api.datafiniti.co/v4.")
    is_loopback = is_loopback_host(host)
    if parts.scheme == "http" and not is_loopback:
        raise AddressError(
            f"The API address http://{host} is not encrypted, so the token is not sent there. "
            "Use https; http is for this machine alone (127.0.0.1, localhost)."
        )
    named = f"[{host}]" if ":" in host else host
    if port is not None and port != DEFAULT_PORTS[parts.scheme]:
        named = f"{named}:{port}"
    origin = f"{parts.scheme}://{named}"
    return ApiAddress(url=origin + parts.path.rstrip("/"), origin=origin, host=named, is_loopback=is_loopback)


def is_loopback_host(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


DATAFINITI = parse_api_url(DATAFINITI_URL)
