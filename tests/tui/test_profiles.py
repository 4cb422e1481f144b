"""Another profile, chosen in the terminal UI: nothing of the one before is left, and no token meets another API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from dfui.core.clock import Clock
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.operations.api_access import ApiAccess
from dfui.simulator.account import Simulator
from dfui.tui.screens.account import AccountModal
from dfui.tui.screens.choose import Choose
from dfui.tui.screens.outcome import OutcomeModal
from tests.support.server import SimulatorServer
from tests.support.tui import Start
from tests.support.tui_process import TuiProcess


@pytest.fixture
def servers() -> Iterator[dict[str, SimulatorServer]]:
    """An API for each profile, with a token and a download of its own."""
    made = {}
    for number, name in enumerate(("first", "second"), start=1):
        simulator = Simulator(now=Clock().now, token=f"token-of-{name}")
        simulator.add(f"{number}4711", started_at=Clock().now() - timedelta(seconds=60))
        made[name] = SimulatorServer(simulator)
    with made["first"], made["second"]:
        yield made


def authorizations(server: SimulatorServer) -> set[str | None]:
    """Collects the tokens that come with requests from now on."""
    seen: set[str | None] = set()
    server.simulator.interrupt = lambda request: seen.add(request.headers.get("Authorization"))
    return seen


def test_another_profile_begins_anew_with_its_own_token_and_downloads(
    servers: dict[str, SimulatorServer], at_terminal: Callable[..., TuiProcess], configure: Callable[[str], None]
) -> None:
    configure(
        "profile = 'first'\n"
        f"[profiles.first]\napi_url = '{servers['first'].url}'\n"
        f"[profiles.second]\napi_url = '{servers['second'].url}'\ntoken_command = ['/bin/echo', 'token-of-second']\n"
    )
    seen = {name: authorizations(server) for name, server in servers.items()}
    with at_terminal(DATAFINITI_TOKEN="token-of-first", DFUI_API_URL="") as process:
        process.shows("14711")
        process.press("tp")
        process.shows("• first")
        process.press("j\r")
        process.shows("second")  # in the title
        process.shows("24711")
        process.press("q")
        assert process.process.wait(30) == 0
        assert b"14711" not in process.everything.partition(b"24711")[2]
    assert seen == {"first": {"Bearer token-of-first"}, "second": {"Bearer token-of-second"}}


async def test_another_profile_takes_a_real_account_and_no_cancellation_under_way(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start() as tui:
        account = await tui.opened(AccountModal, "t")
        assert not account.button("profile").display
        await tui.press("p")
        assert tui.screen is account
    monkeypatch.setattr(ApiAccess, "is_simulated", False)
    async with start() as tui:
        session = tui.app.session
        session.cancellations.confirm(["7"])
        await tui.opened(Choose, "t", "p")
        await tui.press("up", "enter")
        await tui.notified("Change the profile when they are done.")
        assert (tui.app.is_running, session.next_profile) == (True, None)
        session.cancellations.end(Outcome("7", OutcomeKind.CANCELLED))
        await tui.opened(OutcomeModal)
        await tui.opened(Choose, "enter", "t", "p")
        await tui.press("up", "enter")
        assert session.next_profile == "default"


def test_a_token_command_may_ask_at_the_terminal_while_the_ui_is_suspended(
    servers: dict[str, SimulatorServer], at_terminal: Callable[..., TuiProcess], configure: Callable[[str], None]
) -> None:
    configure(
        f"[profiles.default]\napi_url = '{servers['first'].url}'\ntoken_command_terminal = true\n"
        "token_command = ['/bin/sh', '-c', 'printf Which? >&2; read token; echo $token']\n"
    )
    with at_terminal(DATAFINITI_TOKEN="", DFUI_API_URL="") as process:
        process.shows("Which?")
        process.press("token-of-first\r")
        process.shows("14711")
        process.press("q")
        assert process.process.wait(30) == 0
