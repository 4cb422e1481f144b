"""The file server of a simulated account: the result files, at an origin of their own."""

from __future__ import annotations

import csv
import functools
import io
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import msgspec

from dfui.simulator.account import RECORDS_A_FILE, Simulator

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


class SimulatedFiles:
    """Answers `httpx.Request`s for the files that the account links to, as a file server does."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self.base_path = ""
        self.requests: list[httpx.Request] = []
        """Each request that came, in order."""

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request; from any thread."""
        self.requests.append(request)
        if "Authorization" in request.headers:
            return httpx.Response(400, text="Only one auth mechanism allowed.")
        signed = datetime.strptime(request.url.params["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        age = (self._simulator.now() - signed).total_seconds()
        if age > int(request.url.params["X-Amz-Expires"]):
            return httpx.Response(403, text="Request has expired")
        match = re.fullmatch(r"/(.+)_([0-9]+)\.[a-z]+", request.url.path)
        download = self._simulator.downloads.get(match[1]) if match else None
        if match is None or download is None:
            return httpx.Response(404, text="NoSuchKey")
        # A link is to the file as it was when it was signed; its date has no fraction, which an end in that second has.
        ended = download.ended_at(signed + timedelta(seconds=1))
        records = download.num_downloaded(signed if ended is None else max(signed, ended))
        begin = (int(match[2]) - 1) * RECORDS_A_FILE
        content = result_file(download.id, download.format, begin, min(records, begin + RECORDS_A_FILE))
        tag = f'"{download.id}-{match[2]}-{len(content)}"'
        headers = {"ETag": tag, "Last-Modified": format_datetime(signed, usegmt=True), "Accept-Ranges": "bytes"}
        asked = _RANGE.fullmatch(request.headers.get("Range", ""))
        if asked is None or request.headers.get("If-Range", tag) != tag:
            return _streamed(200, content, headers)
        first, last = int(asked[1]), min(int(asked[2] or len(content)), len(content) - 1)
        if first >= len(content):
            return httpx.Response(416, headers={"Content-Range": f"bytes */{len(content)}"})
        headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        return _streamed(206, content[first : last + 1], headers)

    def transport(self) -> httpx.AsyncBaseTransport:
        """What a client sends its requests through, instead of a network."""
        return httpx.MockTransport(self.handle)


def _streamed(http_status: int, content: bytes, headers: dict[str, str]) -> httpx.Response:
    headers["Content-Length"] = str(len(content))
    return httpx.Response(http_status, stream=httpx.ByteStream(content), headers=headers)


@functools.lru_cache(maxsize=16)
def result_file(download_id: str, format: str, begin: int, end: int) -> bytes:  # noqa: A002
    """The bytes of a file with the records from `begin` to before `end`: JSON, one in a line, or CSV."""
    records = [
        {
            "id": f"{download_id}-{number}",
            "name": f'Place no. {number}, the "{("Adler", "Krone", "Post")[number % 3]}"',
            "country": ("US", "DE", "FR")[number % 3],
            "rating": number % 50 / 10,
        }
        for number in range(begin, end)
    ]
    if format == "json":
        return b"".join(msgspec.json.encode(record) + b"\n" for record in records)
    file = io.StringIO()
    table = csv.DictWriter(file, ("id", "name", "country", "rating"))
    table.writeheader()
    table.writerows(records)
    return file.getvalue().encode()
