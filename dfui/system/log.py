"""The log file of `--log`: what dfui did and when, without the token, the links, or what a download holds."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TextIO

from dfui.core.errors import SettingsError


class _LogHandler(logging.StreamHandler[TextIO]):
    """Leaves out what cannot be written: Python's traceback would stand in the middle of the screen."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        pass


def write_log(path: Path) -> None:
    """Write dfui's log to a file, for its owner alone.

    Raises:
        SettingsError: it cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    except OSError as error:
        # If an address was given by mistake, a key may stand behind its ?.
        shown, mark, _ = str(path).partition("?")
        raise SettingsError(
            f"The log file {shown}{mark and '?…'} cannot be written: {error.strerror}. Name another."
        ) from None
    handler = _LogHandler(os.fdopen(descriptor, "a", encoding="utf-8"))
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    # dfui's own records alone: what libraries log may hold headers.
    logger = logging.getLogger("dfui")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
