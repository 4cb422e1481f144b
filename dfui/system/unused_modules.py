"""Modules that httpx looks for and dfui has no use for."""

from __future__ import annotations

import importlib.util
import sys

MISSING = ("trio", "sniffio")
"""What httpcore looks for again at each step of each request, where it is not installed."""


def leave_out() -> None:
    """Keep these modules from being loaded or looked for; before httpx is loaded.

    With its own command line, httpx loads click and rich where they are installed, which takes 36 ms.
    """
    unused = [
        "httpx._main",
        *(name for name in MISSING if name not in sys.modules and not importlib.util.find_spec(name)),
    ]
    for name in unused:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # Python's way to say: it cannot be imported
