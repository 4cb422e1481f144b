"""How a command ended."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    exit_code: int
    stdout: str
    stderr: str

    def __post_init__(self) -> None:
        assert "Traceback" not in self.stdout + self.stderr, self

    @property
    def document(self) -> Any:
        """The one JSON document that standard output holds, in ASCII."""
        assert self.stdout.isascii()
        return json.loads(self.stdout)
