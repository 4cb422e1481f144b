"""Which of the known downloads to show, and in which order."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import NamedTuple

from dfui.core.choice import ACTIVE, FINAL, Choice
from dfui.core.downloads import STATUSES, Status

_STATUS_WORD = """
    CASE WHEN is_missing THEN 'not found'
         WHEN api_status = 'in_progress' THEN 'running'
         ELSE coalesce(api_status, 'not seen') END
"""
_SEARCHED = (
    f"(id || char(10) || {_STATUS_WORD} || char(10) || coalesce(data_type, '') || char(10) || coalesce(query, ''))"
)
_WORD = "lower(trim(coalesce(api_status, ''), char(9, 10, 11, 12, 13, 32)))"
_STATUSES = {
    ACTIVE: "is_active",
    FINAL: "NOT is_active",
    Status.UNKNOWN.value: f"{_WORD} NOT IN {tuple(STATUSES)}",
    **{
        status.value: f"{_WORD} IN ({', '.join(repr(word) for word, each in STATUSES.items() if each is status)})"
        for status in STATUSES.values()
    },
}
# As `Download.credits` has it.
_FINAL_COST = """
    CASE WHEN is_active THEN NULL
         WHEN total_cost = 0 AND num_downloaded IS NOT 0 THEN NULL
         WHEN total_cost > 0 AND coalesce(num_downloaded < num_records, 1)
              AND (total_cost = order_price OR order_price IS NULL AND total_cost % num_records = 0) THEN NULL
         ELSE total_cost END
"""


class SortBy(enum.Enum):
    """What downloads can be sorted by."""

    ACTIVITY = "activity"
    """Active ones first, the newest first within each group."""
    ID = "id"
    STATUS = "status"
    PROGRESS = "progress"
    RECORDS = "records"
    CREDITS = "credits"
    TYPE = "type"
    STARTED = "started"
    QUERY = "query"


_EXPRESSIONS = {
    SortBy.ACTIVITY: ("is_active", "started_at"),
    # IDs that are numbers sort as numbers.
    SortBy.ID: ("length(id)", "id"),
    SortBy.STATUS: (_STATUS_WORD,),
    SortBy.PROGRESS: ("CASE WHEN is_active THEN num_downloaded * 1.0 / nullif(num_records, 0) END",),
    SortBy.RECORDS: ("coalesce(num_downloaded, num_records)",),
    SortBy.CREDITS: (_FINAL_COST,),
    SortBy.TYPE: ("data_type",),
    SortBy.STARTED: ("started_at",),
    SortBy.QUERY: ("query",),
}
_FROM_A_TO_Z = frozenset({SortBy.STATUS, SortBy.TYPE, SortBy.QUERY})


class DownloadQuery(NamedTuple):
    """Which of the known downloads to show, and in which order."""

    filter: str = ""
    """A filter line, as `Choice.parse` reads it."""
    sort_by: SortBy = SortBy.ACTIVITY
    is_reversed: bool = False

    @property
    def goes_up(self) -> bool:
        """Whether small values come first; large ones do unless it is reversed, but words go from A to Z."""
        return (self.sort_by in _FROM_A_TO_Z) is not self.is_reversed

    def where(self, *, now: datetime) -> tuple[str, list[object]]:
        """The condition in SQL, and its values; it holds for what `Choice.judge` gives True for."""
        choice = Choice.parse(self.filter)
        condition, values = "", list[object]()
        for word in choice.words:
            has = "NOT LIKE" if word.startswith("!") else "LIKE"
            condition += f" AND {_SEARCHED} {has} ? ESCAPE '\\'" + (" AND query NOT NULL" if has != "LIKE" else "")
            values.append(f"%{literally(word.removeprefix('!'))}%")
        if choice.status:
            condition += f" AND NOT is_missing AND ({' OR '.join(_STATUSES[name] for name in choice.status_names)})"
        if choice.data_type:
            condition += " AND data_type LIKE ? ESCAPE '\\'"
            values.append(f"{literally(choice.data_type)}%")
        for compared, age in (("<", choice.older_than), (">", choice.newer_than)):
            if age is not None:
                condition += f" AND started_at {compared} ?"
                values.append((now - age).timestamp())
        return condition, values

    def order_by(self) -> str:
        """The order in SQL; what is not known comes last."""
        if self.sort_by is SortBy.ACTIVITY:  # in the words of its index
            return "is_active DESC, started_at DESC, key DESC"
        direction = "ASC" if self.goes_up else "DESC"
        return ", ".join(f"{each} {direction} NULLS LAST" for each in (*_EXPRESSIONS[self.sort_by], "key"))


def literally(word: str) -> str:
    """A word for LIKE, in which no sign stands for others."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
