"""The accounts that `dfui --demo` and the tests show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from dfui.simulator.account import Simulator


def demo_account(now: Callable[[], datetime]) -> Simulator:
    """The account that `dfui --demo` shows: two active downloads, some that have ended, and a few years of old ones."""
    simulator = Simulator(now=now, links_while_running=True)
    start = now()
    simulator.add("847070", started_at=start - timedelta(seconds=341.2))
    simulator.add(
        "847069",
        started_at=start - timedelta(seconds=400),
        queued_seconds=460,
        num_records=2_000, records_a_second=20,
        data_type="product", query="categories:shoes AND brand:*",
    )  # fmt: skip
    simulator.add(
        "847001", started_at=start - timedelta(hours=22), num_records=2_000, data_type="people",
        query="country:US AND jobTitle:\"head of data\"", format="json",
    )  # fmt: skip
    stopped = simulator.add(
        "846990", started_at=start - timedelta(days=3), num_records=10_000, query="categories:museums AND city:Boston"
    )
    stopped.stops_at = stopped.started_at + timedelta(seconds=12.04)
    for number in range(24):
        started_at = start - timedelta(days=9 + 13 * number, hours=number)
        simulator.add(
            str(846_900 - 37 * number), started_at=started_at, num_records=[500, 25_000, 1_200, 8_000][number % 4],
            data_type=["property", "business", "product", "people"][number % 4],
            query=["propertyType:apartment AND city:Austin", "categories:restaurants AND province:TX",
                   "brand:apple AND categories:phones", "jobTitle:engineer AND country:DE"][number % 4],
        )  # fmt: skip
    return simulator
