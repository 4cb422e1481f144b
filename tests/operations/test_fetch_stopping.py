"""Stop means stop, and pause means pause, whatever state a request is in."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from pathlib import Path

import httpx
import pytest

from dfui.api.client import DatafinitiClient
from dfui.core.addresses import parse_api_url
from dfui.core.errors import Halted
from dfui.core.fetching import FileProgress, FileState
from dfui.core.secret import Secret
from dfui.operations import object_store
from dfui.operations.fetch import fetch
from dfui.operations.fetch_control import ControlledLoop, FetchControl
from dfui.simulator.account import TOKEN
from tests.support.fetching import CONTENT, Account, names, serve, when_it_stalls
from tests.support.file_server import FileServer

pytestmark = pytest.mark.usefixtures("in_both_ways")


async def test_stopping_ends_at_once_while_the_store_stalls_and_keeps_what_came(
    account: Account, files: FileServer, out: Path
) -> None:
    stored = serve(files, account, stalls_after=80_000)
    control = FetchControl()
    stopper = when_it_stalls(files, control.stop)
    stopper.start()
    got = await account.fetch(out, control=control)
    stopper.join()
    assert got["7_1.bin"].state is FileState.STOPPED
    assert not files.goes_on.is_set()
    files.goes_on.set()
    stored.stalls_after = None
    assert (await account.fetch(out))["7_1.bin"].state is FileState.COMPLETE
    assert (out / "7_1.bin").read_bytes() == CONTENT


async def test_a_pause_after_a_stop_changes_nothing() -> None:
    control = FetchControl()
    with ControlledLoop(control) as loop:
        control.stop()
        control.pause()
        with pytest.raises(Halted):
            await asyncio.wait_for(loop.while_paused(), 10)
    assert control.is_stopped and not control.is_paused


async def test_a_pause_breaks_off_and_goes_on_from_there(account: Account, files: FileServer, out: Path) -> None:
    serve(files, account, stalls_after=80_000)
    control = FetchControl()
    states = []
    client = DatafinitiClient(Secret(TOKEN), address=parse_api_url(account.server.url))
    stopper = when_it_stalls(files, control.pause)
    stopper.start()
    async with client:
        async for event in fetch(
            ["7"], client=client, store=account.store, folders={"7": out}, clock=account.clock, control=control
        ):
            if isinstance(event, FileProgress):
                states.append(event.state)
                if event.state is FileState.PAUSED:
                    files.files["/7_1.bin"].stalls_after = None
                    files.goes_on.set()
                    control.resume()
    stopper.join()
    assert FileState.PAUSED in states
    assert states[-1] is FileState.COMPLETE
    assert (out / "7_1.bin").read_bytes() == CONTENT


async def test_stopping_ends_a_request_whose_headers_do_not_come(
    account: Account, files: FileServer, out: Path
) -> None:
    serve(files, account, dribbles=True)
    control = FetchControl()
    stopper = when_it_stalls(files, control.stop)
    stopper.start()
    got = await account.fetch(out, control=control)
    stopper.join()
    assert not files.goes_on.is_set()
    assert got["7_1.bin"].state is FileState.STOPPED
    assert names(out) == []


async def test_headers_that_come_a_byte_at_a_time_have_a_limit(
    account: Account, files: FileServer, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_store, "ANSWER_SECONDS", 0.2)
    serve(files, account, dribbles=True)
    got = await account.fetch(out)
    assert "did not answer within 0 s" in (got["7_1.bin"].trouble or "")
    assert not files.goes_on.is_set()


async def test_stopping_does_not_wait_for_a_thread_that_cannot_be_reached(
    account: Account, files: FileServer, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As while a host name is looked up."""
    control, goes_on, has_ended = FetchControl(), threading.Event(), threading.Event()
    connect = httpx.Client.send

    def look_up(self: httpx.Client, *arguments: object, **options: object) -> httpx.Response:
        control.stop()
        goes_on.wait(20)
        try:
            return connect(self, *arguments, **options)  # type: ignore[arg-type]
        finally:
            has_ended.set()

    serve(files, account)
    monkeypatch.setattr(httpx.Client, "send", look_up)
    got = await account.fetch(out, control=control)
    assert got["7_1.bin"].state is FileState.STOPPED
    assert not has_ended.is_set()
    goes_on.set()
    assert has_ended.wait(20)


async def test_who_leaves_in_the_middle_leaves_no_request_behind(
    account: Account, files: FileServer, out: Path
) -> None:
    serve(files, account, stalls_after=1000)
    client = DatafinitiClient(Secret(TOKEN), address=parse_api_url(account.server.url))
    async with client:
        events = fetch(["7"], client=client, store=account.store, folders={"7": out}, clock=account.clock)
        async with contextlib.aclosing(events):
            async for event in events:
                if isinstance(event, FileProgress) and event.state is FileState.FETCHING:
                    break
    assert not files.goes_on.is_set()
    files.goes_on.set()


async def test_a_stop_while_files_are_waited_for(account: Account, files: FileServer, out: Path) -> None:
    account.links = [[]]
    control = FetchControl()
    got = await account.fetch(out, control=control, wait_seconds=300, take=lambda event: control.stop())
    assert got == {}
    assert len(account.awaited) == 1
    assert str(account.found.trouble) == "It was stopped before its files were known."
