"""Bytes from the keyboard that are no UTF-8: shown as `�`, where Textual's driver would end the app.

An `é` of a Latin-1 terminal, Meta of an 8-bit xterm, and a mouse report of the oldest kind are such bytes. The driver
takes its decoder from the name that is replaced here, and has no option for it.
"""

from __future__ import annotations

import codecs
import functools

from textual.drivers import linux_driver

DECODER = "getincrementaldecoder"
"""The name that Textual's driver takes its decoder by."""


def accept_any_bytes() -> None:
    """Let the driver replace what it cannot decode."""

    def lenient(encoding: str) -> functools.partial[codecs.IncrementalDecoder]:
        return functools.partial(codecs.getincrementaldecoder(encoding), errors="replace")

    setattr(linux_driver, DECODER, lenient)
