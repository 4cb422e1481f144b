"""A command as a process without a terminal, as a script runs it."""

from __future__ import annotations

import subprocess
import sys

from tests.support.ended import Ended

MAX_SECONDS = 60.0
DFUI = [sys.executable, "-m", "dfui"]


def run_process(*arguments: str, stdin: str = "", redirection: str = "") -> Ended:
    """Run a command as a process; with a redirection of the shell, as `2>&-`."""
    ended = subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {redirection}', "sh", *DFUI, *arguments],
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        timeout=MAX_SECONDS,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)
