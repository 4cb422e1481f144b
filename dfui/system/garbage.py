"""When Python looks for garbage in cycles: not while a process of dfui starts, nor when it ends."""

from __future__ import annotations

import gc


def begin_collecting() -> None:
    """Collect from now on, where the start put it off; what there is by now stays, and is not looked through again."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
