"""What a person sees of the bytes that were written: the table's IDs, and where the cursor stands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import pyte

from tests.benchmarks.pty_process import Part

MARK = "▸"
_ID = re.compile(r"(?<!\d)\d{6}(?!\d)")
_ID_ENDS_BY = 16
"""The column by which the ID in a line of the table has ended, at the latest."""


class Picture:
    """The screen of a terminal, from the bytes that it was sent."""

    def __init__(self, size: tuple[int, int] = (110, 30)) -> None:
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)

    def feed(self, part: Part) -> None:
        """Take over what came."""
        self._stream.feed(part.data)

    @property
    def lines(self) -> list[str]:
        """The text of each line."""
        return [line.rstrip() for line in self._screen.display]

    @property
    def ids(self) -> list[str]:
        """The IDs in the table, from top to bottom."""
        return [line_id for _, _, line_id in self._rows()]

    @property
    def cursor_id(self) -> str | None:
        """The ID that the cursor is on: the line with dfui's mark, else the one whose ID looks unlike the others'."""
        rows = self._rows()
        marked = [line_id for y, _, line_id in rows if MARK in self._screen.display[y][:_ID_ENDS_BY]]
        if marked:
            return marked[0] if len(marked) == 1 else None
        looks = {line_id: self._look(y, x) for y, x, line_id in rows}
        ordinary = Counter(looks.values()).most_common(1)
        others = [line_id for line_id, look in looks.items() if look != ordinary[0][0]]
        return others[0] if len(others) == 1 else None

    def _rows(self) -> list[tuple[int, int, str]]:
        found = [(y, _ID.search(line[:_ID_ENDS_BY])) for y, line in enumerate(self._screen.display)]
        return [(y, match.start(), match[0]) for y, match in found if match]

    def _look(self, y: int, x: int) -> tuple[object, ...]:
        cell = self._screen.buffer[y][x]
        return cell.fg, cell.bg, cell.bold, cell.reverse


def seen(parts: Sequence[Part]) -> Picture:
    """The screen after all of these."""
    picture = Picture()
    for part in parts:
        picture.feed(part)
    return picture
