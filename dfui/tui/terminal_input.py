"""What the terminal sends: keys, clicks and pastes pass, its answers to questions never become keys."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textual import constants
from textual.events import Key, Paste
from textual.message import Message

from dfui.tui.textual_private import FUNCTIONAL_KEYS, KEY_SEQUENCES, KeyParser

ESC = "\x1b"
ESCAPE_SECONDS = constants.ESCAPE_DELAY
"""After this, an ESC that nothing follows is the Escape key."""
GAP_SECONDS = 2.0
"""The longest pause within a sequence, on a bad line."""
PASTE_GAP_SECONDS = 5.0
MAX_STRING = 1_000_000
"""Characters of an unterminated string that are swallowed."""
MAX_SEQUENCE = 100
OLD_MOUSE_CHARACTERS = 3
"""Button, column and line, after `ESC [ M`."""

_PASTE_BEGINS, _PASTE_ENDS = f"{ESC}[200~", f"{ESC}[201~"
_STRINGS = "]P_^X"
"""After ESC: OSC, DCS, APC, PM and SOS."""
_EIGHT_BIT = {0x8F: "O", 0x90: "P", 0x98: "X", 0x9B: "[", 0x9D: "]", 0x9E: "^", 0x9F: "_"}
"""The C1 controls that stand for ESC and this character."""
_STRING_ENDS = 0x9C
_CANCELS = "\x18\x1a"
"""CAN and SUB break off a sequence."""
_BYTE_AS_IT_CAME = 0xDC00
"""What a byte that is no UTF-8 is moved by when it is decoded (`surrogateescape`)."""
_MAX_CODE_POINT = 0x10FFFF
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f]")
"""What a field would write to the terminal as it came; white space is not among them."""

_PASSES = re.compile(
    r"""\x1b\[(?:
        I | O                                           # the terminal has the focus, or lost it
      | <\d{1,5};-?\d{1,5};-?\d{1,5}[Mm]                # SGR mouse
      | \?(?:2026|2048);\d\$y                           # whether it knows synchronized output, in-band resize
      | 48;[1-9]\d{0,4};[1-9]\d{0,4};\d{1,5};\d{1,5}t   # in-band resize
    )""",
    re.VERBOSE,
)
_FUNCTION_KEY = re.compile(r"\x1b\[(\d{1,5})(?:;\d{1,3})?([~ABCDEFHPQS])")
_KITTY_KEY = re.compile(r"\x1b\[(\d{1,7})(?:;\d{0,3}(?:;(\d{1,7}(?::\d{1,7}){0,7})?)?)?u")


def passes(sequence: str) -> bool:
    """Whether a complete sequence is a known key, or a report of the mouse, the focus, a mode or the size."""
    if sequence in KEY_SEQUENCES or _PASSES.fullmatch(sequence):
        return True
    if constants.DISABLE_KITTY_KEY:
        return False
    if key := _FUNCTION_KEY.fullmatch(sequence):
        return f"{key[1]}{key[2]}" in FUNCTIONAL_KEYS
    if key := _KITTY_KEY.fullmatch(sequence):
        return all(_is_character(int(code)) for code in (key[1], *(key[2] or key[1]).split(":")))
    return False


def _is_character(code: int) -> bool:
    return code <= _MAX_CODE_POINT and not 0xD800 <= code < 0xE000


@dataclass(frozen=True, slots=True)
class Pasted:
    """The text of a bracketed paste."""

    text: str


Token = str | Pasted
"""A character, a whole sequence that passes, ESC for the Escape key, ESC and a character for Alt, or a paste."""


class _State(enum.Enum):
    GROUND = enum.auto()
    ESCAPE = enum.auto()
    ESCAPED = enum.auto()
    """The Escape key has been reported, but its ESC may still prove to be the beginning of a sequence."""
    ESCAPE_IN_STRING = enum.auto()
    STRING = enum.auto()
    CONTROL = enum.auto()
    """In a CSI sequence."""
    ONE_MORE = enum.auto()
    """A key after SS3, or a function key of the Linux console (`ESC [ [ A`)."""
    OLD_MOUSE = enum.auto()
    """X10 mouse: three characters follow."""
    PASTE = enum.auto()


class InputFilter:
    """Cuts what the terminal sends into tokens, whatever pieces it comes in, and swallows what does not pass."""

    def __init__(self) -> None:
        self._state = _State.GROUND
        self._sequence = ""
        self._swallowed = 0
        self._is_osc = False
        self._may_be_key = False
        """Whether the last character may begin a sequence whose ESC came long before, or be a key after Escape."""
        self._paste: list[str] = []
        self._last_at = 0.0

    @property
    def is_waiting(self) -> bool:
        """Whether it is within a sequence."""
        return self._state is not _State.GROUND

    def feed(self, text: str, now: float) -> list[Token]:
        """Take text that was just read, decoded with `surrogateescape`; `now` in seconds of any monotonic clock."""
        tokens = self.tick(now)
        self._last_at = now
        for character in text:
            self._take(character, tokens)
        return tokens

    def tick(self, now: float) -> list[Token]:
        """What there is because nothing more has come."""
        gap = now - self._last_at
        tokens: list[Token] = []
        if self._state is _State.ESCAPE and gap >= ESCAPE_SECONDS:
            tokens.append(ESC)
            self._state = _State.ESCAPED
        if self._may_be_key and gap >= ESCAPE_SECONDS:
            tokens.append(self._sequence[-1])
            self._state, self._may_be_key = _State.GROUND, False
        if self._state is _State.PASTE:
            if gap >= PASTE_GAP_SECONDS:
                tokens.append(Pasted("".join(self._paste)))
                self._state = _State.GROUND
        elif gap >= GAP_SECONDS:
            self._state = _State.GROUND
        return tokens

    def _take(self, character: str, tokens: list[Token]) -> None:
        code = ord(character)
        if _BYTE_AS_IT_CAME <= code < _BYTE_AS_IT_CAME + 0x100:
            code -= _BYTE_AS_IT_CAME
            character = "\N{REPLACEMENT CHARACTER}"
        self._may_be_key = False
        if self._state in (_State.PASTE, _State.OLD_MOUSE):
            self._take_ordinary(character, tokens)
        elif 0x80 <= code < 0xA0:
            self._take_eight_bit(code)
        elif character == ESC:
            if self._state is _State.ESCAPE:
                tokens.append(ESC)
            self._state = _State.ESCAPE_IN_STRING if self._state is _State.STRING else _State.ESCAPE
        elif character in _CANCELS and self._state not in (_State.GROUND, _State.ESCAPED):
            self._state = _State.GROUND
        else:
            self._take_ordinary(character, tokens)

    def _take_ordinary(self, character: str, tokens: list[Token]) -> None:
        match self._state:
            case _State.GROUND:
                tokens.append(character)
            case _State.ESCAPE | _State.ESCAPED | _State.ESCAPE_IN_STRING:
                self._take_after_escape(character, tokens)
            case _State.PASTE:
                self._take_pasted(character, tokens)
            case _State.STRING:
                self._swallowed += 1
                if (self._is_osc and character == "\a") or self._swallowed >= MAX_STRING:
                    self._state = _State.GROUND
            case _State.CONTROL:
                self._take_in_control(character, tokens)
            case _State.ONE_MORE:
                self._sequence += character
                if not character.isdigit():
                    self._finish(tokens)
            case _State.OLD_MOUSE:
                self._swallowed += 1
                if self._swallowed == OLD_MOUSE_CHARACTERS:
                    self._state = _State.GROUND

    def _take_pasted(self, character: str, tokens: list[Token]) -> None:
        self._paste.append(character)
        if character == "~" and "".join(self._paste[-len(_PASTE_ENDS) :]) == _PASTE_ENDS:
            tokens.append(Pasted("".join(self._paste[: -len(_PASTE_ENDS)])))
            self._state = _State.GROUND

    def _take_eight_bit(self, code: int) -> None:
        if self._state is _State.STRING:
            if code == _STRING_ENDS:
                self._state = _State.GROUND
        elif code in _EIGHT_BIT:
            self._begin(_EIGHT_BIT[code])

    def _take_after_escape(self, character: str, tokens: list[Token]) -> None:
        before = self._state
        self._state = _State.GROUND
        if character in ("[", "O", *_STRINGS):
            self._begin(character)
            self._may_be_key = before is _State.ESCAPED
        elif before is _State.ESCAPE_IN_STRING and character == "\\":
            pass  # the end of the string
        elif before is _State.ESCAPED or not character.isprintable():
            tokens.append(character)
        else:
            tokens.append(ESC + character)

    def _begin(self, introducer: str) -> None:
        """Begin the sequence that ESC and this character introduce."""
        self._sequence, self._swallowed, self._is_osc = ESC + introducer, 0, introducer == "]"
        self._state = {"[": _State.CONTROL, "O": _State.ONE_MORE}.get(introducer, _State.STRING)

    def _take_in_control(self, character: str, tokens: list[Token]) -> None:
        self._swallowed += 1
        is_first = self._sequence == f"{ESC}["
        if self._swallowed < MAX_SEQUENCE:
            self._sequence += character
        if "\x20" <= character < "\x40":  # parameters go on, but for a key of rxvt, which ends in $
            if character == "$" and self._sequence in KEY_SEQUENCES:
                self._finish(tokens)
            return
        if is_first and character == "M":
            self._state, self._swallowed = _State.OLD_MOUSE, 0
        elif is_first and character == "[":
            self._state = _State.ONE_MORE
        elif "\x40" <= character < "\x7f":
            self._finish(tokens)

    def _finish(self, tokens: list[Token]) -> None:
        self._state = _State.GROUND
        if self._sequence == _PASTE_BEGINS:
            self._state, self._paste = _State.PASTE, []
        elif passes(self._sequence):
            tokens.append(self._sequence)


def events_of(token: Token, parser: KeyParser) -> Iterable[Message]:
    """What a token means to Textual."""
    match token:
        case Pasted(text):
            yield Paste(_CONTROLS.sub("", text))
        case "\x1b":
            yield Key("escape", ESC)
        case str() if len(token) == len("\x1bx") and token not in KEY_SEQUENCES:
            letter = token[1]
            if letter.isalnum():
                yield Key(f"alt+{'shift+' if letter.isupper() else ''}{letter.lower()}", None)
        case str():
            yield from parser.feed(token)


class KeyBurst(Message):
    """These keys, which follow it, came in one read, at least three of them printable: typed ahead, or a paste."""

    def __init__(self, keys: Sequence[Key], *, goes_on: bool = False) -> None:
        super().__init__()
        self.keys = keys
        self.goes_on = goes_on
        """Whether they came so soon after other such keys that they belong to them; they may be fewer."""


BURST_KEYS = 3
BURST_GAP_SECONDS = 0.25
"""A paste comes in pieces, and the last one may be a single key; nobody presses one so soon after a paste."""


def is_burst(keys: Sequence[Key]) -> bool:
    """Whether these keys of one read may be a paste; not if they are all the same, held down over a slow line."""
    printable = [key for key in keys if key.is_printable]
    return len(printable) >= BURST_KEYS and len({key.key for key in printable}) > 1
