"""Whatever breaks on this machine after the confirmation, every ID gets its outcome."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from dfui.simulator.account import Simulator
from tests.support.commands import Commands
from tests.support.ended import Ended
from tests.support.outcomes import lost, script

IDS = ("847070", "847069", "847001")
NOTHING_CAN_BE_IMPORTED = """
import os, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if os.path.exists(sys.argv[1]) and name != "sniffio":  # which is not there anyway
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Finder())
from dfui.cli import main
sys.exit(main(sys.argv[2:]))
"""


def ran(program: str, *arguments: str, before: Callable[[], None] | None = None, **environment: str) -> Ended:
    """A program with these arguments, as a process without a terminal."""
    ended = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        input="",
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, **environment},
        preexec_fn=before,
        timeout=60,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def long_answer(request: httpx.Request) -> httpx.Response:
    """An answer that is read on another thread, and that is no strict JSON."""
    return httpx.Response(200, content=b'\xef\xbb\xbf{"id": "847070", "status": "running",}' + b" " * 40_000)


@pytest.mark.parametrize(
    ("deletes", "gets", "options"),
    [
        ([], [], []),
        ([], [], ["--wait=1"]),
        ([500, lost, 429], [lost, 429, long_answer], []),
        ([long_answer, 401], [], []),
        ([404, 403, 302], [404, 500], []),
    ],
    ids=["all is well", "waiting for costs", "retries", "another 401", "refusals"],
)
def test_nothing_is_imported_after_the_first_delete(
    deletes: Sequence[Any],
    gets: Sequence[Any],
    options: list[str],
    dfui: Commands,
    account: Simulator,
    tmp_path: Path,
) -> None:
    """As when an upgrade replaces dfui, its libraries or its Python while it runs."""
    script(account, deletes, gets)
    answer, replaced = account.interrupt, tmp_path / "replaced"

    def interrupt(request: httpx.Request) -> httpx.Response | None:
        if request.method == "DELETE":
            replaced.touch()
        return answer(request)

    account.interrupt = interrupt
    arguments = dfui.arguments("cancel", "--yes", "--json", *options, *IDS)
    ended = ran(NOTHING_CAN_BE_IMPORTED, str(replaced), *arguments)
    assert replaced.exists()
    assert "Traceback" not in ended.stderr
    assert [each["id"] for each in ended.document] == list(IDS)
    assert not [each for each in ended.document if "dfui" in (each["problem"] or "")], ended


def few_files() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (13, 13))


NO_THREADS = """
import sys, threading

def start(self):
    raise RuntimeError("can't start new thread")

threading.Thread.start = start
from dfui.cli import main
sys.exit(main(sys.argv[1:]))
"""
NO_MORE_FILES = "import sys; from dfui.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.mark.parametrize("options", [["--json"], []], ids=["json", "text"])
def test_without_threads_it_is_cancelled_and_said_that_the_history_has_nothing(
    options: list[str], dfui: Commands, account: Simulator
) -> None:
    ended = ran(NO_THREADS, *dfui.arguments("cancel", "--yes", *options, "847070"))
    assert ended.exit_code == 0
    assert "Traceback" not in ended.stderr
    assert "This machine lets dfui start no more threads." in ended.stdout + ended.stderr
    assert account.downloads["847070"].status(account.now()) == "cancelled"
    if options:
        assert [(each["outcome"], each["journaled"]) for each in ended.document] == [("cancelled", False)]


def test_when_no_file_can_be_opened_each_has_its_outcome_all_the_same(dfui: Commands, account: Simulator) -> None:
    ids = [str(number) for number in range(100, 130)]
    for download_id in ids:
        account.add(download_id)
    ended = ran(NO_MORE_FILES, *dfui.arguments("cancel", "--yes", "--json", *ids), before=few_files)
    assert [each["id"] for each in ended.document] == ids
    sent = {path.rpartition("/")[2] for method, path in account.requests if method == "DELETE"}
    for each in ended.document:
        assert (each["outcome"] == "not_sent") == (each["id"] not in sent), each
    assert ended.exit_code in (0, 1, 4)


NO_HOME = """
import os, pwd, sys

def getpwuid(user_id):
    raise KeyError(f"getpwuid(): uid not found: {user_id}")

pwd.getpwuid = getpwuid
for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
    os.environ.pop(name, None)
from dfui.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_a_user_without_a_home_cancels_without_a_store_and_hears_of_it(dfui: Commands, account: Simulator) -> None:
    ended = ran(NO_HOME, *dfui.arguments("cancel", "--yes", "--json", "847070"))
    assert (ended.exit_code, ended.document[0]["outcome"], ended.document[0]["journaled"]) == (0, "cancelled", False)
    assert "This user has no home folder, so nothing is saved. Set HOME or XDG_DATA_HOME." in ended.stderr
    for command in (
        "doctor",
        "list",
        "history",
        "config",
        "config path",
        "config init",
        "help files",
        "completion bash",
    ):
        ended = ran(NO_HOME, *dfui.arguments(*command.split()))
        assert "Internal error" not in ended.stderr, command
        assert "Traceback" not in ended.stderr, command
        assert "/proc/no-home" not in ended.stdout + ended.stderr, command
