"""The modal about the account: whose downloads these are, and the token in use."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from dfui.tui.session import Session
from dfui.wording.access import ASKING_FOR_ACCOUNT, access_lines, account_facts
from dfui.wording.facts import fact_lines

if TYPE_CHECKING:
    from dfui.core.account import Account


class AccountModal(ModalScreen[str]):
    """Shows the account; dismissed with `sign_in`, `sign_out`, or nothing."""

    AUTO_FOCUS = "#close"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "choose('sign_in')", "Another token", id="account.sign_in"),
        Binding("o", "choose('sign_out')", "Sign out", id="account.sign_out"),
        Binding("escape", "choose('')", "Close", id="account.close"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._access = session.access

    def compose(self) -> ComposeResult:
        """What is set, and what can be done with it."""
        with Vertical(classes="dialog", id="account") as dialog:
            dialog.border_title = "Account and token"
            token = self._access.token
            source = token.source if token else None
            lines = access_lines(self._access.settings, source, is_simulated=self._access.is_simulated)
            yield Static("\n".join(lines), markup=False, classes="dialog-text")
            yield Static(id="used", markup=False, classes="dialog-text")
            with Horizontal(classes="dialog-buttons"):
                if not self._access.is_simulated:
                    yield Button("Another token  s", id="sign_in", compact=True)
                if token is not None and not self._access.is_simulated:
                    yield Button("Sign out  o", id="sign_out", compact=True)
                yield Button("Close  enter", id="close", compact=True)

    def on_mount(self) -> None:
        """What the account has used comes from the API."""
        self.tell("")
        if self._access.token is not None:
            self.tell(ASKING_FOR_ACCOUNT)
            self._session.look_at_account()

    def show_account(self, account: Account) -> None:
        """The API told of the account."""
        self.tell("\n".join(fact_lines(account_facts(account))))

    def tell(self, text: str) -> None:
        """Say what is known of the account, or why nothing is."""
        used = self.query_one("#used", Static)
        used.display = bool(text)
        used.update(text)

    def action_choose(self, what: str) -> None:
        """Close with what is to be done; there is nothing to do about a simulated account."""
        self.dismiss("" if self._access.is_simulated else what)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A button is its action."""
        self.dismiss("" if event.button.id == "close" else event.button.id)
