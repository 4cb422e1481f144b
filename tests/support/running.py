"""Commands without a terminal, in this process or in others, and how they end."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from dfui.cli import main

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
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    exit_code: int
    stdout: str
    stderr: str

    def __post_init__(self) -> None:
        assert "Traceback" not in self.stdout + self.stderr, self

    @property
    def document(self) -> Any:
        """The one JSON document that standard output holds, in ASCII."""
        assert self.stdout.isascii()
        return json.loads(self.stdout)


def run(*arguments: str, stdin: str = "") -> Ended:
    """Run a command with streams of its own, none of which is a terminal; on the main thread alone."""
    given, out, err = io.BytesIO(stdin.encode()), io.BytesIO(), io.BytesIO()
    handlers = {each: signal.getsignal(each) for each in SIGNALS}
    with patch.multiple(sys, stdin=_text(given), stdout=_text(out), stderr=_text(err)):
        try:
            exit_code = main(arguments)
        except SystemExit as left:  # --help and --version
            assert left.code is None or isinstance(left.code, int)
            exit_code = left.code or 0
        finally:
            for each, handler in handlers.items():
                signal.signal(each, handler)
            sys.stdout.flush()
            sys.stderr.flush()
        return Ended(exit_code, out.getvalue().decode(), err.getvalue().decode())


def _text(stream: io.BytesIO) -> io.TextIOWrapper:
    return io.TextIOWrapper(stream, encoding="utf-8")


def run_process(*arguments: str, stdin: str = "", redirection: str = "") -> Ended:
    """Run a command as a process; with a redirection of the shell, as `2>&-`."""
    return _ended(["/bin/sh", "-c", f'exec "$@" {redirection}', "sh", *DFUI, *arguments], stdin=stdin)


def run_each(
    *commands: Sequence[str],
    environment: Mapping[str, str] = os.environ,
    program: str = "",
    under: Sequence[str] = (),
) -> list[Ended]:
    """Run commands one after the other in one process, after a program that changes it, and under another one."""
    ended = _ended([*under, sys.executable, "-c", program + RUN_EACH, json.dumps(commands)], environment=environment)
    assert (ended.exit_code, ended.stderr) == (0, ""), ended
    return [Ended(*each) for each in json.loads(ended.stdout)]


def _ended(command: Sequence[str], *, stdin: str = "", environment: Mapping[str, str] = os.environ) -> Ended:
    ended = subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        env=environment,
        timeout=MAX_SECONDS,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)
