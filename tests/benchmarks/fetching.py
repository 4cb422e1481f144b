"""The command `dfui fetch` beside curl: throughput, and memory that does not grow with the file."""

from __future__ import annotations

import filecmp
import os
import random
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import trustme

from tests.benchmarks.measuring import (
    Plan,
    dfui_command,
    environment,
    interleaved,
    median,
    megabytes,
    ratio_of,
    seconds,
)
from tests.benchmarks.pty_process import peak_memory_of
from tests.benchmarks.report import Row, skipped
from tests.benchmarks.servers import api_server, file_server

BLOCK = 1_000_000
LOOK_SECONDS = 0.01
"""Between two looks at how much memory a process has held."""
DOWNLOAD_ID = "847070"
SIGNED = "X-Amz-Date=20261123T120000Z&X-Amz-Expires=604800&X-Amz-Signature=simulated"


@dataclass(frozen=True)
class Fetch:
    """One fetch."""

    took: float
    """Seconds of the whole process."""
    peak_memory: int
    """In bytes."""


def fetch(plan: Plan) -> Iterator[Row]:
    """500 MB over TLS, as real links are, and without; 50 MB, which must need as much memory; and next to nothing."""
    large, small = (50, 10) if plan.is_quick else (500, 50)
    if shutil.which("curl") is None:
        why = "curl for the baseline cannot be found. Install it, and run this again"
        yield skipped(f"fetching {megabytes(large * BLOCK)} over loopback (`curl -o`)", why)
        return
    home = plan.place("fetch")
    kept = plan.place("kept")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(home / "authority.pem")
    certificate = home / "certificate.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(certificate)
    try:
        large_file = _write_file(kept / f"{DOWNLOAD_ID}_1.csv", large)
        small_file = _write_file(kept / f"{DOWNLOAD_ID}_2.csv", small)
        tiny_file = kept / f"{DOWNLOAD_ID}_3.csv"
        tiny_file.write_text("id,name\n" + "1,a\n" * 1000)
        for how, given in (("over TLS on loopback", certificate), ("over loopback, not encrypted", None)):
            with file_server(kept, certificate=given) as files:
                fetches = [
                    partial(fetched_by, home, file, f"{files.origin}/{file.name}?{SIGNED}")
                    for fetched_by, file in (
                        (_by_dfui, large_file),
                        (_by_curl, large_file),
                        (_by_dfui, small_file),
                        (_by_dfui, tiny_file),
                        (_by_curl, tiny_file),
                    )
                ]
                of_large, of_curl, of_small, of_tiny, tiny_of_curl = interleaved(plan.times(5), *fetches)
            what = f"fetching {megabytes(large * BLOCK)} {how} (`curl -o`)"
            yield _throughput(what, large * BLOCK, of_large, of_curl, has_goal=given is not None)
            yield _transfer(large * BLOCK, _less(of_large, of_tiny), _less(of_curl, tiny_of_curl))
            yield _memory(small * BLOCK, of_large, of_small)
    finally:
        shutil.rmtree(kept)


def _throughput(what: str, size: int, ours: list[Fetch], theirs: list[Fetch], *, has_goal: bool) -> Row:
    ratio = ratio_of([each.took for each in theirs], [each.took for each in ours])
    dfui_took, curl_took = median(each.took for each in ours), median(each.took for each in theirs)
    return Row(
        what,
        f"{seconds(dfui_took)}, {megabytes(size / dfui_took)}/s",
        f"{seconds(curl_took)}, {megabytes(size / curl_took)}/s",
        ratio,
        "throughput ≥ 0.9 ×" if has_goal else "–",
        ratio >= 0.9 if has_goal else None,
    )


def _less(fetches: list[Fetch], of_tiny: list[Fetch]) -> list[float]:
    """What fetches took beyond the start, the look at the API and the end."""
    return [each.took - tiny.took for each, tiny in zip(fetches, of_tiny, strict=True)]


def _transfer(size: int, ours: list[float], theirs: list[float]) -> Row:
    return Row(
        "… less what a file of 4 kB takes: the transfer alone",
        f"{seconds(median(ours))}, {megabytes(size / median(ours))}/s",
        f"{seconds(median(theirs))}, {megabytes(size / median(theirs))}/s",
        ratio_of(theirs, ours),
    )


def _memory(small: int, of_large: list[Fetch], of_small: list[Fetch]) -> Row:
    with_large, with_small = (max(each.peak_memory for each in fetches) for fetches in (of_large, of_small))
    return Row(
        f"… most memory (dfui with {megabytes(small)})",
        megabytes(with_large),
        megabytes(with_small),
        with_large / with_small,
        "≤ 1.1 ×",
        with_large / with_small <= 1.1,
    )


def _by_dfui(home: Path, file: Path, link: str) -> Fetch:
    output = home / "fetched"
    output.mkdir()
    try:
        with api_server(links=link) as api:
            command = [*dfui_command(), "--api-url", api.url, "fetch", DOWNLOAD_ID, "--output", str(output)]
            fetched = _measured(command, environment(home, SSL_CERT_FILE=str(home / "authority.pem")))
        arrived = [path for path in output.rglob("*") if path.is_file()]
        assert len(arrived) == 1, arrived
        assert filecmp.cmp(arrived[0], file, shallow=False), f"{arrived[0]} is not what was sent"
    finally:
        shutil.rmtree(output)
    return fetched


def _by_curl(home: Path, file: Path, link: str) -> Fetch:
    output = home / "by-curl.csv"
    try:
        command = ["curl", "--silent", "--fail", "--cacert", str(home / "authority.pem"), "-o", str(output), link]
        fetched = _measured(command, environment(home))
        assert filecmp.cmp(output, file, shallow=False), "curl's file is not what was sent"
    finally:
        output.unlink(missing_ok=True)
    return fetched


def _measured(command: Sequence[str], variables: Mapping[str, str]) -> Fetch:
    """Run a command that must succeed, and look meanwhile at its memory.

    What `wait4` says of the memory begins with this process's own, from before the command took its place.
    """
    os.sync()  # what an earlier one wrote is not to be written on this one's account
    began = time.perf_counter()
    process = subprocess.Popen(command, env=dict(variables), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    peak_memory = 0
    while True:
        try:
            output, _ = process.communicate(timeout=LOOK_SECONDS)
            break
        except subprocess.TimeoutExpired:
            peak_memory = max(peak_memory, peak_memory_of(process.pid))
    took = time.perf_counter() - began
    assert process.returncode == 0, (command[0], process.returncode, output)
    return Fetch(took, peak_memory)


def _write_file(path: Path, blocks: int) -> Path:
    """So many MB of noise, each different from the others."""
    noise = random.Random(847070).randbytes(BLOCK)
    with path.open("wb") as file:
        for number in range(blocks):
            turn = number * 997 % BLOCK
            file.write(noise[turn:])
            file.write(noise[:turn])
    return path
