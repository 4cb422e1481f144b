"""`dfui completion`: the completion script of a shell."""

from __future__ import annotations

import argparse
import re

from dfui.cli.arguments import Parser
from dfui.cli.console import Console, ExitCode, usage_error

SHELLS = ("bash", "zsh", "fish")


def add_command(dfui: Parser) -> None:
    completion = dfui.add_command(
        "completion",
        run,
        "Print a shell completion script",
        (
            ("source <(dfui completion bash)", "in this shell"),
            ("dfui completion zsh > ~/.zfunc/_dfui", "if ~/.zfunc is in fpath"),
            ("dfui completion fish > ~/.config/fish/completions/dfui.fish", "in every new fish shell"),
        ),
    )
    completion.add_argument("shell", nargs="?", choices=SHELLS, help="the shell: bash, zsh or fish")


def run(options: argparse.Namespace, console: Console) -> int:
    if options.shell is None:
        raise usage_error("Name a shell: bash, zsh or fish. See dfui completion --help.")
    import shtab

    from dfui.cli.parser import build_parser

    script = _with_optional_values(shtab.complete(build_parser(), shell=options.shell), options.shell)
    console.result({"shell": options.shell, "script": script}, script.splitlines())
    return ExitCode.DONE


def _with_optional_values(script: str, shell: str) -> str:
    """The script, with `--demo=` and `--wait=` completed behind the `=` alone, where their values stand."""
    if shell == "zsh":
        return re.sub(r'"--(demo|wait)(\[.*?\]):([A-Z]+):', r'"--\1=-\2::\3:', script)
    return script
