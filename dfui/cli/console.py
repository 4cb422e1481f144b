"""What a command prints: results on standard output, the rest on standard error; errors in words, or as JSON."""

from __future__ import annotations

import contextlib
import enum
import io
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass


class ExitCode(enum.IntEnum):
    """What a command exits with; of several, the highest that applies."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NOT_SIGNED_IN = 3
    NOT_KNOWN = 4
    INTERRUPTED = 130


class CommandError(Exception):
    """A command cannot go on; the message is a sentence for the person, or the script's author, at the terminal."""

    def __init__(self, kind: str, message: str, exit_code: ExitCode, details: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.kind = kind
        self.exit_code = exit_code
        self.details = details


@dataclass
class Ending:
    """How a command ended."""

    exit_code: int = ExitCode.DONE


class Console:
    """Prints for people; with `--json` for scripts, and then standard output holds one JSON document alone."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")  # a terminal without these signs still gets the words

    @property
    def is_interactive(self) -> bool:
        """Whether a person can be asked: standard input is a terminal."""
        return sys.stdin is not None and sys.stdin.isatty()

    @property
    def shows_progress(self) -> bool:
        """Whether standard error is a terminal, where progress is of use."""
        return sys.stderr.isatty()

    def result(self, document: object, lines: list[str]) -> None:
        """Print what the command is for: the document with `--json`, else the lines."""
        if self.as_json:
            print(json.dumps(document, ensure_ascii=True, indent=2))
        else:
            for line in lines:
                print(line)

    def tell(self, line: str) -> None:
        """Say something beside the result."""
        print(line, file=sys.stderr, flush=True)

    def ask(self, question: str) -> bool:
        """Ask a person; anything but a yes is a no."""
        print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
        answer = sys.stdin.readline()
        if not answer.endswith("\n"):
            self.tell("")
        return answer.strip().lower() in {"y", "yes"}

    @contextlib.contextmanager
    def telling_errors(self) -> Iterator[Ending]:
        """Turn what a command raises into words, or JSON, and an exit code."""
        ending = Ending()
        try:
            yield ending
            sys.stdout.flush()
        except BrokenPipeError:
            # Whoever read this has read enough; nothing more can be told there.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except KeyboardInterrupt:
            self._fail(CommandError("interrupted", "Interrupted.", ExitCode.INTERRUPTED), ending)
        except CommandError as error:
            self._fail(error, ending)

    def _fail(self, error: CommandError, ending: Ending) -> None:
        ending.exit_code = error.exit_code
        if self.as_json:
            failure = {"kind": error.kind, "message": str(error), "details": list(error.details)}
            print(json.dumps({"error": failure}, ensure_ascii=True, indent=2), flush=True)
        else:
            self.tell(f"dfui: {error}")
            for detail in error.details:
                self.tell(f"  · {detail}")
