"""`dfui cancel --at`: where it stopped, and what is no longer guarded once it is interrupted."""

from __future__ import annotations

import pytest

from dfui.core.clock import Clock
from dfui.simulator.account import Dialect, Simulator
from tests.support.cancelling import deletes
from tests.support.commands import Commands


@pytest.fixture
def account(simulator: Simulator) -> Simulator:
    """Two downloads that run by the machine's clock, one of them past 10,000 records in a second."""
    simulator.now = Clock().now
    simulator.add("7", num_records=1_000_000, records_a_second=9_000)
    simulator.add("8", num_records=1_000_000, records_a_second=0.1)
    return simulator


def test_it_says_where_it_stopped_in_words_and_in_json(dfui: Commands, account: Simulator) -> None:
    text = dfui("cancel", "--yes", "--at", "100", "7")
    stopped_at = account.downloads["7"].num_downloaded(account.now())
    assert text.exit_code == 0
    assert text.stdout.startswith(f"7: asked for 100; stopped at {stopped_at:,}\nDownload 7 is cancelled\n")
    assert "Guarding 1 download, to stop at 100 records" in text.stderr
    assert "records so far" in text.stderr
    assert "to stop at 100 records" in dfui("show", "7").stdout + dfui("history").stdout
    for download_id in ("9", "10"):
        account.add(download_id, num_records=1_000_000, records_a_second=9_000)
    quiet = dfui("cancel", "--yes", "-q", "--at", "100", "10")
    assert (quiet.exit_code, quiet.stdout, quiet.stderr) == (0, "", "")
    (document,) = dfui("cancel", "--yes", "--json", "--at", "100", "9").document
    assert (document["outcome"], document["stop_at"]) == ("cancelled", 100)
    assert document["retained_records"] >= 100


def test_a_dialect_without_the_figure_is_refused_and_nothing_sent(dfui: Commands, account: Simulator) -> None:
    account.dialect = Dialect.DOCS_2026
    ended = dfui("cancel", "--yes", "--at", "100", "7")
    assert ended.exit_code == 1
    assert "does not say how many records it has" in ended.stdout + ended.stderr
    assert deletes(account) == []


def test_interrupted_it_names_what_it_no_longer_guards_and_how_to_go_on(dfui: Commands, account: Simulator) -> None:
    account.downloads["7"].records_a_second = 0.1
    guard = ("cancel", "--yes", "--at", "10000", "8", "7")
    ended = dfui.at_terminal(*guard, shows=["7 · ● running"], typed="\x03")
    assert ended.exit_code == 130
    assert "No longer guarded, and not cancelled: 8 7. To guard them again: dfui cancel 8 7 --at 10000" in ended.stderr
    assert "2 of 2" in ended.stdout
    assert (deletes(account), dfui.history()) == ([], [])
