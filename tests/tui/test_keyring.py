"""The keyring's bad days, as the screen shows them: it is never frozen, and there is always a way on."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from typing import Any

import keyring
import pytest
from keyring.backends import fail
from keyring.errors import KeyringLocked

from dfui.core.addresses import DATAFINITI
from dfui.operations import refresh
from dfui.simulator.account import TOKEN
from dfui.store import temporary_store
from dfui.system import credentials
from dfui.tui.screens.outcome import OutcomeModal
from dfui.tui.screens.sign_in import SignIn
from tests.support.memory_keyring import MemoryKeyring
from tests.support.stores import relapsed_store
from tests.support.tui import WIDE, Start, text

USER = ("dfui", f"production@{DATAFINITI.origin}")


class Kept(MemoryKeyring):
    """It can be locked, or wait for somebody to unlock it."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = threading.Event()
        self.answers.set()
        self.is_locked = False

    def _open(self) -> None:
        self.answers.wait(60)
        if self.is_locked:
            raise KeyringLocked("locked")

    def get_password(self, service: str, username: str) -> str | None:
        self._open()
        return super().get_password(service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self._open()
        super().set_password(service, username, password)


@pytest.fixture
def kept(is_real: None) -> Kept:
    backend = Kept()
    keyring.set_keyring(backend)
    return backend


async def test_a_token_that_was_given_is_kept_used_without_asking_and_removed_by_signing_out(
    start: Start, kept: Kept
) -> None:
    async with start("7", size=WIDE, token=None, is_live=False) as tui:
        await tui.opened(SignIn)
        await tui.press(*TOKEN, "enter")
        await tui.live()
        await tui.until(lambda: kept.kept == {USER: TOKEN}, "kept")
    async with start(size=WIDE, token=None) as tui:
        assert len(tui.app.screen_stack) == 1
        tui.app.session.cancellations.confirm(["7"])
        tui.app.session._under_way.add(tui.app.session._thread.submit(asyncio.sleep(0)))
        await tui.press("t", "o")
        await tui.notified("Sign out when they are done.")
        tui.app.session._under_way.clear()
        await tui.press("t", "o")
        await tui.notified("Signed out")
        assert kept.kept == {}
        assert tui.app.session.access.token is None


async def test_a_keyring_that_does_not_answer_holds_no_cancellation_up(
    start: Start, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = temporary_store(profile="production", origin=DATAFINITI.origin)
    store.downloads.add(["7", "8"]).wait()
    async with start("7", "8", size=WIDE, token=None, store=store, is_live=False) as tui:
        session = tui.app.session
        await tui.opened(SignIn)
        await tui.closed("escape")
        await tui.confirming()
        await tui.opened(SignIn, "y")
        kept.answers.clear()
        await tui.opened(OutcomeModal, *TOKEN, "enter")  # while it is being kept
        assert kept.kept == {}
        await tui.live()
        session.sign_out()
        await tui.until(lambda: session.access.token is None, "the keyring is to forget it")
        session.cancel(["7" if tui.deletes == ["8"] else "8"])
        await tui.opened(SignIn)
        kept.answers.set()
        await tui.press(*TOKEN, "enter")
        await tui.until(lambda: len(tui.deletes) == 2, "cancelled as well")


@pytest.mark.parametrize("has_answered", [False, True])
async def test_signing_out_while_the_list_comes_in_ends_all_that_was_under_way(
    start: Start, kept: Kept, monkeypatch: pytest.MonkeyPatch, has_answered: bool
) -> None:
    may_go_on, is_waiting, refresh_list = asyncio.Event(), threading.Event(), refresh.refresh_list

    async def held_back(*arguments: Any, **options: Any) -> refresh.ListRefresh:
        refreshed = await refresh_list(*arguments, **options) if has_answered else None
        is_waiting.set()
        await may_go_on.wait()
        return refreshed or await refresh_list(*arguments, **options)

    store = relapsed_store("7", cancelled_at=start.clock.now() - timedelta(hours=1))  # which is to be followed up
    start.account.add("7").cancel(start.clock.now())
    async with start(size=WIDE, token=None, store=store, is_live=False) as tui:
        session = tui.app.session
        monkeypatch.setattr(refresh, "refresh_list", held_back)
        await tui.opened(SignIn)
        await tui.press(*TOKEN, "enter")
        await tui.until(is_waiting.is_set, "the list is on its way")
        session.sign_out()
        await tui.notified("Signed out")
        start.account.requests.clear()
        session._thread.call(may_go_on.set)
        await tui.until(lambda: not session.is_refreshing_list, "it has come, or not")
        assert "signed out" in tui.title
        assert "Internal error" not in tui.notifications
        assert start.account.requests == []


async def test_a_locked_keyring_says_so_and_takes_a_token_for_the_session(start: Start, kept: Kept) -> None:
    kept.is_locked = True
    async with start("7", size=WIDE, token=None, is_live=False) as tui:
        sign_in = await tui.opened(SignIn)
        assert "The keyring is locked, and was not unlocked. Unlock it, then try again." in text(sign_in)
        await tui.press(*TOKEN, "enter")
        await tui.live()
        await tui.notified("It will not be saved.")


async def test_a_keyring_that_waits_for_a_person_is_heard_later(
    start: Start, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "KEYRING_SECONDS", 0.2)
    kept.kept[USER] = TOKEN
    kept.answers.clear()
    async with start("7", size=WIDE, token=None, is_live=False) as tui:
        sign_in = await tui.opened(SignIn)
        assert "it may be waiting for you to unlock it" in text(sign_in)
        kept.answers.set()
        await tui.live()
        await tui.until(lambda: tui.screen is not sign_in, "the question is gone")


async def test_without_any_keyring_it_says_how_to_set_one_up_and_does_not_offer_to_keep_the_token(
    start: Start, is_real: None
) -> None:
    keyring.set_keyring(fail.Keyring())  # type: ignore[no-untyped-call]
    async with start("7", size=WIDE, token=None, is_live=False) as tui:
        sign_in = await tui.opened(SignIn)
        assert "Set token_command in the config file" in text(sign_in)
        assert not sign_in.query_one("#keep").display
        assert "It will not be saved." in text(sign_in)
        await tui.press(*TOKEN, "enter")
        await tui.live()
        assert tui.notifications == ""  # it was said once
    async with start(size=WIDE) as tui:  # with a token from elsewhere, it is looked for once it matters
        sign_in = await tui.opened(SignIn, "t", "s")
        await tui.until(lambda: not sign_in.query_one("#keep").display, "there is none")
