"""Which token is used, in which order, and what follows a 401."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from dfui.core.errors import TokenError, Unauthorized
from dfui.core.secret import Secret
from dfui.operations.api_access import ApiAccess
from dfui.simulator.account import TOKEN, Simulator
from dfui.system.config import Config, ProfileConfig
from dfui.system.credentials import TokenSource
from dfui.system.settings import Settings, load_settings
from tests.support.server import SimulatorServer


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """What each run of the token command prints, a line for each; the last one again and again."""
    return tmp_path / "runs"


@pytest.fixture
def settings(server: SimulatorServer, runs: Path) -> Settings:
    """A profile with a token command that counts its runs."""
    counter = runs.with_suffix(".count")
    script = f'echo x >> {counter}; sed -n "$(wc -l < {counter})p;\\$p" {runs} | head -n 1'
    profiles = {"default": ProfileConfig(token_command=["/bin/sh", "-c", script])}
    return replace(load_settings(api_url=server.url, environment={}), config=Config(profiles=profiles))


def let_print(runs: Path, *lines: str) -> None:
    runs.write_text("".join(f"{line}\n" for line in lines))


def times_run(runs: Path) -> int:
    counter = runs.with_suffix(".count")
    return len(counter.read_text().splitlines()) if counter.exists() else 0


async def found(settings: Settings, **environment: str) -> ApiAccess:
    """An access that has looked for its token."""
    access = ApiAccess(settings, environment=environment)
    await access.find_token()
    return access


async def test_environment_comes_before_command_and_that_before_keyring(settings: Settings, runs: Path) -> None:
    let_print(runs, TOKEN)
    in_environment = await found(settings, DATAFINITI_TOKEN="other")
    assert (in_environment.token and in_environment.token.source, times_run(runs)) == (TokenSource.ENVIRONMENT, 0)
    # The keyring of the tests would fail.
    assert (await found(settings)).token == (Secret(TOKEN), TokenSource.COMMAND)
    let_print(runs)
    with pytest.raises(TokenError, match="printed nothing"):
        await found(settings)


async def test_after_a_401_the_command_is_run_once_more_for_all_requests(
    settings: Settings, runs: Path, simulator: Simulator
) -> None:
    let_print(runs, "of-yesterday", TOKEN)
    simulator.add("847070")
    access = await found(settings)
    async with access.client() as client:
        account, details, answer = await asyncio.gather(
            client.account(), client.get_download("847070"), client.cancel_download("847070")
        )
    assert (account.active, details.download.id, answer.http_status) == (True, "847070", 200)
    assert simulator.downloads["847070"].stops_at is not None
    assert (times_run(runs), access.token and access.token.secret) == (2, Secret(TOKEN))


async def test_a_request_that_is_given_up_does_not_end_the_command(
    settings: Settings, runs: Path, tmp_path: Path
) -> None:
    """A person may be typing the passphrase of its password manager."""
    let_print(runs, "of-yesterday")
    access = await found(settings)
    os.mkfifo(typed := tmp_path / "typed")
    began = tmp_path / "began"
    command = ["/bin/sh", "-c", f"echo x >> {began}; cat {typed}; echo {TOKEN}"]
    access.settings = replace(settings, config=Config(profiles={"default": ProfileConfig(token_command=command)}))
    async with access.client() as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await client.account()
        again = asyncio.create_task(client.account())
        await asyncio.to_thread(typed.write_text, "")
        assert (await again).active
    assert began.read_text() == "x\n"


@pytest.mark.parametrize(("prints_next", "times"), [("of-yesterday", 2), ("", 4)], ids=["the same", "nothing"])
async def test_a_401_stands_if_the_command_gives_no_other_token(
    settings: Settings, runs: Path, simulator: Simulator, prints_next: str, times: int
) -> None:
    let_print(runs, "of-yesterday", prints_next)
    async with (await found(settings)).client() as client:
        for _ in range(3):
            with pytest.raises(Unauthorized):
                await client.account()
    assert (times_run(runs), len(simulator.requests)) == (times, 3)


async def test_a_client_made_before_the_token_was_known_renews_it_too_and_no_typed_one(
    settings: Settings, runs: Path, simulator: Simulator
) -> None:
    let_print(runs, "of-yesterday", TOKEN)
    access = ApiAccess(settings, environment={})
    async with access.client() as client:
        token = await access.find_token()
        client.use_token(token and token.secret)
        assert (await client.account()).active
        access.use(Secret("typed"))
        client.use_token(Secret("typed"))
        with pytest.raises(Unauthorized):
            await client.account()
    assert times_run(runs) == 2


async def test_a_request_whose_token_was_replaced_meanwhile_is_sent_with_the_new_one(
    settings: Settings, simulator: Simulator
) -> None:
    access = await found(settings, DATAFINITI_TOKEN="of-yesterday")
    simulator.interrupt = lambda request: access.use(Secret(TOKEN))
    async with access.client() as client:
        assert (await client.account()).active
