"""Result files: what the links of a download lead to, and what happens while they are fetched."""

from __future__ import annotations

import enum
import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from dfui.core.downloads import Download
from dfui.core.secret import Secret
from dfui.core.text import sanitize

if TYPE_CHECKING:
    from dfui.core.errors import DfuiError

MAX_NAME_BYTES = 150
"""Of a file name; what is written beside the file while it comes needs some more."""
MAX_COUNTED_BYTES = 256 * 1024 * 1024
"""Of a file; to count the records of a larger one takes about as long as fetching it."""
BLOCK_BYTES = 256 * 1024

_UNSAFE = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f]')
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
_RESERVED_ENDINGS = (".part", ".part.json", ".unpacking")
_LINES = frozenset({".txt", ".json", ".jsonl", ".ndjson"})


@dataclass(frozen=True, slots=True)
class ResultFile:
    """One result file of a download."""

    name: str
    """A safe file name, unique among the files of its download."""
    link: Secret
    expires_at: datetime | None
    """When the link expires, in UTC; None where it does not say."""
    size: int | None = None
    """In bytes; None where it was not looked at, or could not be learnt."""

    def has_expired(self, now: datetime) -> bool:
        """Whether the link says that it is too late."""
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
    """The names, with a number put in where two would be the same on a system that does not tell cases apart."""
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
            return datetime.fromtimestamp(int(query["Expires"][0]), UTC)
        signed = datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return signed + timedelta(seconds=int(query["X-Amz-Expires"][0]))
    except (KeyError, ValueError, OverflowError, OSError):
        return None


def _parts(link: Secret) -> SplitResult:
    try:
        return urlsplit(link.reveal())
    except ValueError:
        return urlsplit("")


def count_records(file: BinaryIO, name: str, format: str | None) -> int | None:  # noqa: A002
    """The records in a file: the lines of JSON, the rows of CSV less the heading; None where they cannot be counted.

    Raises:
        OSError: the file cannot be read.
    """
    suffix = Path(name).suffix.lower()
    is_csv = suffix == ".csv"
    is_lines = suffix in _LINES and (format or "json").lower() == "json"
    if not (is_csv or is_lines) or os.fstat(file.fileno()).st_size > MAX_COUNTED_BYTES:
        return None
    blocks = iter(lambda: file.read(BLOCK_BYTES), b"")
    return max(0, _rows(blocks) - 1) if is_csv else _rows(blocks, quote=None)


def _rows(blocks: Iterable[bytes], *, quote: bytes | None = b'"') -> int:
    """Lines with something in them; a line end between quotes ends no line."""
    rows = is_quoted = 0
    line_has_text = False
    for block in blocks:
        pieces = block.split(quote) if quote else [block]
        outside = b"x".join(pieces[is_quoted::2]) if len(pieces) > 1 else (b"x" if is_quoted else block)
        is_quoted = (is_quoted + len(pieces) - 1) % 2
        lines = outside.replace(b"\r", b"").split(b"\n")
        # Empty lines are none.
        lines[0] = (b"x" if line_has_text else b"") + lines[0]
        rows += sum(map(bool, lines[:-1]))
        line_has_text = bool(lines[-1]) or bool(is_quoted)
    return rows + line_has_text


# ── fetching them ────────────────────────────────────────────────────────────────────────────────────────────────────


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
