"""The token that a profile's `token_command` prints, for a machine without a keyring."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Sequence

from dfui.core.errors import TokenCommandFailed, TokenError
from dfui.core.secret import Secret
from dfui.system.credentials import MAX_TOKEN, parse_token
from dfui.system.event_loop import call_on_daemon_thread

COMMAND_SECONDS = 10.0
"""What the command gets; it may be asking a person to unlock something."""
_GRACE_SECONDS = 0.5


async def token_of_command(command: Sequence[str], *, seconds: float = COMMAND_SECONDS) -> Secret:
    """The one line that a command prints; no shell runs it, and nothing else of its output is read or shown.

    Raises:
        TokenCommandFailed: it could not be run, failed, took too long, or did not print one token.
    """
    answer = call_on_daemon_thread(lambda: _output(command, seconds), name="token_command")
    try:
        # A process that it left behind may hold its output open.
        output = await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(answer)), seconds + _GRACE_SECONDS)
    except TimeoutError:
        raise _too_slow(seconds) from None
    return _token_in(output)


def _output(command: Sequence[str], seconds: float) -> Secret:
    """What it prints, as long as a token may be, and a little more."""
    try:
        # A session of its own, so that what it starts ends with it.
        process = subprocess.Popen(  # noqa: S603  # the user's own command, from their own config file
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or "it holds what no argument can"
        named = f"{command[0]}: {reason}" if isinstance(error, OSError) else reason
        raise TokenCommandFailed(f"The token_command of this profile could not be run: {named}.") from None
    took_too_long = threading.Event()

    def end() -> None:
        took_too_long.set()
        _end(process)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        with process:
            printed = process.stdout.read(2 * MAX_TOKEN) if process.stdout else b""
            if len(printed) == 2 * MAX_TOKEN:  # it may print on for ever
                _end(process)
    finally:
        timer.cancel()
    if took_too_long.is_set():
        raise _too_slow(seconds)
    if process.returncode != 0 and len(printed) < 2 * MAX_TOKEN:
        how = f"with exit code {process.returncode}" if process.returncode > 0 else f"by signal {-process.returncode}"
        raise TokenCommandFailed(
            f"The token_command of this profile failed: it ended {how}. Run it by hand to see why."
        )
    return Secret(printed.decode(errors="replace"))


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _token_in(output: Secret) -> Secret:
    lines = [line for line in output.reveal().splitlines() if line.strip()]
    if not lines:
        raise TokenCommandFailed("The token_command of this profile printed nothing. Let it print the token.")
    if len(lines) > 1:
        raise TokenCommandFailed(
            "The token_command of this profile printed several lines. Let it print the token alone."
        )
    try:
        return parse_token(lines[0])
    except TokenError:
        raise TokenCommandFailed("The token_command of this profile printed something that is not a token.") from None


def _too_slow(seconds: float) -> TokenCommandFailed:
    return TokenCommandFailed(f"The token_command of this profile gave no token within {seconds:g} s, so it was ended.")
