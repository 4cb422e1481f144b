"""What a download's ID is, and finding IDs in what a person types or pastes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from dfui.core.errors import NotAnId

ID = re.compile(r"(?=[A-Za-z0-9_-]*[0-9])[A-Za-z0-9_-]{1,128}", re.ASCII)
ADDRESS = re.compile(r"[^\s,;]*/downloads/([^/?#\s\"'<>,;]*)/?(?:[?#][^\s,;]*)?", re.ASCII)
ADDRESSES = re.compile(r"/downloads/([A-Za-z0-9_-]+)", re.ASCII)
COMMAND = re.compile(r"(?:^|\s)(?:curl|wget|xh|https?|GET|DELETE|POST|Invoke-\w+)\s")
"""A paste with one of these holds more than IDs and addresses."""
BETWEEN_TOKENS = re.compile(r"[\s,;]+")
_BEARER = re.compile(r"\bbearer\b.*", re.IGNORECASE | re.DOTALL)
_WEB_TOKEN = re.compile(r"[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?", re.ASCII)
_LONGEST_SHOWN = 128
_SECRETS_IN_PASTE = (
    (re.compile(r"(\bbearer\s+)[^\s\"']+", re.IGNORECASE), r"\1…"),
    (re.compile(r"(/downloads/[^\s?\"']*)\?[^\s\"']*"), r"\1"),
    (_WEB_TOKEN, "…"),
    (re.compile(rf"[\w-]{{{_LONGEST_SHOWN + 1},}}", re.ASCII), "…"),
)
"""What may be a token or a key in a paste, and what stands in its place; no ID is among it."""


def is_id(text: str) -> bool:
    return ID.fullmatch(text) is not None


def id_of_argument(text: str) -> str:
    """The ID that one argument of a command stands for: the ID, or an address that ends in `/downloads/ID`.

    What stands behind a `?` is left out: in published addresses it holds a key.

    Raises:
        NotAnId: it is neither.
    """
    address = ADDRESS.fullmatch(text)
    candidate = address.group(1) if address else text
    if not is_id(candidate):
        raise NotAnId(without_keys(text))
    return candidate


def ids_of_arguments(texts: list[str]) -> list[str]:
    """The IDs of several arguments, each once, in their order.

    Raises:
        NotAnId: one of them is no ID.
    """
    return each_once([id_of_argument(text) for text in texts])


def ids_in_paste(text: str) -> list[str]:
    """The IDs in a paste, each once, in their order; none where the paste is empty.

    JSON gives the `id` or `download_id` of the object, of each in an array, or of each in `records`; a command such as
    curl gives every `…/downloads/ID` address in it; else each token is an ID or such an address.

    Raises:
        NotAnId: a token, or an `id`, is none.
    """
    found = _ids_in_json(text)
    if found is None and COMMAND.search(text):
        found = ADDRESSES.findall(text)
    if not found:
        return ids_of_arguments(tokens_in_line(text))
    for candidate in found:
        if not is_id(candidate):
            raise NotAnId(without_keys(candidate))
    return each_once(found)


def without_keys(text: str) -> str:
    """A text that is no ID, to be named in a message: less what may be a key or a token in it."""
    shown, mark, _ = text.partition("?")
    shown = _WEB_TOKEN.sub("…", _BEARER.sub("…", shown))
    if len(shown) > _LONGEST_SHOWN and not shown.isdecimal():  # longer than an ID may be: a token has about 250
        shown = "…"
    return f"{shown}?…" if mark else shown


def without_secrets(paste: str) -> str:
    """A paste as it may be shown: with all its IDs, and without what may be a token or a key."""
    for secret, instead in _SECRETS_IN_PASTE:
        paste = secret.sub(instead, paste)
    return paste


def tokens_in_line(line: str) -> list[str]:
    """What stands between white space, commas and semicolons."""
    return [token for token in BETWEEN_TOKENS.split(line) if token]


def _ids_in_json(text: str) -> list[str] | None:
    """The `id`s of pasted JSON; None where the paste is no JSON object or array of objects."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        pasted = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(pasted, dict):
        records = pasted.get("records")
        pasted = records if isinstance(records, list) else [pasted]
    records = [record for record in pasted if isinstance(record, dict)]
    found = [record.get("id", record.get("download_id")) for record in records if {"id", "download_id"} & {*record}]
    return [str(each) for each in found] or None


def each_once(ids: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(ids))
