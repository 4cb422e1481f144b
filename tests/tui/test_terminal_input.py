"""What the terminal sends becomes keys only if a person typed them, in whatever pieces it comes."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.message import Message

from dfui.tui.terminal_input import (
    ESC,
    ESCAPE_SECONDS,
    GAP_SECONDS,
    InputFilter,
    Pasted,
    Token,
    events_of,
    is_burst,
    passes,
)
from dfui.tui.textual_private import FUNCTIONAL_KEYS, KEY_SEQUENCES, KeyParser

ANSWERS = {
    "device attributes": "\x1b[?62;1;4;22c", "secondary device attributes": "\x1b[>1;4000;31c",
    "tertiary device attributes": "\x1bP!|7E565445\x1b\\", "XTVERSION of kitty": "\x1bP>|kitty(0.31.0)\x1b\\",
    "XTVERSION of ghostty": "\x1bP>|ghostty 1.1.3 yyy\x1b\\", "XTVERSION of xterm": "\x1bP>|XTerm(390)\x1b\\",
    "kitty graphics": "\x1b_Gi=31;OK,copy\x1b\\", "title": "\x1b]lcopy of my files\x1b\\",
    "icon label": "\x1b]Lcopy\x1b\\", "ANSI mode": "\x1b[4;2$y", "DEC mode": "\x1b[?2027;2$y",
    "foreground": "\x1b]10;rgb:cccc/yyyy/cccc\a", "background": "\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
    "palette": "\x1b]4;1;rgb:cccc/0000/0000\a", "clipboard": "\x1b]52;c;Y29weQ==\a", "cursor position": "\x1b[12;40R",
    "extended cursor position": "\x1b[?12;40;1R", "status": "\x1b[0n", "colour scheme": "\x1b[?997;1n",
    "size in characters": "\x1b[8;24;80t", "size in pixels": "\x1b[4;480;640t", "window position": "\x1b[3;0;0t",
    "kitty keyboard flags": "\x1b[?31u", "DECRQSS": "\x1bP1$r0;1mcy\x1b\\",
    "XTGETTCAP": "\x1bP1+r436f=323536cy\x1b\\", "terminal parameters": "\x1b[2;1;1;128;128;1;0x",
    "checksum": "\x1bP1!~ABCDcy\x1b\\", "graphics attributes": "\x1b[?1;0;256S", "locator": "\x1b[1;0;1;1;0&w",
    "privacy message": "\x1b^copy\x1b\\", "start of string": "\x1bXcopy\x1b\\",
    "8-bit device attributes": "\udc9b>1;4000;31c", "8-bit XTVERSION": "\udc90>|kitty(0.31.0)\udc9c",
    "an old mouse report": "\x1b[Mcyy", "a urxvt mouse report": "\x1b[32;10;10M",
    "a key that is no number": "\x1b[99~", "a key beyond Unicode": "\x1b[1114112u",
}  # fmt: skip
ALLOWED = {
    "whether it synchronizes": "\x1b[?2026;2$y", "whether it reports its size": "\x1b[?2048;0$y",
    "its size": "\x1b[48;24;80;480;640t", "click": "\x1b[<0;10;5M", "release": "\x1b[<0;10;5m", "focus": "\x1b[I",
    "no focus": "\x1b[O", "up": "\x1b[A", "up in application mode": "\x1bOA", "ctrl+up": "\x1b[1;5A",
    "page down": "\x1b[6~", "F1 of the Linux console": "\x1b[[A", "F5": "\x1b[15~", "shift+delete of rxvt": "\x1b[3$",
    "y of kitty": "\x1b[121u", "y of kitty with its text": "\x1b[121;;121u", "ctrl+y of kitty": "\x1b[121;5u",
}  # fmt: skip
DELAYS = [0.0, 0.05, 0.15, GAP_SECONDS - 0.01]


def tokens(*pieces: tuple[float, str]) -> list[Token]:
    """What comes of these pieces, each after its delay, and of a long silence after them."""
    input_filter, now, came = InputFilter(), 0.0, []
    for delay, piece in pieces:
        now += delay
        came += input_filter.tick(now)
        came += input_filter.feed(piece, now)
    return came + input_filter.tick(now + 10)


@pytest.mark.parametrize("delay", DELAYS)
def test_an_answer_is_swallowed_whole_and_a_key_passes_wherever_they_are_cut(delay: float) -> None:
    for name, sequence in (ANSWERS | ALLOWED).items():
        passed = [sequence] if name in ALLOWED else []
        for at in range(1, len(sequence) + 1):
            escape = (
                [ESC] if sequence[:at] == ESC and delay >= ESCAPE_SECONDS else []
            )  # for all that can be known by then
            came = tokens((0.0, sequence[:at]), (delay, sequence[at:]), (delay, "j"))
            assert came == [*escape, *passed, "j"], (name, at)
        if delay < ESCAPE_SECONDS:
            assert tokens(*((delay, byte) for byte in sequence)) == passed, name


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ("\x1b", ["escape"]), ("\x1b\x1b", ["escape", "escape"]), ("\x1bc", ["alt+c"]), ("\x1bC", ["alt+shift+c"]),
        ("\x1b\r", ["enter"]), ("\x1b\x1b[A", ["escape", "up"]), ("é", ["é"]), ("\udc85", []),
        ("\udce9", ["replacement_character"]),
    ],
)  # fmt: skip
def test_escape_alone_is_a_key_and_with_a_letter_it_is_alt(typed: str, keys: list[str]) -> None:
    parser = KeyParser()
    came = [event for token in tokens((0.0, typed)) for event in events_of(token, parser)]
    assert [event.key for event in came if isinstance(event, events.Key)] == keys


@pytest.mark.parametrize("introducer", "P[O]X^_")
def test_a_letter_after_escape_is_a_key_unless_more_comes_with_it(introducer: str) -> None:
    escape = ((0.0, ESC), (0.2, introducer))
    assert tokens(*escape, (0.15, "j"), (0.3, "k")) == [ESC, introducer, "j", "k"]
    assert tokens(*escape) == [ESC, introducer]
    assert tokens(*escape, (0.05, "c"))[2:] == []


def test_a_paste_is_text_whatever_is_in_it_and_also_in_pieces() -> None:
    paste = "\x1b[200~c\x1b[A\x1b]0;y\ay\x1b[201~"
    for delay, at in product([0.0, 1.9], range(2, len(paste))):
        assert tokens((0, paste[:at]), (delay, paste[at:] + "j")) == [Pasted("c\x1b[A\x1b]0;y\ay"), "j"]
    assert tokens((0, "\x1b[200~cy")) == [Pasted("cy")]


def test_no_control_character_of_a_paste_reaches_a_field() -> None:
    (event,) = events_of(Pasted("7\x1b]52;c;eA==\a\x00\x9b\x7f8\r\n\t9"), KeyParser())
    assert isinstance(event, events.Paste)
    assert event.text == "7]52;c;eA==8\r\n\t9"


def test_what_never_ends_is_over_after_two_seconds_or_at_the_next_escape_or_cancel() -> None:
    for beginning in ("\x1b]0;c", "\x1bPc", "\x1b[1;", "\x1bO"):
        assert tokens((0, beginning), (2.1, "j")) == ["j"]
        assert tokens((0, f"{beginning}\x1b[A"), (0, "j")) == ["\x1b[A", "j"]
        assert tokens((0, f"{beginning}\x18j")) == ["j"]


@given(
    st.lists(
        st.one_of(
            st.builds(
                "\x1b{}{}\x1b\\".format,
                st.sampled_from("P_^X]"),
                st.text(st.characters(exclude_characters="\x1b\x18\x1a\a\x9c"), max_size=20),
            ),
            st.builds(
                "\x1b[{}{}{}".format,
                st.text("0123456789;:<=>?", max_size=20),
                st.text(" !\"#%&'()*+,-./", max_size=2),
                st.characters(min_codepoint=0x40, max_codepoint=0x7E, exclude_characters="M["),
            ).filter(lambda each: not passes(each) and not each.startswith("\x1b[200~")),
        ),
        max_size=5,
    ),
    st.lists(st.tuples(st.integers(2, 80), st.floats(0, 1.9)), max_size=4),
)
def test_nothing_that_is_within_a_sequence_becomes_a_key(sequences: list[str], cuts: list[tuple[int, float]]) -> None:
    text, pieces = "".join(sequences), []
    for length, delay in cuts:
        pieces.append((delay, text[:length]))
        text = text[length:]
    assert set(tokens(*pieces, (0.0, text))) <= {ESC}


@given(st.binary(max_size=60))
def test_any_bytes_lead_to_keys_that_textual_takes_and_two_seconds_later_a_key_is_a_key_again(data: bytes) -> None:
    input_filter, parser = InputFilter(), KeyParser()
    for token in [*input_filter.feed(data.decode(errors="surrogateescape"), 0), *input_filter.tick(10)]:
        list(events_of(token, parser))
    (key,) = (event for token in input_filter.feed("y", 20) for event in events_of(token, parser))
    assert isinstance(key, events.Key)
    assert key.key == "y"


def test_textual_takes_each_sequence_that_passes_as_a_whole() -> None:
    every = [each for each in KEY_SEQUENCES if len(each) > 2 and passes(each)]  # type: ignore[attr-defined]
    every += [f"\x1b[{key[:-1]}{m}{key[-1]}" for key in FUNCTIONAL_KEYS for m in ("", ";5") if passes(f"\x1b[{key}")]  # type: ignore[attr-defined]
    assert len(every) > 300
    for sequence in (*every, *ALLOWED.values()):
        parser = KeyParser()
        list(parser.feed(sequence))
        assert [type(event) for event in parser.feed("y")] == [events.Key], sequence


@pytest.mark.parametrize(
    ("typed", "together"), [("jj", False), ("jjjjj", False), ("copy", True), ("j\rk\rl", True), ("j\r\r\rk", False)]
)
def test_three_different_printable_keys_in_one_read_may_be_a_paste(typed: str, *, together: bool) -> None:
    parser = KeyParser()
    keys: list[Message] = [event for token in tokens((0, typed)) for event in events_of(token, parser)]
    assert is_burst([key for key in keys if isinstance(key, events.Key)]) is together
