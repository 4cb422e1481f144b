"""The token: a real keyring daemon, keyrings that misbehave, and what can be a token."""

from __future__ import annotations

import asyncio
import gc
import threading
import traceback
from collections.abc import Callable
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import chainer, fail, null
from keyring.errors import KeyringLocked as BackendLocked
from keyring.errors import PasswordSetError

from dfui.core.errors import (
    KeyringFailed,
    KeyringLocked,
    KeyringProblem,
    KeyringSilent,
    NoKeyring,
    PlainTextKeyring,
    TokenError,
)
from dfui.core.secret import Secret
from dfui.system import credentials
from dfui.system.credentials import MAX_TOKEN, KeyringEntry, TokenSource, parse_token, token_of_environment
from tests.support.keyring_daemon import MISSING, Daemon, in_session
from tests.support.memory_keyring import MemoryKeyring

ORIGIN = "https://api.datafiniti.co"
TOKEN = Secret("eyJ.a-token.of-this-test")

needs_daemon = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")


@needs_daemon
def test_a_real_keyring_keeps_a_token_for_its_profile_until_it_is_deleted(home: Path) -> None:
    calls = ("describe", "read", "write:one", "read", "write:two", "read", "delete", "read", "delete")
    name, *answers = in_session(home, Daemon.UNLOCKED, *calls, "write:kept")
    assert "SecretService" in name
    assert answers == [None, None, "one", None, "two", True, None, False, None]
    assert in_session(home, Daemon.UNLOCKED, "read", profile="other") == [None]
    assert in_session(home, Daemon.UNLOCKED, "read") == ["kept"]


@needs_daemon
def test_a_locked_keyring_with_nobody_to_unlock_it_is_said_to_be_locked(home: Path) -> None:
    in_session(home, Daemon.UNLOCKED, "write:kept")
    answers = in_session(home, Daemon.LOCKED, "read", "write:secret-new", "delete")
    assert [answer["problem"] for answer in answers] == ["KeyringLocked"] * 3
    assert "secret-new" not in str(answers)
    assert in_session(home, Daemon.UNLOCKED, "read") == ["kept"]


@needs_daemon
@pytest.mark.parametrize("daemon", [Daemon.NONE, Daemon.NO_BUS])
def test_a_machine_without_a_keyring_is_said_to_have_none(home: Path, daemon: Daemon) -> None:
    answers = in_session(home, daemon, "read", "write:secret-new", "delete", "describe")
    assert [answer["problem"] for answer in answers] == ["NoKeyring"] * 4
    assert "secret-new" not in str(answers)


NO_KEYRING: KeyringBackend = fail.Keyring()  # type: ignore[no-untyped-call]
NULL_KEYRING: KeyringBackend = null.Keyring()  # type: ignore[no-untyped-call]


def refuse_and_tell(service: str, username: str, password: str) -> None:
    raise PasswordSetError(f"cannot store {password!r}")


def stay_locked(service: str, username: str) -> None:
    raise BackendLocked("Failed to unlock the collection!")


def keyring_that(**methods: Callable[..., None]) -> MemoryKeyring:
    """One that does other things than it says."""
    backend = MemoryKeyring()
    for name, method in methods.items():
        setattr(backend, name, method)
    return backend


class PlaintextKeyring(MemoryKeyring):
    """Called as keyrings.alt calls its own."""


class Chain(chainer.ChainerBackend):
    """Several, in a fixed order."""

    priority = -1
    backends: list[KeyringBackend] = []  # noqa: RUF012

    def __init__(self, *backends: KeyringBackend) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.backends = list(backends)


def entry(profile: str = "default", origin: str = ORIGIN, *, allow_plaintext: bool = False) -> KeyringEntry:
    return KeyringEntry(profile=profile, origin=origin, allow_plaintext=allow_plaintext)


@pytest.mark.parametrize(
    ("backend", "problem", "words"),
    [
        (keyring_that(set_password=lambda *_: None), KeyringFailed, "does not give it back"),
        (keyring_that(delete_password=lambda *_: None), KeyringFailed, "did not remove the token"),
        (keyring_that(get_password=stay_locked), KeyringLocked, None),
        (keyring_that(set_password=refuse_and_tell), KeyringFailed, "cannot store"),
    ],
)
async def test_a_keyring_that_does_not_do_what_it_says_is_found_out_and_nothing_that_it_says_shows_the_token(
    backend: KeyringBackend, problem: type[KeyringProblem], words: str | None
) -> None:
    keyring.set_keyring(backend)
    with pytest.raises(problem, match=words) as failed:
        await entry().write(TOKEN)
        await entry().delete()
    assert TOKEN.reveal() not in "".join(traceback.format_exception(failed.value)) + repr(failed.value)


async def test_a_token_that_the_keyring_has_not_taken_yet_is_removed_once_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keyring.set_keyring(backend := MemoryKeyring())
    is_writing, may_write, write = threading.Event(), threading.Event(), backend.set_password

    def wait_to_be_unlocked(*names_and_token: str) -> None:
        is_writing.set()
        assert may_write.wait(10)
        write(*names_and_token)

    monkeypatch.setattr(backend, "set_password", wait_to_be_unlocked)
    kept = entry()
    writing = asyncio.create_task(kept.write(TOKEN))
    assert await asyncio.to_thread(is_writing.wait, 10)
    writing.cancel()
    threading.Timer(0.1, may_write.set).start()
    assert (await kept.delete(), backend.kept) == (True, {})


@pytest.mark.parametrize("is_locked", [False, True])
async def test_a_silent_keyring_is_left_to_answer_later(
    is_locked: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(credentials, "KEYRING_SECONDS", 0.01)
    answered = threading.Event()

    def answer_later(service: str, username: str) -> str:
        assert answered.wait(10)
        if is_locked:
            raise BackendLocked("Failed to unlock the collection!")
        return TOKEN.reveal()

    keyring.set_keyring(backend := MemoryKeyring())
    monkeypatch.setattr(backend, "get_password", answer_later)
    with pytest.raises(KeyringSilent) as silent:
        await entry().read()
    answer = silent.value.answer
    assert not answer.done()
    answered.set()
    (late,) = await asyncio.gather(asyncio.wrap_future(answer), return_exceptions=True)
    assert isinstance(late, KeyringLocked) if is_locked else late == TOKEN
    del silent, answer, late
    await asyncio.sleep(0)
    gc.collect()
    assert caplog.records == []  # asyncio complains about no answer that nobody waited for


async def test_the_first_safe_keyring_is_used_for_a_profile_and_an_origin_and_one_of_plain_text_if_allowed() -> None:
    plain, safe = PlaintextKeyring(), MemoryKeyring()
    for unsafe, problem in (
        (NO_KEYRING, NoKeyring),
        (NULL_KEYRING, NoKeyring),
        (Chain(), NoKeyring),
        (plain, PlainTextKeyring),
        (Chain(NO_KEYRING, plain), PlainTextKeyring),
    ):
        keyring.set_keyring(unsafe)
        with pytest.raises(problem):
            await entry().write(TOKEN)
    keyring.set_keyring(Chain(NO_KEYRING, NULL_KEYRING, plain, safe))
    await entry().write(TOKEN)
    assert (safe.kept, plain.kept) == ({("dfui", f"default@{ORIGIN}"): TOKEN.reveal()}, {})
    assert (await entry().read(), await entry("other").read()) == (TOKEN, None)
    assert await entry(origin="https://127.0.0.1").read() is None
    keyring.set_keyring(plain)
    await entry(allow_plaintext=True).write(TOKEN)
    assert await entry(allow_plaintext=True).read() == TOKEN


def test_a_token_is_one_word_of_at_most_so_many_characters_and_what_is_none_is_not_repeated() -> None:
    assert parse_token("  abc.DEF-1_2=\r\n") == Secret("abc.DEF-1_2=")
    assert len(parse_token("a" * MAX_TOKEN).reveal()) == MAX_TOKEN
    odd = ("", " \n", "two words", "two\nlines", "t\x00ken", "tokén", "to\x7fken", "to\u200bken", "a" * (MAX_TOKEN + 1))
    for text in odd:
        with pytest.raises(TokenError) as refused:
            parse_token(text)
        assert not text.strip() or text not in str(refused.value)


def test_the_environment_gives_its_token_or_says_that_it_is_none(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("of-the-file\n")
    nothing: list[dict[str, str]] = [{}, {"DATAFINITI_TOKEN": ""}, {"DATAFINITI_TOKEN": " \n"}]
    assert list(map(token_of_environment, nothing)) == [None] * 3
    of_file = {"DATAFINITI_TOKEN_FILE": str(tmp_path / "token")}
    assert token_of_environment({"DATAFINITI_TOKEN": "abc\n"} | of_file) == (Secret("abc"), TokenSource.ENVIRONMENT)
    assert token_of_environment(of_file) == (Secret("of-the-file"), TokenSource.FILE)
    for environment, words in (
        ({"DATAFINITI_TOKEN": "Bearer abc"}, "^DATAFINITI_TOKEN: A token is one word"),
        ({"DATAFINITI_TOKEN_FILE": "/nowhere/token"}, "names /nowhere/token, which cannot be read: No such file"),
        ({"DATAFINITI_TOKEN_FILE": TOKEN.reveal()}, "names a file, which cannot be read: No such file"),
        ({"DATAFINITI_TOKEN_FILE": "/dev/null"}, "^DATAFINITI_TOKEN_FILE: That contains no token"),
    ):
        with pytest.raises(TokenError, match=words):
            token_of_environment(environment)


async def test_a_named_keyring_that_cannot_be_loaded_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fails() -> KeyringBackend:
        raise ModuleNotFoundError("No module named 'nope'")

    monkeypatch.setattr(keyring, "get_keyring", fails)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "nope.Keyring")
    with pytest.raises(KeyringFailed, match=r"^PYTHON_KEYRING_BACKEND names a keyring that cannot be used: No module"):
        await KeyringEntry(profile="default", origin=ORIGIN).read()
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "python_keyring").mkdir()
    (tmp_path / "python_keyring" / "keyringrc.cfg").touch()
    with pytest.raises(KeyringFailed, match=rf"^{tmp_path}/python_keyring/keyringrc\.cfg names a keyring"):
        await KeyringEntry(profile="default", origin=ORIGIN).read()
