"""Fixtures for all tests: an account, a store on a real file, and a machine with nothing set."""

from __future__ import annotations

import gc
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backends import fail

from dfui.api.client import DatafinitiClient
from dfui.core.addresses import DATAFINITI, parse_api_url
from dfui.core.secret import Secret
from dfui.simulator.account import TOKEN, Dialect, Simulator, transport
from dfui.store import Store, open_store
from tests.support.manual_clock import ManualClock
from tests.support.server import SimulatorServer


def pytest_addoption(parser: pytest.Parser) -> None:
    """How long the model is walked."""
    parser.addoption("--model-runs", type=int, default=50, help="walks through the model of a cancellation")


def pytest_collection_finish() -> None:
    """Look for garbage seldom, and never through what was imported: a tenth of the tests' time went into that."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.fixture(scope="session", autouse=True)
def signals_reach_processes() -> None:
    """Let Ctrl-C and hangups reach what tests start, even in the background or under nohup, where tests ignore them.

    A process inherits ignored signals, but no handlers: with a handler that does nothing, only the tests ignore them.
    """
    for each in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(each) is signal.SIG_IGN:
            signal.signal(each, lambda *_: None)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the person's own machine is read or written, and pictures come out the same everywhere."""
    for name in (
        "DATAFINITI_TOKEN", "DFUI_PROFILE", "DFUI_API_URL", "SSH_CONNECTION", "NO_COLOR", "TEXTUAL_THEME", "ACCESSIBLE",
        "SSL_CERT_FILE", "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy",
    ):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    # No test meets the keyring of the person at this machine; one that needs a keyring sets its own.
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    keyring.set_keyring(fail.Keyring())  # type: ignore[no-untyped-call]


@pytest.fixture
def home() -> Iterator[Path]:
    """A home with a short name, as sockets need, that can be opened to others: pytest's folders are for their owner."""
    with tempfile.TemporaryDirectory(prefix="dfui-") as folder:
        yield Path(folder)


@pytest.fixture
def clock() -> ManualClock:
    """A clock that moves when it is slept on."""
    return ManualClock(moves_itself=True)


@pytest.fixture(params=list(Dialect), ids=lambda dialect: dialect.value)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    """Each dialect in turn."""
    chosen: Dialect = request.param
    return chosen


@pytest.fixture
def simulator(clock: ManualClock) -> Simulator:
    """An empty account."""
    return Simulator(now=clock.now)


@pytest.fixture
def server(simulator: Simulator) -> Iterator[SimulatorServer]:
    """The account behind a loopback socket."""
    with SimulatorServer(simulator) as serving:
        yield serving


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[DatafinitiClient]:
    """A client of the account, in process."""
    async with DatafinitiClient(Secret(TOKEN), address=DATAFINITI, transport=transport(simulator)) as made:
        yield made


@pytest.fixture
async def socket_client(server: SimulatorServer) -> AsyncIterator[DatafinitiClient]:
    """A client of the account, over the socket."""
    async with DatafinitiClient(Secret(TOKEN), address=parse_api_url(server.url)) as made:
        yield made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store on a real file."""
    opened = open_store(tmp_path / "data" / "dfui.db", profile="default", origin=DATAFINITI.origin)
    assert opened.problem is None
    yield opened
    opened.close()
