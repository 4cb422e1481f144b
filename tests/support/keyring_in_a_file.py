"""A keyring that works, in a file that the environment names; for this process and for those it starts."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend

FILE_VARIABLE = "KEYRING_IN_A_FILE"


class Keyring(KeyringBackend):
    """Keeps what it is given."""

    priority = -1  # never chosen by itself
    name = "a keyring for tests"

    def get_password(self, service: str, username: str) -> str | None:
        return kept().get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        _keep(kept() | {f"{service} {username}": password})

    def delete_password(self, service: str, username: str) -> None:
        remaining = kept()
        del remaining[f"{service} {username}"]
        _keep(remaining)


class PlainTextKeyring(Keyring):
    """Called as those that do not encrypt call themselves."""

    name = "plaintext keyring"


def kept() -> dict[str, str]:
    """What the keyring keeps now."""
    return dict(json.loads(_file().read_text())) if _file().exists() else {}


def _keep(tokens: dict[str, str]) -> None:
    _file().write_text(json.dumps(tokens))


def _file() -> Path:
    return Path(os.environ[FILE_VARIABLE])
