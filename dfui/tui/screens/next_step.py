"""What a dialog leads to once it has closed; the downloads screen does it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fetch:
    """Fetch the result files of these downloads."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AskToCancel:
    """Ask whether to cancel these downloads."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel these downloads without asking: a person has confirmed them in this session."""

    ids: tuple[str, ...]


NextStep = Fetch | AskToCancel | Cancel
