"""Putting a token or a password on a request, so that no variable on the way of an error holds it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator

import httpx
import msgspec

from dfui.core.secret import Secret


class Bearer(httpx.Auth):
    """Puts the token on a request, so that no variable on the way of an error holds it."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header."""
        request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        yield request


class Password(httpx.AsyncByteStream):
    """The body of `POST /auth`; it is put together while it is sent, and held by no variable."""

    def __init__(self, email_address: str, password: Secret) -> None:
        self._email_address = email_address
        self.password = password

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._encoded()

    def __len__(self) -> int:
        return len(self._encoded())

    def _encoded(self) -> bytes:
        return msgspec.json.encode({"email": self._email_address, "password": self.password.reveal()})
