"""Records `screenshots/demo.cast`, in asciinema's format: the demo, a cancellation, and its cost a few seconds later.

.venv/bin/python screenshots/record.py
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path

COLUMNS, ROWS = 84, 24
CAST = Path(__file__).with_name("demo.cast")
MAX_BYTES = 100_000
KEYS = ((3.0, "c"), (5.0, "y"), (9.5, "\r"), (24.0, "h"), (26.0, "\r"), (30.0, "\x1b"), (31.0, "\x1b"), (32.0, "q"))
"""When each key is pressed, in seconds from the start."""
MAX_SECONDS = 45.0


def main() -> int:
    """Record it; gives the exit code."""
    with tempfile.TemporaryDirectory() as home:
        events = _recorded(home)
    header = {"version": 2, "width": COLUMNS, "height": ROWS, "title": "dfui --demo", "env": {"TERM": "xterm-256color"}}
    lines = [
        json.dumps(line, ensure_ascii=False) for line in (header, *([round(at, 3), "o", text] for at, text in events))
    ]
    text = "\n".join(lines) + "\n"
    if len(text.encode()) > MAX_BYTES:
        sys.stderr.write(f"The recording is {len(text.encode()):,} bytes, over {MAX_BYTES:,}.\n")
        return 1
    CAST.write_text(text, encoding="utf-8")
    return 0


def _recorded(home: str) -> list[tuple[float, str]]:
    """What the demo writes to a terminal, and when, while the keys are pressed."""
    # Over SSH it writes few bytes; XDG_* keep it from the settings of whoever records.
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    child = {"TERM": "xterm-256color", "SSH_CONNECTION": "x", "HOME": home, "TZ": "UTC", "LANG": "C.UTF-8"} | kept
    process, terminal = pty.fork()
    if process == 0:
        os.execve(sys.executable, [sys.executable, "-m", "dfui", "--demo"], child)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    began, keys, pending = time.monotonic(), list(KEYS), b""
    events: list[tuple[float, str]] = []
    while (at := time.monotonic() - began) < MAX_SECONDS:
        if keys and at >= keys[0][0]:
            os.write(terminal, keys.pop(0)[1].encode())
        if not select.select([terminal], [], [], 0.02)[0]:
            continue
        try:
            pending += os.read(terminal, 65_536)
        except OSError:  # it has ended
            break
        text, pending = _whole(pending)
        if text:
            events.append((time.monotonic() - began, text))
    os.close(terminal)
    os.waitpid(process, 0)
    return events


def _whole(data: bytes) -> tuple[str, bytes]:
    """The text of the whole characters, and the bytes of one that has not come to its end."""
    for cut in range(4):
        whole = data[: len(data) - cut]
        try:
            return whole.decode(), data[len(whole) :]
        except UnicodeDecodeError:
            continue
    return data.decode(errors="replace"), b""


if __name__ == "__main__":
    sys.exit(main())
