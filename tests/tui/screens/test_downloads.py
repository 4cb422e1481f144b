"""The downloads screen: what it shows, and the other things that can be done on it."""

from __future__ import annotations

import httpx
import pytest
from textual import events
from textual.binding import Binding
from textual.pilot import Pilot
from textual.widgets import Input
from textual.widgets._toast import Toast

from dfui.core.downloads import Download
from dfui.simulator.account import Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.store import temporary_store
from dfui.tui.screens.add_downloads import AddDownloads
from dfui.tui.screens.downloads import DownloadsScreen
from dfui.tui.screens.question import Question
from dfui.tui.screens.sign_in import SignIn
from tests.support.apps import (
    app_on,
    downloads_screen,
    lines,
    live,
    notifications,
    opened,
    running,
    table,
    text,
    title,
    told,
    until,
)
from tests.support.rows import at


async def test_the_store_is_shown_before_the_network_answers(simulator: Simulator, clock: ManualClock) -> None:
    store = temporary_store(profile="production", origin="x")
    store.downloads.observe([Download("846990", api_status="cancelled")], observed=0, now=0).wait()

    def unreachable(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route", request=request)

    simulator.interrupt = unreachable
    app = app_on(simulator, clock, store=store)
    async with app.run_test(size=(110, 30)) as pilot:
        assert "846990" in lines(pilot)[1]
        await told(pilot, "could not be reached")
        assert "offline · 0 active of 1" in str(title(pilot).render())
    app.session.stop()


async def test_an_empty_table_says_what_to_do_first(simulator: Simulator, clock: ManualClock) -> None:
    app = app_on(simulator, clock)
    async with running(app) as pilot:
        assert "Know an ID? Press a to add it." in text(downloads_screen(pilot))
        await pilot.press("c")
        await told(pilot, "No download to cancel")


async def test_an_active_download_follows_the_api(simulator: Simulator, clock: ManualClock) -> None:
    simulator.add("7")
    app = app_on(simulator, clock)
    async with running(app, size=(110, 30)) as pilot:
        await until(pilot, lambda: clock._sleepers, "the follower waits")
        clock.advance(10)
        await until(pilot, lambda: "1,000/50,000" in lines(pilot)[1], "the row follows")


async def test_nothing_is_asked_while_none_is_active(simulator: Simulator, clock: ManualClock) -> None:
    for download_id in ("7", "8", "9"):
        simulator.add(download_id).cancel(clock.now())
    expected = [("GET", "/downloads")]
    app = app_on(simulator, clock)
    async with running(app, size=(110, 30)) as pilot:
        for download_id in ("9", "8", "7"):  # what a person asks for gives time for what nobody asked for
            clock.advance(600)
            await pilot.press("enter")
            expected.append(("GET", f"/downloads/{download_id}"))
            await until(pilot, lambda: expected[-1] in simulator.requests, "what was asked for")
            await pilot.press("escape")
            await opened(pilot, DownloadsScreen)
            await pilot.press("j")
    assert simulator.requests == expected


async def test_the_cursor_stays_on_its_download(simulator: Simulator, clock: ManualClock) -> None:
    for number in range(1, 6):
        clock.advance(1)
        simulator.add(str(number))
    app = app_on(simulator, clock)
    async with running(app, size=(110, 30)) as pilot:
        await pilot.press("j", "j")
        chosen = table(pilot).current
        assert chosen is not None
        assert chosen.id == "3"
        clock.advance(1)
        simulator.add("6")
        await pilot.press("r")
        await until(pilot, lambda: "6" in lines(pilot)[1], "the new one has come")
        still = table(pilot).current
        assert still is not None
        assert still.id == "3"
        await pilot.press("G")
        assert table(pilot).cursor == 5
        await pilot.press("g")
        assert table(pilot).cursor == 0


@pytest.mark.parametrize(
    "typed", ["7", "https://api.datafiniti.co/v4/downloads/7", "curl -X DELETE https://x/v4/downloads/7 -H 'A: b'"]
)
async def test_adding_makes_known_and_looks(simulator: Simulator, clock: ManualClock, typed: str) -> None:
    app = app_on(simulator, clock)
    async with running(app, size=(110, 30)) as pilot:
        simulator.add("7")
        await pilot.press("a")
        await opened(pilot, AddDownloads)
        app.screen.query_one("#pasted").value = typed  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(pilot, lambda: "● running" in "\n".join(lines(pilot)), "it is seen")


async def test_a_token_in_a_paste_is_never_shown(simulator: Simulator, clock: ManualClock) -> None:
    app = app_on(simulator, clock)
    async with running(app, size=(110, 30)) as pilot:
        simulator.add("7")
        await pilot.press("a")
        dialog = await opened(pilot, AddDownloads)
        pasted = 'curl -H "Authorization: Bearer to-ken" \\\n  https://x/v4/downloads/7?api_key=k-e-y'
        app.post_message(events.Paste(pasted))
        shown = dialog.query_one("#pasted", Input)
        await until(pilot, lambda: shown.value, "it is pasted")
        assert "to-ken" not in shown.value
        assert "k-e-y" not in shown.value
        await pilot.press("enter")
        await until(pilot, lambda: "● running" in "\n".join(lines(pilot)), "it is seen")


async def test_what_is_no_id_is_named_and_nothing_is_added(simulator: Simulator, clock: ManualClock) -> None:
    app = app_on(simulator, clock)
    async with running(app) as pilot:
        await pilot.press("a")
        dialog = await opened(pilot, AddDownloads)
        await pilot.press("enter")
        await until(pilot, lambda: "Type or paste an ID first." in text(dialog), "nothing is there")
        await pilot.press(*"12 nonsense", "enter")
        await until(pilot, lambda: "'nonsense' is not a download ID" in text(dialog), "what is none is named")
        await pilot.press("escape")
        await opened(pilot, DownloadsScreen)
        assert not len(table(pilot))


async def test_an_id_that_the_api_does_not_know_is_shown_as_such(simulator: Simulator, clock: ManualClock) -> None:
    app = app_on(simulator, clock)
    async with running(app, size=(110, 30)) as pilot:
        await pilot.press("a")
        await opened(pilot, AddDownloads)
        await pilot.press(*"999", "enter")
        await until(pilot, lambda: "? not found" in "\n".join(lines(pilot)), "not found")
        await told(pilot, "1 download added. Not found on this account: 999. Press x to hide it.")


async def test_hiding_asks_and_hides_until_it_is_added_again(simulator: Simulator, clock: ManualClock) -> None:
    for download_id in ("7", "8", "9"):
        simulator.add(download_id)
    app = app_on(simulator, clock)
    async with running(app, size=(110, 30)) as pilot:
        await pilot.press("x")
        assert "It is not cancelled." in text(await opened(pilot, Question))
        await pilot.press("enter")
        await opened(pilot, DownloadsScreen)
        assert len(table(pilot)) == 3
        await pilot.press("space", "space", "x")  # the marked ones, not the one under the cursor
        asked = text(await opened(pilot, Question))
        assert "Hide 2 downloads?" in asked and "2 of them may be running" in asked
        await pilot.press("y")
        await until(pilot, lambda: len(table(pilot)) == 1, "hidden")
        assert not table(pilot).marked
        await pilot.press("r")
        await until(pilot, lambda: len(simulator.requests) >= 2, "refreshed")
        await pilot.pause()
        assert len(table(pilot)) == 1


async def test_the_ids_of_the_marked_downloads_are_copied(simulator: Simulator, clock: ManualClock) -> None:
    for download_id in ("7", "8", "9"):
        simulator.add(download_id)
    app = app_on(simulator, clock)
    async with running(app, size=(110, 30)) as pilot:
        await pilot.press("y")
        assert app.clipboard == ids_shown(pilot)[0]
        await pilot.press("space", "space", "y")
        assert app.clipboard.split() == ids_shown(pilot)[:2]


def ids_shown(pilot: Pilot[None]) -> list[str]:
    return [line[3:].split()[0] for line in lines(pilot)[1:] if line.strip()]


async def test_at_most_one_toast_is_seen_over_no_row_and_esc_removes_it(
    simulator: Simulator, clock: ManualClock
) -> None:
    simulator.add("7")
    app = app_on(simulator, clock)
    async with running(app, shows_toasts=True) as pilot:
        app.notify("The keyring is locked.", severity="warning", markup=False)
        await pilot.press("y")
        await until(pilot, lambda: len(app.screen.query(Toast)) == 1, "one toast")
        assert notifications(pilot) == "Sent to the clipboard: 7\nThe keyring is locked."
        assert app.screen.query_one(Toast).region.bottom <= 4
        await pilot.press("escape")
        await until(pilot, lambda: not app.screen.query(Toast), "removed")


async def test_without_a_token_it_asks_for_one_until_one_works(simulator: Simulator, clock: ManualClock) -> None:
    simulator.add("7")
    app = app_on(simulator, clock, token=None)
    async with app.run_test(size=(110, 30)) as pilot:
        sign_in = await opened(pilot, SignIn)
        await pilot.press("enter")
        assert "That contains no token" in text(sign_in)
        await pilot.press(*"wrong", "enter")
        await until(pilot, lambda: "The token was rejected" in text(sign_in), "rejected")
        await pilot.press(*simulator.token, "enter")
        await live(pilot)
        assert "7" in lines(pilot)[1]
    app.session.stop()


async def test_signing_in_by_e_mail_and_password(simulator: Simulator, clock: ManualClock) -> None:
    simulator.add("7")
    app = app_on(simulator, clock, token=None)
    async with app.run_test(size=(110, 30)) as pilot:
        sign_in = await opened(pilot, SignIn)
        await pilot.press("ctrl+o", *"someone@example.com", "enter", *"wrong", "enter")
        await until(pilot, lambda: "Wrong e-mail or password" in text(sign_in), "rejected")
        await pilot.press(*"simulated-password", "enter")
        await live(pilot)
    app.session.stop()


async def test_a_wide_table_shows_more_columns_than_a_narrow_one(simulator: Simulator, clock: ManualClock) -> None:
    simulator.add("7")
    app = app_on(simulator, clock)
    async with running(app, size=(110, 30)) as pilot:
        assert all(heading in lines(pilot)[0] for heading in ("Progress", "Credits", "Type", "Started"))
        await pilot.resize_terminal(60, 15)
        await until(pilot, lambda: "Type" not in lines(pilot)[0], "narrow")
        assert all(heading in lines(pilot)[0] for heading in ("ID", "Status", "Records"))


async def test_markup_and_escape_sequences_of_the_api_are_shown_harmless(
    simulator: Simulator, clock: ManualClock
) -> None:
    simulator.add("7", query="[red]x[/red] \x1b]0;title\x07\x1b[31m\u202eevil", data_type="business")
    app = app_on(simulator, clock)
    async with running(app, size=(110, 30)) as pilot:
        assert "[red]x[/red] evil" in text(downloads_screen(pilot))


async def test_100_000_downloads_are_a_window(simulator: Simulator, clock: ManualClock) -> None:
    store = temporary_store(profile="production", origin="x")
    rows = (Download(str(n), api_status="completed", started_at=at(n)) for n in range(100_000))
    store.downloads.observe(rows, observed=0, now=0).wait(seconds=60)
    app = app_on(simulator, clock, store=store)
    async with running(app, size=(110, 30)) as pilot:
        assert " 99999 " in lines(pilot)[1]
        await pilot.press("end")
        assert lines(pilot)[-1].split()[1] == "0"
        assert len(table(pilot)._pages) <= 3
        await pilot.press("pageup", "home")
        assert " 99999 " in lines(pilot)[1]


async def test_every_action_is_in_the_command_palette(simulator: Simulator, clock: ManualClock) -> None:
    simulator.add("7")
    app = app_on(simulator, clock)
    async with running(app, size=(110, 30)) as pilot:
        listed = [command.title for command in app.get_system_commands(downloads_screen(pilot))]
        commands = set(listed)
        assert len(listed) == len(commands)
        keys = {binding.description for binding in DownloadsScreen.BINDINGS if isinstance(binding, Binding)}
        assert commands == keys - {"Clear filter", "Palette"} | {"Theme"}  # no filter is on
        assert {"Cancel", "Mark", "Mark active", "Filter", "Sort", "Refresh", "Quit"} <= commands
        await pilot.press("colon")
        await until(pilot, lambda: app.screen is not downloads_screen(pilot), "the palette")
        await pilot.press(*"hide")
        await until(pilot, lambda: app.screen.query("CommandList").first().display, "found")
        await pilot.press("down", "enter")
        await opened(pilot, Question)


@pytest.mark.usefixtures("is_real")
async def test_brackets_of_an_address_are_no_markup(simulator: Simulator, clock: ManualClock) -> None:
    app = app_on(simulator, clock, token=None, url="http://[::1]:8765/v4")
    async with app.run_test(size=(110, 30)) as pilot:
        await opened(pilot, SignIn)
        assert "Sign in to [::1]:8765" in app.export_screenshot().replace("&#160;", " ")
    app.session.stop()


async def test_since_when_it_is_stale_is_told_by_the_day_that_it_is_now(
    simulator: Simulator, clock: ManualClock
) -> None:
    app = app_on(simulator, clock)
    async with running(app, size=(110, 30)) as pilot:
        since = clock.now()

        def unreachable(request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("no route", request=request)

        simulator.interrupt = unreachable
        await pilot.press("r")
        await until(pilot, lambda: f"stale since {since:%H:%M}" in str(title(pilot).render()), "stale")
        clock.advance(86_400)
        assert f"stale since {since:%b} {since.day}" in str(title(pilot).render())


async def test_an_action_whose_files_were_replaced_says_so_and_the_others_go_on(
    simulator: Simulator, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replaced(screen: DownloadsScreen) -> None:
        raise ModuleNotFoundError("No module named 'dfui.tui.screens.help'")

    monkeypatch.setattr(DownloadsScreen, "action_help", replaced)
    simulator.add("7")
    async with running(app_on(simulator, clock)) as pilot:
        await pilot.press("question_mark")
        await told(pilot, "Start dfui again.")
        await pilot.press("x")
        await opened(pilot, Question)
