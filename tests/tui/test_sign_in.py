"""Signing in, without a screen."""

from __future__ import annotations

import asyncio

import pytest

from dfui.core.account import Account
from dfui.core.addresses import DATAFINITI
from dfui.core.secret import Secret
from dfui.operations.api_access import ApiAccess
from dfui.system.credentials import Token, TokenSource
from dfui.system.settings import Settings
from dfui.tui.api_status import ApiContact
from dfui.tui.sign_in import SignInFlow
from tests.support.manual_clock import ManualClock
from tests.support.tui import NOWHERE

FIRST, SECOND = Secret("first"), Secret("second")


class Flow(SignInFlow):
    """Its way to the API answers once it may; `used` has each token with which it went online."""

    def __init__(self, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
        self.may_answer, self.used = asyncio.Event(), list[Token | None]()
        access = ApiAccess(Settings("production", DATAFINITI, database=NOWHERE, config_file=NOWHERE), environment={})

        async def check(secret: Secret) -> Account:
            await self.may_answer.wait()
            return Account()

        async def find_token() -> Token:
            await self.may_answer.wait()
            return Token(FIRST, TokenSource.COMMAND)

        async def go_online() -> None:
            self.used.append(access.token)

        monkeypatch.setattr(access, "check", check)
        monkeypatch.setattr(access, "find_token", find_token)
        super().__init__(
            access,
            contact=ApiContact(lambda: None, clock=clock),
            changed=lambda: None,
            notify=lambda sentence: None,
            go_online=go_online,
        )


@pytest.fixture
def flow(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Flow:
    return Flow(clock, monkeypatch)


@pytest.mark.parametrize("another_comes", [False, True])
async def test_a_token_that_is_being_checked_when_one_declines_or_gives_another_is_not_used(
    flow: Flow, another_comes: bool
) -> None:
    answers = [asyncio.create_task(flow.submit(FIRST, None, keep=False))]
    await asyncio.sleep(0)
    if another_comes:
        answers.append(asyncio.create_task(flow.submit(SECOND, None, keep=False)))
        await asyncio.sleep(0)
    else:
        flow.decline()
    flow.may_answer.set()
    await asyncio.gather(*answers)
    assert flow.used == ([Token(SECOND, TokenSource.SESSION)] if another_comes else [])


async def test_a_token_that_the_keyring_takes_late_does_not_replace_the_one_given_since(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_keep = asyncio.Event()

    async def write(token: Secret) -> None:
        await may_keep.wait()

    monkeypatch.setattr(flow._access._keyring, "write", write)
    flow.may_answer.set()
    await flow.submit(FIRST, None, keep=True)
    await asyncio.sleep(0)
    await flow.submit(SECOND, None, keep=False)
    may_keep.set()
    assert flow._keeping is not None
    await flow._keeping
    assert flow._access.token == Token(SECOND, TokenSource.SESSION)


async def test_a_token_found_while_a_cancellation_asks_for_one_is_used_for_it(flow: Flow) -> None:
    starting, waiting = asyncio.create_task(flow.start()), asyncio.create_task(flow.wait_for_token())
    await asyncio.sleep(0)
    assert flow.is_asking
    flow.may_answer.set()
    await starting
    assert (await asyncio.wait_for(waiting, 1), flow.is_asking, len(flow.used)) == (FIRST, False, 1)
