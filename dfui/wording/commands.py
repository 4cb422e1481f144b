"""What the commands say of themselves: what each is for, examples, topics of the help, what is wrong with arguments."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from datetime import datetime

from dfui.core.downloads import Download
from dfui.core.outcomes import Outcome
from dfui.core.text import sanitize
from dfui.wording.downloads import described, records_so_far, status_glyph, status_word
from dfui.wording.facts import fact, fact_lines
from dfui.wording.figures import as_sentence, counted
from dfui.wording.outcomes import api_said, history_problem, outcome_title
from dfui.wording.several_outcomes import outcome_sums, outcomes_title

DESCRIPTION = "Cancel Datafiniti downloads. Without a command, the terminal UI opens."
REPORT_FAULTS = "Report bugs where you got dfui; include the output of dfui doctor --json."
DEMO = "--demo runs on a simulated account: no token, no network; nothing is kept but files that you fetch. Worlds:"
KEYS = """\
The actions of the terminal UI, and their default keys. To use others, set them in the config file:

  [keys]
  cancel = "c,delete"
  "list.down" = "j,ctrl+n"

dfui config check reports unknown names and clashes."""
EXITS = (
    (0, "done"),
    (1, "refused, not found, declined, or some failed"),
    (2, "usage error"),
    (3, "no token, or rejected"),
    (4, "outcome unknown, or not stopped yet"),
    (130, "interrupted"),
)
"""What a command exits with; of several, the highest that applies."""
EXIT_CODES = f"exit codes: {'; '.join(f'{code} {meaning}' for code, meaning in EXITS)}"
EPILOG = f"{textwrap.fill(EXIT_CODES, 78, subsequent_indent='  ')}\n\n{REPORT_FAULTS}"

SUMMARIES = {
    "cancel": "Cancel downloads and check that they stopped",
    "list": "List downloads, refreshed from the API",
    "show": "Show details of downloads",
    "watch": "Follow downloads until they end, one line for each change",
    "fetch": "Fetch the retained records of downloads into a folder",
    "history": "Show or export past cancellations",
    "add": "Add downloads by ID or URL",
    "hide": "Forget downloads: hide them here; this does not cancel them",
    "login": "Check a token and store it in the OS keyring",
    "logout": "Remove the token from the OS keyring",
    "doctor": "Find problems and suggest fixes",
    "config": "Write, find or check the config file",
    "completion": "Print a shell completion script",
    "help": "Show the help of a command or a topic",
}

_EXAMPLES: dict[str, Sequence[tuple[str, str]]] = {
    "dfui": (
        ("dfui", "open the terminal UI"),
        ("dfui --demo", "try it on a simulated account"),
        ("dfui cancel 847070", "cancel a download; asks first"),
        ("dfui help demo", "list the scenarios of --demo"),
    ),
    "cancel": (
        ("dfui cancel 847070", "asks first"),
        ("dfui cancel --status active --dry-run", "what would be cancelled and saved"),
        ("dfui cancel --status queued --yes", "all queued ones, without asking"),
        ("dfui cancel - --yes < ids.txt", "IDs from a file"),
        ("dfui cancel 847070 --yes --wait", "and wait until it has ended and its cost is final"),
        ("dfui cancel 847070 --yes --fetch -o results", "and fetch the retained records"),
    ),
    "list": (
        ("dfui list --status active", "what is running or queued"),
        ("dfui list --limit 10 --json", "the first ten, for a script"),
        ("dfui list --watch", "follow them until none is active"),
    ),
    "show": (("dfui show 847070", "one download"), ("dfui show 847070 847069 --json", "two, as a JSON list")),
    "watch": (("dfui watch 847070", "until it ends, then ring the bell"),),
    "fetch": (
        ("dfui fetch 847070", "into ./847070"),
        ("dfui list --status cancelled --json | jq -r '.[].id' | dfui fetch - -o results", "all cancelled ones"),
    ),
    "history": (
        ("dfui history --outcome accepted", "those not known to have stopped"),
        ("dfui history --csv -o history.csv", "all of it, to a file"),
    ),
    "add": (("dfui add 847070 847069", "add two to the list"), ("dfui add - < ids.txt", "IDs from a file")),
    "hide": (("dfui forget 847070", "dfui add 847070 brings it back"),),
    "login": (
        ("dfui login", "asks for the token, hidden"),
        ("dfui login < token.txt", "reads it from a file"),
        ("dfui login --email you@example.com", "asks for the password instead"),
    ),
    "logout": (("dfui logout --profile staging", "for another profile"),),
    "doctor": (("dfui doctor", "check everything, with a fix for each problem"),),
    "config": (
        ("dfui config init", "write an example with every option"),
        ("dfui config check", "report problems by line"),
        ('"${EDITOR:-vi}" "$(dfui config path)"', "edit it"),
    ),
    "completion": (
        ("source <(dfui completion bash)", "in this shell"),
        ("dfui completion zsh > ~/.zfunc/_dfui", "if ~/.zfunc is in fpath"),
        ("dfui completion fish > ~/.config/fish/completions/dfui.fish", "in every new fish shell"),
    ),
    "help": (("dfui help cancel", "of a command"), ("dfui help exit-codes", "of a topic")),
}

TOPICS = {
    "demo": "the simulated accounts of --demo",
    "environment": "the variables that dfui reads",
    "exit-codes": "what a command exits with",
    "keys": "the actions of the terminal UI, and how to change their keys",
    "token": "where the token comes from, and what to do without a keyring",
    "files": "where dfui keeps its files",
    "outcomes": "how a cancellation can end",
}
"""The topics of `dfui help`, and what each is about."""

ENVIRONMENT = (
    ("DATAFINITI_TOKEN", "the token"),
    ("DFUI_PROFILE", "the profile, as --profile"),
    ("DFUI_API_URL", "the API's address, as --api-url: https, or http on this machine"),
    ("NO_COLOR", "no colours, unless it is empty"),
    ("ACCESSIBLE", "set to 1: the terminal UI is for a screen reader"),
    ("SSH_CONNECTION", "set by SSH: few bytes, no animation, as --low-bandwidth"),
    ("SSL_CERT_FILE", "a certificate authority of your own; certificates are always checked"),
    ("HTTPS_PROXY", "a proxy; never used for this machine's own addresses"),
    ("XDG_DATA_HOME, XDG_CONFIG_HOME", "where the database and the config file are"),
)


def examples_of(command: str) -> str:
    """The examples of a command, one a line."""
    examples = _EXAMPLES[command]
    width = max(len(line) for line, _ in examples)
    if width > 60:
        return "\n".join(f"  # {what}\n  {line}" for line, what in examples)
    return "\n".join(f"  {line:<{width}}  # {what}" for line, what in examples)


def in_two_columns(entries: Iterable[tuple[str, str]], *, columns: int | None = None) -> list[str]:
    """Names and what they mean, in two columns; wrapped to a terminal with so many columns."""
    return fact_lines([fact(f"  {name}", what) for name, what in entries], columns=columns)


# ── what is wrong with the arguments ─────────────────────────────────────────────────────────────────────────────────

_INVALID_CHOICE = re.compile(
    r"(?:argument (?P<of>[^:]+): )?invalid choice: (?P<given>'[^']*'|\"[^\"]*\").*?choose from (?P<known>.*)\)"
)


def wrong_usage(message: str, program: str) -> str:
    """What the parser has to say, as a sentence; what stands behind a ? may be a key, and is left out."""
    if match := _INVALID_CHOICE.search(message):
        given = without_query(match["given"].strip("'\""))
        known = re.findall(r"[\w-]+", match["known"])
        if match["of"] == "COMMAND":
            return f"Unknown command: {given}.{did_you_mean(given, known)} See {program} --help."
        of = match["of"] or "argument"
        # An option is named as it is written, what stands alone by what it is.
        what = (
            f"Invalid value for {of}: {given}"
            if of.startswith("-")
            else f"Unknown {of.lower().replace('|', ' or ')}: {given}"
        )
        return f"{what}.{did_you_mean(given, known)} Choose from: {', '.join(known)}. See {program} --help."
    shown = without_query(message)
    return f"{shown[:1].upper()}{shown[1:].rstrip('.')}. See {program} --help."


def unknown_option(given: str, known: Iterable[str], program: str) -> str:
    """An option that the command does not have."""
    name = without_query(given.partition("=")[0])
    return f"Unknown option: {name}.{did_you_mean(name, known)} See {program} --help."


def unknown_argument(given: str, program: str) -> str:
    """An argument of a command that takes none."""
    return f"Unknown argument: {without_query(given)}. See {program} --help."


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """The nearest known word, as a question; empty where none is near."""
    import difflib

    near = difflib.get_close_matches(given, list(known), n=1, cutoff=0.65)
    return f" Did you mean {near[0]}?" if near else ""


def without_query(text: str) -> str:
    """A text up to its `?`: an address may have a key behind it."""
    before, mark, _ = text.partition("?")
    return sanitize(before) + ("?…" if mark else "")


def bad_line(number: int, problem: str) -> str:
    """A line of standard input holds no ID."""
    return f"Line {number} of standard input: {problem} Nothing was sent."


def change_line(download: Download, *, now: datetime) -> str:
    """What a look at a followed download showed, in a line."""
    parts = [
        f"{now.astimezone():%H:%M:%S}  {sanitize(download.id)}",
        f"{status_glyph(download)} {status_word(download)}",
    ]
    if download.num_downloaded is not None and download.status.is_final:
        parts.append(f"{counted(download.num_downloaded, 'record')} retained")
    elif download.num_downloaded is not None:
        parts.append(records_so_far(download))
    return " · ".join(parts)


# ── cancelling several ───────────────────────────────────────────────────────────────────────────────────────────────


def outcome_line(outcome: Outcome) -> str:
    """How the cancellation of one of several ended: what was kept, or why it did not stop."""
    parts = [outcome_title(outcome)]
    if outcome.was_final_before:
        parts.append("nothing was sent")
    elif outcome.kind.exit_code:
        parts += api_said(outcome)
        parts += [sanitize(outcome.trouble)] if outcome.trouble else []
    if outcome.retained_records is not None:
        parts.append(f"{counted(outcome.retained_records, 'record')} retained")
    if outcome.credits_deducted is not None:
        parts.append(f"{counted(outcome.credits_deducted, 'credit')} deducted")
    if not outcome.journaled:
        parts.append(history_problem(outcome))
    return " · ".join(parts)


def outcomes_line(outcomes: Sequence[Outcome]) -> str:
    """How they all ended, with the sums."""
    return " ".join([as_sentence(outcomes_title(outcomes)), *outcome_sums(outcomes)])


def would_cancel_line(download: Download) -> str:
    """What a dry run says of one download."""
    name = sanitize(download.id)
    if not download.is_active:
        return f"Left out: {name} · {described(download)}"
    parts = [f"Would cancel: {name}", described(download), records_so_far(download).rstrip(".")]
    if download.estimated_savings is not None:
        parts.append(f"may save about {counted(download.estimated_savings, 'credit')}")
    return " · ".join(parts)


def would_cancel_sums(downloads: Sequence[Download]) -> str:
    """What a dry run says at its end."""
    active = [download for download in downloads if download.is_active]
    estimates = [each.estimated_savings for each in active if each.estimated_savings is not None]
    would = f"{counted(len(active), 'download')} would be cancelled"
    if estimates:
        would += f", which may save about {counted(sum(estimates), 'credit')} (an estimate, by the records)"
        if unknown := len(active) - len(estimates):
            would += f"; savings unknown for {unknown:,}"
    elif active:
        would += "; savings unknown"
    return f"Dry run: {would}. No DELETE was sent."


def forgotten_too(hidden: int, downloads: int) -> str:
    """Some of the downloads were hidden here."""
    is_are = "is" if hidden == 1 else "are"
    return f"{hidden:,} of these {counted(downloads, 'download')} {is_are} hidden (hidden) here, and included."
