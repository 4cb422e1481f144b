"""The dialog that asks for a token, or for an e-mail address and a password."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Checkbox, Input, Static

from dfui.core.errors import TokenError
from dfui.core.secret import Secret
from dfui.system.credentials import parse_token
from dfui.tui.keyboard import in_order
from dfui.tui.messages import Changed
from dfui.tui.screens.dialog import Dialog, DialogButton
from dfui.tui.session import Session
from dfui.tui.widgets.inputs import LineInput
from dfui.tui.widgets.layouts import GIVES_WAY

QUIET_SECONDS = 1.0
"""If it opens by itself, it takes no key for this long: the key may have been meant for the table."""
FOR_THIS_SESSION = "It will not be saved."


class TickBox(Checkbox):
    """`[X]` if ticked, else `[ ]`; Textual's own has an X in both, in another colour."""

    BUTTON_LEFT = "["
    BUTTON_RIGHT = "]"

    def __init__(self, label: str, *, value: bool, id: str) -> None:  # noqa: A002
        super().__init__(label, value=value, id=id, compact=True)
        self._show_tick(value)

    def watch_value(self) -> None:
        super().watch_value()
        self._show_tick(self.value)

    def _show_tick(self, is_ticked: bool) -> None:
        self.BUTTON_INNER = "X" if is_ticked else " "


class SignIn(Dialog[None]):
    """Asks until a token works, or until it is left."""

    NAME = "sign-in"
    AUTO_FOCUS = "#token"
    BINDINGS: ClassVar[list[BindingType]] = [
        *in_order(Binding("ctrl+o", "switch", id="sign-in.switch", show=False)),
    ]
    BUTTONS = (
        DialogButton("leave", "Not now", "leave", "escape", shown_key="esc"),
        DialogButton("do-sign-in", "Sign in", "sign_in", shown_key="enter", variant="primary"),
    )

    def __init__(self, session: Session, *, opens_by_itself: bool = False) -> None:
        super().__init__()
        self.quiet_seconds = QUIET_SECONDS if opens_by_itself else 0.0
        self._session = session
        self._sentence = session.sign_in.reason or ""
        self._is_demo = session.access.is_simulated
        self._by_password = False
        self._has_failed = False
        """Whether the last attempt failed: then its sentence says what to do."""

    def compose_content(self) -> ComposeResult:
        yield Static(id="asks", markup=False, classes=f"dialog-text {GIVES_WAY}")
        yield Static(id="sign-in-problem", markup=False, classes=f"problem {GIVES_WAY}")
        yield LineInput(id="email", placeholder="E-mail address")
        yield LineInput(id="token", placeholder="API token", password=True)
        yield TickBox("Keep it in the OS keyring", value=True, id="keep")
        yield Static(FOR_THIS_SESSION, id="for-this-session", markup=False)
        yield Static(id="switch", markup=False)

    def on_mount(self) -> None:
        self.show_title(f"Sign in to {'the demo' if self._is_demo else self._session.access.settings.address.host}")
        self._show()
        self._session.changes.follow(self, self._changed)
        self._session.look_for_keyring()

    def _changed(self, changed: Changed) -> None:
        sign_in = self._session.sign_in
        if not sign_in.is_asking:
            self.dismiss()
        elif sign_in.problem:
            self._show_problem(sign_in.problem)
            sign_in.problem = ""
            secret = self.query_one("#token", LineInput)
            secret.value = ""
            secret.focus()
        else:
            self._show()  # whether there is a keyring is known now

    def action_switch(self) -> None:
        self._by_password = not self._by_password
        self.query_one("#token", LineInput).value = ""  # what was typed is the other secret
        self._sentence, self._has_failed = "", False
        self._show()
        # At once, before the next key comes.
        self.set_focus(self.query_one("#email" if self._by_password else "#token", LineInput))

    def action_leave(self) -> None:
        self._session.decline_sign_in()
        self.dismiss()

    @on(Input.Submitted, "#email")
    def _email_entered(self) -> None:
        self.query_one("#token", LineInput).focus()

    @on(Input.Submitted, "#token")
    def action_sign_in(self) -> None:
        typed = self.query_one("#token", LineInput).value
        email_address = self.query_one("#email", LineInput).value.strip()
        if self._by_password and not (email_address and typed):
            self._show_problem("Enter both the e-mail address and the password.")
            return
        try:
            secret = Secret(typed) if self._by_password else parse_token(typed)
        except TokenError as error:
            self._show_problem(str(error))
            return
        self._show_problem("Checking…")
        keep = not self._session.access.lacks_keyring and self.query_one(TickBox).value
        self._session.use_token(secret, email_address=email_address if self._by_password else None, keep=keep)

    def _show(self) -> None:
        lacks_keyring = self._session.access.lacks_keyring
        self.query_one("#keep").display = not lacks_keyring and not self._is_demo
        self.query_one("#for-this-session").display = lacks_keyring and not self._is_demo
        self.query_one("#email").display = self._by_password
        self.query_one("#token", LineInput).placeholder = "Password" if self._by_password else "API token"
        asks = self.query_one("#asks", Static)
        asks.update(
            "This is the demo: type anything but your own token."
            if self._is_demo
            else "The password is used once to get the token, and is not stored."
            if self._by_password
            else "Copy the token from your Datafiniti account page."
        )
        asks.display = not self._has_failed
        other = "a token" if self._by_password else "e-mail and password"
        self.query_one("#switch", Static).update(f"ctrl+o: use {other}")
        problem = self.query_one("#sign-in-problem", Static)
        problem.update(self._sentence)
        problem.display = bool(self._sentence)

    def _show_problem(self, sentence: str) -> None:
        self._sentence, self._has_failed = sentence, True
        self._show()
