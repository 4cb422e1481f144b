"""A store with as many known downloads as wanted, the same as a table of texts, and the same as the API's list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dfui.core.addresses import parse_api_url
from dfui.core.downloads import Download
from dfui.store import open_store

NEWEST = datetime(2026, 11, 22, 21, 40, tzinfo=UTC)
_QUERIES = (
    ("business", 'categories:hotels AND country:US AND city:"San Francisco"'),
    ("product", "categories:shoes AND brand:* AND dateUpdated:[2026-01-01 TO *]"),
    ("people", 'jobTitle:"head of data" AND country:US'),
    ("property", "propertyType:apartment AND city:Austin AND province:TX"),
)
_FIELDS = [{"name": f"field_of_the_view_{number}", "flatten": False} for number in range(45)]
FIRST_ID = 900_000


def downloads(count: int, *, active: int = 0) -> Iterator[Download]:
    """Downloads, the newest first; so many of them are running, and the others have ended."""
    for number in range(count):
        asked = (50_000, 2_000, 10_000, 1_200)[number % 4]
        is_active, is_cancelled = number < active, number % 7 == 3
        so_far = asked * 68 // 100 if is_active else asked * 12 // 100 if is_cancelled else asked
        data_type, query = _QUERIES[number % len(_QUERIES)]
        yield Download(
            id=str(FIRST_ID - number),
            api_status="running" if is_active else "cancelled" if is_cancelled else "completed",
            data_type=data_type,
            query=query,
            format="csv",
            num_records=asked,
            num_downloaded=so_far,
            total_cost=so_far,
            started_at=NEWEST - timedelta(minutes=11 * number),
            updated_at=NEWEST - timedelta(minutes=11 * number - 5),
            seen_at=NEWEST,
        )


def fill_store(home: Path, count: int, *, api_url: str, active: int = 0) -> None:
    """Make these downloads known to the dfui whose data is in this home."""
    origin = parse_api_url(api_url).origin
    store = open_store(home / "data" / "dfui" / "dfui.db", profile="default", origin=origin)
    assert store.problem is None, store.problem
    store.downloads.observe(downloads(count, active=active), observed=0.0, now=0.0).wait(seconds=60)
    store.close()


def write_table(path: Path, count: int) -> Path:
    """The same downloads as texts, a line each under a line of headings, for an app that knows nothing of them."""
    lines = ["ID\tStatus\tProgress\t%\tRecords\tCredits\tType\tStarted"]
    for each in downloads(count):
        percent = each.percent or 0
        filled = percent * 14 // 100
        glyph = "✗" if each.api_status == "cancelled" else "✓"
        lines.append(
            f"{each.id}\t{glyph} {each.api_status}\t{'█' * filled}{'░' * (14 - filled)}\t{percent}%\t"
            f"{each.num_downloaded:,}/{each.num_records:,}\t{each.total_cost:,}\t{each.data_type}\t"
            f"{each.started_at:%b %d}"
        )
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def api_record(download: Download) -> dict[str, object]:
    """A download in the largest shape that the API answers with: about 2.5 kB, most of it fields that dfui skips."""
    return {
        "status": download.api_status,
        "num_downloaded": download.num_downloaded,
        "num_records_suppressed": 0,
        "business_cost": download.total_cost,
        "total_cost": download.total_cost,
        "sort": True,
        "format": download.format,
        "fields": _FIELDS,
        "query": download.query,
        "num_records": download.num_records,
        "data_type": download.data_type,
        "user": 126609,
        "results": [],
        "_id": int(download.id),
        "id": download.id,
        "date_started": _iso(download.started_at),
        "date_updated": _iso(download.updated_at),
    }


def write_list(path: Path, count: int, *, active: int = 0) -> Path:
    """The answer of `GET /downloads` for an account that has started so many."""
    records = [api_record(each) for each in downloads(count, active=active)]
    path.write_text(json.dumps({"num_found": count, "records": records}), encoding="utf-8")
    return path


def _iso(time: datetime | None) -> str | None:
    return None if time is None else f"{time:%Y-%m-%dT%H:%M:%S}.000Z"
