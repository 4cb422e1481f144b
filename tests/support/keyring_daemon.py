"""Calls of a `KeyringEntry` in a session of its own: its own bus, home and, where it is told to, a real gnome-keyring.

python -m tests.support.keyring_daemon unlocked default https://api.datafiniti.co describe write:TOKEN read delete
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from keyring.backends import SecretService
from keyring.core import init_backend

from dfui.core.addresses import DATAFINITI
from dfui.core.errors import KeyringProblem
from dfui.core.secret import Secret
from dfui.system.credentials import KeyringEntry
from tests.support.terminal import wait_until

ROOT = Path(__file__).parents[2]
PASSWORD = b"of the login keyring"
NEEDED = ("gnome-keyring-daemon", "dbus-run-session")
MISSING = [name for name in NEEDED if shutil.which(name) is None]

# A bus that starts nothing by itself: no second daemon, and no prompter.
_BUS = """<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><policy context="default">
<allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>"""


class Daemon(enum.Enum):
    """What a session has."""

    UNLOCKED = "unlocked"
    LOCKED = "locked"
    """The login keyring of an earlier, unlocked session in the same home, and nobody to ask for its password."""
    NONE = "none"
    NO_BUS = "no bus"


def in_session(
    home: Path, daemon: Daemon, *calls: str, profile: str = "default", origin: str = DATAFINITI.origin
) -> list[Any]:
    """What each call gives in a session of `home`; a problem is `{"problem": …, "message": …}`."""
    runtime = home / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    bus = home / "bus.conf"
    bus.write_text(_BUS)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_RUNTIME_DIR": str(runtime),
    }
    session = [] if daemon is Daemon.NO_BUS else ["dbus-run-session", f"--config-file={bus}", "--"]
    command = [*session, sys.executable, "-m", __name__, daemon.value, profile, origin, *calls]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr.decode()
    answers: list[Any] = json.loads(done.stdout)
    return answers


@contextlib.contextmanager
def _running(daemon: Daemon) -> Iterator[None]:
    if daemon in (Daemon.NONE, Daemon.NO_BUS):
        yield
        return
    unlock = ["--unlock"] if daemon is Daemon.UNLOCKED else []
    command = ["gnome-keyring-daemon", "--foreground", "--components=secrets", *unlock]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        assert process.stdin
        process.stdin.write(PASSWORD if unlock else b"")
        process.stdin.close()
        try:
            wait_until(lambda: SecretService.Keyring.viable, "gnome-keyring-daemon is on the bus", seconds=10)
            yield
        finally:
            process.terminate()


async def _answer(entry: KeyringEntry, call: str) -> object:
    name, _, token = call.partition(":")  # or, of `run`, dfui's arguments
    try:
        match name:
            case "write":
                await entry.write(Secret(token))
                return None
            case "read":
                kept = await entry.read()
                return kept.reveal() if kept else None
            case "delete":
                return await entry.delete()
            case "run":
                command = [sys.executable, "-m", "dfui", *token.split()]
                ended = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
                return {"exit_code": ended.returncode, "stdout": ended.stdout, "stderr": ended.stderr}
            case _:
                return await entry.describe()
    except KeyringProblem as problem:
        return {"problem": type(problem).__name__, "message": str(problem)}


async def main() -> None:
    daemon, profile, origin, *calls = sys.argv[1:]
    with _running(Daemon(daemon)):
        # Those of other packages, such as keyrings.alt, would be found on some machines and not on others.
        init_backend(limit=lambda backend: type(backend).__module__.startswith("keyring.backends."))
        entry = KeyringEntry(profile=profile, origin=origin)
        print(json.dumps([await _answer(entry, call) for call in calls]))  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main())
