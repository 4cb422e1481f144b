"""What happens while result files are fetched: which there are, how far each has come, how it ended."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dfui.core.downloads import Download

if TYPE_CHECKING:
    from dfui.core.errors import DfuiError


class Check(enum.Enum):
    """What of a file was compared with what the object store tells; the values are what JSON uses."""

    CHECKSUM = "checksum"
    LENGTH = "length"
    DATE = "date"


class FileState(enum.Enum):
    """Where a file stands; the values are what JSON uses."""

    WAITING = "waiting"
    FETCHING = "fetching"
    PAUSED = "paused"
    COMPLETE = "complete"
    ALREADY_THERE = "already_there"
    """A file of the same size, or date, was here before, and was left alone."""
    DIFFERS = "differs"
    """Something else has its name; it is left alone until overwriting is allowed."""
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def is_here(self) -> bool:
        """Whether there is nothing more to fetch of it."""
        return self in (FileState.COMPLETE, FileState.ALREADY_THERE)

    @property
    def is_final(self) -> bool:
        """Whether nothing more comes of it."""
        return self not in (FileState.WAITING, FileState.FETCHING, FileState.PAUSED)


@dataclass(frozen=True, slots=True)
class DownloadFiles:
    """What a download has to fetch; once for each, before its files."""

    download: Download
    """As the API showed it now; where it is active, its files are partial."""
    names: tuple[str, ...]
    folder: Path
    trouble: DfuiError | None = None
    """Why none of its files can be fetched."""
    notice: str | None = None
    """What else went wrong, as a sentence."""

    @property
    def lacks_files(self) -> bool:
        """Whether there are no files though there may be records, as is so for a while after a cancellation."""
        return self.trouble is None and not self.names and may_have_files(self.download)


@dataclass(frozen=True, slots=True)
class FilesAwaited:
    """The API lists no files of a download yet; it is asked again for so many seconds."""

    download: Download
    seconds: float


@dataclass(frozen=True, slots=True)
class FileProgress:
    """How far one file has come; sizes are in bytes, None is not known."""

    download_id: str
    name: str
    path: Path
    state: FileState
    bytes_done: int = 0
    bytes_total: int | None = None
    bytes_resumed: int = 0
    """Of those that are here, from an earlier fetch."""
    check: Check | None = None
    """Once it is here: what of it was compared; None where the store does not even tell its length."""
    records: int | None = None
    """Once it is here, and where they can be counted."""
    trouble: str | None = None
    """What went wrong, as a sentence."""


FetchEvent = DownloadFiles | FilesAwaited | FileProgress


def may_have_files(download: Download) -> bool:
    """Whether there are, or will be, result files; a final download without records has none."""
    return not (download.status.is_final and download.retained_records == 0)


def folders_for(ids: Sequence[str], output: Path | None) -> dict[str, Path]:
    """Where the files of each download go: one into `output` or `./ID`, several into `ID` below it."""
    if len(ids) == 1:
        return {ids[0]: output or Path(ids[0])}
    return {download_id: (output or Path()) / download_id for download_id in ids}
