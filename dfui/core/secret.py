"""A text that must not be shown by accident: the API token, a password, the link of a result file."""

from __future__ import annotations

from typing import Any, NoReturn


class Secret:
    """Holds a text and keeps it out of every `repr`, `str`, format, traceback and pickle; `reveal()` gives it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the one place that needs it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('…')"

    __str__ = __repr__

    def __format__(self, format_spec: str) -> str:
        return repr(self)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __reduce__(self) -> NoReturn:
        raise TypeError("A secret is not written out.")

    def __rich_repr__(self) -> Any:
        yield "…"
