"""The pictures of README.md are what the app shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from screenshots.generate import HERE, PICTURES, drawn

README = Path(__file__).parent.parent / "README.md"


@pytest.mark.parametrize("name", PICTURES)
async def test_a_picture_is_what_the_app_shows(name: str) -> None:
    committed = (HERE / f"{name}.svg").read_text(encoding="utf-8")
    is_current = await drawn(PICTURES[name]) == committed  # pytest takes a minute to show how two pictures differ
    assert is_current, "make it anew: python -m screenshots.generate"


def test_every_picture_is_shown_in_the_readme() -> None:
    shown = re.findall(r"screenshots/([a-z-]+)\.svg", README.read_text(encoding="utf-8"))
    assert set(shown) == set(PICTURES)
