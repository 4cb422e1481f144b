"""A command as a process without a terminal, as a script runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from tests.support.ended import Ended

MAX_SECONDS = 60.0
DFUI = [sys.executable, "-m", "dfui"]
RUN_EACH = """
import contextlib, io, json, sys
from dfui.cli import main

ends = []
for arguments in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        exit_code = main(arguments)
    ends.append((exit_code, out.getvalue(), err.getvalue()))
json.dump(ends, sys.stdout)
"""


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


def run_each(
    *commands: Sequence[str],
    environment: Mapping[str, str] = os.environ,
    program: str = "",
    under: Sequence[str] = (),
) -> list[Ended]:
    """Run commands one after the other in one process, after a program that changes it, and under another one."""
    ended = subprocess.run(
        [*under, sys.executable, "-c", program + RUN_EACH, json.dumps(commands)],
        input="",
        capture_output=True,
        encoding="utf-8",
        env=environment,
        timeout=MAX_SECONDS,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, ""), ended
    return [Ended(*each) for each in json.loads(ended.stdout)]
