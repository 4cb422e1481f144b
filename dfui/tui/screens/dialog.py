"""What dialogs share: a frame with a title, buttons that are also keys, notices, and which keys are meant for them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from textual import events, on
from textual.actions import parse
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.button import ButtonVariant

from dfui.tui.keyboard import in_order
from dfui.tui.textual_private import FirstPicture
from dfui.tui.widgets.key_bar import KeyBar
from dfui.tui.widgets.layouts import GivingWay, Wrapping

Answer = TypeVar("Answer")


BESIDE_TITLE = 6
"""Cells of the upper border that a title cannot use."""
_IN_A_LIST = {"up": "action_cursor_up", "down": "action_cursor_down", "page_up": "action_page_up",
              "page_down": "action_page_down", "home": "action_first", "end": "action_last"}  # fmt: skip
SCROLLS = "↑↓ scroll"
SEEN_SECONDS = 0.25
"""Nobody answers a question in less; a key that comes before was typed ahead, or is part of a paste."""

BETWEEN_BUTTONS: list[BindingType] = [
    *in_order(Binding("left", "app.focus_previous", show=False)),
    *in_order(Binding("right", "app.focus_next", show=False)),
]
"""For dialogs in which no text is typed."""


@dataclass(frozen=True, slots=True)
class DialogButton:
    """One thing to do in a dialog: a button, the key that presses it, and the dialog's action that it runs."""

    id: str
    label: str
    action: str
    key: str = ""
    """The key, or several after commas; none where the key is Enter, which presses the button or ends the typing."""
    shown_key: str | None = None
    """The key in the label, where it is not the one in `key`."""
    variant: ButtonVariant = "default"
    is_safe: bool = False
    """Whether it has the focus first, for an Enter that was not meant."""
    works_hidden: bool = False
    """Whether its key also works while the button is hidden."""
    cannot_undo: bool = False
    """Whether it does what cannot be undone: its key counts only once the dialog has been seen."""

    @property
    def first_key(self) -> str:
        return self.shown_key or self.key.split(",")[0]

    def bindings(self, dialog: str) -> list[Binding]:
        if not self.key:
            return []
        return in_order(Binding(self.key, self.action, self.label, id=f"{dialog}.{self.id}", show=False))


class ActionButton(Button):
    """The widget of a `DialogButton`."""

    BINDINGS: ClassVar[list[BindingType]] = [*in_order(Binding("enter", "activate", show=False))]

    def __init__(self, spec: DialogButton) -> None:
        super().__init__(id=spec.id, variant=spec.variant, compact=True)
        self.spec = spec
        self.relabel(spec.label)

    async def action_activate(self) -> None:
        """Run the action at once; Textual would post a message, which the next key can overtake."""
        await self.screen.run_action(self.spec.action)

    def relabel(self, label: str, *, shown_key: str | None = None) -> None:
        self.label = f"{label}  {shown_key or self.spec.first_key}"


class Dialog(ModalScreen[Answer]):
    """A title in a frame, the content, and the buttons in a row; the key of a hidden button does nothing.

    On a small screen, the parts of the content that scroll or have the class `gives-way` make room for the others.
    """

    NAME: ClassVar[str]
    """The ID of its frame, and the first part of its binding IDs."""
    TITLE = ""
    HORIZONTAL_BREAKPOINTS = [(100, "-wide"), (120, "-wide-enough-for-two")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (15, "-high")]  # noqa: RUF012
    QUIET_SECONDS: ClassVar[float] = 0
    """For so long after its first picture it takes no key: for dialogs that open by themselves."""
    BUTTONS: ClassVar[tuple[DialogButton, ...]] = ()
    BINDINGS: ClassVar[list[BindingType]] = [
        *in_order(Binding("tab", "app.focus_next", show=False)),
        *in_order(Binding("shift+tab", "app.focus_previous", show=False)),
        Binding("up,k", "scroll('up')", show=False),
        Binding("down,j", "scroll('down')", show=False),
        Binding("pageup,ctrl+u,ctrl+b", "scroll('page_up')", show=False),
        Binding("pagedown,ctrl+d,ctrl+f", "scroll('page_down')", show=False),
        Binding("home,g", "scroll('home')", show=False),
        Binding("end,G", "scroll('end')", show=False),
    ]

    def __init_subclass__(cls, **options: Any) -> None:
        own: Iterable[BindingType] = cls.__dict__.get("BINDINGS", [])
        cls.BINDINGS = [*own, *(binding for button in cls.BUTTONS for binding in button.bindings(cls.NAME))]
        if "AUTO_FOCUS" not in cls.__dict__:
            cls.AUTO_FOCUS = next((f"#{button.id}" for button in cls.BUTTONS if button.is_safe), None)
        super().__init_subclass__(**options)

    def __init__(self) -> None:
        super().__init__()
        self.quiet_seconds = self.QUIET_SECONDS
        self._shown_at: float | None = None
        self._notice = self._problem = ""
        self._title_text = self.TITLE
        self._first_picture: FirstPicture | None = None

    def compose(self) -> ComposeResult:
        with GivingWay(classes="dialog", id=self.NAME) as frame:
            frame.border_title = Content(self.TITLE or "")
            yield Static(classes="dialog-title", markup=False)
            yield from self.compose_content()
            yield Static(classes="dialog-notice problem", markup=False)
            if self.BUTTONS:
                with Wrapping(classes="dialog-buttons"):
                    yield from (ActionButton(button) for button in self.BUTTONS)
        yield KeyBar()  # of what no button shows

    def compose_content(self) -> ComposeResult:
        raise NotImplementedError

    @property
    def frame(self) -> GivingWay:
        return self.query_one(f"#{self.NAME}", GivingWay)

    def on_mount(self) -> None:
        """Paint it once, whole; whatever a dialog itself does on mounting comes first."""
        self._first_picture = FirstPicture(self, sent=self._picture_sent)
        self.screen_layout_refresh_signal.subscribe(self, self._laid_out)

    def on_unmount(self) -> None:
        """Release the paint hold if the dialog closes early."""
        if self._first_picture is not None:
            self._first_picture.release()

    def _picture_sent(self) -> None:
        self._shown_at = time.monotonic()

    def on_screen_resume(self) -> None:
        """Begin anew if another dialog was over it: the next key may have been meant for that one."""
        if self._shown_at is not None:
            self._picture_sent()

    # ── which keys are meant for it ──────────────────────────────────────────────────────────────────────────────

    @property
    def is_shown(self) -> bool:
        return self._shown_at is not None

    def seconds_seen(self, event: events.Event) -> float:
        """How long it had been on the screen when a key was read; below 0 if it was not."""
        return -1 if self._shown_at is None else event.time - self._shown_at

    def takes(self, event: events.Event) -> bool:
        """Whether what was typed or clicked is meant for this dialog; the app asks before anything else sees it."""
        seconds = self.seconds_seen(event)
        if self.quiet_seconds and seconds < self.quiet_seconds:
            return False
        button = next((button for button in self.BUTTONS if button.cannot_undo), None)
        if seconds < SEEN_SECONDS and button is not None:
            if isinstance(event, events.Key) and self._cannot_undo(event.key):
                key = self.app.get_key_display(Binding(event.key, ""))
                self.show_notice(f"Press {key} again: that one came before this was shown.")
                return False
            if isinstance(event, events.MouseDown):
                return False
        if isinstance(event, events.Key):
            self.show_notice("")
        return True

    def _cannot_undo(self, key: str) -> bool:
        if key == "enter":
            focused = self.focused
            return isinstance(focused, Input) or (isinstance(focused, ActionButton) and focused.spec.cannot_undo)
        return any(button.cannot_undo and key in button.key.split(",") for button in self.BUTTONS)

    # ── what it shows ────────────────────────────────────────────────────────────────────────────────────────────

    def show_title(self, title: str) -> None:
        self._title_text = title
        self.query_one(".dialog-title", Static).update(title)
        self._place_title()

    def _laid_out(self, screen: object) -> None:
        """Find a place for the title, and say in the lower border that there is more text than is seen."""
        self._place_title()
        if any(scroll.max_scroll_y > 0 for scroll in self.query(VerticalScroll)):
            self.frame.border_subtitle = SCROLLS
        elif self.frame.border_subtitle == SCROLLS:
            self.frame.border_subtitle = ""

    def _place_title(self) -> None:
        """Write a title that is too long for the border under it, whole."""
        width = self.frame.outer_size.width  # 0 before it has its place
        is_too_long = bool(width) and len(self._title_text) > width - BESIDE_TITLE
        self.frame.border_title = Content("" if is_too_long else self._title_text)
        self.query_one(".dialog-title").display = is_too_long

    def show_notice(self, sentence: str) -> None:
        """Say something above the buttons until the next key; a toast would cover them."""
        self._notice = sentence
        self._show_sentence()

    def show_problem(self, sentence: str) -> None:
        """Say what is wrong, for as long as it is; "" takes it back."""
        self._problem = sentence
        self._show_sentence()

    def _show_sentence(self) -> None:
        for line in self.query(".dialog-notice").results(Static):  # none before it is mounted
            line.update(Content(self._notice or self._problem))
            line.display = bool(self._notice or self._problem)

    def button(self, button_id: str) -> ActionButton:
        return self.query_one(f"#{button_id}", ActionButton)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Run a button's action only while it can be seen; before the first picture, only the safe one's."""
        specs = [spec for spec in self.BUTTONS if parse(spec.action)[1:] == (action, parameters)]
        if not specs:
            return True
        shown = {button.spec.id for button in self.query(ActionButton) if button.display}
        return any(spec.works_hidden or spec.id in shown if shown else spec.is_safe for spec in specs)

    def dismiss(self, result: Answer | None = None) -> AwaitComplete:
        """Close with an answer; nothing where it is closed already, by a key that came together with this one."""
        return super().dismiss(result) if self.is_active else AwaitComplete()

    def action_close(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed)
    async def _button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if isinstance(event.button, ActionButton):
            await event.button.action_activate()

    def action_scroll(self, way: str) -> None:
        for options in self.query(OptionList):
            getattr(options, _IN_A_LIST[way])()
        for scroll in self.query(VerticalScroll):
            getattr(scroll, f"scroll_{way}")(animate=False)
