"""All that one look at a download brings, of which the store keeps a part: its files, its credits by type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qs, unquote, urlsplit

from dfui.downloads import Download, download_json

if TYPE_CHECKING:
    from dfui.api.wire import WireDownload
    from dfui.secret import Secret


@dataclass(frozen=True, slots=True)
class ResultFile:
    """One file of a download's records, as its link describes it; the link itself is a secret."""

    name: str
    """As the link has it: text from outside; empty where it has none."""
    link: Secret
    expires_at: datetime | None = None
    """When the link ends, in UTC; None where it does not say."""
    size: int | None = None
    """Bytes; None is not known."""

    @classmethod
    def of(cls, link: Secret) -> Self:
        """What a pre-signed link says of its file."""
        try:
            parts = urlsplit(link.reveal())
            signed = parse_qs(parts.query)
        except ValueError:
            return cls("", link)
        name = unquote(parts.path).rpartition("/")[2]
        return cls(name, link, _end_of(signed.get("X-Amz-Date", [""])[0], signed.get("X-Amz-Expires", [""])[0]))


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
            files=tuple(ResultFile.of(link) for link in answer.result_links) if answer.lists_results else None,
        )


def details_json(details: Details) -> dict[str, object]:
    """The download in the form that the commands print, with the number of its result files."""
    files = None if details.files is None else len(details.files)
    return download_json(details.download) | {"result_files": files}


def _end_of(signed_at: str, seconds: str) -> datetime | None:
    try:
        began = datetime.strptime(signed_at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return began + timedelta(seconds=int(seconds))
    except (ValueError, OverflowError):
        return None
