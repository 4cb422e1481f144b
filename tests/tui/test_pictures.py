"""How the screens look, at the sizes and in the themes that matter."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from textual.pilot import Pilot

from dfui.core.downloads import Download
from dfui.core.fetching import DownloadFiles, FetchEvent, FileCheck, FileProgress, FileState
from dfui.core.outcomes import OutcomeKind
from dfui.simulator.account import Simulator
from dfui.simulator.scenarios import demo_account
from dfui.system.config import Config
from dfui.tui.screens.account import AccountModal
from dfui.tui.screens.add_downloads import AddDownloads
from dfui.tui.screens.choose import Choose
from dfui.tui.screens.details import DetailsModal
from dfui.tui.screens.fetch_results import FetchResults
from dfui.tui.screens.help import HelpModal
from dfui.tui.screens.history import HistoryEntryModal, HistoryModal
from dfui.tui.screens.question import Question
from dfui.tui.screens.sign_in import SignIn
from dfui.tui.widgets.text_lines import FieldList
from tests.support.manual_clock import ManualClock
from tests.support.rows import outcome
from tests.support.tui import Tui, app_on

Size = tuple[int, int]
Steps = Callable[[Tui], Awaitable[object]]
SMALLEST, SMALL, ORDINARY, LARGE = (40, 10), (60, 15), (80, 24), (120, 40)
PAYMENT = "There was a problem with this customer's payment information."


@pytest.fixture
def simulator(clock: ManualClock) -> Simulator:
    return demo_account(clock.now)


@pytest.fixture
def looks_as_before(snap_compare: Callable[..., bool], simulator: Simulator, clock: ManualClock) -> Callable[..., bool]:
    """Compares the app after some steps with the picture that was kept."""

    def compare(steps: Steps, size: Size = ORDINARY, *, theme: str | None = None, config: Config | None = None) -> bool:
        app = app_on(simulator, clock, config=config)
        if theme:
            app.theme = theme

        async def run(pilot: Pilot[None]) -> None:
            tui = Tui(app, pilot, simulator, clock)
            await tui.live()
            await steps(tui)
            await tui.caught_up()

        try:
            return snap_compare(app, run_before=run, terminal_size=size)
        finally:
            app.session.stop()

    return compare


async def typing_no_id(tui: Tui) -> None:
    await tui.opened(AddDownloads, "a")
    await tui.press(*"12 x", "enter")
    await tui.says("is not a download ID")


async def signing_in(tui: Tui) -> None:
    tui.app.session.sign_in.ask(None)
    await tui.opened(SignIn)


async def details(tui: Tui, keys: list[str], words: str) -> None:
    """Open the details, and wait until the fields that the API gave have their place, too."""
    fields = (await tui.opened(DetailsModal, *keys)).query_one(FieldList)
    await tui.until(lambda: words in tui.text and fields.size.height == len(str(fields.render()).splitlines()), words)


async def details_of_cancelled(tui: Tui) -> None:
    await tui.cancelled()
    await details(tui, ["enter", "home", "j", "enter"], "847070_4.csv")


async def filtering(tui: Tui) -> None:
    await tui.press("space", "slash", *"hotels")
    await tui.caught_up()


async def history(tui: Tui) -> None:
    history, now = tui.app.session.store.history, tui.clock.now()
    endings = [
        (OutcomeKind.REFUSED, 403, PAYMENT, None),
        (OutcomeKind.CANCELLED, 200, "Download cancelled successfully", 1_204),
    ] * 15
    for number, (kind, status, said, kept) in enumerate(endings):
        download_id, confirmed_at = str(846_000 + number), now + timedelta(seconds=3_000 * number - 90_000)
        (entry,) = history.open_entries([download_id], confirmed_at=confirmed_at).wait()
        ended = outcome(download_id, kind, records=kept, cost=kept, http_status=status, api_message=said)
        history.close_entry(entry, replace(ended, deletes_sent=1), ended_at=now).wait()
    history.open_entries(["dl_a_rather_long_id_0123456789"], confirmed_at=now).wait()
    await tui.opened(HistoryModal, "h", "j")


async def history_entry(tui: Tui) -> None:
    await history(tui)
    await tui.opened(HistoryEntryModal, "j", "enter")


async def exporting(tui: Tui) -> None:
    await history(tui)
    await tui.press("slash", *"refused", "enter", "e", *"x", "enter")


async def about_the_account(tui: Tui) -> None:
    await tui.opened(AccountModal, "t")
    await tui.says("credits")


PICTURES: list[tuple[str, list[Size], Steps]] = [
    ("downloads", [SMALLEST, SMALL, ORDINARY, LARGE], Tui.live),
    ("confirming", [SMALLEST, SMALL, ORDINARY, LARGE], Tui.confirming),
    ("cancelled", [SMALLEST, SMALL, ORDINARY], Tui.cancelled),
    ("adding", [SMALL, ORDINARY], typing_no_id),
    ("signing_in", [SMALL, ORDINARY], signing_in),
    ("details_of_active", [SMALL, ORDINARY], lambda tui: details(tui, ["enter"], "4 files")),
    ("details_of_cancelled", [ORDINARY], details_of_cancelled),
    ("history", [SMALL, ORDINARY], history),
    ("history_entry", [SMALL, ORDINARY], history_entry),
    ("exporting", [ORDINARY], exporting),
    ("helping", [ORDINARY, LARGE], lambda tui: tui.opened(HelpModal, "question_mark")),
    ("filtering", [ORDINARY], filtering),
    ("palette", [ORDINARY], lambda tui: tui.opened(Choose, "colon")),
    ("sorting", [SMALL, ORDINARY], lambda tui: tui.opened(Choose, "s")),
    ("asking_for_a_folder", [SMALL, ORDINARY], lambda tui: tui.opened(FetchResults, "f")),
    ("hiding", [ORDINARY], lambda tui: tui.opened(Question, "x")),
    ("about_the_account", [ORDINARY], about_the_account),
]


def of_each_size(pictures: list[tuple[str, list[Size], Steps]]) -> pytest.MarkDecorator:
    cases = [
        pytest.param(steps, size, id=f"{name}-{size[0]}x{size[1]}") for name, sizes, steps in pictures for size in sizes
    ]
    return pytest.mark.parametrize(("steps", "size"), cases)


@of_each_size(PICTURES)
def test_picture(steps: Steps, size: Size, looks_as_before: Callable[..., bool]) -> None:
    assert looks_as_before(steps, size)


@pytest.mark.parametrize(
    ("steps", "options"),
    [
        pytest.param(Tui.confirming, {"theme": "high-contrast"}, id="high-contrast"),
        pytest.param(Tui.live, {"theme": "textual-light"}, id="light"),
        pytest.param(Tui.confirming, {"config": Config(low_bandwidth=True)}, id="low-bandwidth"),
    ],
)
def test_in_other_colours(steps: Steps, options: dict[str, object], looks_as_before: Callable[..., bool]) -> None:
    assert looks_as_before(steps, **options)


def test_without_colours(looks_as_before: Callable[..., bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert looks_as_before(Tui.live, config=Config(low_bandwidth=True))


# ── more active downloads, of which the API refuses to cancel some ───────────────────────────────────────────────────


async def typing_the_number(tui: Tui) -> None:
    await tui.confirming("m")
    await tui.press("1", "enter")


async def several_cancelled(tui: Tui) -> None:
    await tui.cancelled("m")
    await tui.caught_up()


@of_each_size(
    [
        ("typing_the_number", [SMALLEST, ORDINARY], typing_the_number),
        ("several_cancelled", [SMALLEST, ORDINARY], several_cancelled),
    ]
)
def test_many_at_once(
    steps: Steps, size: Size, looks_as_before: Callable[..., bool], simulator: Simulator, clock: ManualClock
) -> None:
    for number in range(18):
        simulator.add(str(847_100 + number), started_at=clock.now() - timedelta(seconds=60 + number))

    def refuse_some(request: httpx.Request) -> httpx.Response | None:
        is_refused = request.method == "DELETE" and int(request.url.path[-6:]) >= 847_113
        return httpx.Response(403, json={"errors": [PAYMENT]}) if is_refused else None

    simulator.interrupt = refuse_some
    if steps is several_cancelled:
        del simulator.downloads["847070"]  # few enough to be confirmed by a key
    assert looks_as_before(steps, size)


# ── fetching: the events are made up, for a picture must not depend on a speed ───────────────────────────────────────

FETCHED = Download("847001", api_status="cancelled", num_downloaded=50_000, format="csv")
FOLDER = Path("/data/847001")
NAMES = tuple(f"847001_{number}.csv" for number in range(1, 6))
FILES = DownloadFiles(FETCHED, NAMES, FOLDER)


def file(number: int, state: FileState, done: int = 0, total: int | None = None, **facts: object) -> FileProgress:
    name = NAMES[number - 1]
    progress = FileProgress(FETCHED.id, name, FOLDER / name, state, bytes_done=done, bytes_total=total)
    return replace(progress, **facts)  # type: ignore[arg-type]


def complete(number: int, check: FileCheck | None = FileCheck.LENGTH) -> FileProgress:
    return file(number, FileState.COMPLETE, 2_400_000, 2_400_000, check=check)


def fetched(*events: FetchEvent, has_ended: bool = True) -> Steps:
    """The dialog after these events."""

    async def fetch(tui: Tui) -> None:
        tui.app.session.fetch = lambda *arguments, **options: None  # type: ignore[method-assign]
        dialog = FetchResults([FETCHED.id], tui.app.session)
        tui.app.push_screen(dialog)
        await tui.opened(FetchResults)
        await tui.press("enter")
        for event in events:
            dialog._summary.take(event)
        dialog._end() if has_ended else dialog._draw()

    return fetch


GONE = "The file server no longer has this file."


@of_each_size([
    (
        "fetching", [SMALL, ORDINARY],
        fetched(
            FILES, complete(1), file(2, FileState.FETCHING, 900_000, 2_400_000),
            file(3, FileState.ALREADY_THERE, 5, 5, check=FileCheck.LENGTH),
            file(4, FileState.FETCHING, 2_000_000, 2_400_000), file(5, FileState.WAITING), has_ended=False,
        ),
    ),
    (
        "not_everything", [SMALL, ORDINARY],
        fetched(
            FILES, complete(1), complete(2, check=None), file(3, FileState.DIFFERS, 5, 5),
            *(file(number, FileState.FAILED, trouble=GONE) for number in (4, 5)),
        ),
    ),
])  # fmt: skip
def test_fetching(steps: Steps, size: Size, looks_as_before: Callable[..., bool]) -> None:
    assert looks_as_before(steps, size)
