"""What a fetch has come to so far: the latest of each file, and the sums."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from dfui.core.progress import DownloadFiles, Event, FileProgress, FileState
from dfui.core.sanitize import sanitize
from dfui.wording import fetching
from dfui.wording.errors import error_sentences

SPEED_WINDOW_SECONDS = 5.0
"""The speed shown is that of the last few seconds."""


@dataclass
class FetchSummary:
    """Takes over the events of a fetch, in order; `monotonic` gives seconds that never go back."""

    monotonic: Callable[[], float]
    downloads: dict[str, DownloadFiles] = field(default_factory=dict)
    files: dict[tuple[str, str], FileProgress] = field(default_factory=dict)
    _samples: list[tuple[float, int]] = field(default_factory=list)

    def take(self, event: Event) -> None:
        """Take over what has happened."""
        if isinstance(event, DownloadFiles):
            self.downloads[event.download.id] = event
            return
        self.files[event.download_id, event.name] = event
        now = self.monotonic()
        fetched = sum(file.bytes_done - file.bytes_resumed for file in self.files.values())
        self._samples.append((now, fetched))
        while len(self._samples) > 2 and self._samples[0][0] < now - SPEED_WINDOW_SECONDS:
            self._samples.pop(0)

    def of(self, download_id: str) -> list[FileProgress]:
        """The files of one download."""
        return [file for (of_download, _), file in self.files.items() if of_download == download_id]

    @property
    def bytes_done(self) -> int:
        """Bytes that are here."""
        return sum(file.bytes_done for file in self.files.values())

    @property
    def bytes_total(self) -> int | None:
        """Bytes that there will be; None while a size is not known."""
        sizes = [file.bytes_total for file in self.files.values() if file.state is not FileState.FAILED]
        known = [size for size in sizes if size is not None]
        return sum(known) if len(known) == len(sizes) and known else None

    @property
    def bytes_per_second(self) -> float | None:
        """The speed of the last seconds; None while it is not known."""
        if len(self._samples) < 2:
            return None
        (began, before), (now, fetched) = self._samples[0], self._samples[-1]
        return (fetched - before) / (now - began) if now > began else None

    @property
    def seconds_left(self) -> float | None:
        """About how long it still takes; None where it is not known."""
        speed, total = self.bytes_per_second, self.bytes_total
        return (total - self.bytes_done) / speed if speed and total is not None else None

    @property
    def differing(self) -> list[FileProgress]:
        """Files that something else was found in place of."""
        return [file for file in self.files.values() if file.state is FileState.DIFFERS]

    @property
    def is_partial(self) -> bool:
        """Whether a download goes on, so that there will be more than there is."""
        return any(each.download.is_active for each in self.downloads.values() if each.trouble is None)

    @property
    def is_complete(self) -> bool:
        """Whether every file of every download is here."""
        return all(each.trouble is None for each in self.downloads.values()) and all(
            file.state.is_here for file in self.files.values()
        )


def summary_lines(summary: FetchSummary) -> list[str]:
    """What a fetch has brought, and what it has not, in the words that people read."""
    lines: list[str] = []
    for download_id, found in summary.downloads.items():
        files = summary.of(download_id)
        if found.trouble is not None:
            lines.append(f"{sanitize(download_id)}: {error_sentences(found.trouble)}")
            continue
        if not files:
            lines.append(f"{sanitize(download_id)}: {fetching.NO_FILES}")
            continue
        if found.download.is_active:
            lines.append(fetching.partial(found.download))
        lines += [_not_here(file) for file in files if not file.state.is_here]
        here = [file for file in files if file.state.is_here]
        if here:
            bytes_ = sum(file.bytes_done for file in here)
            where = sanitize(found.folder.absolute())
            lines.append(f"{sanitize(download_id)}: {fetching.fetched(len(here), _records(here), bytes_, where)}")
    return lines


def _not_here(file: FileProgress) -> str:
    return f"{sanitize(file.name)}: {fetching.file_state(file.state.value)}. {sanitize(file.trouble or '')}".rstrip()


def _records(files: Iterable[FileProgress]) -> int | None:
    """The records in files that are here; None where one cannot be counted."""
    counts = [file.records for file in files if file.state.is_here]
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def fetch_json(summary: FetchSummary) -> list[dict[str, object]]:
    """A fetch in the form that `dfui fetch --json` prints."""
    documents: list[dict[str, object]] = []
    for download_id, found in summary.downloads.items():
        files = summary.of(download_id)
        documents.append(
            {
                "id": download_id,
                "status": None if found.trouble else found.download.status.value,
                "partial": None if found.trouble else found.download.is_active,
                "folder": str(found.folder),
                "files": [
                    {
                        "name": file.name,
                        "path": str(file.path),
                        "state": file.state.value,
                        "bytes": file.bytes_done,
                        "records": file.records,
                        "error": file.trouble,
                    }
                    for file in files
                ],
                "records": _records(files),
                "bytes": sum(file.bytes_done for file in files),
                "complete": found.trouble is None and all(file.state.is_here for file in files),
                "error": str(found.trouble) if found.trouble else None,
            }
        )
    return documents
