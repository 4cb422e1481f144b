"""Every sentence about downloads, outcomes and errors that the screens and the commands show.

The API's words stand in quotes and are never changed into dfui's own; a figure that is not known is left out. All that
comes from outside is made harmless here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import assert_never

from dfui.api.errors import (
    AnswerLost,
    DatafinitiError,
    InsecureConnection,
    NotConnected,
    NotFound,
    Refused,
    TooManyRequests,
    Unauthorized,
)
from dfui.credentials import KeyringLocked, KeyringProblem, KeyringSilent, NoKeyring, PlainTextKeyring, TokenSource
from dfui.downloads import Download, Status
from dfui.outcomes import Outcome, OutcomeKind
from dfui.sanitize import sanitize
from dfui.settings import Settings

NOT_KNOWN = "–"
LONGEST_ID_SHOWN = 24

GLYPHS = {
    Status.QUEUED: "◌",
    Status.RUNNING: "●",
    Status.COMPLETED: "✓",
    Status.CANCELLED: "✗",
    Status.UNKNOWN: "?",
}

NOTHING_KNOWN = "No downloads are known here yet."
EMPTY_STATE = (
    NOTHING_KNOWN,
    "Press a to add the ID of a download, or r to get the whole list from the API.",
)
ENVIRONMENT_STAYS = "The token in DATAFINITI_TOKEN is still used wherever that variable is set."


TOKEN_REJECTED = "The token was rejected. Give another one, and what was begun goes on."  # noqa: S105
SETTLED = "These were confirmed earlier, and dfui ended before it could tell how they ended. It has looked now."
TOKEN_COMES_FIRST = "No token is known yet: it is asked for before anything is sent."  # noqa: S105
SIGNED_OUT = "Signed out: the token is removed from the keyring and from memory."


# ── figures, times, statuses ─────────────────────────────────────────────────────────────────────────────────────────


def number(value: int | None) -> str:
    """A count with separators."""
    return NOT_KNOWN if value is None else f"{value:,}"


def counted(value: int, one: str, many: str | None = None) -> str:
    """A count with its noun."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def clock_time(time: datetime | None, *, now: datetime, zone: tzinfo | None = None) -> str:
    """A time as people here read it: the hour today, the day before, the year for older ones. Local unless told."""
    if time is None:
        return NOT_KNOWN
    local, today = time.astimezone(zone), now.astimezone(zone)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    return f"{local:%b} {local.day}" if local.year == today.year else f"{local:%b %Y}"


def status_glyph(download: Download) -> str:
    """The sign of a download's status; it never stands without the word."""
    return GLYPHS[Status.UNKNOWN] if download.is_missing else GLYPHS[download.status]


def status_word(download: Download) -> str:
    """The word of a download's status; one that dfui does not know is shown as it came."""
    if download.is_missing:
        return "not found"
    if download.status is not Status.UNKNOWN:
        return str(download.status.value)
    return sanitize(download.api_status, most=24) if download.api_status else "not seen"


def records_cell(download: Download) -> str:
    """What the table shows of the records."""
    if download.num_downloaded is None:
        # In the 2026 dialect this may be what was asked for, or what is there.
        return number(download.num_records)
    if download.status is Status.CANCELLED:
        return f"{download.num_downloaded:,} retained"
    return f"{download.num_downloaded:,}/{number(download.num_records)}"


def described(download: Download) -> str:
    """Status, type and query, as far as they are known."""
    parts = [f"{status_glyph(download)} {status_word(download)}"]
    if download.data_type:
        parts.append(sanitize(download.data_type, most=24))
    if download.query:
        parts.append(sanitize(download.query, most=200))
    return " · ".join(parts)


def records_so_far(download: Download) -> str:
    """How many records there are, in a sentence's words."""
    if download.num_downloaded is None:
        if download.num_records is None:
            return "How many records there are so far is not known."
        return f"{number(download.num_records)} records: asked for, or so far; the API does not say which."
    if download.num_records is None:
        return f"{counted(download.num_downloaded, 'record')} so far"
    return f"{number(download.num_downloaded)} of {counted(download.num_records, 'record')} so far"


def about(download: Download) -> str:
    """The line about one download under the table: what the columns do not show."""
    parts = [sanitize(download.id)]
    if download.query:
        parts = (
            [sanitize(download.query)] if len(download.id) <= LONGEST_ID_SHOWN else [*parts, sanitize(download.query)]
        )
    if download.is_missing:
        parts.append("the API knows no such download on this account")
    elif download.api_status is None:
        parts.append("not seen yet")
    return " · ".join(parts)


def listed(download: Download) -> str:
    """One download of several, in a line."""
    parts = [sanitize(download.id), f"{status_glyph(download)} {status_word(download)}"]
    if download.num_downloaded is not None:
        parts.append(f"{counted(download.num_downloaded, 'record')}")
    if download.data_type:
        parts.append(sanitize(download.data_type, most=24))
    return " · ".join(parts)


def forget_question(download: Download) -> tuple[str, list[str]]:
    """The title and the lines that ask whether to hide a download."""
    lines = ["It is hidden here, and not cancelled. Only adding its ID again brings it back."]
    if download.is_active:
        lines.append("It is active, or may be: it goes on, and costs credits.")
    return f"Forget download {sanitize(download.id)}?", lines


def quit_question(cancelling: int) -> tuple[str, list[str]]:
    """The title and the lines that ask whether to leave while cancellations are under way."""
    return (
        "Leave now?",
        [
            f"{counted(cancelling, 'cancellation')} under way, and the outcome is not known yet.",
            "The next start of dfui looks how they ended, and tells you.",
        ],
    )


def left_active(active: int) -> str:
    """Leaving does not stop anything."""
    if active == 1:
        return "1 download is active, or may be: it goes on, and goes on costing credits."
    return f"{active:,} downloads are active, or may be: they go on, and go on costing credits."


def access_lines(settings: Settings, source: TokenSource | None, *, is_simulated: bool = False) -> list[str]:
    """Whose downloads these are, and where the token in use came from."""
    if is_simulated:
        return ["This is a simulated account: there is no token, no network, and nothing is kept."]
    return [
        f"Profile   {settings.profile}",
        f"API       {settings.address.url}",
        f"Token     {'none: signed out' if source is None else f'from {source.value}'}",
    ]


# ── confirming ───────────────────────────────────────────────────────────────────────────────────────────────────────


def confirm_title(downloads: Sequence[Download]) -> str:
    """What is asked."""
    if len(downloads) == 1:
        return f"Cancel download {sanitize(downloads[0].id)}?"
    return f"Cancel {len(downloads)} downloads?"


def confirm_lines(downloads: Sequence[Download]) -> list[str]:
    """What a cancellation of these active downloads does and does not do; the figures where all are known."""
    is_one = len(downloads) == 1
    lines = [
        "The download stops; it is not deleted." if is_one else "The downloads stop; they are not deleted.",
        "· The records added so far stay fetchable.",
    ]
    costs = _sum([download.total_cost for download in downloads])
    unspent = _sum([download.unspent_credits for download in downloads])
    if costs is None:
        lines.append("· Their credits stay deducted.")
    elif costs == 0:
        lines.append("· No credits were deducted so far.")
    elif unspent is None:
        lines.append(f"· Their credits ({number(costs)}) stay deducted.")
    else:
        lines.append(f"· Their credits ({number(costs)}) stay deducted;")
        lines.append(f"  about {number(unspent)} are not spent.")
    return lines


def sums(downloads: Sequence[Download]) -> list[str]:
    """The records of several downloads together, where all are known."""
    so_far = _sum([download.num_downloaded for download in downloads])
    return [] if so_far is None else [f"Together {counted(so_far, 'record')} so far."]


def nothing_to_cancel_title(downloads: Sequence[Download]) -> str:
    """Over why there is nothing to confirm."""
    return f"Download {sanitize(downloads[0].id)}" if len(downloads) == 1 else f"{len(downloads)} downloads"


def nothing_to_cancel(download: Download) -> list[str]:
    """Why there is nothing to confirm."""
    if download.is_missing:
        return [f"The API knows no download {sanitize(download.id)} on this account.", "There is nothing to cancel."]
    lines = [f"It is {status_word(download)} already: there is nothing to cancel."]
    if download.num_downloaded is not None:
        lines.append(retained(download.id, download.num_downloaded))
    return lines


def _sum(figures: Sequence[int | None]) -> int | None:
    """The sum, where every figure is known."""
    known = [figure for figure in figures if figure is not None]
    return sum(known) if figures and len(known) == len(figures) else None


# ── outcomes ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def outcome_title(outcome: Outcome) -> str:
    """How it ended, in a line."""
    name = sanitize(outcome.download_id)
    match outcome.kind:
        case OutcomeKind.CANCELLED:
            return f"Download {name} is cancelled"
        case OutcomeKind.COMPLETED:
            return f"Download {name} is completed"
        case OutcomeKind.ACCEPTED:
            return f"Cancelling {name} was accepted, not yet seen to stop"
        case OutcomeKind.STILL_ACTIVE:
            return f"Download {name} goes on"
        case OutcomeKind.REFUSED:
            return f"Cancelling {name} was refused"
        case OutcomeKind.NOT_FOUND:
            return f"There is no download {name}"
        case OutcomeKind.UNAUTHORIZED:
            return f"The token was rejected; {name} was not cancelled"
        case OutcomeKind.UNKNOWN:
            return f"It is not known whether {name} has stopped"
        case OutcomeKind.NOT_SENT:
            return f"Nothing was sent for {name}"
        case _:
            assert_never(outcome.kind)


def outcomes_title(outcomes: Sequence[Outcome]) -> str:
    """How one or several ended, in a line."""
    if len(outcomes) == 1:
        return outcome_title(outcomes[0])
    cancelled = sum(outcome.kind is OutcomeKind.CANCELLED for outcome in outcomes)
    return f"{cancelled} of {len(outcomes)} downloads are cancelled"


def outcome_lines(outcome: Outcome) -> list[str]:
    """What the API said, what was checked, what was kept and what it cost, and what to do next; "" parts groups."""
    if outcome.was_final_before:
        return nothing_to_cancel(outcome.seen or Download(outcome.download_id, is_missing=True))
    lines = [*api_said(outcome)]
    if outcome.trouble:
        lines.append(_sentence(sanitize(outcome.trouble)))
    if outcome.seen is not None:
        lines.append(f"Checked: its status is {status_word(outcome.seen)}.")
    meaning = _meaning(outcome)
    if lines and meaning:
        lines.append("")
    lines += meaning
    if not outcome.journaled:
        lines += ["", "The journal could not be written, so the history does not tell of this."]
    return lines


def api_said(outcome: Outcome) -> list[str]:
    """The API's own words on the DELETE, and each detail; nothing where it did not answer."""
    if outcome.api_message:
        said = [f"The API said: “{sanitize(outcome.api_message)}”"]
    elif outcome.http_status is None:
        return []
    elif outcome.answered_status:
        status = sanitize(outcome.answered_status, most=24)
        said = [f"The API answered with the download, status “{status}” (HTTP {outcome.http_status})."]
    else:
        said = [f"The API answered HTTP {outcome.http_status}, without a message."]
    if outcome.http_status is not None and outcome.http_status >= 300 and outcome.api_message:
        said[0] += f" (HTTP {outcome.http_status})"
    return said + [f"· “{sanitize(detail)}”" for detail in outcome.details]


def retained(download_id: str, records: int | None) -> str:
    """What stays fetchable, and how."""
    way = f"through GET /downloads/{sanitize(download_id)}"
    match records:
        case None:
            return f"The records added so far were retained and stay fetchable, {way}."
        case 0:
            return "No records had been added yet."
        case 1:
            return f"1 record was retained and stays fetchable, {way}."
        case _:
            return f"{records:,} records were retained and stay fetchable, {way}."


def _meaning(outcome: Outcome) -> list[str]:
    """What the outcome means for the download, and what to do next."""
    match outcome.kind:
        case OutcomeKind.CANCELLED:
            return [retained(outcome.download_id, outcome.retained_records), *_deducted(outcome)]
        case OutcomeKind.COMPLETED:
            return [
                "It had finished before it could be stopped: everything is there, and all of it is paid for.",
                retained(outcome.download_id, outcome.retained_records),
                *_deducted(outcome),
            ]
        case OutcomeKind.ACCEPTED:
            return [
                "It is not yet known to have stopped, and may still cost credits. Look again in a moment.",
                "The records added so far stay fetchable, and their credits stay deducted.",
            ]
        case OutcomeKind.STILL_ACTIVE:
            return ["The cancellation did not get through: the download goes on, and costs credits. Try again."]
        case OutcomeKind.REFUSED:
            if outcome.seen is None:
                return ["The API did not cancel it. Look again to see where it stands."]
            return ["The API did not cancel it: the download goes on, and costs credits."]
        case OutcomeKind.NOT_FOUND:
            return ["Check the ID, and whether this token belongs to the account that started the download."]
        case OutcomeKind.UNAUTHORIZED:
            return ["If the download is active, it goes on and costs credits. Sign in again, then cancel it."]
        case OutcomeKind.UNKNOWN:
            return ["It may have stopped, or may go on and cost credits. Look again as soon as you can."]
        case OutcomeKind.NOT_SENT:
            return ["If the download is active, it goes on and costs credits. Try again."]
        case _:
            assert_never(outcome.kind)


def _deducted(outcome: Outcome) -> list[str]:
    match outcome.credits_deducted:
        case None:
            return ["Their credits stay deducted."] if outcome.retained_records != 0 else []
        case 0:
            return ["No credits were deducted."]
        case 1:
            return ["1 credit stays deducted."]
        case deducted:
            return [f"{deducted:,} credits stay deducted."]


def settled(outcome: Outcome) -> str:
    """What became of a cancellation that a dfui left open which is gone."""
    return f"Left open by an earlier dfui: {outcome_title(outcome)}."


def progress(download_id: str, step: str, seconds: float | None) -> str:
    """What dfui is doing for a download right now."""
    name = sanitize(download_id)
    match step:
        case "waiting" if seconds is not None and seconds >= 1:
            return f"{name}: waiting {seconds:.0f} s…"
        case _:
            return f"{name}: {step}…"


def added(new: int, known_before: int) -> str:
    """What adding IDs did."""
    parts = [f"{counted(new, 'download')} added"] if new else []
    if known_before:
        parts.append(f"{counted(known_before, 'download')} already listed")
    return f"{', '.join(parts)}."


def records_skipped(skipped: Sequence[str]) -> str:
    """Records of the list that could not be read."""
    more = f", and {len(skipped) - 1:,} more" if len(skipped) > 1 else ""
    return f"Of the list, what could not be read was skipped: {sanitize(skipped[0])}{more}."


def fault(error: Exception) -> str:
    """A fault of dfui's own; no words of the error, for they may hold anything."""
    return f"dfui met a fault of its own ({type(error).__name__}). With --log FILE, the file tells more."


def broke(error: Exception) -> str:
    """A fault of dfui's own, in the middle of a cancellation; no words of the error, for they may hold anything."""
    return (
        f"dfui met a fault of its own ({type(error).__name__}), so it does not know how the cancellation ended. "
        "Look at the download; the next start of dfui settles it."
    )


def list_broken_off(downloads: int, reason: str) -> str:
    """The list ended early."""
    return f"The list broke off after {counted(downloads, 'download')} ({sanitize(reason)}); these were taken over."


# ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def error_sentences(error: DatafinitiError) -> str:
    """What went wrong on the way to the API, and what to do next."""
    what = _sentence(sanitize(error))
    match error:
        case Unauthorized():
            return f"{_answered('The token was rejected', error.api_message)} Sign in again."
        case NotFound():
            return _answered("The API knows no such download on this account", error.api_message)
        case TooManyRequests():
            return f"{_answered('The API asks for fewer requests', error.api_message)} Try again in a while."
        case InsecureConnection():
            return f"{what} Where the certificate is from an authority of your own, name it in SSL_CERT_FILE."
        case NotConnected():
            return f"{what} Check the network, then try again."
        case AnswerLost():
            return f"{what} Try again."
        case Refused() if 300 <= error.http_status < 400:
            return (
                f"The API address answers with a redirection (HTTP {error.http_status}), which is not followed, so "
                "that the token goes nowhere else. Check the API address."
            )
        case _:
            return what


def keyring_sentences(problem: KeyringProblem) -> str:
    """What is wrong with the keyring, and the ways on."""
    what = _sentence(sanitize(problem))
    for_now = "Until then, a token can be given for this session only, or in DATAFINITI_TOKEN."
    match problem:
        case NoKeyring():
            return (
                f"{what} On a headless machine, install gnome-keyring and start dfui under dbus-run-session, "
                f"as the README tells. {for_now}"
            )
        case KeyringLocked():
            return f"{what} Unlock it, then try again. {for_now}"
        case KeyringSilent():
            return f"{what} Unlock it, or go on with a token for this session only."
        case PlainTextKeyring():
            return f"{what} To use it all the same, set allow_plaintext_keyring = true in the config file. {for_now}"
        case _:
            return f"{what} {for_now}"


def token_rejected(error: Unauthorized) -> str:
    """The API does not take a token that was just given."""
    return f"{_answered('The token was rejected, so it was not kept', error.api_message)} Copy it again."


def password_rejected(error: Unauthorized) -> str:
    """The API does not take an e-mail address and a password."""
    return _answered("The e-mail address and the password were rejected", error.api_message)


def kept_for_session(problem: KeyringProblem) -> str:
    """The token works, and could not be kept."""
    return f"The token is used for this session only. {keyring_sentences(problem)}"


def no_token(problem: KeyringProblem) -> str:
    """No token is known, and why the keyring gives none."""
    return f"No token is known. {keyring_sentences(problem)}"


def not_signed_in() -> str:
    """What to do where no token is known."""
    return "No token is known. Run dfui login, or set DATAFINITI_TOKEN."


def _answered(what: str, api_message: str | None) -> str:
    return f"{what}: the API said “{sanitize(api_message).rstrip('.')}”." if api_message else f"{what}."


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…", "”")) else f"{text}."
