"""Where the cursor goes: to what still spends after an outcome, and to what was added."""

from __future__ import annotations

import pytest

from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.tui.screens.add_downloads import AddDownloads
from dfui.tui.screens.outcome import OutcomeModal, RelapseAlarm
from tests.support.outcomes import script
from tests.support.tui import Start, Tui


@pytest.fixture(autouse=True)
def account(start: Start) -> None:
    """Active downloads 104, 103, 102, 101, 100 in this order, over many that have ended, each newer than those."""
    for number in range(5):
        start.account.add(str(100 + number))
        start.clock.advance(10)
    for number in range(60):
        start.account.add(str(200 + number)).cancel(start.clock.now())
        start.clock.advance(1)


async def cancel(tui: Tui, *keys: str) -> None:
    await tui.cancelled(*keys)
    await tui.closed("enter")


async def test_after_an_outcome_it_is_on_the_next_active_download(start: Start) -> None:
    async with start() as tui:
        await tui.press("j")
        visited = []
        for _ in range(4):
            visited.append(tui.current)
            await cancel(tui)
            assert tui.table.scroll_offset.y == 0
        assert [*visited, tui.current] == ["103", "102", "101", "100", "104"]


async def test_a_reload_between_an_end_and_its_report_does_not_take_it_along(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start() as tui:
        session = tui.app.session
        await tui.press("j")
        session.cancellations.confirm(["103"])
        start.account.downloads["103"].cancel(start.clock.now())
        session.refresh(["103"])
        await tui.until(lambda: tui.table.current and not tui.table.current.is_active, "it has stopped")
        monkeypatch.setattr(session.cancellations, "_changed", lambda ids: None)
        session.cancellations.end(Outcome("103", OutcomeKind.CANCELLED))
        tui.table.reload()
        await tui.caught_up()
        assert (tui.current, tui.table.scroll_offset.y, "103" in tui.ids) == ("102", 0, False)


@pytest.mark.parametrize("order", [("104", "103"), ("103", "104")])
@pytest.mark.parametrize(("batch", "then"), [((), "102"), (("102", "101", "100"), "103")], ids=["others", "none left"])
async def test_the_order_in_which_several_end_does_not_count(
    start: Start, order: tuple[str, ...], batch: tuple[str, ...], then: str
) -> None:
    async with start() as tui:
        cancellations = tui.app.session.cancellations
        cancellations.confirm(["104", "103", *batch])
        for download_id in (*batch, *order):
            kind = OutcomeKind.REFUSED if download_id == "103" else OutcomeKind.CANCELLED
            cancellations.end(Outcome(download_id, kind))
            await tui.pilot.pause()
        await tui.opened(OutcomeModal)
        assert tui.current == then


async def test_it_stays_on_one_that_was_refused_and_goes_to_what_runs_again_after_the_alarm(start: Start) -> None:
    script(start.account, [None, 403])
    async with start() as tui:
        await cancel(tui, "j", "j")
        await cancel(tui)
        assert tui.current == "101"
        start.account.downloads["102"].relapses_after_seconds = 10
        start.clock.advance(16)
        await tui.opened(RelapseAlarm)
        await tui.closed("enter")
        await tui.until(lambda: tui.current == "102", "the cursor on what runs again")


async def test_an_id_that_is_pasted_is_gone_to_and_r_shows_that_it_happened(start: Start) -> None:
    async with start() as tui:
        start.account.add("300", num_records=1).cancel(start.clock.now())
        for added, answer, filtered in (("100", "in the list", "104"), ("250", "list", ""), ("300", "added.", "104")):
            await tui.press("slash", *filtered, "enter")
            await tui.caught_up()
            await tui.opened(AddDownloads, "a")
            await tui.press(*added, "enter")
            await tui.notified(answer)
            await tui.until(lambda wanted=added: tui.current == wanted, added)  # type: ignore[misc]
        await tui.press("r")
        await tui.notified("List refreshed: 66 downloads, 5 active.")
