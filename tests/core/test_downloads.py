"""What a download is."""

from __future__ import annotations

import pytest

from dfui.core.downloads import Status


@pytest.mark.parametrize(
    ("api_status", "status"),
    [
        (" Cancelled ", Status.CANCELLED),
        ("CANCELED", Status.CANCELLED),
        ("In_Progress", Status.RUNNING),
        ("Completed\n", Status.COMPLETED),
        ("QUEUED", Status.QUEUED),
        ("failed", Status.UNKNOWN),
        ("error", Status.UNKNOWN),
        ("expired", Status.UNKNOWN),
        ("stopped", Status.UNKNOWN),
        ("not cancelled", Status.UNKNOWN),
        ("", Status.UNKNOWN),
        (None, Status.UNKNOWN),
    ],
)
def test_a_status_is_known_by_its_word_alone(api_status: str | None, status: Status) -> None:
    assert Status.of(api_status) is status
