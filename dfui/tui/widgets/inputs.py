"""The input lines."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.keys import REPLACED_KEYS
from textual.timer import Timer
from textual.widgets import Input

from dfui.core.identifiers import without_secrets
from dfui.tui.keyboard import in_order

BETWEEN_LINES_SECONDS = 0.2
"""Within which the next line of a paste comes that is typed; nobody presses Enter and goes on typing as quickly."""


class LineInput(Input):
    """An input line whose cursor does not blink: blinking costs 2 kB a second."""

    def __init__(
        self,
        value: str | None = None,
        *,
        id: str,  # noqa: A002
        placeholder: str = "",
        password: bool = False,
    ) -> None:
        super().__init__(value, id=id, placeholder=placeholder, password=password, compact=True)
        self.cursor_blink = False

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether a key is typed; Textual does not know the characters of those to which it gives another name."""
        return key in REPLACED_KEYS or super().check_consume_key(key, character)


class PasteInput(LineInput):
    """An input line that takes a paste of several lines, and shows no token in it; Textual's own keeps one line."""

    _submitting: Timer | None = None
    """Runs between an Enter and what it submits."""

    def on_key(self, event: events.Key) -> None:
        """Submit, unless more comes at once: a terminal that does not mark a paste types it, an Enter after each line.

        What comes after the first line would be taken for keys of what is behind the dialog.
        """
        if event.key == "enter":
            event.stop()  # as a binding, it would act after the keys that come behind it
            self._go_on()
            self._submitting = self.set_timer(BETWEEN_LINES_SECONDS, self._submit)

    async def _submit(self) -> None:
        self._submitting = None
        await self.action_submit()

    def _go_on(self) -> bool:
        """Do not submit yet; whether that was about to be done."""
        if self._submitting is None:
            return False
        self._submitting.stop()
        self._submitting = None
        return True

    def insert_text_at_cursor(self, text: str) -> None:
        """Insert text, the next line of a paste after a space."""
        super().insert_text_at_cursor(f" {text}" if self._go_on() else text)

    def on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        self.insert_text_at_cursor(without_secrets(" ".join(event.text.splitlines())))


class NumberInput(LineInput):
    """An input line for digits; a letter typed into it is a key of the dialog around it.

    Enter runs the dialog's action. Each key acts as it comes: Ctrl-Q right behind an Enter must meet what it confirmed.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *in_order(Binding("enter", "submit", show=False)),
        *in_order(Binding("backspace", "delete_left", show=False)),
        *in_order(Binding("comma", "type(',')", show=False)),
        *(each for digit in "0123456789" for each in in_order(Binding(digit, f"type('{digit}')", show=False))),
    ]

    def __init__(self, *, id: str, action: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.restrict = r"[\d,]{0,12}"  # Python makes no number of 4,300 digits, as a pasted list of IDs has them
        self._action = action

    @property
    def number(self) -> int | None:
        """What was typed; None where it is nothing."""
        digits = self.value.replace(",", "")
        return int(digits) if digits else None

    def action_type(self, character: str) -> None:
        self.replace(character, *self.selection)

    async def action_submit(self) -> None:
        """Run the action at once; Textual would post a message, which the next key can overtake."""
        await self.screen.run_action(self._action)

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether a key is typed."""
        return character is not None and (character.isdigit() or character == ",")
