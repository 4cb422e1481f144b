"""Ends that come from outside: signals, a terminal that stalls or goes away. Real processes on real terminals."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

import dfui
from dfui.core.addresses import parse_api_url
from dfui.core.clock import Clock
from dfui.core.history import HistoryEntry
from dfui.core.outcomes import OutcomeKind
from dfui.simulator.account import Simulator
from dfui.store import open_store
from tests.support.outcomes import busy, script
from tests.support.server import SimulatorServer
from tests.support.terminal import wait_until
from tests.support.tui_process import OPENED_BY_ITSELF_SECONDS, TuiProcess

ENTERED_ALTERNATE_SCREEN, LEFT_ALTERNATE_SCREEN = b"\x1b[?1049h", b"\x1b[?1049l"
AtTerminal = Callable[..., TuiProcess]
History = Callable[[], list[HistoryEntry]]


@pytest.fixture
def simulator() -> Simulator:
    simulator = Simulator(now=Clock().now)
    simulator.add("7")
    return simulator


@pytest.fixture
def may_answer(simulator: Simulator) -> Iterator[threading.Event]:
    """Holds the answer of each DELETE back until it is set."""
    may_answer = threading.Event()

    def interrupt(request: httpx.Request) -> httpx.Response | None:
        if request.method == "DELETE":
            may_answer.wait(10)
        return None

    simulator.interrupt = interrupt
    yield may_answer
    may_answer.set()


@pytest.fixture
def history(server: SimulatorServer) -> History:
    def entries() -> list[HistoryEntry]:
        path = Path(os.environ["XDG_DATA_HOME"]) / "dfui" / "dfui.db"
        store = open_store(path, profile="default", origin=parse_api_url(server.url).origin)
        try:
            return store.history.entries()
        finally:
            store.close()

    return entries


def state(process: TuiProcess) -> str:
    """Of the process, as Linux names it: T is stopped."""
    return Path(f"/proc/{process.process.pid}/stat").read_text().rpartition(")")[2].split()[0]


def confirm(process: TuiProcess, simulator: Simulator, *, keys: str = "c", asks: str = "Keep it running") -> None:
    """Cancel, up to a DELETE being on its way."""
    process.comes_to_show("● running")
    process.press(keys)
    process.shows(asks)
    process.answer("y")
    wait_until(lambda: any(method == "DELETE" for method, _ in simulator.requests), "a DELETE has come")


@pytest.mark.parametrize("ends_by", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_gives_a_cancellation_its_time_and_restores_the_terminal(
    at_terminal: AtTerminal,
    simulator: Simulator,
    history: History,
    may_answer: threading.Event,
    ends_by: signal.Signals,
) -> None:
    with at_terminal() as process:
        confirm(process, simulator)
        process.process.send_signal(ends_by)
        process.process.send_signal(signal.SIGCONT)  # as systemd and shells do, lest it is stopped
        wait_until(lambda: LEFT_ALTERNATE_SCREEN in process.output, "the screen is left")
        may_answer.set()
        assert process.process.wait(8) == 0
        assert process.settings() == process.settings_before
    assert [row.outcome for row in history()] == [OutcomeKind.CANCELLED]


def test_a_stalled_terminal_does_not_stop_a_cancellation(
    at_terminal: AtTerminal, simulator: Simulator, history: History
) -> None:
    for number in range(100, 140):
        simulator.add(str(number))
    script(simulator, [busy(2)])
    with at_terminal() as process:
        confirm(process, simulator)
        process.stop_reading()
        process.press("jjkk" * 200)  # more pictures than the terminal takes unread
        wait_until(lambda: [row.outcome for row in history()] == [OutcomeKind.CANCELLED], "cancelled")
        process.go_on_reading()
        process.shows("is cancelled")


@pytest.mark.parametrize("ignores_hangup", [False, True])
def test_no_orphan_stays_when_the_terminal_goes_away(at_terminal: AtTerminal, ignores_hangup: bool) -> None:
    with at_terminal(ignores_hangup=ignores_hangup) as process:
        process.shows("● running")
        process.hang_up()
        process.process.wait(9)


@pytest.mark.parametrize("ends_by", [signal.SIGTERM, signal.SIGKILL])
def test_what_did_not_end_in_time_is_shown_at_the_next_start_as_the_api_and_the_history_say(
    at_terminal: AtTerminal,
    simulator: Simulator,
    server: SimulatorServer,
    history: History,
    may_answer: threading.Event,
    ends_by: signal.Signals,
) -> None:
    with at_terminal() as process:
        confirm(process, simulator)
        process.process.send_signal(ends_by)
        process.process.wait(9)
    may_answer.set()  # the API does it, and nobody hears of that
    server.drain()
    assert [(row.deletes_sent, row.ended_at) for row in history()] == [(None, None)]
    with at_terminal() as process:
        for words in ("Download 7 is cancelled", "dfui stopped before it could say", "second look: cancelled."):
            process.shows(words)
    assert [row.outcome for row in history()] == [OutcomeKind.CANCELLED]
    assert [method for method, _ in simulator.requests].count("DELETE") == 1


def test_who_leaves_is_asked_and_told_what_was_not_sent_now_by_ctrl_c_and_at_the_next_start(
    at_terminal: AtTerminal, simulator: Simulator, history: History, may_answer: threading.Event
) -> None:
    for number in range(100, 111):
        simulator.add(str(number))
    with at_terminal() as process:
        process.shows("12 active of 12")
        confirm(process, simulator, keys="mc", asks="Keep them running")
        process.press("\x11")  # Ctrl-Q
        process.shows("12 cancellations in progress; ")
        process.answer("y")
        process.shows("Waiting up to 5 s for 12 confirmed cancellations")
        process.press("\x03")
        assert process.process.wait(15) == 0
        wait_until(lambda: b"dfui names them again at its next start" in process.everything, "named")
        assert process.settings() == process.settings_before
    may_answer.set()
    entries = history()
    unsent = {entry.download_id for entry in entries if entry.outcome is OutcomeKind.NOT_SENT}
    assert len(unsent) == 4
    assert {entry.deletes_sent for entry in entries if entry.download_id in unsent} == {0}
    assert all(entry.is_open for entry in entries if entry.download_id not in unsent)
    assert all(name.encode() in process.everything for name in unsent)
    with at_terminal() as process:
        process.comes_to_show("Not sent: ")
        assert process.process.poll() is None
    assert {entry.outcome for entry in history() if entry.download_id in unsent} == {OutcomeKind.NOT_SENT}


def suspend_while_cancelling(process: TuiProcess, simulator: Simulator) -> None:
    confirm(process, simulator)
    process.press("\x1a")
    process.shows("Finishing 1 confirmed cancellation before dfui is suspended")


def test_ctrl_z_finishes_what_was_confirmed_gives_the_terminal_back_and_fg_paints_anew(
    at_terminal: AtTerminal, simulator: Simulator, history: History, may_answer: threading.Event
) -> None:
    with at_terminal() as process:
        suspend_while_cancelling(process, simulator)
        may_answer.set()
        for outcomes in ([OutcomeKind.CANCELLED], []):  # the second time, nothing is under way
            wait_until(lambda: state(process) == "T", "it is stopped")
            assert process.settings() == process.settings_before
            assert not outcomes or [row.outcome for row in history()] == outcomes
            del process.output[:]
            process.process.send_signal(signal.SIGCONT)
            process.shows("Download 7 is cancelled" if outcomes else "✗ cancelled")
            if outcomes:
                process.answer("\r", seen_for=OPENED_BY_ITSELF_SECONDS)
                process.comes_to_show("f Fetch")
                process.press("\x1a")


def test_a_signal_that_ends_it_while_it_finishes_before_it_is_suspended_names_what_is_left(
    at_terminal: AtTerminal, simulator: Simulator, history: History, may_answer: threading.Event
) -> None:
    with at_terminal() as process:
        suspend_while_cancelling(process, simulator)
        process.process.terminate()
        process.shows("7: unknown whether it has stopped.")
        assert process.process.wait(5) == 0
        assert [entry.is_open for entry in history()] == [True]


def suspend(process: TuiProcess) -> None:
    del process.output[:]
    process.press("\x1a")
    wait_until(lambda: LEFT_ALTERNATE_SCREEN in process.output, "the screen is left")
    wait_until(lambda: state(process) == "T", "it is stopped")
    assert process.settings() == process.settings_before
    del process.output[:]


def test_who_is_continued_paints_everything_and_leaves_the_terminal_as_it_was(at_terminal: AtTerminal) -> None:
    with at_terminal() as process:
        process.shows("● running")
        for _ in range(2):
            suspend(process)
            process.process.send_signal(signal.SIGCONT)
            process.shows("● running")
            process.shows("Add IDs")
        process.process.send_signal(signal.SIGCONT)  # of one that runs
        process.shows("Add IDs")
        process.press("q")
        process.shows("1 download may still be running")
        assert process.process.wait(5) == 0
        assert process.settings() == process.settings_before


def test_a_signal_that_ends_it_while_it_is_suspended_leaves_the_terminal_alone(at_terminal: AtTerminal) -> None:
    with at_terminal() as process:
        process.shows("● running")
        suspend(process)
        process.process.terminate()
        process.process.send_signal(signal.SIGCONT)
        assert process.process.wait(5) == 0
        process.shows("1 download may still be running")
        assert ENTERED_ALTERNATE_SCREEN not in process.everything[process.everything.rindex(LEFT_ALTERNATE_SCREEN) :]
        assert process.settings() == process.settings_before


def test_sigcont_at_any_moment_of_leaving_brings_nothing_back(at_terminal: AtTerminal) -> None:
    def has_ended() -> bool:
        process.process.send_signal(signal.SIGCONT)
        return process.process.poll() is not None

    with at_terminal() as process:
        process.shows("● running")
        process.press("q")
        process.shows("\x1b[?2004l")  # the first mode that is put back
        wait_until(has_ended, "it has ended")
        assert process.process.returncode == 0
        process.shows("1 download may still be running")
        assert process.everything.rindex(LEFT_ALTERNATE_SCREEN) > process.everything.rindex(ENTERED_ALTERNATE_SCREEN)
        assert process.settings() == process.settings_before
        assert b"Traceback" not in process.everything


def test_ctrl_c_leaves_as_q_does_in_the_question_at_once_and_bytes_that_are_no_utf_8_do_not(
    at_terminal: AtTerminal, simulator: Simulator, may_answer: threading.Event
) -> None:
    with at_terminal() as process:
        process.shows("● running")
        for odd in (b"\xe9", b"\xe1\xf1", b"\x1b[M \xa0\xff", bytes(range(160, 256))):
            process.send(odd)
        confirm(process, simulator)
        process.press("\x03")
        process.shows("Stay")
        process.press("\x03")
        process.shows("Waiting up to 5 s")
        may_answer.set()
        assert process.process.wait(9) == 0
    simulator.add("8")
    with at_terminal() as process:
        process.shows("● running")
        process.press("\x03")
        process.shows("1 download may still be running")
        assert process.process.wait(5) == 0


def test_a_dfui_that_was_replaced_while_it_runs_still_cancels_and_opens_every_dialog(
    at_terminal: AtTerminal, simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "installed"
    shutil.copytree(Path(dfui.__file__).parent, installed / "dfui")
    monkeypatch.chdir(installed)  # where `python -m dfui` looks first
    with at_terminal() as process:
        process.shows("live")
        (installed / "dfui").rename(tmp_path / "gone")
        opens = {"?": "Finding and marking", "h": "No cancellations yet", "t": "Account and token", "s": "Sort by"}
        for key, shown in opens.items():
            process.press(key)
            process.comes_to_show(shown)
            process.answer("\x1b")
            process.comes_to_show("f Fetch")
        confirm(process, simulator)
        process.shows("is cancelled")
