"""What a fetch has come to so far: the latest of each file, and the sums."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence

from dfui.core.errors import DatafinitiError
from dfui.core.fetching import DownloadFiles, FetchEvent, FileProgress, FilesAwaited, FileState
from dfui.core.text import sanitize
from dfui.wording import fetching
from dfui.wording.errors import error_sentences

SPEED_WINDOW_SECONDS = 5.0
"""The speed shown is that of the last few seconds."""


class FetchSummary:
    """Takes the events of a fetch in order; `monotonic` gives seconds that never go back.

    The sums are kept as the events come: a download may have 20,000 files.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self.downloads: dict[str, DownloadFiles] = {}
        self.awaited: dict[str, FilesAwaited] = {}
        """Downloads whose files are waited for."""
        self.files: dict[str, dict[str, FileProgress]] = {}
        """The latest of each file, by name, by download."""
        self.under_way: dict[tuple[str, str], FileProgress] = {}
        """Files that are fetched or paused right now."""
        self.states: Counter[FileState] = Counter()
        self.bytes_done = 0
        """Bytes that are here."""
        self._bytes_resumed = self._bytes_total = self._files_without_total = 0
        self._samples: deque[tuple[float, int]] = deque()

    def take(self, event: FetchEvent) -> None:
        """Take over what has happened."""
        match event:
            case DownloadFiles():
                self.downloads[event.download.id] = event
                self.awaited.pop(event.download.id, None)
            case FilesAwaited():
                self.awaited[event.download.id] = event
            case FileProgress():
                self._take_file(event)

    def _take_file(self, file: FileProgress) -> None:
        files = self.files.setdefault(file.download_id, {})
        if (before := files.get(file.name)) is not None:
            self._add(before, -1)
        files[file.name] = file
        self._add(file, 1)
        key = (file.download_id, file.name)
        if file.state in (FileState.FETCHING, FileState.PAUSED):
            self.under_way[key] = file
        else:
            self.under_way.pop(key, None)
        now = self._monotonic()
        self._samples.append((now, self.bytes_done - self._bytes_resumed))
        while len(self._samples) > 2 and self._samples[0][0] < now - SPEED_WINDOW_SECONDS:
            self._samples.popleft()

    def _add(self, file: FileProgress, sign: int) -> None:
        self.states[file.state] += sign
        self.bytes_done += sign * file.bytes_done
        self._bytes_resumed += sign * file.bytes_resumed
        if file.state is not FileState.FAILED:
            self._bytes_total += sign * (file.bytes_total or 0)
            self._files_without_total += sign * (file.bytes_total is None)

    @property
    def count(self) -> int:
        """How many files there are."""
        return self.states.total()

    @property
    def ended(self) -> int:
        """Files of which nothing more comes."""
        return sum(count for state, count in self.states.items() if state.is_final)

    @property
    def bytes_total(self) -> int | None:
        """Bytes that there will be; None while a size is not known."""
        return self._bytes_total if self._bytes_total and not self._files_without_total else None

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
        if not self.states[FileState.DIFFERS]:
            return []
        return [file for files in self.files.values() for file in files.values() if file.state is FileState.DIFFERS]

    @property
    def is_partial(self) -> bool:
        """Whether a download goes on, so that there will be more than there is."""
        return any(each.download.is_active for each in self.downloads.values() if each.trouble is None)

    @property
    def lacks_files(self) -> bool:
        """Whether the API lists no files where there may be some, or files with fewer records than it counts."""
        return any(each.lacks_files or self.lacks_records(each) for each in self.downloads.values())

    @property
    def is_empty(self) -> bool:
        """Whether no file is here."""
        return not any(count and state.is_here for state, count in self.states.items())

    @property
    def has_failed(self) -> bool:
        """Whether anything that is there to be fetched is not here."""
        return any(each.trouble for each in self.downloads.values()) or any(
            count and not state.is_here for state, count in self.states.items()
        )

    @property
    def is_complete(self) -> bool:
        """Whether every file of every download is here, and no download goes on."""
        return not (self.has_failed or self.lacks_files or self.is_partial)

    def events(self) -> list[FetchEvent]:
        """What makes another summary of these downloads like this one."""
        return [*self.downloads.values(), *(file for files in self.files.values() for file in files.values())]

    def of(self, download_id: str) -> list[FileProgress]:
        """The files of one download."""
        return list(self.files.get(download_id, {}).values())

    def records(self, found: DownloadFiles) -> int | None:
        """The records in the files of a download that are here; None where one cannot be counted."""
        return _records(self.of(found.download.id))

    def lacks_records(self, found: DownloadFiles) -> bool:
        """Whether all files of a final download are here, and hold fewer records than the API counts."""
        retained, files = found.download.retained_records, self.of(found.download.id)
        if found.trouble or not files or retained is None or not found.download.status.is_final:
            return False
        records = _records(files)
        return records is not None and all(file.state.is_here for file in files) and records < retained


def summary_lines(summary: FetchSummary) -> list[str]:
    """What a fetch has brought, and what it has not, in the words that people read."""
    return [line for found in summary.downloads.values() for line in _lines(summary, found)]


def _lines(summary: FetchSummary, found: DownloadFiles) -> list[str]:
    download, shown = found.download, sanitize(found.download.id)
    files = summary.of(download.id)
    lines = [f"{shown}: {sanitize(found.notice)}"] if found.notice else []
    if isinstance(found.trouble, DatafinitiError):
        return [*lines, f"{shown}: {error_sentences(found.trouble)}"]
    if found.trouble is not None:
        return [*lines, f"{shown}: {sanitize(found.trouble)}"]
    if not files:
        return [*lines, f"{shown}: {fetching.no_files(download)}"]
    if download.is_active:
        lines.append(fetching.partial(download))
    by_words: dict[str, list[FileProgress]] = {}
    for file in files:
        if file.state is not FileState.COMPLETE or file.check is None:
            words = f"{fetching.file_state(file)}. {sanitize(file.trouble or '')}".rstrip()
            by_words.setdefault(words, []).append(file)
    lines += [f"{fetching.first_of([file.name for file in alike])}: {words}" for words, alike in by_words.items()]
    here = [file for file in files if file.state.is_here]
    if here:
        size = sum(file.bytes_done for file in here)
        where = sanitize(found.folder.absolute())
        lines.append(f"{shown}: {fetching.fetched(len(here), _records(here), size, where)}")
    if summary.lacks_records(found):
        lines.append(f"{shown}: {fetching.fewer_records(_records(files), download)}")
    return lines


def _records(files: Iterable[FileProgress]) -> int | None:
    counts = [file.records for file in files if file.state.is_here]
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def fetch_json(summary: FetchSummary, ids: Sequence[str]) -> list[dict[str, object]]:
    """A fetch in the form that `dfui fetch --json` prints, in this order."""
    return [_json(summary, summary.downloads[each]) for each in ids if each in summary.downloads]


def _error(summary: FetchSummary, found: DownloadFiles) -> str | None:
    if found.trouble is not None:
        return str(found.trouble)
    if found.lacks_files:
        return fetching.no_files(found.download)
    return fetching.fewer_records(summary.records(found), found.download) if summary.lacks_records(found) else None


def _json(summary: FetchSummary, found: DownloadFiles) -> dict[str, object]:
    download, files = found.download, summary.of(found.download.id)
    is_here = found.trouble is None and not download.is_active and all(file.state.is_here for file in files)
    return {
        "id": download.id,
        "status": None if found.trouble else download.status.value,
        "partial": None if found.trouble else download.is_active,
        "folder": str(found.folder),
        "files": [
            {
                "name": file.name,
                "path": str(file.path),
                "state": file.state.value,
                "checked": file.check.value if file.check else None,
                "bytes": file.bytes_done,
                "records": file.records,
                "error": file.trouble,
            }
            for file in files
        ],
        "records": _records(files) if files or not found.lacks_files else None,
        "retained_records": download.retained_records,
        "bytes": sum(file.bytes_done for file in files),
        "complete": is_here and not found.lacks_files and not summary.lacks_records(found),
        "error": _error(summary, found),
    }
