"""A Textual app with a DataTable and a Footer, and nothing else: what any Textual app costs.

python bare_textual.py ROWS.tsv  # whose first line holds the headings
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import DataTable, Footer


class BareTextual(App[None]):
    # The keys of dfui's footer, so that both paint the same one.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "nothing('c')", "Cancel"),
        Binding("a", "nothing('a')", "Add IDs"),
        Binding("x", "nothing('x')", "Forget"),
        Binding("r", "nothing('r')", "Refresh"),
        Binding("t", "nothing('t')", "Account"),
        Binding("q", "quit", "Quit"),
    ]

    def compose(self) -> ComposeResult:
        yield DataTable(cursor_type="row")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        headings, *rows = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
        table = self.query_one(DataTable)
        table.add_columns(*headings.split("\t"))
        table.add_rows(row.split("\t") for row in rows)

    def action_nothing(self, key: str) -> None:
        pass


if __name__ == "__main__":
    BareTextual().run()
