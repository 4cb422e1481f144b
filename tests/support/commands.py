"""The commands, against an API address: in this process, as processes, and at terminals."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from dfui.core.addresses import parse_api_url
from dfui.core.history import HistoryEntry
from dfui.store import open_store
from tests.support.running import Ended, run, run_process
from tests.support.terminal import Terminal


class Commands:
    """Runs commands against an API address."""

    def __init__(self, api_url: str) -> None:
        self.api_url = api_url

    def __call__(self, *arguments: str, stdin: str = "") -> Ended:
        """The command in this process, without a terminal."""
        return run(*self.arguments(*arguments), stdin=stdin)

    def as_process(self, *arguments: str, stdin: str = "", redirection: str = "") -> Ended:
        """The command as a process without a terminal, for what only a process shows."""
        return run_process(*self.arguments(*arguments), stdin=stdin, redirection=redirection)

    def on_terminal(self, *arguments: str) -> Terminal:
        """The command as a process with standard input and error at a terminal, and standard output in a pipe."""
        return Terminal(*self.arguments(*arguments))

    def at_terminal(self, *arguments: str, shows: Sequence[str] = (), typed: str = "") -> Ended:
        """How the command ends, if this is typed once its terminal shows each of those."""
        with self.on_terminal(*arguments) as terminal:
            terminal.wait_for(*shows)
            terminal.type(typed)
            return terminal.ended(seconds=15)

    def arguments(self, *arguments: str) -> list[str]:
        """The arguments with the API address, before those that follow `--`."""
        return ["--api-url", self.api_url, *arguments]

    @property
    def database(self) -> Path:
        """The file of known downloads and the history."""
        return Path(os.environ["XDG_DATA_HOME"]) / "dfui" / "dfui.db"

    def write_config(self, text: str) -> Path:
        """Write the config file; gives its path."""
        path = Path(os.environ["XDG_CONFIG_HOME"]) / "dfui" / "config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def history(self) -> list[HistoryEntry]:
        """What the history tells, the newest first."""
        store = open_store(self.database, profile="default", origin=parse_api_url(self.api_url).origin)
        try:
            return store.history.entries()
        finally:
            store.close()
