"""What the help and the README say alike: what each outcome means, how to move, where things are kept."""

from __future__ import annotations

from typing import assert_never

from dfui.core.outcomes import OutcomeKind
from dfui.core.text import sanitize
from dfui.system.settings import Settings

MOVING = "arrows, j k, Page Up and Down, Home and End, g G"
PALETTE = "ctrl+p"


OPEN = ("open", "in the history: not known yet; it is under way, or dfui stopped first, and its next start finds out")
"""What stands in place of an outcome, and what it means."""


def outcome_meaning(kind: OutcomeKind) -> str:
    """What an outcome means, in a line."""
    match kind:
        case OutcomeKind.CANCELLED:
            return "confirmed: a check afterwards showed it cancelled"
        case OutcomeKind.COMPLETED:
            return "it finished before it could be stopped; all records are there, and paid for"
        case OutcomeKind.ACCEPTED:
            return "the API accepted the request, but the download has not been seen to stop yet"
        case OutcomeKind.STILL_ACTIVE:
            return "the request did not get through; the download is still active and costs credits"
        case OutcomeKind.REFUSED:
            return "the API refused to cancel it"
        case OutcomeKind.NOT_FOUND:
            return "not found on this account"
        case OutcomeKind.UNAUTHORIZED:
            return "the token was rejected"
        case OutcomeKind.UNKNOWN:
            return "no answer, and the status could not be read; check again"
        case OutcomeKind.NOT_SENT:
            return "nothing was sent; if it is active, it keeps running"
        case _:
            assert_never(kind)


def places(settings: Settings | None) -> list[tuple[str, str]]:
    """Where things are kept, by what they are; None in the demo."""
    if settings is None:
        return [("Demo", "nothing is kept, except files that you fetch")]
    return [
        ("Known downloads, history", sanitize(settings.database)),
        ("Options", sanitize(settings.config_file)),
        ("Token", "the OS keyring, DATAFINITI_TOKEN, token_command, or this session only"),
    ]
