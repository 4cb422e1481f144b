"""All that one look at a download brings, of which the store keeps a part: its files, its credits by type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Self

from dfui.core.downloads import Download, download_json
from dfui.core.result_files import ResultFile, files_of

if TYPE_CHECKING:
    from dfui.api.wire import WireDownload


@dataclass(frozen=True, slots=True)
class Details:
    """One download and what only a look at it tells; what is not known is None, or empty."""

    download: Download
    costs: Mapping[str, int] = field(default_factory=dict)
    """Credits deducted so far, by data type."""
    view: str | None = None
    files: tuple[ResultFile, ...] | None = None

    @classmethod
    def from_answer(cls, answer: WireDownload, *, seen_at: datetime) -> Self:
        """What an answer of the API showed."""
        return cls(
            download=Download.from_answer(answer, seen_at=seen_at),
            costs=answer.costs,
            view=answer.view,
            files=tuple(files_of(answer)) if answer.lists_results else None,
        )


def details_json(details: Details) -> dict[str, object]:
    """The download in the form that the commands print, with the number of its result files."""
    files = None if details.files is None else len(details.files)
    return download_json(details.download) | {"result_files": files}
