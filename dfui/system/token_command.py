"""The token that a profile's `token_command` prints, for a machine without a keyring."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import subprocess
import termios
import time
from collections.abc import Iterator, Sequence

from dfui.core.errors import TokenError
from dfui.core.secret import Secret
from dfui.system.credentials import MAX_TOKEN, parse_token
from dfui.system.event_loop import on_daemon_thread

COMMAND_SECONDS = 10.0
"""For a command without the terminal, which may be asking a person by another way."""
TERMINAL_SECONDS = 120.0
"""For a command that asks a person at the terminal."""
_POLL_SECONDS = 0.02
_SHOWN_ARGUMENT = re.compile(r"[\w./:@=+-]{1,40}")


async def token_of_command(
    command: Sequence[str], *, at_terminal: bool = False, seconds: float | None = None
) -> Secret:
    """The first line that a command prints; no shell runs it, and nothing else of its output is read or shown.

    With `at_terminal` it may ask at the terminal; without, it has none.

    Raises:
        TokenError: it could not be run, failed, took too long, or printed no token.
    """
    seconds = seconds or (TERMINAL_SECONDS if at_terminal else COMMAND_SECONDS)
    running = _RunningCommand(command, at_terminal=at_terminal)
    try:
        printed = await on_daemon_thread(lambda: running.output(seconds), name="token_command")
    finally:
        running.end()  # if nobody waits any more; one that has exited may leave a daemon behind
    first_line = next((line for line in printed.reveal().splitlines() if line.strip()), "")
    if not first_line:
        raise TokenError("The token_command of this profile printed nothing. Let it print the token.")
    try:
        return parse_token(first_line)
    except TokenError:
        raise TokenError("The token_command of this profile printed something that is not a token.") from None


class _RunningCommand:
    """The process of a command; what it started ends with it if it is ended."""

    def __init__(self, command: Sequence[str], *, at_terminal: bool) -> None:
        self._command = command
        self._at_terminal = at_terminal
        self._pipe, write_end = os.pipe()
        # gpg hands the name of the terminal to its agent, whose pinentry would then share dfui's keyboard.
        environment = {name: value for name, value in os.environ.items() if at_terminal or name != "GPG_TTY"}
        try:
            self._process = subprocess.Popen(  # noqa: S603  # the user's own command, from their own config file
                list(command),
                stdin=None if at_terminal else subprocess.DEVNULL,
                stdout=write_end,
                stderr=None if at_terminal else subprocess.DEVNULL,
                start_new_session=not at_terminal,
                env=environment,
            )
        except (OSError, ValueError) as error:
            os.close(self._pipe)
            reason = f"{command[0]}: {error.strerror}" if isinstance(error, OSError) else "an argument has a null byte"
            raise TokenError(f"The token_command of this profile could not be run: {reason}.") from None
        finally:
            os.close(write_end)

    def output(self, seconds: float) -> Secret:
        """What it has printed when it exits, or when that is more than a token; a daemon may hold the pipe longer."""
        ends_at = time.monotonic() + seconds
        printed = b""
        with _terminal_put_back(), os.fdopen(self._pipe, "rb", buffering=0) as pipe:
            while len(printed) < 2 * MAX_TOKEN:
                has_exited = self._process.poll() is not None
                is_readable, _, _ = select.select([pipe], [], [], 0 if has_exited else _POLL_SECONDS)
                part = pipe.read(MAX_TOKEN) if is_readable else b""
                printed += part
                if has_exited and not part:
                    break
                if is_readable and not part:
                    time.sleep(_POLL_SECONDS)  # it closed the pipe, and goes on
                if time.monotonic() > ends_at:
                    raise self._failed(f"gave no token within {seconds:g} s, so it was ended")
            self.end()
        if (code := self._process.wait()) and len(printed) < 2 * MAX_TOKEN:
            raise self._failed(f"failed with exit code {code}" if code > 0 else f"was ended by signal {-code}")
        return Secret(printed.decode(errors="replace"))

    def end(self) -> None:
        """End it and its group, unless it has exited."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill() if self._at_terminal else os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _failed(self, how: str) -> TokenError:
        # A long argument may be a secret.
        shown = " ".join(each if _SHOWN_ARGUMENT.fullmatch(each) else "…" for each in self._command)
        return TokenError(f"The token_command of this profile {how}. Unlock it first: run `{shown}`.")


@contextlib.contextmanager
def _terminal_put_back() -> Iterator[None]:
    """Restore the terminal's modes if the command leaves them changed."""
    try:
        before = termios.tcgetattr(0)
    except (OSError, termios.error):
        yield
        return
    try:
        yield
    finally:
        with contextlib.suppress(OSError, termios.error):
            if termios.tcgetattr(0) != before:
                termios.tcsetattr(0, termios.TCSANOW, before)
