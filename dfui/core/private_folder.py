"""Folders for their owner alone."""

from __future__ import annotations

import contextlib
from pathlib import Path


def make_private_folder(path: Path) -> None:
    """Make a folder, and those above it that are missing, with mode 0700 whatever the umask.

    Raises:
        OSError: it cannot be made.
    """
    for folder in reversed([path, *path.parents]):
        if not folder.exists():
            folder.mkdir(mode=0o700, exist_ok=True)
            with contextlib.suppress(OSError):  # not every file system has modes
                folder.chmod(0o700)
