"""Signing in, without a screen."""

from __future__ import annotations

import asyncio

import httpx
from textual.message import Message

from dfui.api.client import DatafinitiClient
from dfui.core.addresses import DATAFINITI
from dfui.core.secret import Secret
from dfui.operations.api_access import ApiAccess
from dfui.simulator.account import TOKEN, Simulator, answering
from dfui.simulator.manual_clock import ManualClock
from dfui.system.settings import Settings
from dfui.tui.connection_state import Connection
from dfui.tui.sign_in_flow import SignInFlow
from tests.support.apps import NOWHERE


async def test_a_token_that_is_being_checked_when_one_declines_is_not_used(
    simulator: Simulator, clock: ManualClock
) -> None:
    is_asked, may_answer = asyncio.Event(), asyncio.Event()

    async def handle(request: httpx.Request) -> httpx.Response:
        is_asked.set()
        await may_answer.wait()
        return simulator.handle(request)

    def connect(secret: Secret | None) -> DatafinitiClient:
        return DatafinitiClient(secret, address=DATAFINITI, transport=answering(handle))

    async def go_online() -> None:
        raise AssertionError("it went online")

    posted: list[Message] = []
    settings = Settings("production", DATAFINITI, database=NOWHERE, config_file=NOWHERE)
    access = ApiAccess(settings, connect=connect, environment={})
    connection = Connection(lambda *_: None, clock=clock)
    flow = SignInFlow(access, post=posted.append, go_online=go_online, connection=connection)
    signing_in = asyncio.create_task(flow.sign_in(Secret(TOKEN), None, keep=False))
    await is_asked.wait()
    flow.decline()
    may_answer.set()
    await signing_in
    assert (access.token, posted) == (None, [])
