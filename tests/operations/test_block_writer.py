"""Writing in blocks: every byte once and in order, whatever the sizes of the pieces."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dfui.operations.block_writer import BLOCK_BYTES, BlockWriter


@pytest.mark.parametrize(
    "sizes",
    [[1, 0, 2], [BLOCK_BYTES], [BLOCK_BYTES - 1, 1, 1], [BLOCK_BYTES - 1, 2], [5, BLOCK_BYTES + 1, 5], [16_384] * 40],
    ids=str,
)
def test_the_pieces_are_in_the_file_in_order_and_once(sizes: list[int], tmp_path: Path) -> None:
    pieces = [os.urandom(size) for size in sizes]
    descriptor = os.open(tmp_path / "file", os.O_WRONLY | os.O_CREAT)
    writer = BlockWriter(descriptor)
    for piece in pieces:
        writer.write(piece)
    writer.flush()
    writer.flush()
    os.close(descriptor)
    assert (tmp_path / "file").read_bytes() == b"".join(pieces)


def test_a_write_that_takes_a_part_is_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, left: write(descriptor, left[:7]))
    descriptor = os.open(tmp_path / "file", os.O_WRONLY | os.O_CREAT)
    writer = BlockWriter(descriptor)
    writer.write(b"a" * 10)
    writer.write(b"b" * 10)
    writer.flush()
    os.close(descriptor)
    assert (tmp_path / "file").read_bytes() == b"a" * 10 + b"b" * 10


def test_what_could_not_be_written_is_not_written_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write

    def fail(descriptor: int, left: memoryview) -> int:
        if len(left) < 10:
            raise OSError(28, "No space left on device")
        return write(descriptor, left[:4])

    descriptor = os.open(tmp_path / "file", os.O_WRONLY | os.O_CREAT)
    writer = BlockWriter(descriptor)
    writer.write(b"a" * 10)
    with monkeypatch.context() as full, pytest.raises(OSError, match="No space left"):
        full.setattr(os, "write", fail)
        writer.flush()
    writer.flush()
    os.close(descriptor)
    assert (tmp_path / "file").read_bytes() == b"a" * 4
