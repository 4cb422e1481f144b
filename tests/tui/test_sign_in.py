"""Signing in, without a screen."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from dfui.api.client import DatafinitiClient
from dfui.core.addresses import DATAFINITI
from dfui.core.secret import Secret
from dfui.operations.api_access import ApiAccess
from dfui.simulator.account import TOKEN, Simulator, answering
from dfui.system.credentials import Token, TokenSource
from dfui.system.settings import Settings
from dfui.tui.api_status import ApiContact
from dfui.tui.sign_in import SignInFlow
from tests.support.manual_clock import ManualClock
from tests.support.tui import NOWHERE


@pytest.mark.parametrize("another_comes", [False, True])
async def test_a_token_that_is_being_checked_when_one_declines_or_gives_another_is_not_used(
    simulator: Simulator, clock: ManualClock, another_comes: bool
) -> None:
    is_asked, may_answer, used = asyncio.Event(), asyncio.Event(), list[Token | None]()

    async def handle(request: httpx.Request) -> httpx.Response:
        is_asked.set()
        await may_answer.wait()
        return simulator.handle(request)

    def connect(secret: Secret | None) -> DatafinitiClient:
        return DatafinitiClient(secret, address=DATAFINITI, transport=answering(handle))

    async def go_online() -> None:
        used.append(access.token)

    settings = Settings("production", DATAFINITI, database=NOWHERE, config_file=NOWHERE)
    access = ApiAccess(settings, connect=connect, environment={})
    contact = ApiContact(lambda: None, clock=clock)
    flow = SignInFlow(access, contact=contact, changed=lambda: None, notify=lambda notice: None, go_online=go_online)
    signing_in = asyncio.create_task(flow.submit(Secret(TOKEN), None, keep=False))
    await is_asked.wait()
    answers = [signing_in]
    if another_comes:
        answers.append(asyncio.create_task(flow.submit(Secret("another"), None, keep=False)))
        simulator.token = "another"
        await asyncio.sleep(0)
    else:
        flow.decline()
    may_answer.set()
    await asyncio.gather(*answers)
    assert used == ([Token(Secret("another"), TokenSource.SESSION)] if another_comes else [])
    assert flow.problem == ""


async def test_a_token_found_while_a_cancellation_asks_for_one_is_used_for_it(
    monkeypatch: pytest.MonkeyPatch, clock: ManualClock
) -> None:
    may_answer, steps = asyncio.Event(), list[str]()

    async def find_token() -> Token:
        await may_answer.wait()
        return Token(Secret(TOKEN), TokenSource.COMMAND)

    async def go_online() -> None:
        steps.append("online")

    access = ApiAccess(Settings("production", DATAFINITI, database=NOWHERE, config_file=NOWHERE), environment={})
    monkeypatch.setattr(access, "find_token", find_token)
    contact = ApiContact(lambda: None, clock=clock)
    flow = SignInFlow(access, contact=contact, changed=lambda: None, notify=lambda notice: None, go_online=go_online)
    starting, waiting = asyncio.create_task(flow.start()), asyncio.create_task(flow.wait_for_token())
    await asyncio.sleep(0)
    assert flow.is_asking
    may_answer.set()
    await starting
    assert (await asyncio.wait_for(waiting, 1), flow.is_asking, steps) == (Secret(TOKEN), False, ["online"])
