"""What the store's tests do with one, here and in other processes on the same file."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from dfui.core.downloads import Download
from dfui.store import Store, temporary_store
from tests.support.rows import close_entry, outcome

ORIGIN = "https://api.datafiniti.co"
ROOT = Path(__file__).parents[2]

Open = Callable[..., Store]


def ids(store: Store) -> list[str]:
    """The IDs of the known downloads, in their order."""
    return [row.id for row in store.downloads]


def see(store: Store, *rows: Download, observed: float = 10.0, now: float = 100.0) -> None:
    """Take these over as seen at a moment."""
    store.downloads.observe(rows, observed=observed, now=now).wait(seconds=30)


def alter(path: Path, statement: str, *params: object) -> None:
    """Change the database from outside."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute(statement, params)
    other.close()


def relapsed_store(download_id: str, *, cancelled_at: datetime) -> Store:
    """What an earlier dfui kept of a cancellation; an account that shows the download active makes it a relapse."""
    store = temporary_store(profile="production", origin=ORIGIN)
    (entry,) = store.history.open_entries([download_id], confirmed_at=cancelled_at).wait()
    see(store, Download(download_id, "cancelled", num_downloaded=500, seen_at=cancelled_at), observed=1, now=2)
    close_entry(store, entry, outcome(download_id, records=500), ended_at=cancelled_at)
    return store


def run(script: str, *arguments: str | Path) -> subprocess.Popen[str]:
    """Another process, with dfui's store imported."""
    imports = (
        "import os, signal, sys; from pathlib import Path; from dfui.store import open_store; "
        "from dfui.core.downloads import Download; from dfui.core.errors import StoreError; "
        "from tests.support.rows import at, close_entry\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", imports + script, *map(str, arguments)],
        cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def end(process: subprocess.Popen[str]) -> str:
    """Let another process go on to its end; gives what it printed."""
    out, err = process.communicate("\n", timeout=30)
    assert process.returncode == 0, err
    return out


OPEN = f"store = open_store(Path(sys.argv[1]), profile='default', origin='{ORIGIN}'); assert not store.problem\n"
