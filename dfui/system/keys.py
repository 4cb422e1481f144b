"""The keys of the terminal UI: which actions have which, and what is wrong with those that a person gives them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

ACTIONS: Mapping[str, str] = {
    "cancel": "c",
    "add": "a",
    "mark": "space",
    "mark_active": "m",
    "unmark": "u",
    "filter": "slash",
    "show_all": "escape",
    "sort": "s",
    "details": "enter",
    "fetch": "f",
    "history": "h",
    "hide": "x",
    "copy_id": "y",
    "refresh": "r",
    "account": "t",
    "help": "question_mark",
    "quit": "q",
    "list.up": "up,k",
    "list.down": "down,j",
    "list.page_up": "pageup,ctrl+u,ctrl+b",
    "list.page_down": "pagedown,ctrl+d,ctrl+f",
    "list.first": "home,g",
    "list.last": "end,G",
}
"""The actions of the downloads screen by their binding IDs, with their default keys."""

FIXED: Mapping[str, str] = {
    "enter": "details",  # presses what has the focus in every dialog
    "escape": "show_all",  # leaves every dialog
    "tab": "the next button",
    "shift+tab": "the button before",
    "colon": "the command palette",
    "ctrl+c": "quit",
    "ctrl+p": "the command palette",
    "ctrl+q": "quit",
    "ctrl+z": "suspend",
    **dict.fromkeys("ISPRCTAQ", "sorting by a column"),
}
"""Keys that no other action may have."""

QUESTIONS = {"cancel", "hide", "quit"}
"""Actions that ask, and take `y` for yes: if it also opened the question, holding it down would answer it."""

_NAMED = re.compile(
    r"(?:ctrl\+|shift\+|alt\+)*(?:[a-zA-Z0-9]|f[1-9]|f1[0-9]|f2[0-4]|up|down|left|right|home|end|pageup|pagedown|insert|"
    r"delete|backspace|enter|escape|tab|space)"
)
_SIGNS = {"solidus": "slash", "reverse_solidus": "backslash", "commercial_at": "at", "hyphen_minus": "minus",
          "plus_sign": "plus", "low_line": "underscore"}  # fmt: skip
_SIGN_NAMES = {
    _SIGNS.get(name, name)
    for name in (unicodedata.name(chr(code)).lower().replace("-", "_").replace(" ", "_") for code in range(0x20, 0x7F))
    if not re.search("letter|digit", name)
}


def key_name(written: str) -> str | None:
    """A key by its name in Textual, or None: Textual silently accepts unknown key names."""
    if re.fullmatch(r"shift\+[a-z]", written):  # terminals send the capital letter
        return written[-1].upper()
    if len(written) == 1 and not written.isalnum() and written.isprintable():
        name = unicodedata.name(written, "").lower().replace("-", "_").replace(" ", "_")
        written = _SIGNS.get(name, name)
    return written if _NAMED.fullmatch(written) or written in _SIGN_NAMES else None


def keys_of(action: str, keys: Mapping[str, str]) -> list[str]:
    return (keys.get(action) or ACTIONS[action]).split(",")


def keymap(keys: Mapping[str, str]) -> dict[str, str]:
    """Textual's keymap, with every action: Textual puts those that a keymap has at the footer's end."""
    return {**ACTIONS, **keys} if keys else {}


def clashes(keys: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each action that was given a key of another, once for each pair; Textual would silently drop one."""
    owners: dict[str, str] = {}
    for action, default in ACTIONS.items():
        if action not in keys:
            owners |= dict.fromkeys(default.split(","), action)
    for action, given in keys.items():
        for key in given.split(","):
            if key == "y" and action in QUESTIONS:
                yield action, f'"y" answers the question that "{action}" asks, and cannot open it too'
            elif FIXED.get(key, action) != action:
                yield action, f'"{key}" is for {FIXED[key]} alone, and cannot be for "{action}" too'
            elif owners.setdefault(key, action) != action:
                yield action, f'"{owners[key]}" and "{action}" both use "{key}"; change one'
