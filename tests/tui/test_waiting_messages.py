from __future__ import annotations

from pathlib import Path

from textual.message import Message

from dfui.core.fetching import FileProgress, FileState
from dfui.core.progress import ListProgress
from dfui.simulator.account import Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.tui.messages import DownloadsChanged, FetchEnded, FetchProgressed, ListProgressed
from dfui.tui.waiting_messages import WaitingMessages
from tests.support.apps import app_on, running, title, until


def progress(name: str, bytes_done: int) -> FetchProgressed:
    return FetchProgressed(FileProgress("7", name, Path(name), FileState.FETCHING, bytes_done=bytes_done))


def test_what_nobody_reads_does_not_pile_up_and_each_file_is_told_as_it_is_now() -> None:
    posted: list[Message] = []
    waiting = WaitingMessages(posted.append)
    for bytes_done in range(1_000):
        waiting.send(progress("a.csv", bytes_done))
        waiting.send(progress("b.csv", bytes_done))
    waiting.send(FetchEnded())
    assert len(posted) == 3 and isinstance(posted[2], FetchEnded)
    told = [waiting.take(message) for message in posted if isinstance(message, FetchProgressed)]
    assert told == [progress("a.csv", 999), progress("b.csv", 999)]


def test_news_after_one_that_was_read_is_posted_again() -> None:
    posted: list[Message] = []
    waiting = WaitingMessages(posted.append)
    for _ in range(2):
        message = DownloadsChanged(("7",))
        waiting.send(message)
        assert waiting.take(message) is message
    assert len(posted) == 2


def test_what_is_not_about_the_same_is_all_posted() -> None:
    posted: list[Message] = []
    waiting = WaitingMessages(posted.append)
    for message in (DownloadsChanged(("7",)), DownloadsChanged(("8",)), DownloadsChanged(), FetchEnded(), FetchEnded()):
        waiting.send(message)
    assert len(posted) == 5


async def test_the_screens_get_the_newest(simulator: Simulator, clock: ManualClock) -> None:
    app = app_on(simulator, clock)
    async with running(app) as pilot:
        for stored in range(500):
            app.session._send(ListProgressed(ListProgress(1, stored)))
        await until(pilot, lambda: title(pilot).progress == ListProgress(1, 499), "the newest")
        app.session._send(ListProgressed(None))
        await until(pilot, lambda: title(pilot).progress is None, "the end")
