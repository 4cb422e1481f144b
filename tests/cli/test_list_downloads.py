"""`dfui list`: what is shown, and to whom it belongs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import httpx
import pytest

from dfui.simulator.account import TOKEN, Dialect, Simulator
from tests.support.commands import Commands
from tests.support.ended import Ended


def ids(ended: Ended) -> list[str]:
    return [download["id"] for download in ended.document]


def list_of(body: str) -> Callable[[httpx.Request], httpx.Response | None]:
    """An API whose list is this."""
    return lambda request: httpx.Response(200, text=body) if request.url.path.endswith("/downloads") else None


def test_the_list_shows_active_ones_first_and_the_newest_first_within_each_group(
    dfui: Commands, account: Simulator, dialect: Dialect
) -> None:
    account.dialect = dialect
    account.add("850000", started_at=account.now() - timedelta(hours=1), num_records=5)
    ended = dfui("list")
    heading, *rows = ended.stdout.splitlines()
    assert ended.exit_code == 0
    assert heading.split() == ["ID", "Status", "Records", "Credits", "Type", "Started", "Query"]
    assert [row.split()[:3] for row in rows] == [
        ["847070", "●", "running"],
        ["847069", "◌", "queued"],
        ["850000", "✓", "completed"],
        ["847001", "✓", "completed"],
        ["846990", "✗", "cancelled"],
    ]


def test_a_listed_download_has_the_figures_that_the_api_gave(dfui: Commands) -> None:
    started = "2026-11-23T11:58:18.800000+00:00"
    document = dfui("list", "--json", "--status", "running").document
    seen_at = datetime.fromisoformat(document[0].pop("seen_at"))
    assert seen_at.tzinfo
    assert document == [
        {
            "id": "847070",
            "status": "running",
            "api_status": "running",
            "data_type": "business",
            "query": "categories:hotels AND country:US",
            "format": "csv",
            "num_records": 50_000,
            "num_downloaded": 34_120,
            "retained_records": 34_120,
            "total_cost": None,
            "order_price": 50_000,
            "estimated_savings": 15_880,
            "credits_settled": False,
            "fetch_by": None,
            "started_at": started,
            "updated_at": "2026-11-23T12:04:00+00:00",
        }
    ]


def test_what_the_2026_dialect_does_not_tell_is_null(dfui: Commands, account: Simulator) -> None:
    account.dialect = Dialect.DOCS_2026
    (download,) = dfui("list", "--json", "--status", "running").document
    assert {name for name, value in download.items() if value is None} == {
        "data_type", "query", "format", "num_downloaded", "retained_records", "total_cost", "updated_at",
        "order_price", "estimated_savings", "fetch_by",
    }  # fmt: skip
    assert (download["api_status"], download["num_records"]) == ("in_progress", 34_120)
    assert datetime.fromisoformat(download["started_at"]).utcoffset() == timedelta(0)


def test_each_status_filters_and_offline_sends_nothing(dfui: Commands, account: Simulator) -> None:
    account.interrupt = list_of(
        '[{"id": 1, "status": "queued"}, {"id": 2, "status": "in_progress"}, {"id": 3, "status": "completed"},'
        ' {"id": 4, "status": "cancelled"}, {"id": 5, "status": "paused"}]'
    )
    assert sorted(ids(dfui("list", "--json"))) == ["1", "2", "3", "4", "5"]
    account.requests.clear()
    wanted = {
        "queued": ["1"], "running": ["2"], "completed": ["3"], "cancelled": ["4"], "unknown": ["5"],
        "active": ["1", "2", "5"], "final": ["3", "4"],
    }  # fmt: skip
    listed = {status: sorted(ids(dfui("list", "--offline", "--json", "--status", status))) for status in wanted}
    assert listed == wanted
    assert dfui("list", "--offline", "--json", "--status", "unknown").document[0]["api_status"] == "paused"
    assert account.requests == []


def test_a_status_that_there_is_not_is_a_usage_error_that_names_those_there_are(dfui: Commands) -> None:
    ended = dfui("list", "--status", "done")
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert all(status in ended.stderr for status in ("done", "active", "final", "cancelled"))


def test_an_empty_list_is_an_empty_document_and_a_sentence_beside_it(dfui: Commands, account: Simulator) -> None:
    account.downloads.clear()
    ended = dfui("list", "--json")
    assert (ended.exit_code, ended.document) == (0, [])
    assert ended.stderr == "No downloads yet.\n"


def test_a_record_that_cannot_be_read_is_skipped_and_told(dfui: Commands, account: Simulator) -> None:
    account.interrupt = list_of('{"records": [{"status": "running"}, {"id": "7"}, {"id": "../x"}, 5]}')
    ended = dfui("list", "--json")
    assert ended.exit_code == 1
    assert ids(ended) == ["7"]
    assert "record 1" in ended.stderr
    assert len(ended.stderr.splitlines()) == 3


@pytest.mark.parametrize(
    "body", ["<h1>Please wait</h1>", '{"num_found": 2, "records": [{"id": "7", "status": "running"}, {"id": "8", "sta']
)
def test_what_is_no_whole_list_is_an_error_and_known_ones_stay(dfui: Commands, account: Simulator, body: str) -> None:
    dfui("list")
    account.interrupt = list_of(body)
    ended = dfui("list", "--json")
    assert ended.exit_code == 4
    assert ended.document["error"]["kind"] == "answer_lost"
    assert len(ids(dfui("list", "--offline", "--json"))) == 4


def test_a_query_cannot_steer_the_terminal(dfui: Commands, account: Simulator) -> None:
    account.downloads["847070"].query = "a\x1b[31mb\nc\u202e"
    listed = dfui("list").stdout
    assert not {"\x1b", "\u202e"} & set(listed)
    assert len(listed.splitlines()) == 5
    assert dfui("list", "--json").document[0]["query"] == "a\x1b[31mb\nc\u202e"


def test_without_a_token_it_says_how_to_give_one(dfui: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATAFINITI_TOKEN")
    ended = dfui("list", "--json")
    assert ended.exit_code == 3
    assert "DATAFINITI_TOKEN" in ended.document["error"]["message"]


def test_a_rejected_token_is_told_in_the_apis_words(dfui: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAFINITI_TOKEN", "another-token")
    ended = dfui("list", "--json")
    assert ended.exit_code == 3
    assert ended.document["error"]["kind"] == "unauthorized"
    assert "the API said “Invalid token" in ended.document["error"]["message"]


def test_what_can_be_no_token_is_not_sent_or_shown(
    dfui: Commands, account: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAFINITI_TOKEN", "two words")
    ended = dfui("list")
    assert ended.exit_code == 3
    assert "two words" not in ended.stderr
    assert account.requests == []


def test_where_the_api_cannot_be_reached_it_says_so(unreachable: Commands) -> None:
    text, as_json = unreachable("list"), unreachable("list", "--json")
    assert text.exit_code == as_json.exit_code == 4
    assert text.stderr.startswith("dfui: 127.0.0.1:")
    assert "Check the network" in text.stderr
    assert as_json.document["error"]["kind"] == "not_connected"


def test_ctrl_c_ends_a_list_that_waits(dfui: Commands, account: Simulator) -> None:
    asked, answered = threading.Event(), threading.Event()

    def hang(request: httpx.Request) -> None:
        asked.set()
        answered.wait(30)

    account.interrupt = hang
    with dfui.on_terminal("list") as terminal:
        assert asked.wait(30)
        terminal.type("\x03")
        ended = terminal.ended(seconds=10)
    answered.set()
    assert ended.exit_code == 130


def test_downloads_belong_to_a_profile_and_an_api_origin(dfui: Commands, unreachable: Commands) -> None:
    dfui("add", "847070")
    dfui("add", "847069", "--profile", "staging")
    assert ids(dfui("list", "--offline", "--json")) == ["847070"]
    assert ids(dfui("list", "--offline", "--json", "--profile", "staging")) == ["847069"]
    assert ids(unreachable("list", "--offline", "--json")) == []


def test_neither_the_token_nor_a_result_link_is_kept_and_the_files_are_private(dfui: Commands) -> None:
    dfui("list")
    dfui("cancel", "--yes", "847070")
    files = [path for path in dfui.database.parent.rglob("*") if path.is_file()]
    assert dfui.database in files
    for path in files:
        assert path.stat().st_mode & 0o077 == 0
        content = path.read_bytes()
        assert TOKEN.encode() not in content
        assert b"X-Amz-Signature" not in content
