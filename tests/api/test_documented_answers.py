"""Every documented answer of 2017 to 2026 is read without loss: the shape and the figures, with other words."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from dfui.api.answer_parser import AnswerParser
from dfui.core.downloads import CostFinal, CostNotReported, Credits, FetchBy, OrderPrice, Status
from dfui.core.errors import UnreadableAnswer

PARSER = AnswerParser()
LINK = "https://files.example/7_1.csv?X-Amz-Date={}&X-Amz-Expires=604800&X-Amz-Signature=s"
OF_2017 = {"id": 7, "user_id": 15, "data_type": "business", "query": "a:b", "format": "CSV", "results": []}
STARTED_2017 = {"date_started": "2017-11-16 17:46:06.0"}
OF_2025 = {
    "id": "847070", "_id": 710516, "user": 15, "sort": True, "only_traceable": False, "suppressed_fields": [],
    "num_records_suppressed": 0, "auto_trace": False, "fields": [{"name": "address", "flatten": False}],
    "query": "a:b", "format": "csv", "data_type": "product", "results": [],
    "is_suppression_job": False, "is_enrichment_job": False,
    "date_started": "2025-03-17T20:00:46.733Z", "date_updated": "2025-03-17T20:03:55.926Z",
}  # fmt: skip
OF_2026 = {"id": "example_1", "status": "queued", "num_records": 42, "created_at": "2024-12-25T10:00:00Z"}
COSTS = {f"{kind}_cost": 0 for kind in ("people", "property", "product", "business")}


def ended(asked: int, there: int, cost: int, signed: str, **more: Any) -> dict[str, Any]:
    figures = {"status": "completed", "num_records": asked, "num_downloaded": there, "total_cost": cost}
    return figures | {"results": [LINK.format(signed)]} | more


def begun(asked: int, cost: int, status: str = "running") -> dict[str, Any]:
    return {"status": status, "num_records": asked, "num_downloaded": 0, "total_cost": cost}


RUNNING, QUEUED, COMPLETED, CANCELLED = Status.RUNNING, Status.QUEUED, Status.COMPLETED, Status.CANCELLED
NOT_REPORTED = CostNotReported()


@pytest.mark.parametrize(
    ("body", "status", "records", "credits_", "savings", "expires"),
    [
        # 2017 and 2018
        (OF_2017 | STARTED_2017 | begun(50, 50), RUNNING, 0, OrderPrice(50), 50, None),
        (OF_2017 | begun(20, 300), RUNNING, 0, OrderPrice(300), 300, None),
        (OF_2017 | begun(200, 200), RUNNING, 0, OrderPrice(200), 200, None),
        (OF_2017 | ended(50, 50, 50, "20171116T174607Z"), COMPLETED, 50, CostFinal(50), None, "2017-11-23 17:46:07"),
        (OF_2017 | ended(20, 20, 300, "20180221T215809Z"), COMPLETED, 20, CostFinal(300), None, "2018-02-28 21:58:09"),
        (OF_2017 | ended(50, 1, 50, "20171116T174607Z"), COMPLETED, 1, NOT_REPORTED, None, "2017-11-23 17:46:07"),
        (OF_2017 | begun(200, 0, "cancelled"), CANCELLED, 0, CostFinal(0), None, None),
        # 2022 to 2025
        (OF_2025 | COSTS | begun(50, 0, "queued"), QUEUED, 0, NOT_REPORTED, None, None),
        (OF_2025 | begun(20, 0, "queued") | {"is_enrichment_job": True}, QUEUED, 0, NOT_REPORTED, None, None),
        (
            OF_2025 | COSTS | ended(50, 50, 50, "20250317T200355Z", product_cost=50),
            COMPLETED, 50, CostFinal(50), None, "2025-03-24 20:03:55",
        ),
        (
            OF_2025 | ended(20, 19, 19, "20221006T151736Z", is_enrichment_job=True, enriched_fields=["phones"]),
            COMPLETED, 19, CostFinal(19), None, "2022-10-13 15:17:36",
        ),
        (OF_2025 | {"num_records": 100, "is_suppression_job": True}, Status.UNKNOWN, None, NOT_REPORTED, None, None),
        # 2026
        (OF_2026 | {"results": [{"url": "https://files.example/x"}]}, QUEUED, None, NOT_REPORTED, None, None),
    ],
)  # fmt: skip
def test_a_download(
    body: dict[str, Any],
    status: Status,
    records: int | None,
    credits_: Credits,
    savings: int | None,
    expires: str | None,
) -> None:
    details = PARSER.read_download(json.dumps(body).encode())
    download = details.download
    assert (download.id, download.status, download.num_records) == (str(body["id"]), status, body["num_records"])
    assert (download.num_downloaded, download.credits, download.estimated_savings) == (records, credits_, savings)
    at = None if expires is None else datetime.fromisoformat(expires).replace(tzinfo=UTC)
    assert download.fetch_by == (None if at is None else FetchBy(at, is_estimate=False))
    assert (download.started_at is None) == (not {"date_started", "created_at"} & {*body})
    assert len(details.files or ()) == len(body["results"])
    assert details.is_enrichment_job == body.get("is_enrichment_job")
    assert details.is_suppression_job == body.get("is_suppression_job")


def test_the_lists() -> None:
    of_2017 = OF_2017 | {"status": "running", "num_downloaded": 0, "num_records": 200}  # has no total_cost
    (running,) = PARSER.read_list(json.dumps({"num_found": 1, "records": [of_2017]}).encode()).downloads
    assert (running.status, running.order_price, running.estimated_savings) == (RUNNING, None, None)
    (queued,) = PARSER.read_list(json.dumps([OF_2026 | {"results": []}]).encode()).downloads
    assert (queued.id, queued.status, queued.num_downloaded) == ("example_1", QUEUED, None)


def test_the_answers_to_a_cancellation() -> None:
    whole = PARSER.read_cancel_answer(json.dumps(OF_2017 | begun(200, 0, "cancelled")).encode(), 200, "7")
    assert whole.download is not None
    assert whole.download.status is CANCELLED
    assert (whole.message, whole.download.num_downloaded) == (None, 0)
    by_message = PARSER.read_cancel_answer(b'{"message": "Stopped."}', 200, "7")
    assert (by_message.message, by_message.download) == ("Stopped.", None)
    assert PARSER.read_cancel_answer(b"  ", 204, "7").message is None


@pytest.mark.parametrize(
    ("body", "used", "left"),
    [
        ({"active": True, "id": 7, "num_credits_used": 7, "is_admin": True}, 7, {}),
        (
            {f"{kind}_credits_used": 0 for kind in ("product", "people", "property", "business")}
            | {"num_credits_used": 0, "disabled_code": 0, "plan_ids": [1, 2, 3, 4], "overage_limit": 100,
               "overages_enabled": False, "num_scrape_credits_used": 0, "role": "user", "features": [{}] * 8},
            0, {},
        ),
        (
            {f"{kind}_credits_{what}": 42 for kind in ("business", "people", "product", "property")
             for what in ("allotted", "used")} | {"num_credits_used": 42},
            42, dict.fromkeys(("business", "people", "product", "property"), 42),
        ),
    ],
)  # fmt: skip
def test_an_account(body: dict[str, Any], used: int, left: dict[str, int]) -> None:
    account = PARSER.read_account(json.dumps(body | {"email": "user@example.com", "first_name": "Sam"}).encode())
    assert (account.email, account.num_credits_used, account.credits_allotted) == ("user@example.com", used, left)
    assert account.disabled_code is None


def test_an_error() -> None:
    documented: dict[bytes, tuple[str | None, tuple[str, ...]]] = {
        b'{"errors": ["Invalid.", "Inactive.", "No number."]}': ("Invalid.", ("Inactive.", "No number.")),
        b"{\n\tUnauthorized\n}": (None, ()),
        b'{"error": "Bad Request", "message": "Wrong.", "code": 400, "details": [{"field": "id", "message": "x"}]}':
            ("Wrong.", ("id: x",)),
        b'{"error": "Not found", "details": [{"message": "No"}, "odd"]}': ("Not found", ("No", "odd")),
    }  # fmt: skip
    assert {body: PARSER.read_error(body) for body in documented} == documented


def test_signing_in() -> None:
    assert PARSER.read_token(b'{"token": "example_string"}').reveal() == "example_string"
    with pytest.raises(UnreadableAnswer):
        PARSER.read_token(b'{"status": "ok"}')
