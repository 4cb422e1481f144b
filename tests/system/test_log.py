"""The log of `--log`."""

from __future__ import annotations

from tests.support.running import run_process


def test_a_disk_that_is_full_shows_nothing_at_the_terminal() -> None:
    ended = run_process("list", "--demo", "--log", "/dev/full")
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert "847070" in ended.stdout
