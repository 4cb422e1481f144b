"""Which year's documentation an answer looks like; only to tell a person, for nothing is read by it."""

from __future__ import annotations

from dfui.api.wire import WireDownload


def documented_in(download: WireDownload) -> str | None:
    """The year whose documentation has a download like this; None where it has too little to tell by."""
    if download.costs:
        return "2025"
    if download.num_downloaded is not None or download.data_type is not None:
        return "2017"
    return None if download.num_records is None else "2026"
