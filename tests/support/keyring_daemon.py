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
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from keyring.backends import SecretService
from keyring.core import init_backend

from dfui.core.addresses import DATAFINITI
from dfui.core.errors import KeyringProblem
from dfui.core.secret import Secret
from dfui.system.credentials import KeyringEntry, try_keyring

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
            give_up = time.monotonic() + 10
            while not SecretService.Keyring.viable:
                assert process.poll() is None, "gnome-keyring-daemon ended"
                assert time.monotonic() < give_up, "gnome-keyring-daemon is not on the bus"
                time.sleep(0.01)
            yield
        finally:
            process.terminate()


async def _answers(profile: str, origin: str, calls: list[str]) -> list[Any]:
    entry = KeyringEntry(profile=profile, origin=origin)
    answers: list[Any] = []
    for call in calls:
        name, _, token = call.partition(":")  # or, of `run`, dfui's arguments
        try:
            match name:
                case "write":
                    await entry.write(Secret(token))
                    answers.append(None)
                case "read":
                    kept = await entry.read()
                    answers.append(kept.reveal() if kept else None)
                case "delete":
                    answers.append(await entry.delete())
                case "try":
                    answers.append(await try_keyring())
                case "run":
                    command = [sys.executable, "-m", "dfui", *token.split()]
                    ended = await asyncio.to_thread(
                        subprocess.run, command, capture_output=True, text=True, check=False
                    )
                    answers.append({"exit_code": ended.returncode, "stdout": ended.stdout, "stderr": ended.stderr})
                case _:
                    answers.append(await entry.describe())
        except KeyringProblem as problem:
            answers.append({"problem": type(problem).__name__, "message": str(problem)})
    return answers


def main() -> None:
    daemon, profile, origin, *calls = sys.argv[1:]
    with _running(Daemon(daemon)):
        # Those of other packages, such as keyrings.alt, would be found on some machines and not on others.
        init_backend(limit=lambda backend: type(backend).__module__.startswith("keyring.backends."))
        print(json.dumps(asyncio.run(_answers(profile, origin, calls))))  # noqa: T201


if __name__ == "__main__":
    main()
