"""What the help and the README say alike: what each outcome means, how to move, where things are kept."""

from __future__ import annotations

from typing import assert_never

from dfui.core.outcomes import OutcomeKind
from dfui.core.sanitize import sanitize
from dfui.system.settings import Settings

MOVING = "arrows, j k, Page Up and Down, Home and End, g G"
PALETTE = "ctrl+p"


def outcome_meaning(kind: OutcomeKind) -> str:
    """What an outcome means, in a line."""
    match kind:
        case OutcomeKind.CANCELLED:
            return "a look after the cancellation showed it cancelled"
        case OutcomeKind.COMPLETED:
            return "it finished before it could be stopped: all is there, and paid for"
        case OutcomeKind.ACCEPTED:
            return "the API took it, and the download was not yet seen to have stopped"
        case OutcomeKind.STILL_ACTIVE:
            return "it did not get through: the download keeps running and costs credits"
        case OutcomeKind.REFUSED:
            return "the API will not cancel it"
        case OutcomeKind.NOT_FOUND:
            return "not found on this account"
        case OutcomeKind.UNAUTHORIZED:
            return "the token was rejected"
        case OutcomeKind.UNKNOWN:
            return "neither the answer nor the state is known: check again"
        case OutcomeKind.NOT_SENT:
            return "nothing was sent: it keeps running"
        case _:
            assert_never(kind)


def places(settings: Settings) -> list[tuple[str, str]]:
    """Where things are kept, by what they are."""
    return [
        ("Known downloads, history", sanitize(settings.database)),
        ("Options", sanitize(settings.config_file)),
        ("Token", "the OS keyring, or DATAFINITI_TOKEN, or this session alone"),
    ]
