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

    script = shtab.complete(build_parser(), shell=options.shell)
    # Its comments tell other places to put it than the help.
    script = re.sub(r"(?m)^# AUTOMATICALLY GENERATED(.*\n#)* .*\n", "# See dfui completion --help.\n", script, count=1)
    if options.shell == "zsh":  # --demo= and --wait= are completed behind the = alone, where their values stand
        script = re.sub(r'"--(demo|wait)(\[.*?\]):([A-Z]+):', r'"--\1=-\2::\3:', script)
    console.result({"shell": options.shell, "script": script}, script.splitlines())
    return ExitCode.DONE
