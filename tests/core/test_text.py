"""The words of others, as they are shown."""

from __future__ import annotations

import string
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from dfui.core.text import sanitize

BELL, ESC = "\x07", "\x1b"


SHOWN: dict[object, str] = {
    f"{ESC}[31mred{ESC}[0m": "red", "\x9b31mred": "red", f"{ESC}{ESC}[31mb": "b", f"a{ESC}": "a",
    f"a{ESC}]52;c;ZXZpbA=={BELL}b": "ab", f"a{ESC}]52;c;ZXZpbA=={ESC}\\b": "ab", "a\x9d52;c;ZXZpbA==\x9cb": "ab",
    f"a{ESC}]0;title": "a", f"a{ESC}P1$r0m{ESC}\\b": "ab", f"a{ESC}_apc{ESC}\\b": "ab", f"{ESC}cb{ESC}7": "b",
    f"{ESC}(0b": "b", "a\u202eb\u2066c\u200fd": "abcd", "a\u200bb\u2060c\ufeffd\u00ade": "abcde",
    "a\x00b\x7fc\x08d\x85e": "abcd e", "a\r\nb\tc\u2028d\u00a0 e": "a b c d e", "\ud800a\ue000\uffff": "a",
    "e\u0301": "e\u0301", "e" + "\u0301" * 50 + "f": "e" + "\u0301" * 4 + "f", "日本語 — “ok” ✓": "日本語 — “ok” ✓",
    "[red]markup[/red]": "[red]markup[/red]", 847070: "847070", "": "",
}  # fmt: skip


def test_what_a_terminal_would_obey_is_taken_out() -> None:
    assert {text: sanitize(text) for text in SHOWN} == SHOWN


def test_an_enormous_text_is_cut_and_shows_that_it_was() -> None:
    assert sanitize("a" * 10_000_000) == "a" * 499 + "…"
    assert sanitize("\u0301" * 10_000_000).endswith("…")
    assert sanitize("a" * 500) == "a" * 500


HOSTILE = st.text(
    st.one_of(st.characters(), st.sampled_from("\x1b\x9b\x9d\x90\x07\x9c\\[];mPX^_0\u202e\u200b\u0301 \n"))
)


@given(HOSTILE, st.integers(1, 60))
def test_nothing_that_steers_a_terminal_or_is_longer_than_asked_gets_through(text: str, max_length: int) -> None:
    shown = sanitize(text, max_length=max_length)
    assert len(shown) <= max_length
    assert not [each for each in shown if unicodedata.category(each) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}]
    assert "\n" not in shown
    assert sanitize(shown, max_length=max_length) == shown


@given(st.text(string.printable[:95], max_size=500))
def test_plain_text_passes_unchanged_but_for_its_spaces(text: str) -> None:
    assert sanitize(text) == " ".join(text.split())
