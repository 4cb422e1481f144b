"""Result files, as their links name them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dfui.core.result_files import expires_at, files_of
from dfui.core.secret import Secret

NOW = datetime(2026, 11, 23, 12, 4, tzinfo=UTC)
SIGNED = "X-Amz-Date=20261123T120400Z&X-Amz-Expires=604800&X-Amz-Signature=abc"


def test_a_link_names_its_file_and_its_end_and_stays_a_secret() -> None:
    link = Secret(f"https://files.example.com/a/847070_1.csv?{SIGNED}")
    (file,) = files_of("847070", None, (link,))
    assert (file.name, file.expires_at) == ("847070_1.csv", NOW + timedelta(days=7))
    assert "abc" not in repr(file)


@pytest.mark.parametrize(
    "link",
    [
        "", "http://[", "https://x/", "no link at all", f"https://x/{'%' * 9}",
        "https://x/a?X-Amz-Date=20261123T120400Z&X-Amz-Expires=many", "https://x/a?X-Amz-Date=then&X-Amz-Expires=1",
        "https://x/a?X-Amz-Date=20261123T120400Z&X-Amz-Expires=99999999999999",
    ],
)  # fmt: skip
def test_a_link_that_does_not_say_when_it_ends_has_no_end(link: str) -> None:
    assert expires_at(Secret(link)) is None
