"""The theme that was last chosen in the terminal UI, kept beside the database."""

from __future__ import annotations

import json
import os
from pathlib import Path

from dfui.core.errors import SettingsError
from dfui.system.settings import Settings


def last_theme(settings: Settings, occasion: str) -> str | None:
    """The theme that was last chosen on an occasion like this; None where none was, or the file cannot be read."""
    chosen = _read(_path(settings)).get(occasion)
    return chosen if isinstance(chosen, str) else None


def keep_theme(settings: Settings, occasion: str, theme: str) -> None:
    """Keep what was chosen on this occasion.

    Raises:
        SettingsError: it cannot be written.
    """
    path = _path(settings)
    chosen = _read(path) | {occasion: theme}
    new = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        new.write_text(json.dumps(chosen, indent=1) + "\n", encoding="utf-8")
        new.replace(path)
    except OSError as error:
        raise SettingsError(f"The theme could not be kept in {path}: {error.strerror}.") from None


def _path(settings: Settings) -> Path:
    return settings.database.with_name("theme.json")


def _read(path: Path) -> dict[str, object]:
    try:
        chosen = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return chosen if isinstance(chosen, dict) else {}
