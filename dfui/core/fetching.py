"""Result files: what the links of a download lead to, and what happens while they are fetched."""

from __future__ import annotations

import enum
import re
import unicodedata
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from dfui.core.clock import shown_everywhere
from dfui.core.downloads import Download
from dfui.core.secret import Secret
from dfui.core.text import sanitize

if TYPE_CHECKING:
    from dfui.core.errors import DfuiError

MAX_NAME_BYTES = 150
"""Of a file name; `.part.json` must still fit behind it."""

_UNSAFE = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f]')
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
_RESERVED_ENDINGS = (".part", ".part.json")


class ResultFile(NamedTuple):
    """One result file of a download."""

    name: str
    """A safe file name, unique among the files of its download."""
    link: Secret
    expires_at: datetime | None
    """When the link expires, in UTC; None if it does not say."""

    def has_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now


def files_of(download_id: str, format: str | None, links: Sequence[Secret]) -> list[ResultFile]:  # noqa: A002
    """The result files that these pre-signed links lead to."""
    extension = sanitize(format or "", max_length=16).lower()
    fallbacks = [
        f"{download_id}_{number}.{extension}" if extension.isalnum() else f"{download_id}_{number}"
        for number in range(1, len(links) + 1)
    ]
    wanted = [unquote(_parts(link).path.rpartition("/")[2]) for link in links]
    safe = [safe_name(name, fallback=other) for name, other in zip(wanted, fallbacks, strict=True)]
    return [ResultFile(name, link, expires_at(link)) for name, link in zip(unique_names(safe), links, strict=True)]


def safe_name(name: str, *, fallback: str) -> str:
    """A file name that stays in its folder on every system: no separators, no `..`, no device, nothing hidden."""
    shown = sanitize(name, max_length=MAX_NAME_BYTES * 2).removesuffix("…")
    shown = _UNSAFE.sub("_", shown).lstrip(".- ").rstrip(". ")
    stem, dot, extension = shown.rpartition(".")
    if not stem or len(extension.encode()) > 16:
        stem, dot, extension = shown, "", ""
    is_reserved = shown.lower().endswith(_RESERVED_ENDINGS)
    room = MAX_NAME_BYTES - len(f"{dot}{extension}".encode()) - is_reserved
    shown = stem.encode()[:room].decode(errors="ignore").rstrip(". ") + dot + extension
    if not shown.strip("._ ") or _DEVICE.fullmatch(shown):
        return fallback
    return f"{shown}_" if shown.lower().endswith(_RESERVED_ENDINGS) else shown


def unique_names(names: Sequence[str]) -> list[str]:
    """The names made unique, ignoring case, by adding a number."""
    taken: set[str] = set()
    next_numbers: dict[str, int] = {}
    unique = []
    for name in names:
        path, chosen = Path(name), name
        number = next_numbers.get(_folded(name), 2)
        while _folded(chosen) in taken:
            chosen = f"{path.stem}-{number}{path.suffix}"
            number += 1
        next_numbers[_folded(name)] = number
        taken.add(_folded(chosen))
        unique.append(chosen)
    return unique


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold())


def expires_at(link: Secret) -> datetime | None:
    """When a pre-signed link expires: `X-Amz-Date` plus `X-Amz-Expires` seconds, or the Unix time in `Expires`."""
    query = parse_qs(_parts(link).query)
    try:
        if "Expires" in query:
            return shown_everywhere(datetime.fromtimestamp(int(query["Expires"][0]), UTC))
        signed = datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return shown_everywhere(signed + timedelta(seconds=int(query["X-Amz-Expires"][0])))
    except (KeyError, ValueError, OverflowError, OSError):
        return None


def _parts(link: Secret) -> SplitResult:
    try:
        return urlsplit(link.reveal())
    except ValueError:
        return urlsplit("")


# ── fetching them ────────────────────────────────────────────────────────────────────────────────────────────────────


class FileCheck(enum.Enum):
    """How a file was compared with what the file server says of it; the values are what JSON uses."""

    CHECKSUM = "checksum"
    LENGTH = "length"
    DATE = "date"


class FileState(enum.Enum):
    """Where a file stands; the values are what JSON uses."""

    WAITING = "waiting"
    FETCHING = "fetching"
    COMPLETE = "complete"
    ALREADY_THERE = "already_there"
    """A file of the same size, or date, was here before and was left alone."""
    DIFFERS = "differs"
    """Something else has its name and is left alone, unless overwriting is allowed."""
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def is_here(self) -> bool:
        return self in (FileState.COMPLETE, FileState.ALREADY_THERE)

    @property
    def is_final(self) -> bool:
        return self not in (FileState.WAITING, FileState.FETCHING)


class DownloadFiles(NamedTuple):
    """The files of a download; sent once, before any of them is fetched."""

    download: Download
    """As the API showed it now; if it is active, its files are partial."""
    names: tuple[str, ...]
    folder: Path
    trouble: DfuiError | None = None
    """Why none of its files can be fetched."""
    notice: str | None = None
    """What else went wrong, as a sentence."""

    @property
    def lacks_files(self) -> bool:
        """Whether files may still come, as for a while after a cancellation."""
        return self.trouble is None and not self.names and may_have_files(self.download)


class FilesAwaited(NamedTuple):
    """The API lists no files of a download yet; dfui goes on asking for so many seconds."""

    download: Download
    seconds: float


@dataclass(frozen=True, slots=True)
class FileProgress:
    """How far one file has come; sizes are in bytes, None if not known."""

    download_id: str
    name: str
    path: Path
    state: FileState
    bytes_done: int = 0
    bytes_total: int | None = None
    bytes_resumed: int = 0
    """Of `bytes_done`, those from an earlier fetch."""
    check: FileCheck | None = None
    """How a file that is here was checked; None if the file server does not even say its length."""
    trouble: str | None = None
    """What went wrong, as a sentence."""
    notice: str | None = None
    """What else there is to say of a file that is here."""


FetchEvent = DownloadFiles | FilesAwaited | FileProgress


def may_have_files(download: Download) -> bool:
    """Whether there are, or will be, result files; a final download without records has none."""
    return not (download.status.is_final and download.retained_records == 0)


def folders_for(ids: Sequence[str], output: Path | None) -> dict[str, Path]:
    """Where the files of each download go: one into `output` or `./ID`, several into `ID` below it."""
    if len(ids) == 1:
        return {ids[0]: output or Path(ids[0])}
    return {download_id: (output or Path()) / download_id for download_id in ids}


SPEED_WINDOW_SECONDS = 5.0
"""The speed is that of the last few seconds."""


class FetchSummary:
    """The latest of each file of a fetch, and sums that are kept as events come: there may be 20,000 files.

    `monotonic` gives seconds that never go back.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self.downloads: dict[str, DownloadFiles] = {}
        self.awaited: dict[str, FilesAwaited] = {}
        """Downloads that have no files yet."""
        self.files: dict[str, dict[str, FileProgress]] = {}
        """The latest of each file, by download and name."""
        self.under_way: dict[tuple[str, str], FileProgress] = {}
        self.states: Counter[FileState] = Counter()
        self.bytes_done = 0
        self.has_ended = False
        """Whether nothing more comes; on the screen, it is filled by another thread until then."""
        self._bytes_resumed = self._bytes_total = self._files_without_total = 0
        self._samples: deque[tuple[float, int]] = deque()

    def take(self, event: FetchEvent) -> None:
        """Add an event; they must come in order."""
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
        if file.state is FileState.FETCHING:
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
        return self.states.total()

    @property
    def ended(self) -> int:
        """How many files need nothing more."""
        return sum(count for state, count in self.states.items() if state.is_final)

    @property
    def here(self) -> int:
        return sum(count for state, count in self.states.items() if state.is_here)

    @property
    def bytes_total(self) -> int | None:
        """None while the size of any file is not known."""
        return self._bytes_total if self._bytes_total and not self._files_without_total else None

    @property
    def bytes_per_second(self) -> float | None:
        if len(self._samples) < 2:
            return None
        (began, before), (now, fetched) = self._samples[0], self._samples[-1]
        return (fetched - before) / (now - began) if now > began else None

    @property
    def seconds_left(self) -> float | None:
        speed, total = self.bytes_per_second, self.bytes_total
        return (total - self.bytes_done) / speed if speed and total is not None else None

    @property
    def differing(self) -> list[FileProgress]:
        """Files whose name something else has."""
        if not self.states[FileState.DIFFERS]:
            return []
        return [file for files in self.files.values() for file in files.values() if file.state is FileState.DIFFERS]

    @property
    def is_partial(self) -> bool:
        """Whether a download is still active, so that more records will come."""
        return any(each.download.is_active for each in self.downloads.values() if each.trouble is None)

    @property
    def lacks_files(self) -> bool:
        """Whether a download may have files that the API does not list yet."""
        return any(each.lacks_files for each in self.downloads.values())

    @property
    def has_failed(self) -> bool:
        """Whether a file that the API lists is not here."""
        return self.here < self.count or any(each.trouble for each in self.downloads.values())

    def events(self) -> list[FetchEvent]:
        """What brings another summary of the same downloads up to date with this one."""
        return [*self.downloads.values(), *(file for files in self.files.values() for file in files.values())]

    def of(self, download_id: str) -> list[FileProgress]:
        return list(self.files.get(download_id, {}).values())
