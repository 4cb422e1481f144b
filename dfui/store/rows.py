"""How a value of `core` lies in a table: a column for each of its fields, named after it."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from types import NoneType
from typing import Any, Generic, TypeVar, get_args, get_type_hints

from dfui.core.downloads import Download
from dfui.core.history import HistoryEntry

Value = TypeVar("Value")


class Rows(Generic[Value]):
    """Reads and writes dataclasses of one kind: times as seconds since 1970, enums as their values."""

    def __init__(self, kind: type[Value], *, kept_elsewhere: Sequence[str] = ()) -> None:
        hints = get_type_hints(kind)
        self._kind = kind
        names = (field.name for field in fields(kind))  # type: ignore[arg-type]  # a dataclass
        self.names = tuple(name for name in names if name not in kept_elsewhere)
        self.columns = ", ".join(self.names)
        self._allowed = [_allowed(hints[name]) for name in self.names]
        self._shapes: set[tuple[type, ...]] = set()
        """The types of the cells in rows that were read before: a few, and the same again and again."""
        converters = [_converters(hints[name]) for name in self.names]
        self._readers = [(position, read) for position, (read, _) in enumerate(converters) if read]
        self._writers = [(name, write) for name, (_, write) in zip(self.names, converters, strict=True) if write]

    def read(self, row: Sequence[Any]) -> Value:
        """The value in a row of `columns`.

        Raises:
            ValueError: a column holds what its field cannot be, as after damage.
        """
        cells = list(row)
        shape = tuple(map(type, cells))
        if shape not in self._shapes:
            self._check(shape)
            self._shapes.add(shape)
        for position, read in self._readers:
            if cells[position] is not None:
                cells[position] = read(cells[position])
        return self._kind(*cells)

    def _check(self, shape: tuple[type, ...]) -> None:
        for name, kind, allowed in zip(self.names, shape, self._allowed, strict=True):
            if kind not in allowed:
                raise ValueError(f"{name} is {kind.__name__}")

    def write(self, value: Value) -> dict[str, Any]:
        """The cells of a row, by column."""
        cells = {name: getattr(value, name) for name in self.names}
        for name, write in self._writers:
            if cells[name] is not None:
                cells[name] = write(cells[name])
        return cells


Convert = Callable[[Any], Any] | None


def _converters(hint: Any) -> tuple[Convert, Convert]:
    """What turns a cell into a field's value, and back; None where they are the same."""
    kind = next((each for each in get_args(hint) if each is not NoneType), hint)
    if kind is datetime:
        return _time, datetime.timestamp
    if kind is bool:
        return bool, int
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return kind, lambda member: member.value
    return None, None


def _allowed(hint: Any) -> frozenset[type]:
    """What a cell can be, for a field that is to be this."""
    kinds = get_args(hint) or (hint,)
    stored: dict[Any, tuple[type, ...]] = {
        NoneType: (NoneType,),
        bool: (int,),
        int: (int,),
        datetime: (int, float),
    }
    return frozenset(each for kind in kinds for each in stored.get(kind, (str,)))


def _time(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):  # beyond what a calendar holds, as a rounded 9999-12-31 is
        return None


DOWNLOADS = Rows(Download)
ENTRIES = Rows(HistoryEntry, kept_elsewhere=("now",))
