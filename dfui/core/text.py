"""Text from outside, made harmless for a terminal and for a reader's eyes."""

from __future__ import annotations

import re
import unicodedata

MAX_CHARACTERS = 500

# ESC, CSI, OSC, DCS and their 8-bit forms, whole where they are whole, so that nothing of them is left as text.
_SEQUENCES = re.compile(
    r"(?:\x1b\]|\x9d)[^\x07\x1b\x9c]{0,4096}(?:\x07|\x1b\\|\x9c|$)"
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x9c]{0,4096}(?:\x1b\\|\x9c|$)"
    r"|(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,16}[@-~]?"
    r"|\x1b[ -/]{0,4}[0-~]?"
)
_PLAIN = re.compile(r"[ -~]*")
_WHITE_SPACE = re.compile(r"\s+")
_HARMFUL_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_MOST_COMBINING = 4


def sanitize(text: object, *, max_length: int = MAX_CHARACTERS) -> str:
    """One line of printable text, at most `max_length` characters long; what was cut off shows as `…`.

    Escape sequences, control, format (bidi, zero-width), surrogate and unassigned characters go; white space of any
    kind becomes one space; more than a few combining marks in a row are dropped.
    """
    raw = str(text)
    # Far more than is shown is never read; an escape sequence may hide this much before the text begins.
    cut = len(raw) > max_length * 8
    raw = raw[: max_length * 8]
    if _PLAIN.fullmatch(raw) is None:
        raw = _printable(_SEQUENCES.sub("", raw))
    raw = _WHITE_SPACE.sub(" ", raw).strip()
    if len(raw) > max_length or cut:
        return raw[: max_length - 1] + "…"
    return raw


def _printable(text: str) -> str:
    shown: list[str] = []
    combining = 0
    for character in text:
        if character.isspace():
            shown.append(" ")
            continue
        category = unicodedata.category(character)
        if category in _HARMFUL_CATEGORIES:
            continue
        combining = combining + 1 if category in {"Mn", "Me"} else 0
        if combining <= _MOST_COMBINING:
            shown.append(character)
    return "".join(shown)
