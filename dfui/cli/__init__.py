"""The commands: `dfui` opens the terminal UI, and each other does one thing and prints it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from dfui.cli.console import Console, ExitCode


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; gives its exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given[:2] == ["completion", "--known"]:
        from dfui.cli.known import known_words

        words = known_words("".join(given[2:3]), is_described="--described" in given)
        sys.stdout.write("".join(f"{word}\n" for word in words))
        return ExitCode.DONE
    console = Console(as_json=not {"--json", "-j"}.isdisjoint(given))
    return console.run(lambda: _run(given, console))


def _run(given: list[str], console: Console) -> int:
    from dfui.cli.parser import parse

    options = parse(given)
    console.as_json, console.is_quiet = options.json, options.quiet
    exit_code: int = options.run(options, console)
    return exit_code
