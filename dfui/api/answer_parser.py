"""The documented shapes of three dialects, read by what an answer contains into what `core` defines.

Any field but `id` may be missing, null or of another type than documented: such a field is unknown (None), and the rest
of the record stands. Source: the API's published documentation of 2017, 2025 and 2026.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from msgspec import structs

from dfui.api.shapes import TOO_DEEP, Body, RawDownload, parse_leniently, read_object, read_record, records_in
from dfui.core.clock import shown_everywhere
from dfui.core.downloads import DATA_TYPES, MAX_COUNT, Download, DownloadDetails, DownloadList, Status
from dfui.core.errors import Refused, UnreadableAnswer
from dfui.core.outcomes import CancelAnswer
from dfui.core.secret import Secret
from dfui.core.text import sanitize

if TYPE_CHECKING:
    from dfui.core.account import Account
    from dfui.core.fetching import ResultFile

MAX_RAW_BYTES = 256 * 2**10
"""Of an answer that a person may read as it came."""

logger = logging.getLogger(__name__)

_ADDRESS_WITH_A_KEY = re.compile(r'(https?://[^\s"?]*)\?[^\s"]*', re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")


class AnswerParser:
    """Reads the answers to a request that carried this secret.

    An answer may repeat the secret, in any of JSON's ways of writing; what is read goes to the database and to the
    screen. So no text has the secret, and a result link with the secret in it is left out.
    """

    def __init__(self, secret: Secret | None = None) -> None:
        text = secret.reveal() if secret else ""
        # A status that is no text is kept as JSON, which writes quotation marks and backslashes in another way.
        self._secret_as_written = {text, json.dumps(text, ensure_ascii=False)[1:-1]} if text else set()

    def read_download(self, body: Body) -> DownloadDetails:
        """Read `GET /downloads/{id}`.

        Raises:
            UnreadableAnswer: it is no JSON object with an `id`.
        """
        raw = read_record(body)
        download = self._download(raw)
        files = self._files(download, raw.results) if isinstance(raw.results, list) else None
        expiries = [file.expires_at for file in files or () if file.expires_at]
        return DownloadDetails(
            replace(download, files_expire_at=min(expiries, default=None)),
            costs=_counts(structs.asdict(raw), "{}_cost"),
            view=self._text(raw.view),
            is_enrichment_job=_flag(raw.is_enrichment_job),
            is_suppression_job=_flag(raw.is_suppression_job),
            num_records_suppressed=_count(raw.num_records_suppressed),
            files=files,
            raw=self._raw(body),
        )

    def read_cancel_answer(self, body: Body, http_status: int, download_id: str) -> CancelAnswer:
        """Read a 2xx of `DELETE /downloads/{id}`; an empty body is an answer without words.

        Raises:
            UnreadableAnswer: there is a body, and it is no JSON object, or shows another download.
            Refused: the body is an error, whatever the HTTP status says.
        """
        if not body.strip():
            return CancelAnswer(http_status=http_status)
        raw = read_record(body)
        is_download = raw.id is not None and isinstance(raw.status, str)
        if not is_download and _is_error(read_object(body)):
            raise Refused(http_status, *self.read_error(body))
        download = None if raw.id is None else self._download(raw)
        if download is not None and download.id != download_id:
            raise UnreadableAnswer("is about another download")
        return CancelAnswer(http_status=http_status, message=self._text(raw.message), download=download)

    def read_list(self, body: Body) -> DownloadList:
        """Read `GET /downloads`: a bare array, or an object with `records`. A record that cannot be read is skipped.

        Raises:
            UnreadableAnswer: it is no whole list.
        """
        downloads, unreadable = [], []
        for position, record in enumerate(records_in(body), start=1):
            try:
                downloads.append(self._download(read_record(record)))
            except UnreadableAnswer as error:
                unreadable.append(f"record {position} {error}")
        return DownloadList(downloads, unreadable)

    def read_account(self, body: Body) -> Account:
        """Read `GET /account`.

        Raises:
            UnreadableAnswer: it is no JSON object.
        """
        from dfui.core.account import Account

        raw = read_object(body)
        plans, disabled_code = raw.get("plan_ids"), raw.get("disabled_code")
        return Account(
            email=self._text(raw.get("email")),
            active=_flag(raw.get("active")),
            plan_ids=tuple(text for plan in _list(plans) if (text := self._text_or_number(plan))),
            num_credits_used=_count(raw.get("num_credits_used")),
            credits_used=_counts(raw, "{}_credits_used"),
            credits_allotted=_counts(raw, "{}_credits_allotted"),
            num_scrape_credits_used=_count(raw.get("num_scrape_credits_used")),
            overages_enabled=_flag(raw.get("overages_enabled")),
            overage_limit=_count(raw.get("overage_limit")),
            disabled_code=None if disabled_code in (0, "0") else self._text_or_number(disabled_code),
        )

    def read_token(self, body: Body) -> Secret:
        """Read `POST /auth`.

        Raises:
            UnreadableAnswer: there is no token in it.
        """
        token = read_object(body).get("token")
        if not isinstance(token, str) or not token:
            raise UnreadableAnswer("has no token in it")
        return Secret(token)

    def read_error(self, body: Body) -> tuple[str | None, tuple[str, ...]]:
        """The API's message and each detail of an error; none if the body has no documented form."""
        try:
            raw = read_object(body)
        except UnreadableAnswer:
            return None, ()
        if errors := _list(raw.get("errors")):
            words = [text for text in map(self._text, errors) if text]
            return (words[0], tuple(words[1:])) if words else (None, ())
        message = self._text(raw.get("message")) or self._text(raw.get("error"))
        return message, tuple(text for detail in _list(raw.get("details")) if (text := self._detail(detail)))

    def _detail(self, detail: object) -> str | None:
        if isinstance(detail, dict):
            field, message = self._text(detail.get("field")), self._text(detail.get("message"))
            return ": ".join(part for part in (field, message) if part) or self._as_json(detail)
        return self._text(detail) if isinstance(detail, str) else self._as_json(detail)

    def _download(self, raw: RawDownload) -> Download:
        download_id = self._text_or_number(raw.id)
        if not download_id:
            raise UnreadableAnswer("has no id")
        status = self._text(raw.status) if isinstance(raw.status, str) else self._as_json(raw.status)
        total_cost = _count(raw.total_cost)
        return Download(
            id=download_id,
            api_status=status,
            data_type=self._text(raw.data_type),
            query=self._text(raw.query),
            format=self._text(raw.format),
            num_records=_count(raw.num_records),
            num_downloaded=_count(raw.num_downloaded),
            total_cost=total_cost,
            auto_trace=_flag(raw.auto_trace),
            order_price=(total_cost or None) if Status.of(status) in (Status.QUEUED, Status.RUNNING) else None,
            started_at=_time(raw.date_started) or _time(raw.created_at),
            updated_at=_time(raw.date_updated),
        )

    def _files(self, download: Download, results: list[Any]) -> tuple[ResultFile, ...]:
        links = self._links(results)
        if not links:
            return ()
        from dfui.core.fetching import files_of

        return tuple(files_of(download.id, download.format, links))

    def _links(self, results: list[Any]) -> list[Secret]:
        """Result links: addresses, or objects with a `url`."""
        addresses = (result.get("url") if isinstance(result, dict) else result for result in results)
        links = [address for address in addresses if isinstance(address, str) and address]
        safe = [Secret(_whole(link)) for link in links if self._is_safe(link) and self._is_safe(unquote(link))]
        if len(safe) < len(links):
            logger.warning("%d result links were left out: they hold the token", len(links) - len(safe))
        return safe

    def _text(self, value: object) -> str | None:
        """A text without the secret; every text of an answer passes here."""
        if not isinstance(value, str) or not value:
            return None
        text = self._masked(_whole(value))
        if text.isascii() and text.isprintable():
            return text
        shown = sanitize(text, max_length=len(text) + 1)  # less what may have hidden the secret
        return text if self._masked(shown) == shown else self._masked(shown)

    def _masked(self, text: str) -> str:
        for written in self._secret_as_written:
            text = text.replace(written, "***")
        return text

    def _raw(self, body: Body) -> str | None:
        """An answer as it came, for a person to read, without the secret and the result links."""
        if len(body) > MAX_RAW_BYTES:
            return None
        try:
            answer = parse_leniently(body)
            if isinstance(answer, dict) and isinstance(answer.get("results"), list):
                answer["results"] = ["(link left out)"] * len(answer["results"])
            written = json.dumps(answer, indent=2, ensure_ascii=False)
        except (ValueError, RecursionError):
            return None
        lines = _ADDRESS_WITH_A_KEY.sub(r"\1?…", written).splitlines()
        text = "\n".join(self._text(line) or "" for line in lines)
        return text if text and self._is_safe(unquote(text)) else None

    def _is_safe(self, text: str) -> bool:
        return self._text(text) == _whole(text)

    def _text_or_number(self, value: object) -> str | None:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return self._text(str(value) if is_number else value)

    def _as_json(self, value: object) -> str | None:
        """A value that is not a text, as it came; None if it was not read to its end."""
        try:
            written = json.dumps(value, ensure_ascii=False)
        except RecursionError:
            return None
        return None if value is None or TOO_DEEP in written else self._text(written)


def _whole(text: str) -> str:
    """The text without halves of surrogate pairs, which neither a database nor a terminal takes."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _is_error(raw: Mapping[str, object]) -> bool:
    """Whether it is one of the documented forms of an error, whatever the HTTP status says."""
    code = raw.get("code")
    is_bad_code = isinstance(code, int) and 400 <= code < 600
    return bool(raw.get("error") or raw.get("errors") or (raw.get("message") and is_bad_code))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _count(value: object) -> int | None:
    """A number of records or credits: whole, not negative."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_COUNT:
        return None
    return int(value) if value == int(value) else None


def _counts(raw: Mapping[str, object], key: str) -> dict[str, int]:
    """Those known of the counts that have a key for each type of data."""
    counts = {data_type: _count(raw.get(key.format(data_type))) for data_type in DATA_TYPES}
    return {data_type: count for data_type, count in counts.items() if count is not None}


def _time(value: object) -> datetime | None:
    """An ISO date, or the same with a space (2017); without a zone it is UTC."""
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value)
        return shown_everywhere(time.replace(tzinfo=UTC) if time.tzinfo is None else time)
    except (ValueError, OverflowError):
        return None
