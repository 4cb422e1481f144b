"""Values as the store keeps them, in few words."""

from __future__ import annotations

from datetime import UTC, datetime

from dfui.core.downloads import Download
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.store import Store


def at(seconds: float) -> datetime:
    """A time, so many seconds after the beginning of 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def outcome(
    download_id: str = "7",
    kind: OutcomeKind = OutcomeKind.CANCELLED,
    *,
    records: int | None = None,
    cost: int | None = None,
    http_status: int | None = 200,
    api_message: str | None = None,
    seen: bool = True,
) -> Outcome:
    """How a cancellation ended; unless `seen` is false, the download was seen afterwards."""
    api_status = kind.value if kind in (OutcomeKind.CANCELLED, OutcomeKind.COMPLETED) else "running"
    shown = Download(download_id, api_status, num_downloaded=records, total_cost=cost) if seen else None
    return Outcome(download_id, kind, seen=shown, http_status=http_status, api_message=api_message)


def close_entry(store: Store, entry: int, ended: Outcome | None = None, *, ended_at: datetime | None = None) -> None:
    """Write an outcome into the history."""
    store.history.close_entry(entry, ended or outcome(records=7), ended_at=ended_at or at(2)).wait()
