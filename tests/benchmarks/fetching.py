"""`dfui fetch` beside curl over TLS, as real links are; and keys in the terminal UI while it fetches."""

from __future__ import annotations

import filecmp
import os
import random
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import trustme

from tests.benchmarks.measure import Plan, Row, dfui_at, environment, interleaved, megabytes, row, seconds
from tests.benchmarks.servers import Api, Files, ServerProcess
from tests.benchmarks.stores import FIRST_ID
from tests.benchmarks.terminal import PtyProcess, peak_memory_of
from tests.benchmarks.tui import MAX_KEY_SECONDS, api_with_100, has_table

BLOCK = 1_000_000
LOOK_SECONDS = 0.01
"""Between two looks at how much memory a process has held."""
DOWNLOAD_ID = str(FIRST_ID)
SIGNED = "X-Amz-Date=20261123T120000Z&X-Amz-Expires=1000000000&X-Amz-Signature=simulated"


class Fetch(NamedTuple):
    """One fetch."""

    took: float
    """Seconds of the whole process."""
    cpu_seconds: float
    peak_memory: int
    """In bytes."""


def fetch(plan: Plan) -> Iterator[Row]:
    """500 MB, and 50 MB, which must need as much memory."""
    home, (large, small), files = _served(plan, "fetch", *((50, 10) if plan.is_quick else (500, 50)))
    with files:
        of_large, of_curl, of_small = interleaved(
            plan.times(5),
            partial(_by_dfui, home, large, files),
            partial(_by_curl, home, large, files),
            partial(_by_dfui, home, small, files),
        )
    size = large.stat().st_size
    what = f"fetching {megabytes(size)} over TLS on loopback (`curl -o`)"
    yield row(what, [each.took for each in of_large], [each.took for each in of_curl], unit=seconds)
    what = "… seconds of CPU; 60 MB for each"
    yield row(what, [each.cpu_seconds for each in of_large], unit=seconds, most=size / 60_000_000)
    with_large, with_small = ([max(each.peak_memory for each in fetches)] for fetches in (of_large, of_small))
    what = f"… most memory (dfui with {megabytes(small.stat().st_size)})"
    yield row(what, with_large, with_small, unit=megabytes, most_times=1.1)


def keys_meanwhile(plan: Plan) -> Iterator[Row]:
    """Keys in the command palette, one after the other, while a file comes in."""
    home, (large,), files = _served(plan, "keys-fetching", 300 if plan.is_quick else 1_000)
    slowest, at_rest = [], []
    with files, api_with_100(home, links=_link(files, large)) as dfui:
        for run in range(plan.times(3)):
            with PtyProcess(dfui, _environment(home)) as process:
                meanwhile, afterwards = _keys(process, home / f"run-{run}")
            slowest.append(max(meanwhile))
            at_rest.append(max(afterwards))
    what = f"slowest key while {megabytes(large.stat().st_size)} come in over TLS (of as many at rest)"
    yield row(what, slowest, at_rest, unit=seconds, most=MAX_KEY_SECONDS)


def _keys(process: PtyProcess, folder: Path) -> tuple[list[float], list[float]]:
    """Seconds until each key was answered while a file came in, and of as many afterwards."""
    process.read_until(has_table, "a table")
    process.wait_for_header("live")
    process.press("f")
    process.read_until(lambda output: b"Save to" in output, "the dialog")
    process.read_until_quiet(0.3)
    for keys in ("\x01\x0b", str(folder), "\r"):  # first to the beginning, and delete what is there
        process.press(keys)
        process.read_until_quiet(0.1, most_seconds=0.3)
    process.read_until(lambda output: b"0 of 1 file" in output, "progress")
    began = len(process.output)
    process.press("\x10")
    process.read_until_quiet(0.3, most_seconds=1.0)

    def press_next(number: int) -> float:
        took = process.answered("\x7f" if number % 2 else "x")
        process.read_for(0.05)
        return took

    meanwhile: list[float] = []
    while b"All files" not in process.output[began:]:
        meanwhile.append(press_next(len(meanwhile)))
    return meanwhile, [press_next(len(meanwhile) + number) for number in range(len(meanwhile))]


def _served(plan: Plan, name: str, *blocks: int) -> tuple[Path, list[Path], ServerProcess]:
    """A home, files of so many MB, and a server for them that has a certificate."""
    home, kept = plan.place(name), plan.place(f"{name}-kept")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(home / "authority.pem")
    certificate = home / "certificate.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(certificate)
    files = [_write_file(kept / f"{DOWNLOAD_ID}_{count}.csv", count) for count in blocks]
    return home, files, ServerProcess(Files, folder=kept, certificate=certificate)


def _write_file(path: Path, blocks: int) -> Path:
    """So many MB of noise, each different from the others."""
    noise = random.Random(847070).randbytes(BLOCK)
    with path.open("wb") as file:
        for number in range(blocks):
            turn = number * 997 % BLOCK
            file.write(noise[turn:] + noise[:turn])
    return path


def _link(files: ServerProcess, file: Path) -> str:
    return f"{files.origin}/{file.name}?{SIGNED}"


def _environment(home: Path) -> Mapping[str, str]:
    return environment(home, SSL_CERT_FILE=str(home / "authority.pem"))


def _by_dfui(home: Path, file: Path, files: ServerProcess) -> Fetch:
    output = home / "fetched"
    with ServerProcess(Api, links=_link(files, file)) as api:
        fetched = _measured(dfui_at(api.url, "fetch", DOWNLOAD_ID, "--output", str(output)), _environment(home))
    assert filecmp.cmp(output / file.name, file, shallow=False), f"{output} is not what was sent"
    shutil.rmtree(output)
    return fetched


def _by_curl(home: Path, file: Path, files: ServerProcess) -> Fetch:
    output = home / "by-curl.csv"
    command = ["curl", "--silent", "--fail", "--cacert", str(home / "authority.pem"), "-o", str(output)]
    fetched = _measured([*command, _link(files, file)], _environment(home))
    output.unlink()
    return fetched


def _measured(command: Sequence[str], variables: Mapping[str, str]) -> Fetch:
    """Run a command that must succeed, and look meanwhile at its memory.

    What `wait4` says of the memory begins with this process's own, from before the command took its place.
    """
    os.sync()  # what an earlier one wrote is not to be written on this one's account
    began = time.perf_counter()
    process = subprocess.Popen(command, env=dict(variables), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak_memory = pid = status = 0
    while not pid:
        peak_memory = max(peak_memory, peak_memory_of(process.pid))
        time.sleep(LOOK_SECONDS)
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
    took = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return Fetch(took, usage.ru_utime + usage.ru_stime, peak_memory)
