"""The downloads screen: what it shows, and the other things that can be done on it."""

from __future__ import annotations

import pytest
from textual import events
from textual.binding import Binding
from textual.widgets import Input
from textual.widgets._toast import Toast

from dfui.core.downloads import Download
from dfui.simulator.account import EMAIL, PASSWORD
from dfui.store import temporary_store
from dfui.tui.screens.add_downloads import AddDownloads
from dfui.tui.screens.choose import Choose, Menu
from dfui.tui.screens.downloads import DownloadsScreen
from dfui.tui.screens.question import Question
from dfui.tui.screens.sign_in import SignIn
from tests.support.outcomes import unreachable
from tests.support.tui import WIDE, Start, text

IDS = ("7", "8", "9")


async def test_the_store_is_shown_before_the_network_answers_and_an_empty_one_says_what_to_do(start: Start) -> None:
    store = temporary_store(profile="production", origin="x")
    store.downloads.observe([Download("846990", api_status="cancelled")], observed=0, now=0).wait()
    start.account.interrupt = unreachable
    async with start(size=WIDE, store=store, is_live=False) as tui:
        assert tui.ids == ["846990"]
        await tui.notified("could not be reached")
        assert "offline · 0 active of 1" in tui.title
    start.account.interrupt = lambda request: None
    async with start() as tui:
        assert "Know an ID? Press a to add it." in tui.text
        await tui.press("c")
        await tui.notified("No download to cancel")


async def test_an_active_download_follows_the_api_and_a_stale_one_says_since_when_by_the_day(start: Start) -> None:
    start.account.add("7", query="[red]x[/red] \x1b]0;title\x07\x1b[31m\u202eevil")
    async with start(size=WIDE) as tui:
        assert "[red]x[/red] evil" in tui.text
        await tui.until(lambda: start.clock.sleeping, "the follower waits")
        start.clock.advance(10)
        await tui.shows("1,000/50,000")
        since = start.clock.now()
        start.account.interrupt = unreachable
        await tui.press("r")
        await tui.until(lambda: f"stale since {since:%H:%M}" in tui.title, "stale")
        start.clock.advance(86_400)
        assert f"stale since {since:%b} {since.day}" in tui.title


async def test_nothing_is_asked_while_none_is_active(start: Start) -> None:
    for download_id in IDS:
        start.account.add(download_id).cancel(start.clock.now())
    expected = [("GET", "/downloads")]
    async with start(size=WIDE) as tui:
        for download_id in ("9", "8", "7"):  # what a person asks for gives time for what nobody asked for
            start.clock.advance(600)
            await tui.press("enter")
            expected.append(("GET", f"/downloads/{download_id}"))
            await tui.until(lambda: expected[-1] in start.account.requests, "what was asked for")
            await tui.closed("escape")
            await tui.press("j")
    assert start.account.requests == expected


@pytest.mark.parametrize(
    "pasted",
    [
        "7",
        "https://api.datafiniti.co/v4/downloads/7",
        "curl -H 'Authorization: Bearer to-ken' \\\n x/downloads/7?api_key=k-e-y",
    ],
)
async def test_what_is_added_becomes_known_and_no_token_in_it_is_shown(start: Start, pasted: str) -> None:
    async with start(size=WIDE) as tui:
        start.account.add("7")
        dialog = await tui.opened(AddDownloads, "a")
        tui.app.post_message(events.Paste(pasted))
        field = dialog.query_one("#pasted", Input)
        await tui.until(lambda: field.value, "it is pasted")
        assert "to-ken" not in field.value
        assert "k-e-y" not in field.value
        await tui.press("enter")
        await tui.shows("● running")


async def test_what_is_no_id_is_named_and_one_that_the_api_does_not_know_is_shown_as_such(start: Start) -> None:
    async with start(size=WIDE) as tui:
        await tui.opened(AddDownloads, "a", "enter")
        await tui.says("Type or paste an ID first.")
        await tui.press(*"12 nonsense", "enter")
        await tui.says("'nonsense' is not a download ID")
        await tui.closed("escape")
        assert len(tui.table) == 0
        await tui.opened(AddDownloads, "a")
        await tui.press(*"999", "enter")
        await tui.shows("? not found")
        await tui.notified("1 download added. Not found on this account: 999. Press x to hide it.")


async def test_hiding_asks_and_hides_until_it_is_added_again(start: Start) -> None:
    async with start(*IDS, size=WIDE) as tui:
        assert "It is not cancelled." in text(await tui.opened(Question, "x"))
        await tui.closed("enter")
        assert len(tui.table) == 3
        asked = text(await tui.opened(Question, "space", "space", "x"))  # the marked ones, not the one under the cursor
        assert "Hide 2 downloads?" in asked and "2 of them may be running" in asked
        await tui.press("y")
        await tui.until(lambda: len(tui.table) == 1, "hidden")
        assert not tui.table.marked
        await tui.press("r")
        await tui.notified("List refreshed")
        assert len(tui.table) == 1
        await tui.opened(AddDownloads, "a")
        await tui.press(*"7 8 9", "enter")
        await tui.until(lambda: len(tui.table) == 3, "added again")


async def test_the_marked_ids_are_copied_and_one_toast_is_seen_over_no_row_until_esc(start: Start) -> None:
    async with start(*IDS, shows_toasts=True) as tui:
        await tui.press("y")
        assert tui.app.clipboard == tui.ids[0]
        tui.app.notify("The keyring is locked.", severity="warning", markup=False)
        await tui.press("space", "space", "y")
        assert tui.app.clipboard.split() == tui.ids[:2]
        await tui.until(lambda: len(tui.screen.query(Toast)) == 1, "one toast")
        assert tui.notifications == f"Sent to the clipboard: {', '.join(tui.ids[:2])}\nThe keyring is locked."
        assert tui.screen.query_one(Toast).region.bottom <= 4
        await tui.press("escape")
        await tui.until(lambda: not tui.screen.query(Toast), "removed")


async def test_without_a_token_it_asks_for_one_until_one_or_a_password_works(start: Start) -> None:
    async with start("7", size=WIDE, token=None, is_live=False) as tui:
        await tui.opened(SignIn)
        await tui.press("enter")
        assert "That contains no token" in tui.text
        await tui.press(*"wrong", "enter")
        await tui.says("The token was rejected")
        await tui.press("ctrl+o", *EMAIL, "enter", *"wrong", "enter")
        await tui.says("Wrong e-mail or password")
        await tui.press(*PASSWORD, "enter")
        await tui.live()
        assert tui.ids == ["7"]


async def test_every_action_is_in_the_command_palette(start: Start) -> None:
    async with start("7", size=WIDE) as tui:
        palette = await tui.opened(Choose, "colon")
        listed = [str(option.prompt).split() for option in palette.query_one(Menu).options]
        assert listed[:2] + listed[-2:] == [["Cancel", "c"], ["Add", "IDs", "a"], ["Quit", "q"], ["Theme"]]
        bindings = {binding.description for binding in DownloadsScreen.BINDINGS if isinstance(binding, Binding)}
        assert len(listed) == len(bindings - {"Clear filter", "Palette"} | {"Theme"})  # no filter is on
        await tui.opened(Question, *"hid", "enter")
        await tui.closed("n")
        await tui.opened(Choose, "colon")
        await tui.pilot.click(Menu, offset=(2, len(listed) - 1))
        await tui.shows("ansi-dark")
        await tui.press(*"light", "down", "up", "enter")
        assert "light" in tui.app.theme


@pytest.mark.usefixtures("is_real")
async def test_brackets_of_an_address_are_no_markup_and_a_box_that_is_not_ticked_looks_it(start: Start) -> None:
    async with start(token=None, url="http://[::1]:8765/v4", is_live=False) as tui:
        await tui.opened(SignIn)
        assert tui.is_seen("Sign in to [::1]:8765")
        assert tui.is_seen("[X] Keep it")
        await tui.press("tab", "space")
        assert tui.is_seen("[ ] Keep it")


async def test_an_action_whose_files_were_replaced_says_so_and_the_others_go_on(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replaced(screen: DownloadsScreen) -> None:
        raise ModuleNotFoundError("No module named 'dfui.tui.screens.help'")

    monkeypatch.setattr(DownloadsScreen, "action_help", replaced)
    async with start("7") as tui:
        await tui.press("question_mark")
        await tui.notified("Start dfui again.")
        await tui.opened(Question, "x")
