"""Which columns of the downloads table fit, and that no figure in them is cut."""

from __future__ import annotations

from dfui.core.downloads import Download
from dfui.store import temporary_store
from dfui.tui.widgets.columns import fitting
from tests.support.rows import at
from tests.support.tui import Start

LARGE = Download(
    "7", api_status="running", num_downloaded=123_456_789, num_records=987_654_321, total_cost=123_456_789,
    started_at=at(0), query="categories:hotels AND country:US",
)  # fmt: skip


async def test_a_figure_is_shown_whole_or_not_at_all(start: Start) -> None:
    store = temporary_store(profile="production", origin="x")
    store.downloads.observe([LARGE], observed=0, now=0).wait()
    async with start(size=(200, 20), store=store) as tui:
        for columns in (120, 100, 80, 60, 50, 40, 30):
            await tui.pilot.resize_terminal(columns, 20)
            await tui.until(lambda wide=columns: len(tui.lines[0]) <= wide, "resized")  # type: ignore[misc]
            words = tui.lines[1].split()
            figures = {word for word in words if "," in word or "%" in word}
            assert figures <= {"123,456,789/987,654,321", "123,456,789", "12%"}
            assert "…" not in " ".join(words[:3])


def test_columns_leave_by_their_use_and_the_query_takes_what_is_left() -> None:
    def names(width: int) -> str:
        return " ".join(cell.column.name for cell in fitting(width, {}))

    assert names(113) == "id status bar percent records credits type started query"
    assert names(93) == "id status bar percent records credits started query"
    assert names(92) == "id status bar percent records credits type started"
    assert names(82) == "id status percent records credits type started"
    assert names(33) == "id status percent"
    id_cell, status = fitting(33, {"id": 24})  # a long ID makes room for the status
    assert (id_cell.width, status.start + status.width) == (20, 33)
    for width in range(93, 250):
        for longest_id in (6, 24):
            *_, query = fitting(width, {"id": longest_id})
            assert (query.column.name, query.start + query.width) == ("query", width)
