"""What a command prints: results on standard output, the rest on standard error; errors in words, or as JSON."""

from __future__ import annotations

import contextlib
import enum
import io
import json
import os
import shutil
import sys
from collections.abc import Callable
from typing import TextIO

from dfui.cli.documents import error_json
from dfui.core.errors import CommandError, DfuiError
from dfui.system.terminal import GLYPHS
from dfui.wording.errors import fault


class ExitCode(enum.IntEnum):
    """What a command exits with; of several, the highest that applies."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NOT_SIGNED_IN = 3
    NOT_KNOWN = 4
    INTERRUPTED = 130


EXIT_MEANINGS = {
    ExitCode.DONE: "done",
    ExitCode.FAILED: "refused, not found, declined, or some failed",
    ExitCode.USAGE: "usage error",
    ExitCode.NOT_SIGNED_IN: "no token, or rejected",
    ExitCode.NOT_KNOWN: "could not be determined, or not stopped yet",
    ExitCode.INTERRUPTED: "interrupted",
}


def usage_error(sentence: str) -> CommandError:
    """The arguments are wrong, or do not go together; nothing was done."""
    return CommandError("usage", sentence, ExitCode.USAGE)


class Console:
    """Prints for people; with `--json` for scripts, and then standard output holds one JSON document alone."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.is_quiet = False
        """Whether to print only results and errors."""
        self.could_not_write = False
        """Whether a result was lost on its way out."""
        self.reader_has_left = False
        """Whether nobody reads standard output any more, as behind `| head`."""
        self._has_result = False
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors=GLYPHS)

    @property
    def is_interactive(self) -> bool:
        """Whether a person can be asked: standard input is a terminal."""
        return sys.stdin is not None and sys.stdin.isatty()

    @property
    def shows_progress(self) -> bool:
        """Whether standard error is a terminal, where progress is of use."""
        return not self.is_quiet and sys.stderr is not None and sys.stderr.isatty()

    @property
    def draws(self) -> bool:
        """Whether standard output is a terminal, where a result may be drawn anew."""
        return not self.as_json and sys.stdout is not None and sys.stdout.isatty()

    @property
    def columns(self) -> int | None:
        """The width of the terminal that results are shown on; None where they go elsewhere."""
        return shutil.get_terminal_size().columns if self.draws else None

    @property
    def has_colours(self) -> bool:
        return self.draws and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"

    def result(self, document: object, lines: list[str], *, is_good: bool = False) -> None:
        """Print what the command is for: the document with `--json`, else the lines.

        With `is_good`, all went well and the lines only say so, which `--quiet` leaves out.
        """
        self._has_result = True
        if self.as_json:
            lines = [json.dumps(document, ensure_ascii=True, indent=2)]
        elif is_good and self.is_quiet:
            lines = []
        self.document("".join(f"{line}\n" for line in lines))

    def document(self, text: str) -> None:
        """Print a result that is a text of a form of its own, to the letter."""
        try:
            _write(sys.stdout, text)
        except BrokenPipeError:
            self.reader_has_left = True
        except OSError as error:
            self.could_not_write = True
            self.warn(f"dfui: The result could not be written: {error.strerror}.")

    def line(self, text: str) -> None:
        """Print a line of a result that comes bit by bit; with `--json` the document comes at the end instead."""
        if not self.as_json:
            self.document(f"{text}\n")

    def piece(self, document: object, text: str) -> None:
        """Print a part of a result that comes bit by bit; with `--json` an object in a line of its own."""
        self._has_result = True
        self.document(f"{json.dumps(document, ensure_ascii=True) if self.as_json else text}\n")

    def notify(self, line: str) -> None:
        """Say something beside the result, unless it is to be quiet."""
        if not self.is_quiet:
            self.warn(line)

    def warn(self, line: str) -> None:
        """Say what must be said beside the result; where nobody listens, nothing is lost by that."""
        with contextlib.suppress(OSError):
            _write(sys.stderr, f"{line}\n")

    def ring(self) -> None:
        """Ring the terminal's bell, unless it is to be quiet."""
        if self.shows_progress:
            with contextlib.suppress(OSError):
                _write(sys.stderr, "\a")

    def run(self, command: Callable[[], int]) -> int:
        """Run a command; gives its exit code. What it raises is printed, in words or as JSON."""
        try:
            exit_code = command()
        except KeyboardInterrupt:
            exit_code = self._fail(CommandError("interrupted", "Interrupted.", ExitCode.INTERRUPTED))
        except DfuiError as error:
            exit_code = self._fail(error)
        except Exception as error:  # no traceback for a person, one document for a script
            import logging

            log = logging.getLogger("dfui")
            if log.handlers:  # else Python would print it
                log.exception("A fault")
            exit_code = self._fail(CommandError("internal", fault(error), ExitCode.FAILED))
        return max(exit_code, ExitCode.FAILED) if self.could_not_write else exit_code

    def _fail(self, error: DfuiError) -> int:
        document = error_json(error)
        if self.as_json and not self._has_result:  # what fails after the result must not print a second document
            self.result({"error": document}, [])
        else:
            self.warn("\n  · ".join([f"dfui: {document['message']}", *document["details"]]))
        return error.exit_code


class Drawing:
    """Lines on a terminal that are drawn over when they change; none wipes them."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._drawn = 0

    def draw(self, lines: list[str]) -> None:
        over = f"\x1b[{self._drawn}F\x1b[J" if self._drawn else ""
        with contextlib.suppress(OSError):  # a terminal that has gone ends no cancellation
            _write(self._stream, over + "".join(f"{line}\n" for line in lines))
        self._drawn = len(lines)


def _write(stream: TextIO | None, text: str) -> None:
    """Write a text at once, if there is somewhere to write to.

    Raises:
        BrokenPipeError: the reader has left; it has read enough.
        OSError: it could not be written, as on a full disk.
    """
    if stream is None:
        return
    try:
        stream.write(text)
        stream.flush()
    except OSError:
        # Avoid a second error when Python flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        raise
