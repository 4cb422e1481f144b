"""Every error that dfui raises on purpose ends a command with its words and its exit code, and with no traceback."""

from __future__ import annotations

import argparse
import json
from concurrent.futures import Future

import pytest

from dfui.cli import main
from dfui.cli.console import Console
from dfui.core import errors
from dfui.core.errors import DfuiError

SENTENCE = "It did not work."
EXIT_CODES = {
    errors.NotAnId: 2,
    errors.AddressError: 2,
    errors.SettingsError: 2,
    errors.TokenError: 3,
    errors.KeyringProblem: 3,
    errors.Unauthorized: 3,
    errors.StoreError: 1,
    errors.ExportError: 1,
    errors.TransferError: 1,
    errors.NotFound: 1,
    errors.Refused: 1,
    errors.DatafinitiError: 4,
    errors.CommandError: 130,
    DfuiError: 1,
}
"""What a command exits with; a class that is not here, as its parent."""


def kinds(root: type[DfuiError] = DfuiError) -> list[type[DfuiError]]:
    """The error and all below it."""
    return [root, *(each for child in root.__subclasses__() for each in kinds(child))]


def made(kind: type[DfuiError]) -> DfuiError:
    """An error of this kind."""
    match kind:
        case errors.CommandError:
            return errors.CommandError("odd", SENTENCE, 130)
        case errors.KeyringSilent:
            return errors.KeyringSilent(Future(), seconds=5)
        case errors.AlreadyThere:
            return errors.AlreadyThere(1, None)
        case _ if issubclass(kind, errors.ApiError):
            return kind(418, SENTENCE)
        case _:
            return kind(SENTENCE)


def test_what_fails_after_the_result_is_told_beside_the_one_document(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(options: argparse.Namespace, console: Console) -> int:
        console.result([1], [])
        raise KeyboardInterrupt

    monkeypatch.setattr("dfui.cli.login.run_logout", fail)
    assert main(["--json", "logout"]) == 130
    printed = capsys.readouterr()
    assert json.loads(printed.out) == [1]
    assert printed.err == "dfui: Interrupted.\n"


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_each_error_is_told_and_none_falls_through(
    kind: type[DfuiError], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(options: argparse.Namespace, console: Console) -> int:
        raise made(kind)

    monkeypatch.setattr("dfui.cli.login.run_logout", fail)
    expected = next(EXIT_CODES[each] for each in kind.__mro__ if each in EXIT_CODES)
    assert main(["logout"]) == expected
    assert capsys.readouterr().err.startswith("dfui: ")
    assert main(["--json", "logout"]) == expected
    document = json.loads(capsys.readouterr().out)
    assert document["error"]["kind"] == made(kind).kind
    assert document["error"]["message"]
