"""Ends that come from outside: signals, a terminal that stalls or goes away. Real processes on real terminals."""

from __future__ import annotations

import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import dfui
from dfui.core.addresses import parse_api_url
from dfui.core.clock import Clock
from dfui.core.history import HistoryEntry
from dfui.core.outcomes import OutcomeKind
from dfui.simulator.account import TOKEN, Simulator
from dfui.store import open_store
from tests.support.server import SimulatorServer
from tests.support.terminal import wait_until
from tests.support.tui_process import TuiProcess

LEFT_ALTERNATE_SCREEN = b"\x1b[?1049l"


@pytest.fixture
def simulator() -> Simulator:
    simulator = Simulator(now=Clock().now)
    simulator.add("7")
    return simulator


@pytest.fixture
def environment(server: SimulatorServer, tmp_path: Path) -> dict[str, str]:
    return {
        "DATAFINITI_TOKEN": TOKEN,
        "DFUI_API_URL": server.url,
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }


@pytest.fixture
def delete_waits(simulator: Simulator) -> Iterator[threading.Event]:
    """Holds the answer of each DELETE back until it is set."""
    may_answer = threading.Event()

    def interrupt(request: httpx.Request) -> httpx.Response | None:
        if request.method == "DELETE":
            may_answer.wait(10)
        return None

    simulator.interrupt = interrupt
    yield may_answer
    may_answer.set()


def history(server: SimulatorServer, tmp_path: Path) -> list[HistoryEntry]:
    origin = parse_api_url(server.url).origin
    store = open_store(tmp_path / "data" / "dfui" / "dfui.db", profile="default", origin=origin)
    try:
        return store.history.entries()
    finally:
        store.close()


def state(dfui: TuiProcess) -> str:
    """Of the process, as Linux names it: T is stopped."""
    return Path(f"/proc/{dfui.process.pid}/stat").read_text().rpartition(")")[2].split()[0]


def confirm(dfui: TuiProcess, simulator: Simulator) -> None:
    """Cancel the only download, up to the DELETE being on its way."""
    dfui.shows("● running")
    confirm_shown(dfui, simulator)


def confirm_shown(dfui: TuiProcess, simulator: Simulator) -> None:
    """Cancel the only download, which is on the screen."""
    dfui.press("c")
    dfui.shows("Keep it running")
    dfui.answer("y")
    wait_until(lambda: ("DELETE", "/downloads/7") in simulator.requests, "the DELETE has come")


@pytest.mark.parametrize("ends_by", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_restores_the_terminal(environment: dict[str, str], ends_by: signal.Signals) -> None:
    with TuiProcess(environment=environment) as dfui:
        dfui.shows("● running")
        dfui.process.send_signal(ends_by)
        assert dfui.process.wait(5) == 0
        wait_until(lambda: LEFT_ALTERNATE_SCREEN in dfui.output, "the screen is left")
        assert dfui.settings() == dfui.settings_before


@pytest.mark.parametrize("ends_by", [signal.SIGTERM, signal.SIGHUP])
def test_a_cancellation_under_way_gets_its_time_when_dfui_is_told_to_end(
    environment: dict[str, str],
    ends_by: signal.Signals,
    simulator: Simulator,
    server: SimulatorServer,
    delete_waits: threading.Event,
    tmp_path: Path,
) -> None:
    with TuiProcess(environment=environment) as dfui:
        confirm(dfui, simulator)
        dfui.process.send_signal(ends_by)
        wait_until(lambda: LEFT_ALTERNATE_SCREEN in dfui.output, "the screen is left")
        delete_waits.set()
        assert dfui.process.wait(8) == 0
    assert [row.outcome for row in history(server, tmp_path)] == [OutcomeKind.CANCELLED]


def test_what_does_not_end_in_time_is_open_in_the_journal(
    environment: dict[str, str],
    simulator: Simulator,
    server: SimulatorServer,
    delete_waits: threading.Event,
    tmp_path: Path,
) -> None:
    with TuiProcess(environment=environment) as dfui:
        confirm(dfui, simulator)
        dfui.process.terminate()
        dfui.process.wait(9)
    assert [(row.deletes_sent, row.ended_at) for row in history(server, tmp_path)] == [(None, None)]


def test_a_stalled_terminal_does_not_stop_a_cancellation(
    environment: dict[str, str], simulator: Simulator, server: SimulatorServer, tmp_path: Path
) -> None:
    for number in range(100, 140):
        simulator.add(str(number))
    waits = iter([httpx.Response(429, headers={"Retry-After": "2"})])
    simulator.interrupt = lambda request: next(waits, None) if request.method == "DELETE" else None
    with TuiProcess(environment=environment) as dfui:
        dfui.shows("● running")
        dfui.press("c")
        dfui.shows("Keep it running")
        dfui.answer("y")
        wait_until(lambda: any(method == "DELETE" for method, _ in simulator.requests), "the first DELETE")
        dfui.stop_reading()
        dfui.press("jjkk" * 200)  # more pictures than the terminal takes unread
        wait_until(lambda: [row.outcome for row in history(server, tmp_path)] == [OutcomeKind.CANCELLED], "cancelled")
        dfui.go_on_reading()
        dfui.shows("is cancelled")


@pytest.mark.parametrize("ignores_hangup", [False, True])
def test_no_orphan_stays_when_the_terminal_goes_away(environment: dict[str, str], ignores_hangup: bool) -> None:
    with TuiProcess(environment=environment, ignores_hangup=ignores_hangup) as dfui:
        dfui.shows("● running")
        dfui.hang_up()
        dfui.process.wait(9)


def test_leaving_says_that_active_downloads_go_on(environment: dict[str, str]) -> None:
    with TuiProcess(environment=environment) as dfui:
        dfui.shows("● running")
        dfui.press("q")
        dfui.shows("1 download may still be running")
        assert dfui.process.wait(5) == 0


def test_after_a_kill_the_next_start_shows_what_the_api_and_the_journal_say(
    environment: dict[str, str],
    simulator: Simulator,
    server: SimulatorServer,
    delete_waits: threading.Event,
    tmp_path: Path,
) -> None:
    with TuiProcess(environment=environment) as dfui:
        confirm(dfui, simulator)
        dfui.process.kill()
        dfui.process.wait()
    delete_waits.set()  # the API does it, and nobody hears of that
    server.drain()
    assert [(row.deletes_sent, row.ended_at) for row in history(server, tmp_path)] == [(None, None)]
    with TuiProcess(environment=environment) as dfui:
        dfui.shows("Download 7 is cancelled")
        dfui.shows("dfui stopped before it could say")
        dfui.shows("Confirmed by a second look: cancelled.")
    assert [row.outcome for row in history(server, tmp_path)] == [OutcomeKind.CANCELLED]
    assert [method for method, _ in simulator.requests].count("DELETE") == 1


@pytest.mark.parametrize("leaves_by", ["\x11", "q"], ids=["ctrl+q", "q"])
def test_who_leaves_is_asked_and_what_was_not_sent_is_named_now_and_at_the_next_start(
    environment: dict[str, str],
    server: SimulatorServer,
    simulator: Simulator,
    delete_waits: threading.Event,
    tmp_path: Path,
    leaves_by: str,
) -> None:
    for number in range(100, 111):
        simulator.add(str(number))
    with TuiProcess(environment=environment) as dfui:
        dfui.shows("12 active of 12")
        dfui.press("m")
        dfui.press("c")
        dfui.shows("Keep them running")
        dfui.answer("y")
        wait_until(lambda: any(method == "DELETE" for method, _ in simulator.requests), "a DELETE has come")
        dfui.press(leaves_by)
        dfui.shows("12 cancellations in progress; ")
        dfui.answer("y")
        dfui.shows("Waiting up to 5 s for 12 confirmed cancellations")
        assert dfui.process.wait(15) == 0
        wait_until(lambda: b"dfui names them again at its next start" in dfui.everything, "named")
        assert dfui.settings() == dfui.settings_before
    delete_waits.set()
    entries = history(server, tmp_path)
    unsent = {entry.download_id for entry in entries if entry.outcome is OutcomeKind.NOT_SENT}
    assert len(unsent) == 4
    assert {entry.deletes_sent for entry in entries if entry.download_id in unsent} == {0}
    assert all(entry.is_open for entry in entries if entry.download_id not in unsent)
    assert all(name.encode() in dfui.everything for name in unsent)
    with TuiProcess(environment=environment) as again:
        again.comes_to_show("Not sent: ")
        assert again.process.poll() is None
    assert {entry.outcome for entry in history(server, tmp_path) if entry.download_id in unsent} == {
        OutcomeKind.NOT_SENT
    }


def test_bytes_that_are_no_utf_8_do_not_end_it(
    environment: dict[str, str], server: SimulatorServer, simulator: Simulator, tmp_path: Path
) -> None:
    with TuiProcess(environment=environment) as dfui:
        dfui.shows("● running")
        for odd in (b"\xe9", b"\xe1\xf1", b"\x1b[M \xa0\xff", bytes(range(160, 256))):
            dfui.send(odd)
        confirm(dfui, simulator)
        dfui.shows("is cancelled")
        assert dfui.process.poll() is None


def test_ctrl_z_gives_the_terminal_back_and_fg_paints_anew(environment: dict[str, str]) -> None:
    with TuiProcess(environment=environment) as dfui:
        dfui.shows("● running")
        dfui.press("\x1a")
        wait_until(lambda: LEFT_ALTERNATE_SCREEN in dfui.output, "the screen is left")
        wait_until(lambda: state(dfui) == "T", "it is stopped")
        assert dfui.settings() == dfui.settings_before
        del dfui.output[:]
        dfui.process.send_signal(signal.SIGCONT)
        dfui.shows("● running")
        dfui.press("q")
        assert dfui.process.wait(5) == 0


def test_what_was_confirmed_is_finished_before_dfui_is_suspended(
    environment: dict[str, str],
    simulator: Simulator,
    server: SimulatorServer,
    delete_waits: threading.Event,
    tmp_path: Path,
) -> None:
    with TuiProcess(environment=environment) as dfui:
        confirm(dfui, simulator)
        dfui.press("\x1a")
        dfui.shows("Finishing 1 confirmed cancellation before dfui is suspended")
        delete_waits.set()
        wait_until(lambda: state(dfui) == "T", "it is stopped")
        assert [row.outcome for row in history(server, tmp_path)] == [OutcomeKind.CANCELLED]
        dfui.process.send_signal(signal.SIGCONT)
        dfui.shows("Download 7 is cancelled")


def test_ctrl_c_leaves_as_q_does_and_in_the_question_at_once(
    environment: dict[str, str], simulator: Simulator, delete_waits: threading.Event
) -> None:
    with TuiProcess(environment=environment) as dfui:
        confirm(dfui, simulator)
        dfui.press("\x03")
        dfui.shows("Stay")
        dfui.press("\x03")
        dfui.shows("Waiting up to 5 s")
        delete_waits.set()
        assert dfui.process.wait(9) == 0
    with TuiProcess(environment=environment) as again:
        again.shows("✗ cancelled")
        again.press("\x03")
        assert again.process.wait(5) == 0


def test_a_dfui_that_was_replaced_while_it_runs_still_cancels_and_opens_every_dialog(
    environment: dict[str, str],
    simulator: Simulator,
    server: SimulatorServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    installed = tmp_path / "installed"
    shutil.copytree(Path(dfui.__file__).parent, installed / "dfui")
    monkeypatch.chdir(installed)  # where `python -m dfui` looks first
    with TuiProcess(environment=environment) as process:
        process.shows("live")
        (installed / "dfui").rename(tmp_path / "gone")
        opens = {"?": "Finding and marking", "h": "No cancellations yet", "t": "Account and token", "s": "Sort by"}
        for key, shown in opens.items():
            process.press(key)
            process.comes_to_show(shown)
            process.press("\x1b")
            process.comes_to_show("f Fetch")
        confirm_shown(process, simulator)
        process.shows("is cancelled")
    assert [row.outcome for row in history(server, tmp_path)] == [OutcomeKind.CANCELLED]
