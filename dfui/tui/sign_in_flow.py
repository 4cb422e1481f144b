"""Finding a token, asking for one, checking it; on the network thread."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from textual.message import Message

from dfui.core.errors import (
    DatafinitiError,
    KeyringProblem,
    KeyringSilent,
    NoKeyring,
    PlainTextKeyring,
    TokenError,
    Unauthorized,
)
from dfui.core.secret import Secret
from dfui.operations.api_access import ApiAccess
from dfui.system.credentials import Token, TokenSource
from dfui.tui.connection_state import Connection
from dfui.tui.messages import Notice, SignedIn, SignInFailed, SignInNeeded
from dfui.wording.access import TOKEN_REJECTED, kept_for_session, password_rejected, token_came_from, token_rejected
from dfui.wording.errors import error_sentences, keyring_sentences


class SignInFlow:
    """Puts a token into `access`; once it works, what waits for it goes on, and `go_online` is called."""

    def __init__(
        self,
        access: ApiAccess,
        *,
        post: Callable[[Message], object],
        go_online: Callable[[], Awaitable[None]],
        connection: Connection,
    ) -> None:
        self._access = access
        self._connection = connection
        self._post = post
        self._go_online = go_online
        self._waiting: list[asyncio.Future[Secret | None]] = []
        """Cancellations that wait for a token."""
        self._has_asked = False
        """Whether a person was asked since a token last worked; they are not asked again and again."""
        self._declined = 0
        """How often a person has declined."""

    async def start(self) -> None:
        """Find the token and go online with it, or ask for one."""
        try:
            token = await self._access.find_token()
        except TokenError as error:
            self.request(str(error))
        except KeyringSilent as problem:
            self.request(keyring_sentences(problem))
            await self._wait_for_keyring(problem)
        except KeyringProblem as problem:
            self._access.lacks_keyring = isinstance(problem, NoKeyring | PlainTextKeyring)
            self.request(keyring_sentences(problem))
        else:
            if token is None:
                self.request(None)
            else:
                await self._go_online()

    def request(self, sentence: str | None) -> None:
        """Ask a person for a token, unless they were asked already."""
        self._connection.signed_out()
        if not self._has_asked:
            self._has_asked = True
            token = self._access.token
            if sentence and token and token.source is not TokenSource.SESSION:
                sentence += f" {token_came_from(token.source)}"
            self._post(SignInNeeded(sentence))

    async def wait_for_token(self) -> Secret | None:
        """Ask a person for a token, and wait for it; None where they decline."""
        waiting: asyncio.Future[Secret | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        self._post(SignInNeeded(TOKEN_REJECTED if self._access.token else None))
        return await waiting

    def decline(self) -> None:
        """Go on without a token, also without one that is being checked."""
        self._declined += 1
        self._resolve(None)

    async def sign_in(self, secret: Secret, email_address: str | None, *, keep: bool) -> None:
        """Check a token, or the password of an e-mail address, and use it, unless a person declines meanwhile."""
        declined = self._declined
        try:
            token = await self._access.token_for(email_address, secret) if email_address else secret
        except DatafinitiError as error:
            sentences = password_rejected(error) if isinstance(error, Unauthorized) else error_sentences(error)
            self._post(SignInFailed(sentences))
            return
        try:
            await self._access.check(token)
        except DatafinitiError as error:
            not_checked = f"The token could not be checked. {error_sentences(error)}"
            self._post(SignInFailed(token_rejected(error) if isinstance(error, Unauthorized) else not_checked))
            return
        if declined != self._declined:
            return
        if keep:
            try:
                await self._access.keep(token)
            except KeyringProblem as problem:
                self._post(Notice(kept_for_session(problem), is_problem=True, seconds=20))
        else:
            self._access.use(token)
        self._has_asked = False
        self._post(SignedIn())
        self._resolve(token)
        await self._go_online()

    def _resolve(self, token: Secret | None) -> None:
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(token)
        self._waiting.clear()

    async def _wait_for_keyring(self, problem: KeyringSilent) -> None:
        """The keyring may still answer, once a person has unlocked it."""
        try:
            kept = await asyncio.wrap_future(problem.answer)
        except KeyringProblem as late:
            self._post(Notice(keyring_sentences(late), is_problem=True))
            return
        if isinstance(kept, Secret) and self._access.token is None:
            self._access.token = Token(kept, TokenSource.KEYRING)
            self._post(SignedIn())
            self._resolve(kept)
            await self._go_online()
