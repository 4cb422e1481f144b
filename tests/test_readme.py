"""README.md and the help agree."""

from __future__ import annotations

from pathlib import Path

from textual.binding import Binding

from dfui.core.outcomes import OutcomeKind
from dfui.tui.screens.downloads import DownloadsScreen
from dfui.wording.help import outcome_meaning


def test_the_readme_tells_the_same_of_keys_and_outcomes_as_the_help() -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    for binding in DownloadsScreen.BINDINGS:
        assert isinstance(binding, Binding)
        assert f"| `{binding.key_display or binding.key}` | {binding.tooltip} |" in readme
    for kind in OutcomeKind:
        assert f"| `{kind.value}` | {outcome_meaning(kind)} | {kind.exit_code} |" in readme
