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
    """1 GB, and 100 MB, which must need as much memory."""
    large, small = (100, 10) if plan.is_quick else (1_000, 100)
    what = f"fetching {megabytes(large * BLOCK)} over loopback (`curl -o`)"
    if subprocess.run([*dfui_command(), "fetch", "--help"], capture_output=True, check=False).returncode:
        yield skipped(what, "`dfui fetch` is not there yet")
        return
    if shutil.which("curl") is None:
        yield skipped(what, "curl for the baseline cannot be found. Install it, and run this again")
        return
    home = plan.place("fetch")
    kept = plan.place("kept")
    try:
        large_file = _write_file(kept / f"{DOWNLOAD_ID}_1.csv", large)
        small_file = _write_file(kept / f"{DOWNLOAD_ID}_2.csv", small)
        with file_server(kept) as files:
            fetch_small = partial(_by_dfui, home, small_file, f"{files.origin}/{small_file.name}?{SIGNED}")
            fetch_large = partial(_by_dfui, home, large_file, f"{files.origin}/{large_file.name}?{SIGNED}")
            curl_large = partial(_by_curl, home, large_file, f"{files.origin}/{large_file.name}?{SIGNED}")
            of_large, of_curl, of_small = interleaved(plan.times(5), fetch_large, curl_large, fetch_small)
    finally:
        shutil.rmtree(kept)
    ratio = ratio_of([each.took for each in of_curl], [each.took for each in of_large])
    dfui_took, curl_took = median(each.took for each in of_large), median(each.took for each in of_curl)
    yield Row(
        what,
        f"{seconds(dfui_took)}, {megabytes(large * BLOCK / dfui_took)}/s",
        f"{seconds(curl_took)}, {megabytes(large * BLOCK / curl_took)}/s",
        ratio,
        "throughput ≥ 0.9 ×",
        ratio >= 0.9,
    )
    with_large, with_small = (max(each.peak_memory for each in fetches) for fetches in (of_large, of_small))
    yield Row(
        f"… most memory (dfui with {megabytes(small * BLOCK)})",
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
            fetched = _measured(command, environment(home))
        arrived = [path for path in output.rglob("*") if path.is_file()]
        assert len(arrived) == 1, arrived
        assert filecmp.cmp(arrived[0], file, shallow=False), f"{arrived[0]} is not what was sent"
    finally:
        shutil.rmtree(output)
    return fetched


def _by_curl(home: Path, file: Path, link: str) -> Fetch:
    output = home / "by-curl.csv"
    try:
        fetched = _measured(["curl", "--silent", "--fail", "-o", str(output), link], environment(home))
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
