"""A whole session with a marked token: it is in no file, in no byte sent to the terminal, in no output, in no log."""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest

from dfui.core.clock import Clock
from dfui.simulator.account import Simulator
from dfui.simulator.scenarios import demo_account
from tests.support.running import run_each
from tests.support.server import SimulatorServer
from tests.support.terminal import wait_until
from tests.support.tui_process import OPENED_BY_ITSELF_SECONDS, TuiProcess

TOKEN = "MARKED-token-0123456789abcdef"
LINK_MARK = b"X-Amz-Signature"
FAULT = """
from dfui.tui.widgets.title_bar import TitleBar

def render(self):
    token = "MARKED" + "-value"
    raise RuntimeError("broken")

TitleBar.render = render
"""


@pytest.fixture
def simulator() -> Simulator:
    simulator = demo_account(Clock().now)
    simulator.token = TOKEN

    def interrupt(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("/846990"):  # an API that repeats what it was given
            return httpx.Response(400, json={"errors": [f"No: {request.headers['Authorization']}"]})
        return None

    simulator.interrupt = interrupt
    return simulator


def files_with(mark: bytes, folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and mark in path.read_bytes()]


def test_a_whole_session_shows_and_keeps_neither_token_nor_link(server: SimulatorServer, tmp_path: Path) -> None:
    environment = {
        "DFUI_API_URL": server.url,
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    log = tmp_path / "dfui.log"
    seen = bytearray()
    with TuiProcess("--log", str(log), environment=environment) as dfui:
        dfui.shows("PI token")
        dfui.answer(TOKEN, seen_for=OPENED_BY_ITSELF_SECONDS)
        dfui.answer("\r")
        dfui.shows("● running")
        arguments = Path(f"/proc/{dfui.process.pid}/cmdline").read_bytes()
        dfui.press("t")
        dfui.shows("Sign out")
        dfui.answer("\r")
        dfui.shows("846789")  # a row that the dialog hid
        dfui.press("c")
        dfui.shows("Keep it running")
        dfui.answer("y")
        dfui.shows("is cancelled")
        dfui.answer("\r")
        dfui.press("q")
        assert dfui.process.wait(15) == 0
        seen += dfui.everything
    commands = (
        "list --json", "cancel 847069 846990 999 --yes", "add 1", "logout", "show 847070", "show 846990", "history",
        "history --csv", "doctor", "list --api-url http://127.0.0.1:9/v4",
    )  # fmt: skip
    for ended in run_each(
        *([*command.split(), "--log", str(log)] for command in commands),
        environment={**environment, "DATAFINITI_TOKEN": TOKEN},
    ):
        seen += (ended.stdout + ended.stderr).encode()
    assert b"said" in seen  # what the API said is there, less the token in it
    for mark in (TOKEN.encode(), LINK_MARK):
        assert mark not in seen
        assert mark not in arguments
        assert files_with(mark, tmp_path) == []
    assert b"DELETE /v4/downloads/847069" in log.read_bytes()


def test_a_fault_of_dfuis_own_shows_no_values(server: SimulatorServer, tmp_path: Path) -> None:
    """Textual's own traceback shows every variable; one of them may hold the token."""
    (tmp_path / "sitecustomize.py").write_text(FAULT)
    environment = {
        "DFUI_API_URL": server.url,
        "DATAFINITI_TOKEN": TOKEN,
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path(__file__).parents[1])]),
    }
    with TuiProcess(environment=environment) as dfui:
        assert dfui.process.wait(15) == 1
        wait_until(lambda: b"broken" in dfui.everything, "the traceback")
        assert b"MARKED-value" not in dfui.everything
        assert TOKEN.encode() not in dfui.everything
