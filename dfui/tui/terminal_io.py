"""The terminal: what is read from it and written to it, its title, and what happens when it goes away."""

from __future__ import annotations

import codecs
import contextlib
import functools
import math
import os
import re
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key
from textual.geometry import Offset
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from dfui.tui.terminal_input import BURST_GAP_SECONDS, InputFilter, KeyBurst, events_of, is_burst
from dfui.tui.textual_private import KeyParser, write_to_terminal
from dfui.tui.widgets.row_list import RowList

if TYPE_CHECKING:
    from dfui.tui.app import DfuiApp

# ── the driver ───────────────────────────────────────────────────────────────────────────────────────────────────────

READ_BYTES = 4096
_HIDE_CURSOR = "\x1b[?25l"
_BOX = "─│┌┐└┘├┤┬┴┼╭╮╰╯━┃╴╵╶╷═║╔╗╚╝"
_BLOCKS = "▀▁▂▃▄▅▆▇█▉▊▋▌▍▎▏▐░▒▓▔▕▖▗▘▙▚▛▜▝▞▟"

IN_CP437 = str.maketrans(
    {
        "●": "•", "◌": "○", "✓": "√", "✗": "x", "▸": "►", "▴": "▲", "▾": "▼",
        "…": ".", "–": "-", "—": "-", "“": '"', "”": '"', "’": "'", "‘": "'", "⏎": "◄", "↑": "^", "↓": "v",
        "╭": "┌", "╮": "┐", "╰": "└", "╯": "┘", "━": "─", "┃": "│", "╴": "─", "╵": "│", "╶": "─", "╷": "│",
        **dict.fromkeys("▁▂▃▅▖▗", "▄"), **dict.fromkeys("▆▇▉▊▙▟", "█"), **dict.fromkeys("▔▘▝▛▜", "▀"),
        **dict.fromkeys("▋▍▎▏▚", "▌"), **dict.fromkeys("▕▞", "▐"),
    }
)  # fmt: skip
"""What stands for a glyph on the Linux console, whose font has those of CP437; each is one cell wide."""

FOR_READERS = str.maketrans(
    {**dict.fromkeys(_BOX + _BLOCKS + "●◌✓✗", " "), "▸": ">", "■": "*", "▴": "^", "▾": "v", "·": "-"}
)
"""What is written for a screen reader, or a braille line: nothing that is drawn, and no sign that a word repeats."""


class TerminalDriver(LinuxDriver):
    """Textual's driver for Linux and macOS, with other glyphs or fewer bytes if the terminal needs them."""

    def __init__(self, app: DfuiApp, **options: Any) -> None:
        super().__init__(app, **options)
        config = app.session.access.settings.config
        self._glyphs = FOR_READERS if config.accessible else IN_CP437 if app.terminal.name == "linux" else {}
        self._shows_cursor = config.accessible
        self._saves_bytes = config.low_bandwidth
        self._last = ""
        """What was written last."""
        self._burst_at = -math.inf
        """When several keys came together last."""
        self._shutdown = app.shutdown
        self._repaint = functools.partial(app.call_later, app.refresh, layout=True)
        self._is_on = False
        """Whether the terminal is in application mode."""

    # ── application mode, and the signals that stop and continue ─────────────────────────────────────────────────

    def start_application_mode(self) -> None:
        with _deaf_to_sigcont():
            self._wait_for_foreground()
            self._is_on = True
            super().start_application_mode()  # type: ignore[no-untyped-call]

    def resume_application_mode(self) -> None:
        """Start application mode again; Textual does so on each SIGCONT, also if it was never left or dfui leaves."""
        with _deaf_to_sigcont():
            self._wait_for_foreground()
            if self._shutdown.was_told:
                return
            if self._is_on:  # it was stopped by SIGSTOP, or not at all
                self.suspend_application_mode()
            self.start_application_mode()
            self._repaint()  # the alternate screen is empty now; Textual paints only what changes

    def suspend_application_mode(self) -> None:
        with _deaf_to_sigcont():
            super().suspend_application_mode()

    def stop_application_mode(self) -> None:
        """Put the modes back, once: a terminal that another program has meanwhile must not change."""
        signal.signal(signal.SIGCONT, signal.SIG_DFL)
        if self._is_on:
            super().stop_application_mode()
            self._is_on = False

    def disable_input(self) -> None:
        if self._is_on:
            super().disable_input()

    def _wait_for_foreground(self) -> None:
        """Stop again if the shell continues dfui in the background, unless it is to end there."""
        with contextlib.suppress(OSError):  # no terminal, or not the session's
            while os.tcgetpgrp(self.fileno) != os.getpgrp() and not self._shutdown.was_told:
                os.kill(os.getpid(), signal.SIGSTOP)

    # ── what is read and written ─────────────────────────────────────────────────────────────────────────────────

    def run_input_thread(self) -> None:
        """Post what is typed; Textual's own loop would post answers of the terminal as keys."""
        parser, tokens = KeyParser(), InputFilter()
        # Bytes that are no UTF-8 are Latin-1, Meta of an 8-bit xterm, or 8-bit controls; Textual would end the app.
        decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        while not self.exit_event.is_set():
            seconds = 0.02 if tokens.is_waiting else 0.1
            if select.select([self.fileno], [], [], seconds)[0]:
                try:
                    data = os.read(self.fileno, READ_BYTES)
                except OSError:
                    data = b""
                if not data:  # the terminal has gone away
                    self.exit_event.wait()
                    return
                read = tokens.feed(decode(data), time.monotonic())
            else:
                read = tokens.tick(time.monotonic())
            self._post(event for token in read for event in events_of(token, parser))

    def _post(self, events: Iterable[Message]) -> None:
        """Post what came in one read, stamped with one time; keys that may be a paste are announced."""
        came, now = list(events), time.monotonic()
        keys = [event for event in came if isinstance(event, Key)]
        for event in came:
            event.time = now
        goes_on = bool(keys) and now - self._burst_at < BURST_GAP_SECONDS
        if goes_on or is_burst(keys):
            self._burst_at = now
            came.insert(0, KeyBurst(keys, goes_on=goes_on))
        for event in came:
            self.process_message(event)

    def write(self, data: str) -> None:
        """Write the same cells; if bytes are to be saved, not those that were written just before."""
        if not self._is_on:
            return
        if self._saves_bytes:
            # Opening a dialog paints the same screen several times.
            is_again = data == self._last and data.startswith(_CONTROL)
            if data not in _SYNCHRONIZED:
                self._last = data
            if is_again:
                return
            data = data if self._shows_cursor else compress(data)
        if self._shows_cursor:
            data = data.replace(_HIDE_CURSOR, "")
        super().write(data.translate(self._glyphs) if self._glyphs else data)


@contextlib.contextmanager
def _deaf_to_sigcont() -> Iterator[None]:
    """While the terminal's mode changes, another SIGCONT must not change it in between."""
    hears = signal.signal(signal.SIGCONT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGCONT, hears)


# ── fewer bytes ──────────────────────────────────────────────────────────────────────────────────────────────────────

# Each change of the terminal's focus would repaint everything (18 kB); each cell that the mouse crosses would send
# bytes, and a hover paint some back. Clicks and the wheel are reported all the same.
_NOT_ASKED_FOR = ("\x1b[?1004h", "\x1b[?1003h")

_CONTROL = "\x1b["
"""How a picture and a change of mode begin: written twice, they do what they do once. The bell does not."""
_SYNCHRONIZED = ("\x1b[?2026h", "\x1b[?2026l")
"""Around a picture, where the terminal knows them."""
_PIECE = re.compile(
    r"""(?P<text>[^\x1b\r\n]+)
      | (?P<newline>[\r\n]+)
      | (?P<place>\x1b\[[0-9;]*H)
      | \x1b\[(?P<style>[0-9;]*)m
      | (?P<other>\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b)
    """,
    re.VERBOSE,
)
_CODE = re.compile(r"[34]8;5;\d+|[34]8;2;\d+;\d+;\d+|\d+")
_GROUND = re.compile(r"4[0-7]|10[0-7]|48;.*")
_SEEN_ON_BLANKS = re.compile(r"[479]|21|5[123]")
"""Underline, reverse and the like."""
_EMPTY = "\0"
"""Stands for a blank on the terminal's own ground, until it is known what follows it."""
_EMPTY_CELLS = re.compile(rf"{_EMPTY}+(?P<ends>(?=(?:\x1b\[[0-9;]*m)*(?:\x1b\[[0-9;]*H|$)))?")


class _Style(NamedTuple):
    """How text is drawn."""

    codes: str = ""
    """SGR parameters; "" is plain."""
    ground: str | None = ""
    """The colour that a blank shows, "" for the terminal's own; None if more than that is seen of it."""


_PLAIN = _Style()


@functools.cache
def _style(parameters: str) -> _Style:
    """How text is drawn after a reset and these SGR parameters."""
    codes = [code for code in _CODE.findall(parameters) if code not in ("0", "39", "49")]
    ground = next(filter(_GROUND.fullmatch, codes), "")
    return _Style(";".join(codes), None if any(map(_SEEN_ON_BLANKS.fullmatch, codes)) else ground)


def compress(data: str) -> str:
    """Draw the same cells as `data` with fewer bytes: without needless colour changes, cursor moves and blanks.

    No colours are kept from one write to the next, because writes can come from two threads.
    """
    for sequence in _NOT_ASKED_FOR:
        data = data.replace(sequence, "")
    written: list[str] = []
    shown = wanted = _PLAIN
    move = ""
    """Where the cursor goes before anything more is written."""
    for piece in _PIECE.finditer(data):
        match piece.lastgroup:
            case "style":
                style = _style(piece["style"])
                if style.codes and wanted.codes:  # Textual resets each style before the next
                    return data
                wanted = style
            case "place":
                move = piece["place"]
            case "newline":
                move += piece["newline"]
            case "text" if not piece["text"].strip(" ") and wanted.ground == shown.ground is not None:
                written += [move, _blanks(piece["text"], shown)]
                move = ""
            case "text":
                written += [move, _change(shown, wanted), _blanks(piece["text"], wanted)]
                move, shown = "", wanted
            case _:
                written += [move, _change(shown, wanted), piece.group()]
                move, shown = "", wanted
    if not move.endswith("H"):  # nobody sees where a hidden cursor stands at the end
        written.append(move)
    written.append(_change(shown, wanted))
    return _EMPTY_CELLS.sub(_erased, "".join(written))


def _change(shown: _Style, wanted: _Style) -> str:
    if shown == wanted:
        return ""
    return f"\x1b[0;{wanted.codes}m" if shown.codes and wanted.codes else f"\x1b[{wanted.codes}m"


def _blanks(text: str, style: _Style) -> str:
    return text.replace(" ", _EMPTY) if style.ground == "" else text


def _erased(cells: re.Match[str]) -> str:
    """Erase blanks (ECH, which terminals know since the VT220) if that is shorter, and step over them."""
    count = len(cells.group())
    erase, step = f"\x1b[{count}X", "" if cells["ends"] is not None else f"\x1b[{count}C"
    return min(erase + step, " " * count, key=len)


# ── the title ────────────────────────────────────────────────────────────────────────────────────────────────────────

PUSH_TITLE, POP_TITLE = "\x1b[22;0t", "\x1b[23;0t"
"""XTWINOPS: keep the title that is there, and bring it back."""
NO_PROGRESS = "\x1b]9;4;0;0\x1b\\"
_PROGRAMS_WITH_PROGRESS = frozenset({"ghostty", "wezterm"})
_VTE_WITH_PROGRESS = 8000


@dataclass
class TitleChanged(Message):
    """The window's title is to be this."""

    title: str


@dataclass
class ProgressChanged(Message):
    """Of what is under way, so many per cent are done; None: nothing is under way."""

    percent: int | None


class TerminalTitle:
    """Writes what changes; `restore` brings back what was there before."""

    def __init__(self, app: App[Any], *, is_used: bool = True, environment: Mapping[str, str] = os.environ) -> None:
        self._app = app
        # The Linux console, which has no title, shows the text of one on older kernels.
        self._has_title = is_used and not environment.get("TERM", "").startswith("linux")
        self._has_progress = is_used and knows_progress(environment)
        self._title: str | None = None
        self._percent: int | None = None

    def show_title(self, title: str) -> None:
        if self._has_title and title != self._title:
            push = PUSH_TITLE if self._title is None else ""
            self._title = title
            self._write(f"{push}\x1b]2;{title}\x1b\\")

    def show_progress(self, percent: int | None) -> None:
        """Show how much of something is done; None: nothing is under way."""
        if self._has_progress and percent != self._percent:
            self._percent = percent
            self._write(NO_PROGRESS if percent is None else f"\x1b]9;4;1;{percent}\x1b\\")

    def restore(self) -> None:
        """Bring back what was there before; once the app has left the terminal."""
        left = (POP_TITLE if self._title is not None else "") + (NO_PROGRESS if self._percent is not None else "")
        self._title = self._percent = None
        if left and sys.__stderr__ is not None:
            with contextlib.suppress(OSError, ValueError):  # a terminal that went away has no title any more
                sys.__stderr__.write(left)
                sys.__stderr__.flush()

    def _write(self, data: str) -> None:
        write_to_terminal(self._app, data)


def knows_progress(environment: Mapping[str, str]) -> bool:
    """Whether the terminal's environment says that it knows OSC 9;4; others may show it as a notification."""
    if environment.get("TMUX"):  # which does not pass it on
        return False
    vte = environment.get("VTE_VERSION", "")
    return bool(
        environment.get("WT_SESSION")
        or environment.get("ConEmuANSI") == "ON"
        or environment.get("TERM_PROGRAM", "").lower() in _PROGRAMS_WITH_PROGRESS
        or environment.get("TERM") == "xterm-ghostty"
        or (vte.isdecimal() and int(vte) >= _VTE_WITH_PROGRESS)
    )


# ── leaving ──────────────────────────────────────────────────────────────────────────────────────────────────────────

LAST_RESORT_SECONDS = 1
"""Left to restore the screen in, after the time of the cancellations under way; then the system ends dfui."""


class Shutdown:
    """Calls `leave` once, on SIGTERM, SIGHUP, or the end of the terminal; `leave` must be callable from any thread.

    Textual would leave a broken terminal, or an orphan.
    """

    def __init__(self, leave: Callable[[], None], *, seconds: float) -> None:
        self._leave = leave
        self._seconds = seconds
        self.was_told = False
        """Whether dfui was told to end."""

    def watch(self, terminal: int) -> None:
        """Watch for all three; from the main thread, with the terminal's file descriptor."""
        signal.signal(signal.SIGTERM, self._signalled)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._signalled)
        # Where SIGHUP is ignored (nohup), the end of the terminal is seen by this alone; Textual would read its end of
        # file for ever.
        threading.Thread(target=self._wait_for_hangup, args=(terminal,), name="hangup", daemon=True).start()

    def _signalled(self, signal_number: int, frame: FrameType | None) -> None:
        self._told()

    def _wait_for_hangup(self, terminal: int) -> None:
        poll = select.poll()
        poll.register(terminal, 0)  # hang-ups and errors are reported unasked
        # macOS answers POLLNVAL for a terminal, which it cannot poll: that is no hang-up.
        if any(event & (select.POLLHUP | select.POLLERR) for _, event in poll.poll()):
            self._told()

    def _told(self) -> None:
        if not self.was_told:
            self.was_told = True
            # The main thread may be waiting for a terminal that does not read; this ends it whatever it does.
            signal.alarm(math.ceil(self._seconds) + LAST_RESORT_SECONDS)
            self._leave()


# ── the cursor ───────────────────────────────────────────────────────────────────────────────────────────────────────


def focus_place(focused: Widget | None) -> Offset | None:
    """The place of the row, the line or the button on the screen; None where the widget tells it by itself."""
    from textual.widgets import OptionList  # for a dialog that the first picture does not need

    match focused:
        case None | Input():
            return None
        case RowList():
            return focused.content_region.offset + Offset(0, 1 + focused.cursor - focused.scroll_offset.y)
        case OptionList():
            return focused.content_region.offset + Offset(0, (focused.highlighted or 0) - focused.scroll_offset.y)
        case _:
            return focused.content_region.offset
