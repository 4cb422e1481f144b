"""Finding a token, asking for one, checking it; on the network thread."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

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
from dfui.tui.api_status import ApiContact, ApiStatus
from dfui.wording.access import TOKEN_REJECTED, password_rejected, token_rejected
from dfui.wording.errors import error_sentences


class SignInFlow:
    """Puts a token into `access`; once it works, waiting cancellations continue, and `go_online` is called.

    A screen reads here whether a person is asked for a token, and what came of the last answer; `changed` is called
    whenever that changes.
    """

    def __init__(
        self,
        access: ApiAccess,
        *,
        contact: ApiContact,
        changed: Callable[[], None],
        notify: Callable[..., object],
        go_online: Callable[[], Awaitable[None]],
    ) -> None:
        self._access = access
        self._contact = contact
        self._changed = changed
        self._notify = notify
        self._go_online = go_online
        self.is_asking = False
        """Whether a person is asked for a token now."""
        self.reason: str | None = None
        """Why they are asked, if there is more to say."""
        self.problem = ""
        """What is wrong with what they entered last."""
        self._waiting: list[asyncio.Future[Secret | None]] = []
        """Cancellations that wait for a token."""
        self._has_asked = False
        """Whether a person was asked since a token last worked; they are not asked again and again."""
        self._answers = 0
        """How often a person has answered; only the last answer counts."""
        self._keeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Find the token and go online with it, or ask for one."""
        try:
            token = await self._access.find_token()
        except TokenError as error:
            self.request(str(error))
        except KeyringSilent as problem:
            self.request(error_sentences(problem))
            await self._wait_for_keyring(problem)
        except KeyringProblem as problem:
            self._access.lacks_keyring = isinstance(problem, NoKeyring | PlainTextKeyring)
            self.request(error_sentences(problem))
        else:
            if token is None:
                self.request(None)
            else:
                await self._use(token.secret)  # a cancellation may have asked for one meanwhile

    def ask(self, reason: str | None) -> None:
        """Ask a person for a token; from any thread."""
        self.reason, self.problem, self.is_asking = reason, "", True
        self._changed()

    def request(self, reason: str | None) -> None:
        """No token works: ask a person for one, unless they were asked already."""
        token = self._access.token
        self._contact.set(ApiStatus.TOKEN_REJECTED if token else ApiStatus.SIGNED_OUT)
        if not self._has_asked:
            self._has_asked = True
            if reason and token and token.source is not TokenSource.SESSION:
                reason += f" It came from {token.source.value}."
            self.ask(reason)

    async def wait_for_token(self) -> Secret | None:
        """Ask a person for a token, and wait for it; None if they decline."""
        waiting: asyncio.Future[Secret | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        if self._access.token:
            self._contact.set(ApiStatus.TOKEN_REJECTED)
        self.ask(TOKEN_REJECTED if self._access.token else None)
        return await waiting

    def decline(self) -> None:
        """Go on without a token, also without one that is being checked."""
        self._answers += 1
        self._resolve(None)

    async def submit(self, secret: Secret, email_address: str | None, *, keep: bool) -> None:
        """Check a token, or the password of an e-mail address, and use it, unless a person answers anew meanwhile."""
        self._answers += 1
        this_answer = self._answers
        token, problem = await self._checked(secret, email_address)
        if this_answer != self._answers:
            return
        if token is None:
            self.problem = problem
            self._changed()
            return
        self._access.use(token)
        if keep:  # beside the rest: a keyring may wait for a person, and cancellations must not
            self._keeping = asyncio.create_task(self._keep(token))
        await self._use(token)

    async def _checked(self, secret: Secret, email_address: str | None) -> tuple[Secret | None, str]:
        """The token, if it works; else what is wrong with it, or with the password."""
        try:
            token = await self._access.token_for(email_address, secret) if email_address else secret
        except DatafinitiError as error:
            return None, password_rejected(error) if isinstance(error, Unauthorized) else error_sentences(error)
        try:
            await self._access.check(token)
        except DatafinitiError as error:
            not_checked = f"The token could not be checked. {error_sentences(error)}"
            return None, token_rejected(error) if isinstance(error, Unauthorized) else not_checked
        return token, ""

    async def _keep(self, token: Secret) -> None:
        try:
            await self._access.keep(token)
        except KeyringProblem as problem:
            self._notify(f"It will not be saved. {error_sentences(problem)}", is_problem=True, seconds=20)

    def stop_keeping(self) -> None:
        """Keep no token that the keyring has not taken yet."""
        if self._keeping is not None:
            self._keeping.cancel()

    async def _use(self, token: Secret) -> None:
        self._has_asked = False
        self._resolve(token)
        await self._go_online()

    def _resolve(self, token: Secret | None) -> None:
        self.is_asking = False
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(token)
        self._waiting.clear()
        self._changed()

    async def _wait_for_keyring(self, problem: KeyringSilent) -> None:
        """The keyring may still answer, once a person has unlocked it."""
        try:
            kept = await asyncio.wrap_future(problem.answer)
        except KeyringProblem as late:
            self._notify(error_sentences(late), is_problem=True)
            return
        if isinstance(kept, Secret) and self._access.token is None:
            self._access.token = Token(kept, TokenSource.KEYRING)
            await self._use(kept)
