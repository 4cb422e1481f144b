"""Writing what comes in small pieces in few writes."""

from __future__ import annotations

import os

BLOCK_BYTES = 256 * 1024


class BlockWriter:
    """Writes to an open file in blocks; it does not close it.

    Over TLS 16 kB come at a time, and to write them one by one takes the file system three times as long. The block is
    allocated once: a new one each time would take longer than the writing.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._block = memoryview(bytearray(BLOCK_BYTES))
        self._filled = 0

    def write(self, piece: bytes) -> None:
        """Add bytes; they are in the file after `flush` at the latest."""
        if self._filled + len(piece) > BLOCK_BYTES:
            self.flush()
        if len(piece) > BLOCK_BYTES:
            self._write(memoryview(piece))
            return
        self._block[self._filled : self._filled + len(piece)] = piece
        self._filled += len(piece)

    def flush(self) -> None:
        """Write what is not written yet."""
        filled, self._filled = self._filled, 0  # what cannot be written is not tried again
        self._write(self._block[:filled])

    def _write(self, left: memoryview) -> None:
        while left:
            left = left[os.write(self._descriptor, left) :]
