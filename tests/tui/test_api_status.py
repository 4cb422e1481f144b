"""What the header says of the API."""

from __future__ import annotations

import pytest

from dfui.core.errors import ApiError, NotFound, NotTheApi, Refused, ServerFault
from dfui.tui.api_status import ApiContact, ApiStatus
from tests.support.manual_clock import ManualClock


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFound(404), ApiStatus.LIVE),
        (Refused(403), ApiStatus.LIVE),
        (Refused(302), ApiStatus.OFFLINE),
        (NotTheApi("https://x/wrong", 404), ApiStatus.OFFLINE),
        (ServerFault(503), ApiStatus.OFFLINE),
    ],
)
def test_only_what_can_be_the_api_is_live(error: ApiError, status: ApiStatus) -> None:
    contact = ApiContact(lambda: None, clock=ManualClock())
    contact.record(error)
    assert contact.status is status
