"""A database that cannot be written or read: that is said, and a cancellation goes out all the same."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator

import httpx
import pytest

from dfui.simulator.account import Simulator
from tests.support.commands import Commands
from tests.support.ended import Ended
from tests.support.process import DFUI

SECONDS_UNDER_A_LOCK = 20.0
"""A third of what a list may take to be written."""
FULL = ["/bin/sh", "-c", 'ulimit -f 0; exec "$@"', "sh"]
READ_ONLY = [
    "unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"]), "/bin/sh", "-c",
    'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"', "sh",
]  # fmt: skip


def can_be_mounted() -> bool:
    return (
        shutil.which("unshare") is not None
        and not subprocess.run([*READ_ONLY, "/mnt", "true"], capture_output=True, check=False).returncode
    )


needs_mounts = pytest.mark.skipif(not can_be_mounted(), reason="no file system can be mounted here")


@pytest.fixture
def past(dfui: Commands) -> Commands:
    """Commands that know downloads, and have cancelled one."""
    dfui("list")
    assert dfui("cancel", "--yes", "847070").exit_code == 0
    return dfui


@pytest.fixture
def locked(past: Commands) -> Iterator[Commands]:
    """The same, while another process is writing and does not come to an end."""
    other = sqlite3.connect(past.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield past
    other.execute("ROLLBACK")
    other.close()


def limited(prefix: list[str], dfui: Commands, *arguments: str) -> Ended:
    """A command where its database cannot be written."""
    folder = [str(dfui.database.parent)] if prefix is READ_ONLY else []
    command = [*prefix, *folder, *DFUI, *dfui.arguments(*arguments)]
    ended = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=False)
    return Ended(ended.returncode, ended.stdout, ended.stderr)


CANNOT_WRITE = [pytest.param(FULL, id="full"), pytest.param(READ_ONLY, id="read-only", marks=needs_mounts)]


@pytest.mark.parametrize("prefix", CANNOT_WRITE)
def test_what_can_be_read_is_shown_where_nothing_can_be_written(past: Commands, prefix: list[str]) -> None:
    history = limited(prefix, past, "history", "--json")
    assert [(entry["id"], entry["outcome"]) for entry in history.document] == [("847070", "cancelled")]
    known = limited(prefix, past, "list", "--offline", "--json")
    assert len(known.document) == 4
    for ended in (history, known):
        assert ended.exit_code == 0
        assert "can be read, but not written" in ended.stderr


@pytest.mark.parametrize("prefix", CANNOT_WRITE)
def test_a_cancellation_goes_out_where_nothing_can_be_written(
    past: Commands, account: Simulator, prefix: list[str]
) -> None:
    account.requests.clear()
    ended = limited(prefix, past, "cancel", "--yes", "847069", "--json")
    (outcome,) = ended.document
    assert (ended.exit_code, outcome["outcome"], outcome["journaled"]) == (0, "cancelled", False)
    assert account.requests[0] == ("DELETE", "/downloads/847069")


@pytest.mark.parametrize("prefix", CANNOT_WRITE)
def test_the_doctor_says_that_nothing_can_be_written(past: Commands, prefix: list[str]) -> None:
    ended = limited(prefix, past, "doctor", "--json")
    (store,) = [check for check in ended.document["checks"] if check["name"] == "database"]
    assert store["state"] == "failing"
    assert "saved" in store["found"]
    assert ended.exit_code == 1


def test_a_locked_database_is_read_at_once(locked: Commands) -> None:
    assert [entry["id"] for entry in locked("history", "--json").document] == ["847070"]
    assert len(locked("list", "--offline", "--json").document) == 4


def test_a_lock_does_not_keep_a_cancellation(locked: Commands, account: Simulator) -> None:
    account.requests.clear()
    ended = locked("cancel", "--yes", "847069", "--json")
    (outcome,) = ended.document
    assert (outcome["outcome"], outcome["journaled"]) == ("cancelled", False)
    assert account.requests[0] == ("DELETE", "/downloads/847069")
    told = locked("cancel", "--yes", "847070").stdout
    assert "The history shows this as open" in told or "This is not in the history" in told
    assert "will appear in the history" not in told


def test_a_lock_does_not_keep_a_cancellation_of_what_the_list_shows(locked: Commands, account: Simulator) -> None:
    began = time.monotonic()
    ended = locked("cancel", "--yes", "--status", "active", "--json")
    assert time.monotonic() - began < SECONDS_UNDER_A_LOCK
    assert [(each["id"], each["outcome"], each["journaled"]) for each in ended.document] == [
        ("847069", "cancelled", False)
    ]


def test_a_lock_does_not_keep_the_list_of_the_api(locked: Commands) -> None:
    ended = locked("list", "--json")
    assert (ended.exit_code, len(ended.document)) == (0, 4)
    assert "busy" in ended.stderr


def test_a_lock_is_said_by_the_doctor_and_by_what_only_writes(locked: Commands) -> None:
    ended = locked("doctor", "--json")
    (store,) = [check for check in ended.document["checks"] if check["name"] == "database"]
    assert store["state"] == "failing"
    assert "locked" in store["found"]
    added = locked("add", "5")
    assert (added.exit_code, added.stdout) == (1, "")
    assert "busy" in added.stderr


@pytest.mark.parametrize(
    "arguments", [["history"], ["history", "--json"], ["history", "--csv"], ["list", "--offline"]], ids=" ".join
)
def test_nothing_is_claimed_of_a_database_that_cannot_be_read(dfui: Commands, arguments: list[str]) -> None:
    dfui.database.mkdir(parents=True)
    ended = dfui(*arguments)
    assert ended.exit_code == 1
    assert "cannot be used" in ended.stderr
    if "--json" in arguments:
        assert ended.document["error"]["kind"] == "store"
    else:
        assert ended.stdout == ""


def test_the_history_after_a_loss_of_power_knows_of_each_delete(past: Commands, account: Simulator) -> None:
    """What had been written when the DELETE came is all that there is afterwards."""
    remains = past.database.parent.with_name("remains")

    def lose_power(request: httpx.Request) -> None:
        if request.method == "DELETE" and not remains.exists():
            remains.mkdir()
            for name in ("dfui.db", "dfui.db-wal"):
                shutil.copy(past.database.with_name(name), remains)

    account.interrupt = lose_power
    past("cancel", "--yes", "847069")
    shutil.rmtree(past.database.parent)
    remains.rename(past.database.parent)
    assert "Nothing was sent" not in past("list").stderr
    entry = past("history", "--json").document[0]
    assert (entry["id"], entry["outcome"], entry["deletes_sent"]) == ("847069", "cancelled", None)
