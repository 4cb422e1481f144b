"""Only what is byte for byte what the file server has is called complete; what could not be checked is said."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from typing import Any

from dfui.core.fetching import FileCheck, FileState
from tests.support.fetching import CONTENT, Fetching
from tests.support.file_server import Framing

PACKED = gzip.compress(CONTENT)
MD5 = f'"{hashlib.md5(CONTENT).hexdigest()}"'
NO_MD5 = f'"{"0" * 32}"'
ENCRYPTED = "x-amz-server-side-encryption"
LENGTH, CHECKSUM = FileCheck.LENGTH, FileCheck.CHECKSUM

WHOLE: dict[str, tuple[dict[str, Any], FileCheck | None, list[str | None]]] = {
    "at once": ({}, LENGTH, [None]),
    "cut off before it began": ({"cuts": [0]}, LENGTH, [None, None]),
    "cut off after the first byte": ({"cuts": [1]}, LENGTH, [None, "bytes=1-"]),
    "cut off in the middle": ({"cuts": [65_536]}, LENGTH, [None, "bytes=65536-"]),
    "cut off before the last byte": ({"cuts": [299_999]}, LENGTH, [None, "bytes=299999-"]),
    "cut off often": ({"cuts": [10_000] * 9}, LENGTH, [None, *(f"bytes={n}0000-" for n in range(1, 10))]),
    "cut off with a weak tag": ({"cuts": [100_000], "etag": 'W/"1"'}, LENGTH, [None, None]),
    "cut off with a tag that cannot be sent back": ({"cuts": [9], "etag": '"a\x01b"'}, LENGTH, [None, None]),
    "chunked": ({"framing": Framing.CHUNKED}, None, [None]),
    "chunked beside a length": ({"framing": Framing.CHUNKED_WITH_LENGTH}, None, [None]),
    "ended by closing": ({"framing": Framing.CLOSE}, None, [None]),
    "unpacked": ({"encoding": "identity"}, LENGTH, [None]),
    "unpacked without a word": ({"encoding": ""}, LENGTH, [None]),
    "gzip, cut off": ({"encoding": "GZIP", "content": PACKED, "cuts": [100]}, LENGTH, [None, None]),
    "x-gzip": ({"encoding": "x-gzip", "content": PACKED}, LENGTH, [None]),
    "identity, gzip": ({"encoding": "identity, gzip", "content": PACKED}, LENGTH, [None]),
    "checksum": ({"etag": MD5}, CHECKSUM, [None]),
    "checksum, encrypted by the server": ({"etag": MD5, "headers": {ENCRYPTED: "AES256"}}, CHECKSUM, [None]),
    "tag of several parts": ({"etag": f'{NO_MD5[:-1]}-3"'}, LENGTH, [None]),
    "tag of an encrypted file": ({"etag": NO_MD5, "headers": {ENCRYPTED: "aws:kms"}}, LENGTH, [None]),
    "tag of a file with the customer's key": (
        {"etag": NO_MD5, "headers": {f"{ENCRYPTED}-customer-algorithm": "AES256"}}, LENGTH, [None],
    ),
}  # fmt: skip


async def test_whatever_the_file_server_does_a_file_is_whole(fetching: Fetching) -> None:
    for name, (facts, _, _) in WHOLE.items():
        fetching.serve(name, **facts)
    got = await fetching.fetch()
    assert {name: (file.check, fetching.ranges(name)) for name, file in got.items()} == {
        name: (check, ranges) for name, (_, check, ranges) in WHOLE.items()
    }
    assert {file.state for file in got.values()} == {FileState.COMPLETE}
    assert fetching.names() == sorted(WHOLE)
    assert {name for name in WHOLE if (fetching.out / name).read_bytes() != CONTENT} == set()


NO_FILE: dict[str, tuple[dict[str, Any], str, int]] = {
    "shorter than was said": ({"claims_length": 300_010, "ignores_range": True}, "broke off", 5),
    "cut gzip": ({"content": PACKED[:-9], "encoding": "gzip"}, "cannot be unpacked", 2),
    "no gzip": ({"encoding": "gzip"}, "cannot be unpacked", 5),
    "cut chunks": ({"framing": Framing.CHUNKED, "cuts": [50_000] * 20, "etag": None}, "broke off", 5),
    "another checksum": ({"etag": MD5, "content": CONTENT[::-1]}, "does not match the file server's checksum", 2),
    **{
        coding: ({"encoding": coding, "content": zlib.compress(CONTENT)}, f"packed as {coding}", 1)
        for coding in ("deflate", "br", "gzip, gzip")
    },
}


async def test_what_is_not_whole_is_no_file(fetching: Fetching) -> None:
    for name, (facts, _, _) in NO_FILE.items():
        fetching.serve(name, **facts)
    got = await fetching.fetch()
    assert {name: (file.state, len(fetching.ranges(name))) for name, file in got.items()} == {
        name: (FileState.FAILED, tries) for name, (_, _, tries) in NO_FILE.items()
    }
    assert [name for name, (_, words, _) in NO_FILE.items() if words not in (got[name].trouble or "")] == []
    assert not {*fetching.names()} & {*NO_FILE}


OTHER, ANEW = CONTENT[::-1], ["bytes=100000-", None]
NOT_RESUMED: dict[str, tuple[dict[str, Any], list[str | None]]] = {
    "it changed": ({"etag": '"2"', "content": OTHER[:-5]}, ["bytes=100000-"]),
    "it changed, and no parts are sent": ({"etag": '"2"', "content": OTHER, "ignores_range": True}, ["bytes=100000-"]),
    "it is shorter than the part": ({"content": CONTENT[:50_000]}, ANEW),
    "more comes than its length": (
        {"content": CONTENT + b"more", "part_headers": {"Content-Range": "bytes 100000-299999/300000"}}, ANEW,
    ),
    **{
        str(headers): ({"content": OTHER, "ignores_if_range": True, "part_headers": headers}, ANEW)
        for headers in (
            {"ETag": '"2"'},
            {"ETag": None},
            {"Content-Range": None},
            {"Content-Range": "bytes 99999-299999/300001"},
            {"Content-Range": "bytes 100000-299999/300001"},
            {"Content-Range": "bytes 100000-299999/*"},
            {"Content-Encoding": "gzip"},
        )
    },
}  # fmt: skip


async def test_a_part_that_no_longer_fits_is_started_over(fetching: Fetching) -> None:
    stored = {
        f"{number}.bin": fetching.serve(f"{number}.bin", cuts=[100_000] + [0] * 10)
        for number, _ in enumerate(NOT_RESUMED)
    }
    assert {file.state for file in (await fetching.fetch()).values()} == {FileState.FAILED}
    fetching.files.heard.clear()
    for file, (facts, _) in zip(stored.values(), NOT_RESUMED.values(), strict=True):
        for name, value in ({"cuts": []} | facts).items():
            setattr(file, name, value)
    got = await fetching.fetch()
    assert {file.state for file in got.values()} == {FileState.COMPLETE}
    assert [fetching.ranges(name) for name in stored] == [ranges for _, ranges in NOT_RESUMED.values()]
    assert [name for name, file in stored.items() if (fetching.out / name).read_bytes() != file.content] == []


async def test_a_checksum_covers_what_an_earlier_fetch_brought(fetching: Fetching) -> None:
    stored = fetching.serve(etag=MD5, cuts=[100_000] + [0] * 10)
    await fetching.fetch()
    stored.cuts.clear()
    fetching.files.heard.clear()
    with (fetching.out / "7_1.bin.part").open("r+b") as part:
        part.write(b"damaged on the disk")
    got = await fetching.fetch_file()
    assert (got.state, got.check, fetching.ranges()) == (FileState.COMPLETE, CHECKSUM, ANEW)
    assert fetching.file.read_bytes() == CONTENT


async def test_a_file_that_is_there_is_compared_by_size_or_if_unpacked_by_date(fetching: Fetching) -> None:
    fetching.serve("plain")
    fetching.serve("packed", content=PACKED, encoding="gzip")
    await fetching.fetch()
    (fetching.out / "plain").write_bytes(OTHER)
    got = await fetching.fetch()
    assert [(file.state, file.check) for file in got.values()] == [
        (FileState.ALREADY_THERE, LENGTH),
        (FileState.ALREADY_THERE, FileCheck.DATE),
    ]
    assert (await fetching.fetch(overwrite=True))["plain"].state is FileState.COMPLETE
    assert (fetching.out / "plain").read_bytes() == CONTENT
