"""How the screens look, at the sizes and in the themes that matter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from textual.pilot import Pilot

from dfui.core.outcomes import OutcomeKind
from dfui.simulator.account import Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.simulator.scenarios import demo_account
from dfui.tui.app import DfuiApp
from dfui.tui.screens.account import AccountModal
from dfui.tui.screens.add_downloads import AddDownloads
from dfui.tui.screens.confirm_cancel import ConfirmCancel
from dfui.tui.screens.details import DetailsModal
from dfui.tui.screens.fetch_results import FetchResults
from dfui.tui.screens.help import HelpModal
from dfui.tui.screens.history import HistoryEntryModal, HistoryModal
from dfui.tui.screens.outcome import OutcomeModal
from dfui.tui.screens.question import Question
from dfui.tui.screens.sign_in import SignIn
from dfui.tui.screens.sort_by import SortByModal
from dfui.tui.widgets.text_lines import FieldList
from tests.support.apps import app_on, caught_up, downloads_screen, live, opened, text, until
from tests.support.rows import outcome

SIZES = [(80, 24), (120, 40), (60, 15)]
PAYMENT = "There was a problem with this customer's payment information."
Compare = Callable[..., bool]


@pytest.fixture
def simulator(clock: ManualClock) -> Simulator:
    return demo_account(clock.now)


def size_name(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


async def confirming(pilot: Pilot[None]) -> None:
    await live(pilot)
    await pilot.press("c")
    await opened(pilot, ConfirmCancel)


async def cancelled(pilot: Pilot[None]) -> None:
    await confirming(pilot)
    await pilot.press("y")
    await opened(pilot, OutcomeModal)


async def several_cancelled(pilot: Pilot[None]) -> None:
    await live(pilot)
    await pilot.press("m", "c")
    await opened(pilot, ConfirmCancel)
    await pilot.press("y")
    await opened(pilot, OutcomeModal)
    await caught_up(pilot)


async def typing_the_number(pilot: Pilot[None]) -> None:
    await live(pilot)
    await pilot.press("m", "c")
    await opened(pilot, ConfirmCancel)
    await pilot.press("1", "enter")


async def adding(pilot: Pilot[None]) -> None:
    await live(pilot)
    await pilot.press("a")
    dialog = await opened(pilot, AddDownloads)
    await pilot.press(*"12 x", "enter")
    await until(pilot, lambda: "is not a download ID" in text(dialog), "what is none is named")


async def signing_in(pilot: Pilot[None]) -> None:
    assert isinstance(pilot.app, DfuiApp)
    await live(pilot)
    downloads_screen(pilot)._ask_to_sign_in(None)
    await opened(pilot, SignIn)


async def looked(pilot: Pilot[None], details: DetailsModal, words: str) -> None:
    """Wait until the facts of a look have been given their place, too."""
    facts = details.query_one(FieldList)

    def is_laid_out() -> bool:
        return words in text(details) and facts.size.height == len(str(facts.render()).splitlines())

    await until(pilot, is_laid_out, "the look")


async def details_of_active(pilot: Pilot[None]) -> None:
    await live(pilot)
    await pilot.press("enter")
    details = await opened(pilot, DetailsModal)
    await looked(pilot, details, "4 files")


async def helping(pilot: Pilot[None]) -> None:
    await live(pilot)
    await pilot.press("question_mark")
    await opened(pilot, HelpModal)


async def filtering(pilot: Pilot[None]) -> None:
    await live(pilot)
    await pilot.press("space", "slash", *"hotels")
    await caught_up(pilot)


async def sorting(pilot: Pilot[None]) -> None:
    await live(pilot)
    await pilot.press("s")
    await opened(pilot, SortByModal)


async def asking_for_a_folder(pilot: Pilot[None]) -> None:
    await live(pilot)
    await pilot.press("f")
    await opened(pilot, FetchResults)


async def details_of_cancelled(pilot: Pilot[None]) -> None:
    await cancelled(pilot)
    await pilot.press("enter", "home", "j", "enter")
    details = await opened(pilot, DetailsModal)
    await looked(pilot, details, "847070_4.csv")


async def history(pilot: Pilot[None]) -> None:
    assert isinstance(pilot.app, DfuiApp)
    history = pilot.app.session.store.history
    confirmed_at = pilot.app.session.clock.now()
    endings = [
        (OutcomeKind.REFUSED, 403, PAYMENT, None),
        (OutcomeKind.CANCELLED, 200, "Download cancelled successfully", 1_204),
    ] * 15
    for number, (kind, http_status, message, kept) in enumerate(endings):
        (entry,) = history.open_entries(
            [str(846_000 + number)], confirmed_at=confirmed_at + timedelta(seconds=3_000 * number - 90_000)
        ).wait()
        ended = outcome(
            str(846_000 + number), kind, records=kept, cost=kept, http_status=http_status, api_message=message
        )
        ended = replace(ended, deletes_sent=1)
        history.close_entry(entry, ended, ended_at=confirmed_at).wait()
    history.open_entries(["dl_a_rather_long_id_0123456789"], confirmed_at=confirmed_at).wait()
    await live(pilot)
    await pilot.press("h", "j")
    await opened(pilot, HistoryModal)


async def history_entry(pilot: Pilot[None]) -> None:
    await history(pilot)
    await pilot.press("j", "enter")
    await opened(pilot, HistoryEntryModal)


async def exporting(pilot: Pilot[None]) -> None:
    await history(pilot)
    await pilot.press("slash", *"refused", "enter", "e", *"x", "enter")


async def forgetting(pilot: Pilot[None]) -> None:
    await live(pilot)
    await pilot.press("x")
    await opened(pilot, Question)


async def about_the_account(pilot: Pilot[None]) -> None:
    await live(pilot)
    await pilot.press("t")
    account = await opened(pilot, AccountModal)
    await until(pilot, lambda: "credits" in text(account), "the account")


@pytest.mark.parametrize("size", SIZES, ids=size_name)
@pytest.mark.parametrize("steps", [live, confirming, cancelled, adding, signing_in], ids=lambda steps: steps.__name__)
def test_screens(
    steps: Callable[[Pilot[None]], object],
    size: tuple[int, int],
    snap_compare: Compare,
    simulator: Simulator,
    clock: ManualClock,
) -> None:
    app = app_on(simulator, clock)
    assert snap_compare(app, run_before=steps, terminal_size=size)
    app.session.stop()


@pytest.fixture
def busy_simulator(simulator: Simulator, clock: ManualClock) -> Simulator:
    """More active downloads, of which the API refuses to cancel some."""
    for number in range(18):
        simulator.add(str(847_100 + number), started_at=clock.now() - timedelta(seconds=60 + number))

    def interrupt(request: httpx.Request) -> httpx.Response | None:
        is_refused = request.method == "DELETE" and int(request.url.path[-6:]) >= 847_113
        return httpx.Response(403, json={"errors": [PAYMENT]}) if is_refused else None

    simulator.interrupt = interrupt
    return simulator


@pytest.mark.parametrize("size", [(80, 24), (40, 10)], ids=size_name)
@pytest.mark.parametrize("steps", [typing_the_number, several_cancelled], ids=lambda steps: steps.__name__)
def test_many_at_once(
    steps: Callable[[Pilot[None]], object],
    size: tuple[int, int],
    snap_compare: Compare,
    busy_simulator: Simulator,
    clock: ManualClock,
) -> None:
    if steps is several_cancelled:
        del busy_simulator.downloads["847070"]  # few enough to be confirmed by a key
    app = app_on(busy_simulator, clock)
    assert snap_compare(app, run_before=steps, terminal_size=size)
    app.session.stop()


@pytest.mark.parametrize("steps", [live, confirming, cancelled], ids=lambda steps: steps.__name__)
def test_on_a_small_screen(
    steps: Callable[[Pilot[None]], object], snap_compare: Compare, simulator: Simulator, clock: ManualClock
) -> None:
    app = app_on(simulator, clock)
    assert snap_compare(app, run_before=steps, terminal_size=(40, 10))
    app.session.stop()


@pytest.mark.parametrize("size", [(80, 24), (60, 15)], ids=size_name)
@pytest.mark.parametrize(
    "steps",
    [
        details_of_active,
        details_of_cancelled,
        history,
        history_entry,
        exporting,
        helping,
        filtering,
        sorting,
        asking_for_a_folder,
    ],
    ids=lambda steps: steps.__name__,
)
def test_details_and_history(
    steps: Callable[[Pilot[None]], object],
    size: tuple[int, int],
    snap_compare: Compare,
    simulator: Simulator,
    clock: ManualClock,
) -> None:
    app = app_on(simulator, clock)
    assert snap_compare(app, run_before=steps, terminal_size=size)
    app.session.stop()


@pytest.mark.parametrize("steps", [forgetting, about_the_account], ids=lambda steps: steps.__name__)
def test_small_dialogs(
    steps: Callable[[Pilot[None]], object], snap_compare: Compare, simulator: Simulator, clock: ManualClock
) -> None:
    app = app_on(simulator, clock)
    assert snap_compare(app, run_before=steps, terminal_size=(80, 24))
    app.session.stop()


@pytest.mark.parametrize("steps", [live, confirming], ids=lambda steps: steps.__name__)
def test_low_bandwidth_over_ssh(
    steps: Callable[[Pilot[None]], object], snap_compare: Compare, simulator: Simulator, clock: ManualClock
) -> None:
    app = app_on(simulator, clock, low_bandwidth=True)
    assert snap_compare(app, run_before=steps, terminal_size=(80, 24))
    app.session.stop()


@pytest.mark.parametrize("theme", ["textual-light", "high-contrast"])
@pytest.mark.parametrize("steps", [live, confirming], ids=lambda steps: steps.__name__)
def test_in_another_theme(
    steps: Callable[[Pilot[None]], object],
    theme: str,
    snap_compare: Compare,
    simulator: Simulator,
    clock: ManualClock,
) -> None:
    app = app_on(simulator, clock)
    app.theme = theme
    assert snap_compare(app, run_before=steps, terminal_size=(80, 24))
    app.session.stop()


def test_without_colours(
    snap_compare: Compare, simulator: Simulator, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = app_on(simulator, clock, low_bandwidth=True)
    assert snap_compare(app, run_before=live, terminal_size=(80, 24))
    app.session.stop()
