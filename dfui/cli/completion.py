"""`dfui completion`: the completion script of a shell, and what the script asks dfui for."""

from __future__ import annotations

import argparse
import re

from dfui.cli.arguments import Commands
from dfui.cli.console import Console, ExitCode, usage_error
from dfui.core.errors import DfuiError, StoreError
from dfui.wording.downloads import described

SHELLS = ("bash", "zsh", "fish")

MAX_IDS = 1_000
"""More are of no use at a prompt."""


def add_command(commands: Commands) -> None:
    completion = commands.add(
        "completion",
        run,
        "Print a shell completion script",
        (
            ("source <(dfui completion bash)", "in this shell"),
            ("dfui completion zsh > ~/.zfunc/_dfui", "if ~/.zfunc is in fpath"),
            ("dfui completion fish > ~/.config/fish/completions/dfui.fish", "in every new fish shell"),
        ),
    )
    completion.add_choice("shell", nargs="?", choices=SHELLS, help="the shell: bash, zsh or fish")
    completion.add_argument("--known", choices=("ids", "active", "profiles"), help=argparse.SUPPRESS)
    completion.add_argument("--described", action="store_true", help=argparse.SUPPRESS)


def run(options: argparse.Namespace, console: Console) -> int:
    """Print a completion script, or words for one."""
    if options.known:
        console.document("".join(f"{word}\n" for word in _known(options)))
        return ExitCode.DONE
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


def _known(options: argparse.Namespace) -> list[str]:
    """Known IDs or profiles, without a network; an error must not show at the prompt."""
    from dfui.store import read_store
    from dfui.system.settings import load_settings

    try:
        settings = load_settings(profile=options.profile, api_url=options.api_url)
    except DfuiError:
        return []
    if options.known == "profiles":
        return list(settings.profiles)
    if not settings.database.exists():
        return []
    try:
        store = read_store(settings.database, profile=settings.profile, origin=settings.address.origin)
    except StoreError:
        return []
    try:
        keys = list(store.downloads.first_keys(MAX_IDS))
        rows = store.downloads.by_key(keys)
        known = [rows[key] for key in keys if key in rows and (rows[key].is_active or options.known == "ids")]
        return [f"{each.id}\t{described(each)}" if options.described else each.id for each in known]
    finally:
        store.close()
