"""A command in the process of the tests, which is quicker than one of its own and shows the same."""

from __future__ import annotations

import io
import signal
import sys
from unittest.mock import patch

from dfui.cli import main
from tests.support.ended import Ended

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


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
