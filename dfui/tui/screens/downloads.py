"""The main screen: the known downloads, and what can be done with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType

from dfui.core.text import sanitize
from dfui.tui.keyboard import in_order
from dfui.tui.messages import ProfileChosen, SignInNeeded
from dfui.tui.screens.downloads_cancelling import DownloadsCancelling
from dfui.wording.access import SWITCH_LATER, TOKEN_REJECTED
from dfui.wording.downloads import hide_question

# Dialogs are imported where they are opened: the first picture must not wait for them.


def _key(
    key: str, action: str, name: str, tooltip: str, *, shown_as: str | None = None, is_in_footer: bool = True
) -> Binding:
    return Binding(key, action, name, id=action, tooltip=tooltip, key_display=shown_as, show=is_in_footer)


class DownloadsScreen(DownloadsCancelling):
    """Opens the dialogs, and hands what they answer to the session."""

    BINDINGS: ClassVar[list[BindingType]] = [
        _key("escape", "show_all", "Clear filter", "Clear the filter", shown_as="esc"),
        _key("c", "cancel", "Cancel", "Cancel the marked downloads, or the current one; asks first"),
        # What is typed right after those in order is text, and must not be taken for keys.
        *in_order(_key("a", "add", "Add IDs", "Add downloads by ID, URL or pasted text")),
        _key("space", "mark", "Mark", "Mark or unmark the current download, and move down"),
        _key("m", "mark_active", "Mark active", "Mark all active downloads that are shown", is_in_footer=False),
        _key("u", "unmark", "Unmark all", "Clear all marks", is_in_footer=False),
        *in_order(_key("slash", "filter", "Filter", "Filter the list by words", shown_as="/")),
        _key("s", "sort", "Sort", "Sort by a column, or reverse the order", is_in_footer=False),
        _key("enter", "details", "Details", "Show details", shown_as="enter"),
        _key("f", "fetch", "Fetch", "Fetch the result files of the marked downloads, or the current one"),
        *in_order(_key("h", "history", "History", "Show past cancellations", is_in_footer=False)),
        _key("x", "hide", "Hide", "Hide the download here; this does not cancel it", is_in_footer=False),
        _key("y", "copy_id", "Copy ID", "Send the ID to the terminal's clipboard", is_in_footer=False),
        _key("r", "refresh", "Refresh", "Refresh the list from the API"),
        _key("t", "account", "Account", "Show the account, its credits and the token", is_in_footer=False),
        _key("question_mark", "help", "Help", "Show keys, outcomes and file locations", shown_as="?"),
        _key("q", "quit", "Quit", "Quit; active downloads keep running"),
    ]

    async def action_fetch(self) -> None:
        """Ask where the result files of the marked downloads, or of the one under the cursor, are to go."""
        await self._table.caught_up()
        if chosen := self._chosen():
            self._fetch(chosen)

    def action_sort(self) -> None:
        """Ask what to sort by."""
        from dfui.tui.screens.sort_by import SortByModal

        self.app.push_screen(SortByModal(self._table.download_query), self._sort_by)

    def action_add(self) -> None:
        """Ask for IDs to make known; the first of them is gone to."""
        from dfui.tui.screens.add_downloads import AddDownloads

        def answered(ids: Sequence[str] | None) -> None:
            if ids:
                self._go_to(ids[0])
                self._session.add(ids)

        self.app.push_screen(AddDownloads(), answered)

    async def action_hide(self) -> None:
        """Ask whether to hide the download under the cursor."""
        from dfui.tui.screens.question import Question

        await self._table.caught_up()
        download = self._table.current
        if download is None:
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._table.unmark([download.id])
                self._session.hide(download.id)

        title, lines = hide_question(download)
        self.app.push_screen(Question(title, lines, yes="Hide it", no="Keep it"), answered)

    def action_refresh(self) -> None:
        """Fetch the whole list."""
        if self._is_signed_out:
            self._ask_to_sign_in(TOKEN_REJECTED if self._session.access.token else None)
        else:
            self._session.refresh_list()

    async def action_copy_id(self) -> None:
        """Send the ID to the terminal's clipboard; whether the terminal takes it cannot be seen from here."""
        await self._table.caught_up()
        download = self._table.current
        if download is not None:
            self.app.copy_to_clipboard(download.id)
            self.notify(f"Sent to the terminal's clipboard: {sanitize(download.id)}", markup=False)

    def action_account(self) -> None:
        """Show the account and the token."""
        from dfui.tui.screens.account import AccountModal

        def answered(answer: str | None) -> None:
            if answer == "sign_in":
                self._ask_to_sign_in(None)
            elif answer == "sign_out":
                self._session.sign_out()
            elif answer == "profile":
                self._choose_profile()

        self.app.push_screen(AccountModal(self._session, is_signed_out=self._is_signed_out), answered)

    def _choose_profile(self) -> None:
        from dfui.tui.screens.choose_profile import ChooseProfile

        settings = self._session.access.settings

        def answered(profile: str | None) -> None:
            if profile is not None and self._under_way:
                self.notify(SWITCH_LATER, severity="warning", markup=False)
            elif profile is not None:
                self.post_message(ProfileChosen(profile))

        self.app.push_screen(ChooseProfile(settings.profiles, settings.profile), answered)

    @on(SignInNeeded)
    def _sign_in_needed(self, message: SignInNeeded) -> None:
        from dfui.tui.screens.sign_in import SignIn

        if not any(isinstance(screen, SignIn) for screen in self.app.screen_stack):
            self._ask_to_sign_in(message.sentence)

    def _ask_to_sign_in(self, sentence: str | None) -> None:
        from dfui.tui.screens.sign_in import SignIn

        self.app.push_screen(SignIn(self._session, sentence, is_demo=self._session.access.is_simulated))

    async def action_details(self) -> None:
        """Show the details of the download under the cursor."""
        from dfui.tui.screens.details import DetailsModal

        await self._table.caught_up()
        download = self._table.current
        if download is None:
            return

        def answered(answer: str | None) -> None:
            if answer == "cancel":
                self._confirm((download.id,))
            elif answer == "fetch":
                self._fetch((download.id,))

        self.app.push_screen(DetailsModal(self._session, download.id, offers_fetch=True), answered)

    def action_history(self) -> None:
        """Show the cancellations that were confirmed here."""
        from dfui.tui.screens.history import HistoryModal

        self.app.push_screen(HistoryModal(self._session))

    def action_help(self) -> None:
        """Show the keys, the outcomes, and where things are kept."""
        from dfui.tui.screens.help import HelpModal

        access = self._session.access
        self.app.push_screen(HelpModal(self.BINDINGS, access.settings, is_simulated=access.is_simulated))

    async def action_quit(self) -> None:
        """Leave; while cancellations are under way, ask first."""
        await self.app.action_quit()
