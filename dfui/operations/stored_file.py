"""What the headers of an object store's answer tell of a file."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Protocol

from dfui.core.errors import TransferFailed

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})")
_LENGTH = re.compile(r"[0-9]{1,18}")
_STRONG_TAG = re.compile(r'"[!#-~]*"')
_MD5_TAG = re.compile(r'"([0-9a-fA-F]{32})"')
_TAG_IS_NO_MD5 = ("aws:kms", "aws:kms:dsse")


def strong_tag(text: str | None) -> str | None:
    """An ETag that says that every byte is the same, and can be sent back; None for any other."""
    return text if text and _STRONG_TAG.fullmatch(text) else None


class StoredFile:
    """A file as the headers of an answer describe it."""

    def __init__(self, status: int, headers: Mapping[str, str]) -> None:
        self.status = status
        """200 for all of it, 206 for a part, 416 where there is no such part."""
        self._headers = headers
        self._range = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", "")) if status == 206 else None

    @property
    def begins_at(self) -> int | None:
        """The first byte that comes; None where the store does not tell."""
        if self.status == 200:
            return 0
        return int(self._range[1]) if self._range else None

    @property
    def total(self) -> int | None:
        """Bytes of the whole file, as it is stored; None where the store does not tell."""
        if self.status == 206:
            return int(self._range[3]) if self._range else None
        return self.length

    @property
    def length(self) -> int | None:
        """Bytes that come; None where the store does not tell."""
        if "Transfer-Encoding" in self._headers:  # which ends the body in its own way, whatever the length says
            return None
        length = self._headers.get("Content-Length", "")
        return int(length) if _LENGTH.fullmatch(length) else None

    @property
    def validator(self) -> str | None:
        """What `If-Range` may be asked with."""
        return strong_tag(self._headers.get("ETag"))

    @property
    def modified_at(self) -> float | None:
        """When it was stored, in seconds since 1970."""
        try:
            return parsedate_to_datetime(self._headers["Last-Modified"]).timestamp()
        except (KeyError, ValueError, OverflowError):
            return None

    @property
    def is_gzipped(self) -> bool:
        """Whether it must be unpacked.

        Raises:
            TransferFailed: it is packed in a way that dfui cannot unpack.
        """
        codings = [coding.strip().lower() for coding in self._headers.get("Content-Encoding", "").split(",")]
        codings = [coding for coding in codings if coding not in ("", "identity")]
        if codings in ([], ["gzip"], ["x-gzip"]):
            return bool(codings)
        raise TransferFailed(f"The object store sends it packed as {', '.join(codings)}, which dfui cannot unpack.")

    @property
    def checksum(self) -> Checksum | None:
        """The checksum of the whole file, as it is stored; None where the store tells none that is known here."""
        if self.status == 200:  # of a part, it would be the part's own
            for algorithm in ("sha256", "sha1", "crc32"):
                value = self._headers.get(f"x-amz-checksum-{algorithm}", "")
                if value and "-" not in value:  # as `…=-3`, a checksum of the checksums of 3 parts
                    return _from_base64(algorithm, value)
        tag = _MD5_TAG.fullmatch(self._headers.get("ETag", ""))
        if (
            tag is None
            or self._headers.get("x-amz-server-side-encryption") in _TAG_IS_NO_MD5
            or "x-amz-server-side-encryption-customer-algorithm" in self._headers
        ):
            return None
        return Checksum("md5", tag[1].lower())


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the bytes of a file must come to."""

    algorithm: str
    value: str
    """In hexadecimal."""

    def hasher(self) -> Hasher:
        """What works it out."""
        if self.algorithm == "crc32":
            return _Crc32()
        return hashlib.new(self.algorithm, usedforsecurity=False)


class Hasher(Protocol):
    """Takes bytes in order."""

    def update(self, piece: bytes, /) -> None:
        """Take the next bytes."""

    def hexdigest(self) -> str:
        """The checksum of all of them."""


class _Crc32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, piece: bytes, /) -> None:
        self._value = zlib.crc32(piece, self._value)

    def hexdigest(self) -> str:
        return f"{self._value:08x}"


def _from_base64(algorithm: str, value: str) -> Checksum | None:
    try:
        return Checksum(algorithm, base64.b64decode(value, validate=True).hex())
    except binascii.Error:
        return None
