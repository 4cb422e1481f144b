"""Only what is byte for byte what the store has is called complete, or what could not be checked is said."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from pathlib import Path

import pytest

from dfui.core.fetching import FileCheck, FileState
from tests.support.fetching import CONTENT, Account, names, serve
from tests.support.file_server import FileServer, Framing, StoredFile


@pytest.mark.parametrize("ignores_range", [False, True])
async def test_a_file_that_changed_is_started_over(
    ignores_range: bool, account: Account, files: FileServer, out: Path
) -> None:
    stored = serve(files, account, cuts=[100_000] + [0] * 10)
    await account.fetch(out)
    stored.cuts.clear()
    stored.etag, stored.content, stored.ignores_range = '"2"', CONTENT[::-1][:-5], ignores_range
    assert (await account.fetch(out))["7_1.bin"].state is FileState.COMPLETE
    assert (out / "7_1.bin").read_bytes() == stored.content


async def test_without_a_strong_validator_nothing_is_gone_on_from(
    account: Account, files: FileServer, out: Path
) -> None:
    serve(files, account, cuts=[100_000], etag='W/"1"')
    assert (await account.fetch(out))["7_1.bin"].state is FileState.COMPLETE
    assert (out / "7_1.bin").read_bytes() == CONTENT
    assert all("Range" not in headers for _, headers in files.heard)


async def test_a_part_longer_than_the_file_is_started_over(account: Account, files: FileServer, out: Path) -> None:
    stored = serve(files, account, cuts=[100_000] + [0] * 10)
    await account.fetch(out)
    stored.cuts.clear()
    stored.content = CONTENT[:50_000]
    assert (await account.fetch(out))["7_1.bin"].state is FileState.COMPLETE
    assert (out / "7_1.bin").read_bytes() == stored.content


async def test_a_file_shorter_than_was_said_is_not_complete(account: Account, files: FileServer, out: Path) -> None:
    serve(files, account, claims_length=len(CONTENT) + 10, ignores_range=True)
    assert (await account.fetch(out))["7_1.bin"].state is FileState.FAILED
    assert not (out / "7_1.bin").exists()


async def test_gzip_is_unpacked_also_after_a_cut(account: Account, files: FileServer, out: Path) -> None:
    text = b"id,name\n" + b'1,"a\nb"\n' * 50_000
    serve(files, account, "7_1.csv", content=gzip.compress(text), encoding="gzip", cuts=[100])
    got = await account.fetch(out)
    assert got["7_1.csv"].state is FileState.COMPLETE
    assert (out / "7_1.csv").read_bytes() == text
    assert names(out) == ["7_1.csv"]
    assert (await account.fetch(out))["7_1.csv"].state is FileState.ALREADY_THERE


async def test_damaged_gzip_is_no_file(account: Account, files: FileServer, out: Path) -> None:
    serve(files, account, content=gzip.compress(CONTENT)[:-9], encoding="gzip")
    got = await account.fetch(out)
    assert got["7_1.bin"].state is FileState.FAILED
    assert "cannot be unpacked" in (got["7_1.bin"].trouble or "")
    assert not (out / "7_1.bin").exists()


TEXT = b"id,name\n" + b"1,a\n" * 20_000
MD5 = f'"{hashlib.md5(CONTENT).hexdigest()}"'


async def broken_off(account: Account, files: FileServer, out: Path, **facts: object) -> StoredFile:
    """A file of which an earlier fetch brought the first 100,000 bytes."""
    stored = serve(files, account, cuts=[100_000] + [0] * 10, **facts)
    assert (await account.fetch(out))["7_1.bin"].state is FileState.FAILED
    assert (out / "7_1.bin.part").stat().st_size == 100_000
    stored.cuts.clear()
    files.heard.clear()
    return stored


@pytest.mark.parametrize(
    "headers",
    [
        {"ETag": '"2"'},
        {"ETag": None},
        {"ETag": 'W/"1"'},
        {"Content-Range": None},
        {"Content-Range": "bytes 99999-299999/300001"},
        {"Content-Range": "bytes 100000-299999/300001"},
        {"Content-Range": "bytes 100000-299999/*"},
        {"Content-Encoding": "gzip"},
    ],
    ids=str,
)
async def test_a_part_that_does_not_fit_is_not_appended(
    headers: dict[str, str | None], account: Account, files: FileServer, out: Path
) -> None:
    stored = await broken_off(account, files, out)
    stored.content, stored.ignores_if_range, stored.part_headers = CONTENT[::-1], True, headers
    assert (await account.fetch(out))["7_1.bin"].state is FileState.COMPLETE
    assert (out / "7_1.bin").read_bytes() == CONTENT[::-1]
    assert [heard.get("Range") for _, heard in files.heard] == ["bytes=100000-", None]


@pytest.mark.parametrize("framing", [Framing.CHUNKED, Framing.CHUNKED_WITH_LENGTH, Framing.CLOSE])
async def test_a_body_without_a_length_comes_whole_and_is_said_to_have_none(
    framing: Framing, account: Account, files: FileServer, out: Path
) -> None:
    serve(files, account, framing=framing)
    got = await account.fetch(out)
    assert (got["7_1.bin"].state, got["7_1.bin"].check) == (FileState.COMPLETE, None)
    assert (out / "7_1.bin").read_bytes() == CONTENT


async def test_a_chunked_body_that_is_cut_is_not_complete(account: Account, files: FileServer, out: Path) -> None:
    serve(files, account, framing=Framing.CHUNKED, cuts=[50_000] * 20, etag=None)
    assert (await account.fetch(out))["7_1.bin"].state is FileState.FAILED
    assert not (out / "7_1.bin").exists()


@pytest.mark.parametrize("coding", ["deflate", "br", "zstd", "gzip, gzip", "compress"])
async def test_what_cannot_be_unpacked_is_no_file(coding: str, account: Account, files: FileServer, out: Path) -> None:
    serve(files, account, "7_1.csv", "7_2.csv", encoding=coding, content=zlib.compress(TEXT))
    files.files["/7_2.csv"].encoding = None
    got = await account.fetch(out)
    assert f"packed as {coding}" in (got["7_1.csv"].trouble or "")
    assert names(out) == ["7_2.csv"]


@pytest.mark.parametrize("coding", ["identity", "", "GZIP", "x-gzip", "identity, gzip"])
async def test_other_codings_come_unpacked(coding: str, account: Account, files: FileServer, out: Path) -> None:
    is_gzipped = "gzip" in coding.lower()
    serve(files, account, "7_1.csv", encoding=coding, content=gzip.compress(TEXT) if is_gzipped else TEXT)
    got = await account.fetch(out)
    assert got["7_1.csv"].state is FileState.COMPLETE
    assert (out / "7_1.csv").read_bytes() == TEXT


CHECKSUMS = {
    "md5": {"etag": MD5},
    "md5, encrypted by the store": {"etag": MD5, "headers": {"x-amz-server-side-encryption": "AES256"}},
}


@pytest.mark.parametrize("told", CHECKSUMS.values(), ids=CHECKSUMS)
async def test_a_checksum_is_compared(told: dict[str, object], account: Account, files: FileServer, out: Path) -> None:
    stored = serve(files, account, **told)
    got = await account.fetch(out)
    assert (got["7_1.bin"].state, got["7_1.bin"].check) == (FileState.COMPLETE, FileCheck.CHECKSUM)
    (out / "7_1.bin").unlink()
    stored.content = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    files.heard.clear()
    got = await account.fetch(out)
    assert "does not match the file server's checksum" in (got["7_1.bin"].trouble or "")
    assert names(out) == []
    assert len(files.heard) == 2


async def test_a_checksum_covers_what_an_earlier_fetch_brought(account: Account, files: FileServer, out: Path) -> None:
    await broken_off(account, files, out, etag=MD5)
    with (out / "7_1.bin.part").open("r+b") as part:
        part.write(b"damaged on the disk")
    got = await account.fetch(out)
    assert (got["7_1.bin"].state, got["7_1.bin"].check) == (FileState.COMPLETE, FileCheck.CHECKSUM)
    assert (out / "7_1.bin").read_bytes() == CONTENT
    assert [heard.get("Range") for _, heard in files.heard] == ["bytes=100000-", None]


@pytest.mark.parametrize(
    "told",
    [
        {"etag": f'"{"0" * 32}-3"'},
        {"etag": f'"{"0" * 32}"', "headers": {"x-amz-server-side-encryption": "aws:kms"}},
        {"etag": f'"{"0" * 32}"', "headers": {"x-amz-server-side-encryption-customer-algorithm": "AES256"}},
    ],
    ids=str,
)
async def test_what_is_no_checksum_of_the_whole_is_not_taken_for_one(
    told: dict[str, object], account: Account, files: FileServer, out: Path
) -> None:
    serve(files, account, **told)
    got = await account.fetch(out)
    assert (got["7_1.bin"].state, got["7_1.bin"].check) == (FileState.COMPLETE, FileCheck.LENGTH)


async def test_an_etag_that_cannot_be_sent_back_does_not_make_a_part_useless_for_ever(
    account: Account, files: FileServer, out: Path
) -> None:
    serve(files, account, etag='"a\x01b"', cuts=[100_000])
    assert (await account.fetch(out))["7_1.bin"].state is FileState.COMPLETE
    assert (out / "7_1.bin").read_bytes() == CONTENT
    assert [heard.get("If-Range") for _, heard in files.heard] == [None, None]


async def test_a_file_of_the_same_size_is_called_that_and_overwritten_where_told(
    account: Account, files: FileServer, out: Path
) -> None:
    serve(files, account)
    (out / "7_1.bin").write_bytes(CONTENT[::-1])
    got = await account.fetch(out)
    assert (got["7_1.bin"].state, got["7_1.bin"].check) == (FileState.ALREADY_THERE, FileCheck.LENGTH)
    assert (out / "7_1.bin").read_bytes() == CONTENT[::-1]
    assert (await account.fetch(out, overwrite=True))["7_1.bin"].state is FileState.COMPLETE
    assert (out / "7_1.bin").read_bytes() == CONTENT
