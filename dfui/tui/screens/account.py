"""The dialog about the account: whose downloads these are, and the token in use."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from dfui.tui.messages import AccountFailed, AccountFetched
from dfui.tui.screens.dialog import Dialog, DialogButton
from dfui.tui.session import Session
from dfui.wording.access import ASKING_FOR_ACCOUNT, access_lines, account_facts
from dfui.wording.facts import fact_lines


class AccountModal(Dialog[str]):
    """Shows the account; the answer is `sign_in`, `sign_out`, `profile`, or None."""

    NAME = "account"
    TITLE = "Account and token"
    BUTTONS = (
        DialogButton("sign_in", "Another token", "answer('sign_in')", "s"),
        DialogButton("sign_out", "Sign out", "answer('sign_out')", "o"),
        DialogButton("profile", "Profile", "answer('profile')", "p"),
        DialogButton("close", "Close", "close", "escape", shown_key="enter", is_safe=True),
    )

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._access = session.access

    def compose_content(self) -> ComposeResult:
        """The profile, the API and the token's source; then what the API says of the account."""
        token = self._access.token
        source = token.source if token else None
        lines = access_lines(self._access.settings, source, is_simulated=self._access.is_simulated)
        with VerticalScroll(can_focus=False):
            yield Static("\n".join(lines), markup=False, classes="dialog-text")
            yield Static(id="account-used", markup=False, classes="dialog-text")

    def on_mount(self) -> None:
        """Ask the API for the account."""
        has_token = self._access.token is not None
        self.button("sign_in").display = not self._access.is_simulated
        self.button("sign_out").display = has_token and not self._access.is_simulated
        self.button("profile").display = len(self._access.settings.profiles) > 1 and not self._access.is_simulated
        self._show("")
        if has_token:
            self._show(ASKING_FOR_ACCOUNT)
            self._session.fetch_account()

    @on(AccountFetched)
    def _fetched(self, message: AccountFetched) -> None:
        self._show("\n".join(fact_lines(account_facts(message.account))))

    @on(AccountFailed)
    def _failed(self, message: AccountFailed) -> None:
        self._show(message.sentence)

    def action_answer(self, answer: str) -> None:
        """Close with what to do next."""
        self.dismiss(answer)

    def _show(self, text: str) -> None:
        used = self.query_one("#account-used", Static)
        used.display = bool(text)
        used.update(text)
