"""The line at the top, on wide and narrow screens, and what stands out in it."""

from __future__ import annotations

import threading

import httpx
import pytest

from dfui.system.config import Config, ProfileConfig
from dfui.tui.widgets.title_bar import ALARM, LOUD, QUIET
from tests.support.outcomes import unreachable
from tests.support.tui import WIDE, Start, text


@pytest.mark.parametrize(
    ("width", "begins", "ends"),
    [
        (80, "dfui", "demo · staging.example.com · simulated · 2 active of 3"),
        (50, "demo · staging.example.c…", "· simulated · 2 active"),
        (36, "demo · sta", "… · simulated · 2 active"),
    ],
)
async def test_how_many_are_active_is_never_cut(start: Start, width: int, begins: str, ends: str) -> None:
    start.account.add("9").cancel(start.clock.now())
    async with start("7", "8", size=(width, 12), url="https://staging.example.com/v4") as tui:
        assert tui.title.startswith(begins)
        assert tui.title.endswith(ends)
        assert len(tui.title) <= width - 2


async def test_what_needs_a_person_stands_out_and_live_does_not(start: Start) -> None:
    def style(words: str) -> str:
        content = tui.title_bar.render()
        (found,) = (span for span in content.spans if words in content.plain[span.start : span.end])
        return str(found.style)

    config = Config(profiles={"production": ProfileConfig(read_only=True)})
    async with start("7", size=WIDE, config=config) as tui:
        assert (style("simulated"), style("read-only")) == (QUIET, LOUD)
        start.account.interrupt = unreachable
        await tui.press("r")
        await tui.until(lambda: "stale since" in tui.title, "stale")
        assert style("stale since") == LOUD
        tui.title_bar.running_again, tui.title_bar.marked = 2, 3
        assert style("2 RUNNING AGAIN") == ALARM
        await tui.pilot.resize_terminal(40, 12)
        await tui.until(lambda: tui.title.endswith("1 active"), "of how many gives way")
        assert "2 RUNNING AGAIN" in tui.title


async def test_until_the_first_list_has_come_no_figure_is_shown(start: Start) -> None:
    may_answer = threading.Event()

    def wait(request: httpx.Request) -> None:
        may_answer.wait(20)

    start.account.interrupt = wait
    async with start(is_live=False) as tui:
        await tui.says("Loading the list…")
        assert "active" not in tui.title
        may_answer.set()
        await tui.until(lambda: "0 active of 0" in tui.title, "the list has come")
        assert "No downloads on this account yet." in tui.text


@pytest.mark.parametrize(
    ("status", "header", "says"),
    [
        (401, "token rejected", "Not signed in."),
        (500, "offline", "could not be loaded"),
        (403, "simulated", "could not be loaded"),
    ],
)
async def test_of_a_list_that_did_not_come_no_figure_is_shown(
    start: Start, status: int, header: str, says: str
) -> None:
    start.account.interrupt = lambda request: httpx.Response(status, json={"errors": ["no"]})
    async with start(is_live=False) as tui:
        await tui.until(lambda: header in tui.title, "the API has answered")
        await tui.until(lambda: says in text(tui.downloads), "what to do")
        assert "active" not in tui.title
