"""Which dfui works on an open entry of the history, known by its process, so that no lock is needed."""

from __future__ import annotations

import functools
import os
from pathlib import Path

ELSEWHERE_SECONDS = 900.0
"""A cancellation on another machine, or in another container, is over by then; its process cannot be seen from here."""

_here: set[str] = set()


def new_owner() -> str:
    owner = " ".join((*_machine(), str(os.getpid()), _started(os.getpid()) or "-", os.urandom(16).hex()))
    _here.add(owner)
    return owner


def end_owner(owner: str) -> None:
    """Leave the open entries of an owner in this process to others."""
    _here.discard(owner)


def is_alive(owner: str, *, age: float) -> bool:
    """Whether this owner may still work on an entry, which was confirmed `age` seconds ago."""
    try:
        host, boot, pids, pid, started, _ = owner.split(" ")
        number = int(pid)
    except ValueError:  # no dfui wrote it
        return False
    here = _machine()
    if (host, boot, pids) != here:
        has_restarted = host == here[0] and boot != here[1]
        return not has_restarted and age < ELSEWHERE_SECONDS
    if number == os.getpid():
        return owner in _here
    try:
        os.kill(number, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    # Process numbers are used again, and one that has ended lasts until its parent asks for it.
    return _started(number) in (started, None)


@functools.cache
def _machine() -> tuple[str, str, str]:
    """This machine, its present start, and the container that its processes are numbered in."""
    host = os.uname().nodename.replace(" ", "-")
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return host, boot, str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return host, "-", "-"


def _started(pid: int) -> str | None:
    """When a process started, in ticks of the machine; "" if it has ended, None if this system does not say."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return "" if state in "ZX" else fields[18]
