"""The dialogs about the account, its token, and which profile to use."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from dfui.core.account import Account
from dfui.tui.messages import Changed
from dfui.tui.screens.choose import Choose
from dfui.tui.screens.dialog import Dialog, DialogButton
from dfui.tui.screens.sign_in import SignIn
from dfui.tui.session import Session
from dfui.tui.widgets.text_lines import FieldList
from dfui.wording.access import access_facts, account_facts


class AccountModal(Dialog[None]):
    """Shows the account, and leads to another token or profile."""

    NAME = "account"
    TITLE = "Account and token"
    BUTTONS = (
        DialogButton("sign_in", "Change token", "sign_in", "s"),
        DialogButton("sign_out", "Sign out", "sign_out", "o"),
        DialogButton("profile", "Profile", "profile", "p"),
        DialogButton("close", "Close", "close", "escape", shown_key="enter", is_safe=True),
    )

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._access = session.access

    def compose_content(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            if self._access.is_simulated:
                sentence = "This is a simulated account: no token, no network. Only files that you fetch are kept."
                yield Static(sentence, markup=False, classes="dialog-text")
            yield FieldList(id="account-fields", classes="dialog-text")
            yield Static(id="account-notice", markup=False, classes="dialog-text")

    def on_mount(self) -> None:
        has_token, is_real = self._access.token is not None, not self._access.is_simulated
        self.button("sign_in").display = self._session.is_signed_out or is_real
        if self._session.is_signed_out:
            self.button("sign_in").relabel("Sign in")
        self.button("sign_out").display = has_token and is_real
        self.button("profile").display = len(self._access.settings.profiles) > 1 and is_real
        self._show(None, "Asking the API for the account…" if has_token else "")
        if has_token:
            self._session.changes.follow(self, self._changed)
            self._session.fetch_account()

    def _changed(self, changed: Changed) -> None:
        account, problem = self._session.account, self._session.account_problem
        if account or problem:
            self._show(account, problem)

    def action_sign_in(self) -> None:
        self.dismiss()
        self._session.sign_in.ask(None)
        self.app.push_screen(SignIn(self._session))

    def action_sign_out(self) -> None:
        self.dismiss()
        self._session.sign_out()

    def action_profile(self) -> None:
        settings = self._access.settings
        lines = {name: f"{'•' if name == settings.profile else ' '} {name}" for name in settings.profiles}
        self.dismiss()
        self.app.push_screen(Choose("Profile", lines, current=settings.profile), self._use_profile)

    def _use_profile(self, name: str | None) -> None:
        """Restart with another profile: no token of one may be left in another."""
        if name in (None, self._access.settings.profile):
            return
        if self._session.cancellations.under_way:
            sentence = "Cancellations are in progress. Change the profile when they are done."
            self.app.notify(sentence, severity="warning")
        else:
            self._session.next_profile = name
            self.app.exit()

    def _show(self, account: Account | None, sentence: str) -> None:
        facts = account_facts(account) if account else []
        if not self._access.is_simulated:
            token = self._access.token
            facts = [*access_facts(self._access.settings, token.source if token else None), *facts]
        fields, notice = self.query_one(FieldList), self.query_one("#account-notice", Static)
        fields.show(facts)
        fields.display = bool(facts)
        notice.update(sentence)
        notice.display = bool(sentence)
