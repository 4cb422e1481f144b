"""A terminal driver for slow lines: the same cells in fewer bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from textual.drivers.linux_driver import LinuxDriver

# Each change of the terminal's focus would repaint everything (18 kB); each cell that the mouse crosses would send
# bytes, and a hover paint some back. Clicks and the wheel are reported all the same.
_NOT_ASKED_FOR = ("\x1b[?1004h", "\x1b[?1003h")

_CONTROL = "\x1b["
"""How a picture and a change of mode begin: written twice, they do what they do once. The bell does not."""
_SYNCHRONIZED = ("\x1b[?2026h", "\x1b[?2026l")
"""Around a picture, where the terminal knows them."""
_SEQUENCE = re.compile(r"(\x1b\[[0-9;]*m)|(\x1b\[[0-9;]*H)|\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_ATTRIBUTES = frozenset({"1", "2", "3", "4", "5", "6", "7", "8", "9", "21", "51", "52", "53"})
_SEEN_ON_BLANKS = frozenset({"4", "7", "9", "21", "51", "52", "53"})
"""Underline, reverse and the like."""
_TEXT_COLOUR = re.compile(r"3[0-7]|9[0-7]|38;.*|39")
_LONG_BLANK = re.compile(r" {14,}")
_LONG_BLANK_AT_END = re.compile(r" {7,}$")
_GROUND_COLOUR = re.compile(r"4[0-7]|10[0-7]|48;.*|49")


@dataclass(frozen=True, slots=True)
class _Look:
    """How text is drawn: colours as SGR parameters, "" is the terminal's own."""

    text: str = ""
    ground: str = ""
    attributes: frozenset[str] = frozenset()

    def with_parameters(self, parameters: str) -> _Look | None:
        """How text is drawn after an SGR sequence; None where it has a code that Textual does not use today."""
        look = self
        for code in _codes(parameters):
            if code in ("", "0"):
                look = _PLAIN
            elif _TEXT_COLOUR.fullmatch(code):
                look = replace(look, text="" if code == "39" else code)
            elif _GROUND_COLOUR.fullmatch(code):
                look = replace(look, ground="" if code == "49" else code)
            elif code in _ATTRIBUTES:
                look = replace(look, attributes=look.attributes | {code})
            else:
                return None
        return look

    def change_to(self, wanted: _Look) -> str:
        """The shortest sequence that leads there."""
        if self == wanted:
            return ""
        if wanted == _PLAIN:
            return "\x1b[m"
        anew = ["0", *sorted(wanted.attributes), wanted.text, wanted.ground]
        changes = [";".join(code for code in anew if code)]
        if self.attributes <= wanted.attributes:
            codes = sorted(wanted.attributes - self.attributes)
            codes += [wanted.text or "39"] * (wanted.text != self.text)
            codes += [wanted.ground or "49"] * (wanted.ground != self.ground)
            changes.append(";".join(codes))
        return f"\x1b[{min(changes, key=len)}m"

    def shows_blanks_as(self, wanted: _Look) -> bool:
        """Whether a blank looks the same in both."""
        return self.ground == wanted.ground and not (self.attributes | wanted.attributes) & _SEEN_ON_BLANKS

    @property
    def leaves_blanks_empty(self) -> bool:
        """Whether a blank is a cell with nothing in it."""
        return not self.ground and not self.attributes & _SEEN_ON_BLANKS


_PLAIN = _Look()


def _codes(parameters: str) -> list[str]:
    """The single codes of an SGR sequence; a 256-colour or true colour is one."""
    codes, parts = [], parameters.split(";")
    while parts:
        length = 1
        if parts[0] in ("38", "48") and len(parts) > 1:
            length = 3 if parts[1] == "5" else 5
        codes.append(";".join(parts[:length]))
        parts = parts[length:]
    return codes


def compress(data: str) -> str:
    """Draw the same cells as `data` with fewer bytes: without needless colour changes and cursor moves.

    No colours are kept from one write to the next, because writes can come from two threads.
    """
    for sequence in _NOT_ASKED_FOR:
        data = data.replace(sequence, "")
    compressed = _compressed(data)
    return data if compressed is None else compressed


def _compressed(data: str) -> str | None:
    """The compressed bytes; None where `data` has a sequence that is not understood."""
    written: list[str] = []
    shown = wanted = _PLAIN
    move = ""
    """Where the cursor goes before anything more is written."""
    at = 0
    for match in (*_SEQUENCE.finditer(data), None):
        end = match.start() if match else len(data)
        whole, at = data[at:end], match.end() if match else end
        text = whole.rstrip("\r\n")
        if text:
            written.append(move)
            move = ""
            if text.strip(" ") or not shown.shows_blanks_as(wanted):
                written.append(shown.change_to(wanted))
                shown = wanted
            if shown.leaves_blanks_empty:
                text, move = _with_erased_blanks(text)
            written.append(text)
        move += whole[len(whole.rstrip("\r\n")) :]
        if match is None:
            break
        if match.group(1):
            look = wanted.with_parameters(match.group()[2:-1])
            if look is None:
                return None
            wanted = look
        elif match.group(2):
            move = match.group()
        else:
            written += [move, shown.change_to(wanted), match.group()]
            move, shown = "", wanted
    written += [move, shown.change_to(wanted)]
    return "".join(written)


def _with_erased_blanks(text: str) -> tuple[str, str]:
    """The text with its long blanks erased (ECH) instead of written; and the move over one at its end.

    Terminals know ECH since the VT220.
    """
    ending = _LONG_BLANK_AT_END.search(text)
    move = ""
    if ending:
        text, move = text[: ending.start()], f"\x1b[{len(ending.group())}C"
    text = _LONG_BLANK.sub(lambda blank: f"\x1b[{len(blank.group())}X\x1b[{len(blank.group())}C", text)
    return (f"{text}\x1b[{len(ending.group())}X", move) if ending else (text, move)


class LowBandwidthDriver(LinuxDriver):
    """Textual's driver for Linux and macOS, with fewer bytes for each picture."""

    _last = ""
    """What was written last."""

    def write(self, data: str) -> None:
        """Write the same cells with fewer bytes; cells that were written just before are there already."""
        # Opening a dialog paints the same screen several times.
        is_again = data == self._last and data.startswith(_CONTROL)
        if data not in _SYNCHRONIZED:
            self._last = data
        if not is_again:
            super().write(compress(data))
