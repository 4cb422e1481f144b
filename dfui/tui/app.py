"""The Textual app: what it looks like, and how it is left."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Iterable
from concurrent.futures import Future
from functools import partial
from typing import Any, ClassVar

from textual import on
from textual.app import SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.events import Event, Key, MouseEvent, Paste
from textual.geometry import Offset
from textual.notifications import SeverityLevel
from textual.screen import ModalScreen, Screen
from textual.theme import Theme

from dfui.core.clock import Clock
from dfui.core.errors import SettingsError
from dfui.core.progress import LEAVING_SECONDS
from dfui.core.text import sanitize
from dfui.operations.api_access import ApiAccess
from dfui.store import Store
from dfui.system.keys import keymap
from dfui.system.settings import keep_theme
from dfui.system.terminal import ABLE_TERMINAL, Terminal
from dfui.tui.keyboard import is_paste, shown_key
from dfui.tui.messages import Changed, Notice
from dfui.tui.screens.downloads import DownloadsScreen
from dfui.tui.session import INTERRUPTING_SECONDS, ExportText, Session
from dfui.tui.terminal_input import KeyBurst, is_burst
from dfui.tui.terminal_io import ProgressChanged, Shutdown, TerminalDriver, TerminalTitle, TitleChanged, focus_place
from dfui.tui.textual_private import FaultContainingApp
from dfui.tui.themes import OWN_THEMES, first_theme, needs_terminal_colours
from dfui.wording.errors import fault
from dfui.wording.figures import counted
from dfui.wording.outcomes import leaving, left_behind, quit_question

SWITCH_SECONDS = 0.001
"""How long another thread, one that reads a long list say, keeps a key waiting each time; Python's own is 5 ms."""


class DfuiApp(FaultContainingApp):
    """dfui's terminal UI over a store and a way to the API."""

    TITLE = "dfui"
    CSS_PATH = "dfui.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True),
        Binding("ctrl+c", "interrupt", "Quit", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", "Suspend", show=False, priority=True),
        Binding("escape", "clear_toast", show=False),
    ]

    def __init__(
        self,
        access: ApiAccess,
        store: Store,
        *,
        clock: Clock,
        export_text: ExportText,
        terminal: Terminal = ABLE_TERMINAL,
    ) -> None:
        settings = access.settings
        super().__init__(
            driver_class=TerminalDriver,
            # Said here and not later: with NO_COLOR, the filter for it is chosen when the app is made.
            ansi_color=True if needs_terminal_colours(settings, terminal) else None,
        )
        self.terminal = terminal
        self._pasted: frozenset[Key] = frozenset()
        """The keys that came together last, if they are a paste."""
        self._quit_question: Screen[Any] | None = None
        self._problems: list[tuple[float, str]] = []
        """The problems in the toast, each with the time until which it is shown."""
        self._asked: deque[tuple[Event, Screen[Any]]] = deque(maxlen=100)
        """Keys that a dialog has agreed to take."""
        self.dialog_faults: list[Exception] = []
        """Faults of dfui's own that closed a dialog."""
        self.session = Session(access, store, clock=clock, export_text=export_text)
        access.lend_terminal = self._lend_terminal
        self._event_loop: asyncio.AbstractEventLoop | None = None
        self._terminal_is_back = threading.Event()
        """Set once the terminal is given back, or dfui has to leave."""
        self.terminal_title = TerminalTitle(self, is_used=not access.is_simulated)
        self.shutdown = Shutdown(self._leave, seconds=LEAVING_SECONDS + INTERRUPTING_SECONDS)
        for theme in OWN_THEMES:
            self.register_theme(theme)
        theme_name = first_theme(settings, terminal)
        self._unknown_theme = theme_name if theme_name and theme_name not in self.available_themes else None
        if theme_name and not self._unknown_theme:
            self.theme = theme_name
        if settings.config.low_bandwidth:
            self.animation_level = "none"

    @property
    def cursor_position(self) -> Offset:
        """Where the terminal's own cursor stands; it is visible only if the UI is for a screen reader."""
        placed = focus_place(self.focused) if self.session.access.settings.config.accessible else None
        return placed or self._typed_at

    @cursor_position.setter
    def cursor_position(self, position: Offset) -> None:
        self._typed_at = position

    def get_default_screen(self) -> DownloadsScreen:
        return DownloadsScreen(self.session)

    def get_key_display(self, binding: Binding) -> str:
        """Shows Enter as a word: not every terminal's font has Textual's sign for it."""
        return "enter" if binding.key == "enter" else super().get_key_display(binding)

    def action_command_palette(self) -> None:
        """Offer every action of the downloads screen, in the order of use, and the theme."""
        from dfui.tui.screens.choose import NAME_CELLS, Choose

        screen, actions, lines = self.screen, {}, {}
        if isinstance(screen, Choose):
            return
        for binding in DownloadsScreen.BINDINGS if isinstance(screen, DownloadsScreen) else ():
            if isinstance(binding, Binding) and binding.id and screen.check_action(binding.action, ()):
                actions[binding.description] = binding.action
                key = shown_key(binding.id, self.session.access.settings)
                lines[binding.description] = f"{binding.description:<{NAME_CELLS}}{key}"

        def chosen(name: str | None) -> None:
            if name:
                self.call_later(screen.run_action, actions.get(name, "app.change_theme"))

        lines["Theme"] = "Theme"
        self.push_screen(Choose("Commands", lines, current=None, searches=True), chosen)

    def action_change_theme(self) -> None:
        from dfui.tui.screens.choose import Choose

        def chosen(name: str | None) -> None:
            self.theme = name or self.theme

        lines = {name: name for name in sorted(self.available_themes)}
        self.push_screen(Choose("Theme", lines, current=self.theme, searches=True), chosen)

    def on_mount(self) -> None:
        self._event_loop = asyncio.get_running_loop()
        self.set_keymap(keymap(self.session.access.settings.config.keys))
        if self._unknown_theme:
            name = sanitize(self._unknown_theme, max_length=40)
            sentence = f"There is no theme “{name}”. The palette (ctrl+p, Theme) lists them."
            self.notify(sentence, severity="warning")
        self.theme_changed_signal.subscribe(self, self._keep_theme)
        if not self.is_headless:
            self.shutdown.watch(sys.__stdin__.fileno() if sys.__stdin__ else 0)

    async def on_event(self, event: Event) -> None:
        """Drop a paste, keep from a dialog what was not meant for it, and end a dialog that fails, not the app."""
        if isinstance(event, Key) and event in self._pasted:
            return
        # A key also comes back here from the table, and then acts on a dialog that has opened since.
        is_typed = isinstance(event, Key | Paste) or (isinstance(event, MouseEvent) and not event.is_forwarded)
        screen = self.screen if is_typed else None
        if isinstance(screen, ModalScreen) and (takes := getattr(screen, "takes", None)):
            is_asked = any(asked is event and by is screen for asked, by in self._asked)
            self._asked.append((event, screen))
            if not is_asked and not takes(event):
                return
            try:
                await super().on_event(event)
            except Exception as error:  # noqa: BLE001  # an action of a dialog runs here, and must not end the app
                self.end_faulty(screen, error)
        else:
            await super().on_event(event)

    def end_faulty(self, dialog: ModalScreen[Any], error: Exception) -> None:
        """Close a dialog that failed; one that was closed already only missed its widgets."""
        if dialog in self.screen_stack:
            logging.getLogger(__name__).error("a dialog failed", exc_info=error)
            self.dialog_faults.append(error)
            while dialog in self.screen_stack:
                self.pop_screen()
            sentence = f"dfui closed that window because of a fault of its own ({type(error).__name__})."
            self.notify(f"{sentence} What you confirmed is not affected.", severity="error")

    @on(KeyBurst)
    def _several_keys_came(self, burst: KeyBurst) -> None:
        goes_on_pasting = burst.goes_on and bool(self._pasted)
        is_pasted = goes_on_pasting or (is_burst(burst.keys) and is_paste(self, burst.keys))
        self._pasted = frozenset(burst.keys if is_pasted else ())
        if is_pasted:
            add = shown_key("add", self.session.access.settings)
            sentence = f"That looked like a pasted text, so dfui ignored it. To paste IDs, press {add} first."
            show = getattr(self.screen, "show_notice", partial(self.notify, severity="warning"))
            show(sentence)

    def _keep_theme(self, theme: Theme) -> None:
        """Start with this theme next time."""
        if not self.session.store.is_kept:
            return
        settings = self.session.access.settings
        try:
            keep_theme(settings, theme.name)
        except SettingsError as error:
            self.notify(str(error), severity="warning")

    def bell(self) -> None:
        if self.session.access.settings.config.bell:
            super().bell()

    @on(TitleChanged)
    def _title_changed(self, message: TitleChanged) -> None:
        self.terminal_title.show_title(message.title)

    @on(ProgressChanged)
    def _progress_changed(self, message: ProgressChanged) -> None:
        self.terminal_title.show_progress(message.percent)

    @on(Notice)
    def _notice(self, notice: Notice) -> None:
        severity: SeverityLevel = "warning" if notice.is_problem else "information"
        self.notify(notice.sentence, severity=severity, timeout=notice.seconds)

    def notify(self, message: str, **options: Any) -> None:
        """Show a toast, as plain text; one that would cover a dialog waits until that is closed."""
        show = partial(self._show_toast, message, **options | {"markup": False})
        downloads = self.screen_stack[0]
        if self.screen.is_modal and isinstance(downloads, DownloadsScreen):
            downloads.queue.add_toast(show)
        else:
            show()

    def _show_toast(
        self, message: str, *, severity: SeverityLevel = "information", timeout: float | None = None, **options: Any
    ) -> None:
        """Show it in place of the toast that is there; problems that a person may not have read yet stay under it."""
        now = time.monotonic()
        unread = [(until, problem) for until, problem in self._problems if until > now and problem != message]
        self._problems = unread
        if severity != "information":
            self._problems = [(now + (timeout or self.NOTIFICATION_TIMEOUT), message), *unread]
        shown = "\n".join([message, *(problem for _, problem in unread)])
        self.clear_notifications()
        worst = "warning" if unread and severity == "information" else severity
        super().notify(shown, severity=worst, timeout=timeout, **options)

    async def run_action(self, *arguments: Any, **options: Any) -> bool:
        """Run an action; one that needs a file which an upgrade has replaced says so, and ends nothing else."""
        try:
            return await super().run_action(*arguments, **options)
        except ImportError as error:
            self.notify(fault(error), severity="error", timeout=60)
            return True

    async def action_quit(self) -> None:
        if not self.session.cancellations.under_way:
            self.exit()
        elif not self._is_asking_to_quit:
            from dfui.tui.screens.question import Question

            question = self._quit_question = Question("Quit?", [], yes="Quit", no="Stay")

            def changed(_: Changed) -> None:
                if under_way := self.session.cancellations.under_way:
                    question.show(quit_question(len(under_way), sum(each.progress is None for each in under_way)))
                else:
                    question.dismiss(False)

            await self.push_screen(question, lambda yes: self.exit() if yes else None)
            self.session.changes.follow(question, changed)
            changed(Changed())

    @property
    def _is_asking_to_quit(self) -> bool:
        return self._quit_question in self.screen_stack

    async def action_interrupt(self) -> None:
        """Leave as `q` does; a second time, in the question about that, leave at once."""
        if self._is_asking_to_quit:
            self.exit()
        else:
            await self.action_quit()

    def action_suspend_process(self) -> None:
        """Give the terminal back and stop. A stopped process sends nothing, so what was confirmed is finished first."""
        under_way = len(self.session.cancellations)
        if not under_way:
            super().action_suspend_process()
            return
        with self.suspend():
            _say([f"Finishing {counted(under_way, 'confirmed cancellation')} before dfui is suspended…"])
            self.session.wait_for_cancellations(unless=lambda: self.shutdown.was_told)
            if not self.shutdown.was_told:
                os.kill(os.getpid(), signal.SIGTSTP)

    def action_clear_toast(self) -> None:
        self._problems.clear()
        self.clear_notifications()

    @contextlib.asynccontextmanager
    async def _lend_terminal(self) -> AsyncIterator[None]:
        """Suspend the UI while the network thread lets `token_command` ask at the terminal."""
        lent: Future[None] = Future()

        def suspend() -> None:
            try:
                with self.suspend():
                    lent.set_result(None)
                    self._terminal_is_back.wait()
            except SuspendNotSupported:
                lent.set_result(None)

        self._terminal_is_back.clear()
        if self._event_loop is not None:
            self._event_loop.call_soon_threadsafe(suspend)
            await asyncio.wrap_future(lent)
        try:
            yield
        finally:
            self._terminal_is_back.set()

    def _leave(self) -> None:
        self._terminal_is_back.set()
        if self._event_loop is not None:
            self._event_loop.call_soon_threadsafe(self.exit)


def run_app(access: ApiAccess, store: Store, *, clock: Clock, export_text: ExportText) -> tuple[int, str | None]:
    """Run the terminal UI; returns the exit code, and the profile to restart with, if one was chosen."""
    app = DfuiApp(access, store, clock=clock, export_text=export_text, terminal=Terminal())
    sys.setswitchinterval(SWITCH_SECONDS)
    settings = access.settings
    try:
        # Without the mouse, the terminal selects text; over a slow line, that is how an ID leaves it.
        app.run(mouse=not settings.config.low_bandwidth if settings.config.mouse is None else settings.config.mouse)
    finally:
        app.terminal_title.restore()
        # However dfui was left, confirmed cancellations get their time, and the rest is named if there is a terminal.
        outcomes = app.session.stop(waiting=lambda cancellations: _say([leaving(cancellations)]))
        _say(left_behind(outcomes))
    return app.return_code or 0, app.session.next_profile


def _say(lines: Iterable[str]) -> None:
    with contextlib.suppress(OSError, ValueError):
        for line in lines:
            print(line, file=sys.__stderr__, flush=True)
