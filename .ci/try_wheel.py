"""Sees that an installed dfui works, with nothing but itself around: `PYTHON_WITH_DFUI try_wheel.py`."""

from __future__ import annotations

import fcntl
import importlib.metadata
import json
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

PATIENCE_SECONDS = 60.0
READING_SECONDS = 0.6
DFUI = str(Path(sys.executable).parent / "dfui")
STEPS = (
    ("68%", "c"),  # the table is there
    ("It does not delete it.", "y"),
    ("Confirmed by a second look: cancelled.", "\r"),
    ("1 active of", "q"),
)


def require(condition: object, otherwise: str) -> None:
    """End with what is wrong, unless all is well."""
    if not condition:
        sys.exit(f"try_wheel: {otherwise}")


class Demo:
    """`dfui --demo` on a pseudo-terminal."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.pid, self._side = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 110, 0, 0))
            os.execve(DFUI, [DFUI, "--demo"], environment)  # noqa: S606
        self._shown = b""

    def wait_for(self, words: str) -> None:
        """Until the terminal was sent these words, after those of the last time."""
        ends_at = time.monotonic() + PATIENCE_SECONDS
        while words.encode() not in self._shown:
            is_there, _, _ = select.select([self._side], [], [], ends_at - time.monotonic())
            require(is_there, f"{words!r} did not come: {self._shown[-2000:]!r}")
            self._shown += os.read(self._side, 65_536)
        self._shown = self._shown.partition(words.encode())[2]

    def press(self, key: str) -> None:
        """Type, as a person does: no sooner than what is asked could be read."""
        time.sleep(READING_SECONDS)
        os.write(self._side, key.encode())

    def ended(self) -> int:
        """The exit code, once it has ended."""
        while True:
            try:
                if not os.read(self._side, 65_536):
                    break
            except OSError:  # Linux's way to say that nobody holds the other side any more
                break
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def main() -> None:
    """Try it."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        environment = {
            "PATH": os.defpath, "HOME": folder, "TERM": "xterm-256color", "LANG": "C.UTF-8",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }  # fmt: skip
        demo = Demo(environment)
        for words, key in STEPS:
            demo.wait_for(words)
            demo.press(key)
        exit_code = demo.ended()
        require(exit_code == 0, f"dfui --demo ended with {exit_code}")

        printed = subprocess.check_output(  # noqa: S603
            [DFUI, "cancel", "847070", "--demo", "--yes", "--json"], env=environment
        )
        (outcome,) = json.loads(printed)
        require(outcome["outcome"] == "cancelled", str(outcome))

        page = Path(sys.prefix) / "share" / "man" / "man1" / "dfui.1"
        require(page.read_text(encoding="utf-8").startswith(".TH DFUI 1"), "no man page")
        description = importlib.metadata.metadata("dfui").get_payload()
        require("Cancel download 847070?" in description, "the pictures are not in the description")
        require("](screenshots/" not in description, "the description needs files that an index does not have")
        for script in ("bash", "zsh", "fish"):
            printed = subprocess.check_output([DFUI, "completion", script], env=environment)  # noqa: S603
            require(printed, f"no completion for {script}")
    versions = {name: importlib.metadata.version(name) for name in ("dfui", "textual", "httpx", "keyring", "msgspec")}
    print(f"a download of the demo was cancelled; {versions}, Python {sys.version.split()[0]}")  # noqa: T201


if __name__ == "__main__":
    main()
