"""Which token to use, checking it, replacing it; and the client that is made with it."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from dfui.core.errors import KeyringProblem, NoKeyring, PlainTextKeyring, ReadOnlyProfile, TokenError
from dfui.system.credentials import KeyringEntry, Token, TokenSource, token_of_environment

if TYPE_CHECKING:
    import httpx

    from dfui.api.client import DatafinitiClient
    from dfui.core.account import Account
    from dfui.core.secret import Secret
    from dfui.system.settings import Settings

Connect = Callable[["Secret | None"], "DatafinitiClient"]


class ApiAccess:
    """The way to the API for one profile at one API address.

    `connect` makes the clients of a simulated account, as the demo does; then the keyring is left alone, and its files
    come through `results_transport`.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        connect: Connect | None = None,
        results_transport: httpx.AsyncBaseTransport | None = None,
        given: Token | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.settings = settings
        self._connect = connect
        self.results_transport = results_transport
        """What result files are fetched through, instead of a network."""
        self._environment = environment
        self.token = given
        """The token in use, once it is known."""
        self._keyring = KeyringEntry(
            profile=settings.profile,
            origin=settings.address.origin,
            allow_plaintext=settings.config.allow_plaintext_keyring,
        )
        self.lend_terminal: Callable[[], contextlib.AbstractAsyncContextManager[None]] = contextlib.nullcontext
        """Gives the terminal to a `token_command` that asks at it, and takes it back."""
        self._renewal: asyncio.Task[Secret | None] | None = None
        self._rejected: set[Secret] = set()
        """Tokens in whose place there was no other when the API rejected them."""
        self.lacks_keyring = False
        """Whether there is known to be no keyring in which a token may be kept."""

    def require_writable(self) -> None:
        """Check that this profile may cancel anything.

        Raises:
            ReadOnlyProfile: the settings refuse it.
        """
        if self.settings.of_profile.read_only:
            raise ReadOnlyProfile(self.settings.profile)

    @property
    def is_simulated(self) -> bool:
        return self._connect is not None

    async def find_token(self) -> Token | None:
        """The token to use: of this session, the environment, the profile's command, or the keyring; None without one.

        Raises:
            TokenError: the environment holds what can be no token, or the command printed none.
            KeyringProblem: the keyring was asked, and cannot be used.
        """
        if self.token is None:
            self.token = token_of_environment(self._environment)
        if self.token is None and not self.is_simulated and self.settings.of_profile.token_command:
            self.token = Token(await self._token_of_command(), TokenSource.COMMAND)
        if self.token is None and not self.is_simulated and (kept := await self._keyring.read()):
            self.token = Token(kept, TokenSource.KEYRING)
        return self.token

    def use(self, secret: Secret) -> None:
        self.token = Token(secret, TokenSource.SESSION)

    def client(self, secret: Secret | None = None) -> DatafinitiClient:
        token = secret or (self.token.secret if self.token else None)
        if self._connect is not None:
            return self._connect(token)

        from dfui.api.client import DatafinitiClient

        renew_token = None if secret else self._renewed_token
        return DatafinitiClient(token, address=self.settings.address, renew_token=renew_token)

    async def _token_of_command(self) -> Secret:
        from dfui.system.token_command import token_of_command

        profile = self.settings.of_profile
        async with self.lend_terminal() if profile.token_command_terminal else contextlib.nullcontext():
            return await token_of_command(profile.token_command or (), at_terminal=profile.token_command_terminal)

    async def _renewed_token(self, rejected: Secret) -> Secret | None:
        """After a 401: the token that is in use by now, or that the command prints now; None if there is no other.

        One run serves all requests, and outlives those that are given up: a person may be typing a passphrase.
        """
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self._renew_token(rejected))
        return await asyncio.shield(self._renewal)

    async def _renew_token(self, rejected: Secret) -> Secret | None:
        token = self.token
        if token is not None and token.secret == rejected and rejected not in self._rejected:
            if token.source is TokenSource.COMMAND:
                try:
                    printed = await self._token_of_command()
                except TokenError:
                    return None
                if self.token is token:  # nobody has signed in meanwhile
                    self.token = Token(printed, TokenSource.COMMAND)
            if self.token is not None and self.token.secret == rejected:
                self._rejected.add(rejected)
        return self.token.secret if self.token is not None and self.token.secret not in self._rejected else None

    async def check(self, secret: Secret) -> Account:
        """The account that a token opens.

        Raises:
            Unauthorized: the API rejects it.
            DatafinitiError: the API could not be asked.
        """
        async with self.client(secret) as client:
            return await client.account()

    async def token_for(self, email_address: str, password: Secret) -> Secret:
        """The token for an e-mail address and a password, which are used for this one call.

        Raises:
            DatafinitiError: the API rejects them, or could not be asked.
        """
        async with self.client() as client:
            client.use_token(None)
            return await client.authenticate(email_address, password)

    async def require_keyring(self) -> None:
        """Check that a keyring can keep a token, before asking for one.

        Raises:
            KeyringProblem: there is none, or it cannot be used.
        """
        if not self.is_simulated:
            await self._keyring.require()

    async def look_for_keyring(self) -> None:
        """Find out whether this machine `lacks_keyring`, without making one ask a person to unlock it."""
        self.lacks_keyring = False
        if self.is_simulated:
            return
        try:
            await self._keyring.describe()
        except KeyringProblem as problem:  # of another kind: there is one, though it does not answer now
            self.lacks_keyring = isinstance(problem, NoKeyring | PlainTextKeyring)

    async def keep(self, secret: Secret) -> None:
        """Keep a token in the keyring, and use it.

        Raises:
            KeyringProblem: it could not be kept; it is used for this session all the same.
        """
        self.use(secret)
        if not self.is_simulated:
            await self._keyring.write(secret)
            if self.token is not None and self.token.secret == secret:  # no other has come meanwhile
                self.token = Token(secret, TokenSource.KEYRING)

    async def forget_token(self) -> bool:
        """Remove the token from memory and the keyring; whether the keyring had one.

        Raises:
            KeyringProblem: the keyring could not be asked.
        """
        self.token = None
        return False if self.is_simulated else await self._keyring.delete()
