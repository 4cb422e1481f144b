"""Whatever breaks on this machine after the confirmation, every ID gets its outcome."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from dfui.simulator.account import Simulator
from tests.support.cancelling import deletes
from tests.support.commands import Commands
from tests.support.outcomes import lost, script
from tests.support.running import run_each

IDS = ("847070", "847069", "847001")


def long_answer(request: httpx.Request) -> httpx.Response:
    """An answer that is read on another thread, and that is no strict JSON."""
    return httpx.Response(200, content=b'\xef\xbb\xbf{"id": "847070", "status": "running",}' + b" " * 40_000)


@pytest.mark.parametrize(
    ("to_deletes", "to_gets"),
    [([], []), ([500, lost, 429], [lost, 429, long_answer]), ([long_answer, 401], []), ([404, 403, 302], [404, 500])],
    ids=["all is well", "retries", "another 401", "refusals"],
)
def test_nothing_is_imported_after_the_first_delete(
    to_deletes: Sequence[Any], to_gets: Sequence[Any], dfui: Commands, account: Simulator, tmp_path: Path
) -> None:
    """As when an upgrade replaces dfui, its libraries or its Python while it runs."""
    script(account, to_deletes, to_gets)
    answer, replaced = account.interrupt, tmp_path / "replaced"

    def interrupt(request: httpx.Request) -> httpx.Response | None:
        if request.method == "DELETE":
            replaced.touch()
        return answer(request)

    account.interrupt = interrupt
    nothing_can_be_imported = f"""
import os, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if os.path.exists({str(replaced)!r}) and name != "sniffio":  # which is not there anyway
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Finder())
"""
    waiting = [] if to_deletes else ["--wait=1"]
    command = dfui.arguments("cancel", "--yes", "--json", *waiting, *IDS)
    (ended,) = run_each(command, program=nothing_can_be_imported)
    assert replaced.exists()
    assert [each["id"] for each in ended.document] == list(IDS)
    assert "was replaced while it ran" not in ended.stdout + ended.stderr


def test_when_no_file_can_be_opened_each_has_its_outcome_all_the_same(dfui: Commands, account: Simulator) -> None:
    ids = [str(number) for number in range(100, 130)]
    for download_id in ids:
        account.add(download_id)
    (ended,) = run_each(
        dfui.arguments("cancel", "--yes", "--json", *ids),
        under=["/bin/sh", "-c", 'ulimit -n 13; exec "$@"', "sh"],
    )
    assert [each["id"] for each in ended.document] == ids
    sent = {path.rpartition("/")[2] for path in deletes(account)}
    for each in ended.document:
        assert (each["outcome"] == "not_sent") == (each["id"] not in sent), each
    assert ended.exit_code in (0, 1, 4)


NO_HOME = """
import os, pwd

def getpwuid(user_id):
    raise KeyError(f"getpwuid(): uid not found: {user_id}")

pwd.getpwuid = getpwuid
for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
    os.environ.pop(name, None)
"""


def test_a_user_without_a_home_cancels_without_a_store_and_hears_of_it(dfui: Commands) -> None:
    others = "doctor", "list", "history", "config", "config path", "config init", "help files", "completion bash"
    commands = ["cancel --yes --json 847070", *others]
    cancelled, *ends = run_each(*(dfui.arguments(*each.split()) for each in commands), program=NO_HOME)
    (outcome,) = cancelled.document
    assert (cancelled.exit_code, outcome["outcome"], outcome["journaled"]) == (0, "cancelled", False)
    assert "This user has no home folder, so nothing is saved. Set HOME or XDG_DATA_HOME." in cancelled.stderr
    said = "".join(ended.stdout + ended.stderr for ended in ends)
    assert "Internal error" not in said
    assert "/proc/no-home" not in said
