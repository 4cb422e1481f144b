"""`dfui show`: all that is known of one download, fresh from the API."""

from __future__ import annotations

from datetime import datetime

import httpx
import pytest

from dfui.simulator.account import Dialect, Simulator
from dfui.store import open_store
from tests.support.commands import Commands
from tests.support.ended import Ended


def shown(ended: Ended) -> dict[str, list[str]]:
    """The lines of each label."""
    facts: dict[str, list[str]] = {}
    label = ""
    for line in ended.stdout.splitlines()[1:]:
        first, text = line[2:16].strip(), line[16:]
        label = first or label
        facts.setdefault(label, []).append(text)
    return facts


def test_the_document_is_the_download_with_its_files_and_its_history(dfui: Commands) -> None:
    document = dfui("show", "--json", "847001").document
    assert datetime.fromisoformat(document.pop("seen_at")).tzinfo
    assert document == {
        "id": "847001",
        "status": "completed",
        "api_status": "completed",
        "data_type": "people",
        "query": "categories:hotels AND country:US",
        "format": "csv",
        "num_records": 2_000,
        "num_downloaded": 2_000,
        "retained_records": 2_000,
        "total_cost": 2_000,
        "order_price": None,
        "estimated_savings": None,
        "credits_settled": True,
        "fetch_by": "2026-11-29T14:04:20+00:00",
        "started_at": "2026-11-22T14:04:00+00:00",
        "updated_at": "2026-11-22T14:04:20+00:00",
        "is_enrichment_job": False,
        "is_suppression_job": False,
        "auto_trace": False,
        "num_records_suppressed": 0,
        "result_files": [{"name": "847001_1.csv", "size": None, "expires_at": "2026-11-29T14:04:20+00:00"}],
        "history": [],
    }


def test_a_final_download_is_told_in_full(dfui: Commands, account: Simulator) -> None:
    account.downloads["846990"].query = "a" * 2_000
    dfui("cancel", "--yes", "847070")
    facts = shown(dfui("show", "847070"))
    assert facts["Status"] == ["✗ cancelled, 68 %"]
    assert facts["Requested"] == ["50,000 records"]
    assert facts["Retained"] == ["34,120 records"]
    assert facts["Credits"] == ["not reported yet"]
    assert facts["Format"] == ["csv"]
    assert facts["Started"][0].startswith("2026-11-23 11:58 UTC (")
    assert facts["Result files"] == ["4 files", *(f"847070_{number}.csv" for number in (1, 2, 3, 4))]
    (line,) = facts["History"]
    assert line.endswith("· cancelled · HTTP 200 · 34,120 records retained · cost not reported yet")
    assert shown(dfui("show", "846990"))["Query"] == ["a" * 2_000]


def test_a_queued_download_has_no_files_yet(dfui: Commands) -> None:
    assert shown(dfui("show", "847069"))["Result files"] == ["none yet"]


def test_of_an_active_download_the_records_so_far_are_told(dfui: Commands) -> None:
    facts = shown(dfui("show", "847070"))
    assert facts["So far"] == ["34,120 records"]
    assert "Retained" not in facts
    assert "History" not in facts


def test_files_are_listed_in_each_dialect(dfui: Commands, account: Simulator, dialect: Dialect) -> None:
    account.dialect = dialect
    account.downloads["847001"].num_records = 20_001
    account.downloads["847001"].records_a_second = 1_000
    assert dfui("show", "--json", "847001").document["result_files"][2]["name"] == "847001_3.csv"


def test_the_2026_dialect_does_not_say_which_records_it_counts(dfui: Commands, account: Simulator) -> None:
    account.dialect = Dialect.DOCS_2026
    facts = shown(dfui("show", "847070"))
    assert facts["Status"] == ["● running (the API's word: “in_progress”)"]
    assert facts["Records"] == ["34,120 records, requested or so far; the API does not say which."]
    assert not {"Requested", "So far", "Retained", "Credits", "Query"} & set(facts)


def test_an_answer_without_results_leaves_the_number_of_files_unknown(dfui: Commands, account: Simulator) -> None:
    account.interrupt = lambda request: httpx.Response(200, json={"id": "7", "status": "completed"})
    assert dfui("show", "--json", "7").document["result_files"] is None
    assert "Result files" not in shown(dfui("show", "7"))


def test_no_link_is_shown_logged_or_kept(dfui: Commands, tmp_path_factory: pytest.TempPathFactory) -> None:
    log = tmp_path_factory.mktemp("log") / "dfui.log"
    text = dfui.as_process("show", "847001", "--log", str(log))
    as_json = dfui("show", "847001", "--json")
    everything = text.stdout + text.stderr + as_json.stdout + log.read_text()
    assert "847001_1.csv" in text.stdout
    assert "GET /v4/downloads/847001" in log.read_text()
    assert "Signature" not in everything
    assert "results.simulated.invalid" not in everything
    kept = [path.read_bytes() for path in dfui.database.parent.glob("dfui.db*") if path.is_file()]
    assert not [content for content in kept if b"Signature" in content]


def test_what_is_seen_is_known_afterwards(dfui: Commands) -> None:
    dfui("show", "https://api.datafiniti.co/v4/downloads/846990")
    (known,) = dfui("list", "--offline", "--json").document
    assert (known["id"], known["status"], known["retained_records"]) == ("846990", "cancelled", 1_204)


def test_a_download_that_is_not_there_is_exit_1(dfui: Commands) -> None:
    text, as_json = dfui("show", "999"), dfui("show", "999", "--json")
    assert text.exit_code == as_json.exit_code == 1
    assert "There is no such download" in text.stderr
    assert text.stdout == ""
    assert as_json.document["error"]["kind"] == "not_found"


def test_without_a_token_it_is_exit_3(dfui: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATAFINITI_TOKEN")
    ended = dfui("show", "847070", "--json")
    assert (ended.exit_code, ended.document["error"]["kind"]) == (3, "no_token")


def test_what_was_seen_last_is_not_shown_as_if_it_were_fresh(unreachable: Commands) -> None:
    origin = unreachable.api_url.removesuffix("/v4")
    store = open_store(unreachable.database, profile="default", origin=origin)
    store.downloads.add(["847070"]).wait()
    store.close()
    text, as_json = unreachable("show", "847070"), unreachable("show", "847070", "--json")
    assert text.exit_code == as_json.exit_code == 4
    assert text.stdout == ""
    assert "refused the connection" in text.stderr
    assert as_json.document["error"]["kind"] == "not_connected"


@pytest.mark.parametrize(
    "arguments", [["show"], ["show", "7", "no ID"], ["show", "no ID"], ["show", "../7"]], ids=" ".join
)
def test_it_takes_ids_alone(dfui: Commands, account: Simulator, arguments: list[str]) -> None:
    ended = dfui(*arguments, "--json")
    assert (ended.exit_code, ended.document["error"]["kind"]) == (2, "usage")
    assert account.requests == []


def test_hostile_words_are_harmless(dfui: Commands, account: Simulator) -> None:
    harm = "\x1b]0;owned\x07\x1b[2J\u202e[red]x[/red]\nsecond"
    link = f"https://x.invalid/{harm}?X-Amz-Date=nonsense&X-Amz-Expires=9e99"
    words = dict.fromkeys(("status", "query", "data_type", "format", "view"), harm)
    account.interrupt = lambda request: httpx.Response(200, json={"id": "7", "results": [link, 5, "http://["]} | words)
    ended = dfui("show", "7")
    assert ended.exit_code == 0
    assert all(character == "\n" or character.isprintable() for character in ended.stdout)
    assert ended.stdout.count("[red]x[/red] second") >= 5
    assert "7_2" in ended.stdout
