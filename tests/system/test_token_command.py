"""A profile's `token_command`: what it prints is the token, or nothing of it is shown."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from dfui.core.errors import TokenError
from dfui.core.secret import Secret
from dfui.system.token_command import token_of_command

PRINTED = "printed-0123456789"


def shell(script: str) -> list[str]:
    return ["/bin/sh", "-c", script]


async def test_the_line_that_it_prints_is_the_token() -> None:
    assert await token_of_command(shell(f"echo; echo {PRINTED}; echo user: me; echo noise >&2")) == Secret(PRINTED)


async def test_what_it_had_printed_when_it_exited_counts_though_a_daemon_keeps_its_output_open() -> None:
    began = time.monotonic()
    assert await token_of_command(shell(f"echo {PRINTED}; sleep 30 &"), seconds=20) == Secret(PRINTED)
    assert time.monotonic() - began < 5


async def test_without_the_terminal_gpg_is_not_given_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPG_TTY", PRINTED)
    script = "echo ${GPG_TTY:-none}; [ -t 0 ] || echo no terminal"
    assert await token_of_command(shell(script)) == Secret("none")
    assert await token_of_command(shell(script), at_terminal=True) == Secret(PRINTED)


async def test_no_shell_reads_its_arguments(tmp_path: Path) -> None:
    target = tmp_path / "made"
    assert await token_of_command(["/bin/echo", f"$(touch${{IFS}}{target})"]) == Secret(f"$(touch${{IFS}}{target})")
    assert not target.exists()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["/nowhere/pass"], "could not be run: /nowhere/pass: No such file or directory"),
        (["\0"], "could not be run"),
        (
            shell(f"echo {PRINTED}; echo {PRINTED} >&2; exit 3"),
            "failed with exit code 3. Unlock it first: run `/bin/sh -c …`.",
        ),
        (shell(f"echo {PRINTED}; kill -9 $$"), "was ended by signal 9"),
        (shell("true"), "printed nothing"),
        (shell(f"echo {PRINTED} {PRINTED}"), "printed something that is not a token"),
        ([sys.executable, "-c", f"while True: print('{PRINTED} {PRINTED}')"], "printed something that is not a token"),
        ([sys.executable, "-c", f"print('{PRINTED}' * 1000)"], "printed something that is not a token"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_gives_no_token_is_a_sentence_without_what_it_printed(command: list[str], words: str) -> None:
    with pytest.raises(TokenError, match=r"^The token_command of this profile .*\.$") as failed:
        await token_of_command(command)
    assert words in str(failed.value)
    assert PRINTED not in str(failed.value)


async def test_one_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    started = tmp_path / "started"
    script = f"sleep 1000 & echo $! > {started}; echo {PRINTED}; wait"
    with pytest.raises(
        TokenError, match=r"gave no token within 1 s, so it was ended. Unlock it first: run `/bin/sh -c …`"
    ):
        await token_of_command(shell(script), seconds=1)
    ends_at = time.monotonic() + 10
    while _is_alive(int(started.read_text())):
        assert time.monotonic() < ends_at


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    # A container without an init leaves those that have ended in the list.
    return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
