"""Which downloads are meant: one vocabulary for the commands' options and the filter line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from dfui.core.downloads import Download, Status

ACTIVE, FINAL = "active", "final"
STATUS_NAMES = (*(status.value for status in Status), ACTIVE, FINAL)
"""What a status can be chosen by."""
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_age(text: str) -> timedelta:
    """Read `90m`, `2h`, `3d` or `1w`.

    Raises:
        ValueError: it is no age.
    """
    match = re.fullmatch(r"(\d{1,6})([smhdw])", text.strip().lower())
    if match is None:
        raise ValueError(f"{text!r} is not an age; write 90m, 2h, 3d or 1w.")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


class Choice(NamedTuple):
    """Conditions that must all hold; what is not given leaves none out."""

    words: tuple[str, ...] = ()
    """Each must occur in the ID, the status, the type or the query, in any case of A to Z; not, if `!` is before it."""
    status: str = ""
    """The beginning of one of `STATUS_NAMES`."""
    data_type: str = ""
    """The beginning of the type."""
    older_than: timedelta | None = None
    """Started longer ago than this."""
    newer_than: timedelta | None = None

    @classmethod
    def parse(cls, text: str) -> Choice:
        """Read a filter line: words, `!word`, `status:`, `type:`, `older:2h` and `newer:3d`; the last of a kind counts.

        What is not whole yet, such as `older:` or `status:x`, is a word.
        """
        words: list[str] = []
        conditions: dict[str, Any] = {}
        for term in text.split():
            name, _, value = term.partition(":")
            name, value = name.lower(), value.lower()
            if name == "status" and value and any(each.startswith(value) for each in STATUS_NAMES):
                conditions["status"] = value
            elif name == "type" and value:
                conditions["data_type"] = value
            elif name in ("older", "newer") and _is_age(value):
                conditions[f"{name}_than"] = parse_age(value)
            elif term != "!":
                words.append(term)
        return cls(tuple(words), **conditions)

    @property
    def status_names(self) -> frozenset[str]:
        """The names of statuses that are meant."""
        return frozenset(name for name in STATUS_NAMES if name.startswith(self.status.lower()))

    def judge(self, download: Download, *, now: datetime) -> bool | None:
        """Whether a download is meant; None if too little is known of it."""
        verdicts = [
            *(self._has_word(download, word) for word in self.words),
            not self.status or self._has_status(download),
            not self.data_type or _begins(download.data_type, self.data_type),
            not self.older_than or _is_before(download.started_at, now - self.older_than),
            not self.newer_than or _is_before(now - self.newer_than, download.started_at),
        ]
        if False in verdicts:
            return False
        return None if None in verdicts else True

    def _has_word(self, download: Download, word: str) -> bool | None:
        is_there = _lower(word.removeprefix("!")) in _lower(searched_text(download))
        if not is_there and download.query is None:
            return None
        return is_there is not word.startswith("!")

    def _has_status(self, download: Download) -> bool:
        if download.is_missing:
            return False
        group = ACTIVE if download.is_active else FINAL
        return not self.status_names.isdisjoint({download.status.value, group})


class Chosen(NamedTuple):
    """The downloads that are meant, in their order, and how many could not be judged."""

    downloads: list[Download]
    unjudged: int


def choose(downloads: Iterable[Download], choice: Choice, *, now: datetime, limit: int | None = None) -> Chosen:
    """Choose at most `limit` downloads; those of which too little is known (no start, no query) are left out."""
    verdicts = [(download, choice.judge(download, now=now)) for download in downloads]
    chosen = [download for download, is_meant in verdicts if is_meant]
    return Chosen(chosen[:limit], sum(is_meant is None for _, is_meant in verdicts))


def searched_text(download: Download) -> str:
    """What words are looked for in; the store builds the same in SQL."""
    if download.is_missing:
        status = "not found"
    else:
        status = {"in_progress": "running", None: "not seen"}.get(download.api_status, download.api_status or "")
    return "\n".join((download.id, status, download.data_type or "", download.query or ""))


def _lower(text: str) -> str:
    """The text with A to Z as a to z, and nothing else changed: as SQLite compares."""
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def _begins(text: str | None, beginning: str) -> bool | None:
    return None if text is None else _lower(text).startswith(_lower(beginning))


def _is_before(earlier: datetime | None, later: datetime | None) -> bool | None:
    return None if earlier is None or later is None else earlier < later


def _is_age(text: str) -> bool:
    try:
        parse_age(text)
    except ValueError:
        return False
    return True
