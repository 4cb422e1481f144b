"""A database that cannot be written or read: that is said, and a cancellation goes out all the same."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

import httpx
import pytest

from dfui.core.addresses import DATAFINITI
from dfui.core.downloads import Download
from dfui.simulator.account import Simulator
from dfui.store import open_store
from dfui.store.history import MAX_MESSAGE
from tests.support.commands import Commands
from tests.support.rows import at
from tests.support.running import run, run_each
from tests.support.stores import alter, see

READ_ONLY = [
    "unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"]), "/bin/sh", "-c",
    'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"', "sh",
]  # fmt: skip
NO_LOCKS = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#define REFUSES(name) int name(int fd, int cmd, ...) { \\
    va_list list; va_start(list, cmd); void *value = va_arg(list, void *); va_end(list); \\
    if (cmd == F_SETLK || cmd == F_SETLKW || cmd == F_GETLK) { errno = ENOLCK; return -1; } \\
    return ((int (*)(int, int, ...))dlsym(RTLD_NEXT, #name))(fd, cmd, value); }
REFUSES(fcntl)
REFUSES(fcntl64)
int flock(int fd, int operation) { errno = ENOLCK; return -1; }
"""
NOBODY = 65_534


def can_be_mounted() -> bool:
    return (
        shutil.which("unshare") is not None
        and not subprocess.run([*READ_ONLY, "/mnt", "true"], capture_output=True, check=False).returncode
    )


needs_mounts = pytest.mark.skipif(not can_be_mounted(), reason="no file system can be mounted here")
needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="no C compiler")
needs_root = pytest.mark.skipif(os.geteuid() != 0 or shutil.which("setpriv") is None, reason="not root")


@pytest.fixture
def past(dfui: Commands) -> Commands:
    """Commands that know downloads, and have cancelled one."""
    dfui("list")
    assert dfui("cancel", "--yes", "847070").exit_code == 0
    return dfui


@pytest.fixture
def limits(request: pytest.FixtureRequest, past: Commands, home: Path, tmp_path: Path) -> list[str]:
    """A program under which the database cannot be written; the parameter says why."""
    folder = past.database.parent
    match request.param:
        case "full":
            return ["/bin/sh", "-c", 'ulimit -f 0; exec "$@"', "sh"]
        case "read-only":
            return [*READ_ONLY, str(folder)]
        case "no locks":
            (tmp_path / "no_locks.c").write_text(NO_LOCKS)
            command = "gcc -shared -fPIC -o no_locks.so no_locks.c -ldl"
            subprocess.run(command.split(), check=True, cwd=tmp_path)
            return ["env", f"LD_PRELOAD={tmp_path}/no_locks.so"]
        case _:
            home.chmod(0o755)
            shutil.copytree(folder, home / "dfui")
            os.chown(home / "dfui", NOBODY, NOBODY)
            nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
            return ["env", f"XDG_DATA_HOME={home}", f"XDG_CONFIG_HOME={home}", *nobody]


@pytest.mark.parametrize(
    ("limits", "cause", "cure", "is_readable"),
    [
        pytest.param("full", "disk I/O error", "Check that the disk has room", True, id="full"),
        pytest.param("read-only", "unable to open database file", "writable", True, id="read-only", marks=needs_mounts),
        pytest.param("no locks", "locks do not work there", "Set XDG_DATA_HOME", True, id="no locks", marks=needs_gcc),
        pytest.param("root's", "unable to open", "Run: sudo chown nobody", False, id="root's", marks=needs_root),
    ],
    indirect=["limits"],
)
def test_a_cancellation_goes_out_and_cause_and_cure_are_named(
    limits: list[str], past: Commands, account: Simulator, cause: str, cure: str, is_readable: bool
) -> None:
    account.requests.clear()
    commands = ("cancel --yes 847069", "doctor --json", "history --json", "list --offline --json")
    cancelled, examined, history, known = run_each(*(past.arguments(*each.split()) for each in commands), under=limits)
    assert cancelled.exit_code == 0
    assert account.requests[0] == ("DELETE", "/downloads/847069")
    for part in ("This is not in the history. ", "/dfui/dfui.db", cause, cure):
        assert part in cancelled.stdout
    (check,) = [each for each in examined.document["checks"] if each["name"] == "database"]
    assert check["state"] == "failing"
    assert cause in check["found"]
    assert cure in check["cure"]
    if is_readable:
        assert (history.exit_code, known.exit_code, len(known.document)) == (0, 0, 4)
        assert [(entry["id"], entry["outcome"]) for entry in history.document] == [("847070", "cancelled")]
        assert "can be read, but not written" in history.stderr


@pytest.mark.parametrize("how", ["BEGIN IMMEDIATE", "PRAGMA locking_mode = exclusive; BEGIN EXCLUSIVE"])
def test_a_lock_holds_up_no_delete_and_what_it_keeps_is_said(past: Commands, how: str) -> None:
    with contextlib.closing(sqlite3.connect(past.database, isolation_level=None)) as other:
        for statement in (*how.split(";"), "UPDATE history SET owner = owner"):
            other.execute(statement)
        (outcome,) = past("cancel", "--yes", "--status", "active", "--json").document
        listed, added, history = past("list", "--json"), past("add", "5"), past("history", "--json")
        fetched = past("fetch", "--status", "cancelled", "--json")
        watched = past("watch", "847069")
    assert (outcome["id"], outcome["outcome"], outcome["journaled"]) == ("847069", "cancelled", False)
    assert (listed.exit_code, len(listed.document), "busy" in listed.stderr) == (0, 4, True)
    assert (added.exit_code, added.stdout, "busy" in added.stderr) == (1, "", True)
    assert "busy" in fetched.stderr  # the list is of the API, and could not be stored
    assert (watched.exit_code, "847069 · ✗ cancelled" in watched.stdout, watched.stderr.count("busy")) == (0, True, 1)
    assert [entry["id"] for entry in history.document] == ["847070"]


def test_what_a_lock_that_comes_later_leaves_open_is_said_to_be_open(past: Commands, account: Simulator) -> None:
    other = sqlite3.connect(past.database, isolation_level=None, check_same_thread=False)

    def lock(request: httpx.Request) -> None:
        if request.method == "DELETE":
            other.execute("BEGIN IMMEDIATE")

    account.interrupt = lock
    ended = past("cancel", "--yes", "847069", "--json")
    other.close()
    assert ended.document[0]["journaled"] is False
    assert "The history shows this as open; its outcome could not be saved. The database " in ended.stderr
    assert past.history()[0].outcome is None


def test_a_message_of_any_length_is_shown_whole_and_kept_in_part(dfui: Commands, account: Simulator) -> None:
    words = "no " * 100_000
    refusal = httpx.Response(403, json={"message": words})
    account.interrupt = lambda request: refusal if request.method == "DELETE" else None
    outcomes = dfui("cancel", "--yes", "847070", "847069", "--json").document
    assert {(len(each["api_message"]), each["journaled"]) for each in outcomes} == {(len(words), True)}
    assert {len(entry.api_message or "") for entry in dfui.history()} == {MAX_MESSAGE + 1}


def test_nothing_is_claimed_about_a_database_that_cannot_be_read(dfui: Commands) -> None:
    dfui.database.mkdir(parents=True)
    for command in ("history", "history --csv", "list --offline"):
        ended = dfui(*command.split())
        assert (ended.exit_code, ended.stdout, "cannot be used" in ended.stderr) == (1, "", True)


def test_a_row_that_cannot_be_read_is_an_error_but_not_at_a_prompt(dfui: Commands) -> None:
    store = open_store(dfui.database, profile="default", origin=DATAFINITI.origin)
    see(store, *(Download(str(number), "running", seen_at=at(number)) for number in range(150)))
    store.close()
    alter(dfui.database, "UPDATE downloads SET query = 'another' WHERE id = '7'")
    completed = run("completion", "--known", "ids")
    assert (completed.exit_code, completed.stdout, completed.stderr) == (0, "", "")
    listed = run("list", "--offline")
    assert (listed.exit_code, listed.stdout, "is damaged" in listed.stderr) == (1, "", True)
