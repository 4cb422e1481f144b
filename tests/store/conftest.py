"""Stores on one file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dfui.store import Store, open_store
from tests.support.stores import ORIGIN, Open


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "dfui.db"


@pytest.fixture
def opened(path: Path) -> Iterator[Open]:
    """Opens stores that are closed with the test."""
    made: list[Store] = []

    def open_one(profile: str = "default", origin: str = ORIGIN) -> Store:
        made.append(open_store(path, profile=profile, origin=origin))
        return made[-1]

    yield open_one
    for each in made:
        each.close()
