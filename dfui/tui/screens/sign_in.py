"""The modal that asks for a token, or for an e-mail address and a password."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Checkbox, Input, Static

from dfui.core.errors import TokenError
from dfui.core.secret import Secret
from dfui.system.credentials import parse_token
from dfui.tui.session import Session


class SignIn(ModalScreen[bool]):
    """Asks until a token works, or until it is left; dismissed with whether one does."""

    AUTO_FOCUS = "#token"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Not now", id="sign_in.leave"),
        Binding("ctrl+o", "switch", "Token, or e-mail and password", id="sign_in.switch"),
    ]

    def __init__(self, session: Session, sentence: str | None = None) -> None:
        super().__init__()
        self._session = session
        self._sentence = sentence
        self._by_password = False

    def compose(self) -> ComposeResult:
        """What is asked for, and whether to keep it."""
        settings = self._session.access.settings
        with Vertical(classes="dialog", id="sign-in") as dialog:
            dialog.border_title = Content(f"Sign in to {settings.address.host}")
            yield Static(self._sentence or "", id="sign-in-trouble", markup=False, classes="trouble")
            yield Static(id="asks", markup=False, classes="dialog-text")
            yield _line("email", "E-mail address")
            yield _line("token", "API token", is_secret=True)
            yield Checkbox("Keep it in this machine's keyring", value=True, id="keep", compact=True)
            yield Static("ctrl+o: use e-mail and password", id="switch", markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Button("Not now  esc", id="leave", compact=True)
                yield Button("Sign in  enter", id="do-sign-in", compact=True, variant="primary")

    def on_mount(self) -> None:
        """Ask for a token first."""
        self._show()

    def failed(self, sentence: str) -> None:
        """What was given does not work."""
        self._tell(sentence)
        secret = self.query_one("#token", Input)
        secret.value = ""
        secret.focus()

    def action_switch(self) -> None:
        """Ask for the other: a token, or an e-mail address and a password."""
        self._by_password = not self._by_password
        self._show()
        self.query_one("#email" if self._by_password else "#token", Input).focus()

    def action_leave(self) -> None:
        """Go on without."""
        self._session.decline_sign_in()
        self.dismiss(False)

    @on(Input.Submitted, "#email")
    def _on_to_the_password(self) -> None:
        self.query_one("#token", Input).focus()

    @on(Input.Submitted, "#token")
    @on(Button.Pressed, "#do-sign-in")
    def _sign_in(self) -> None:
        given = self.query_one("#token", Input).value
        email_address = self.query_one("#email", Input).value.strip()
        if self._by_password and not (email_address and given):
            self._tell("Give both: the e-mail address and the password.")
            return
        try:
            secret = Secret(given) if self._by_password else parse_token(given)
        except TokenError as error:
            self._tell(str(error))
            return
        self._tell("Checking…")
        keep = self.query_one("#keep", Checkbox).value
        self._session.sign_in(secret, email_address=email_address if self._by_password else None, keep=keep)

    @on(Button.Pressed, "#leave")
    def _leave(self) -> None:
        self.action_leave()

    def _show(self) -> None:
        self.query_one("#email").display = self._by_password
        self.query_one("#token", Input).placeholder = "Password" if self._by_password else "API token"
        self.query_one("#asks", Static).update(
            "The password is used once, to get the token, and is not kept."
            if self._by_password
            else "Copy the token from your Datafiniti account page."
        )
        other = "a token" if self._by_password else "e-mail and password"
        self.query_one("#switch", Static).update(f"ctrl+o: use {other}")
        self.query_one("#sign-in-trouble").display = bool(self._sentence)

    def _tell(self, sentence: str) -> None:
        self._sentence = sentence
        trouble = self.query_one("#sign-in-trouble", Static)
        trouble.update(sentence)
        trouble.display = True


def _line(name: str, placeholder: str, *, is_secret: bool = False) -> Input:
    line = Input(id=name, placeholder=placeholder, password=is_secret, compact=True)
    line.cursor_blink = False  # a blinking cursor costs 2 kB a second
    return line
