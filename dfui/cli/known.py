"""What a completion script asks for at each Tab: known IDs and profiles, without a network.

It stands apart because it must be quick: the parsers of all commands take longer than this.
"""

from __future__ import annotations

import contextlib

from dfui.core.errors import DfuiError
from dfui.store import read_store
from dfui.system.settings import load_settings
from dfui.wording.downloads import described

MAX_IDS = 1_000
"""More are of no use at a prompt."""


def known_words(what: str, *, is_described: bool) -> list[str]:
    """`ids`, `active` ones or `profiles`, each with a description behind a tab if wanted.

    An error must not show at the prompt, so it gives none.
    """
    try:
        settings = load_settings()
        if what == "profiles":
            return list(settings.profiles)
        store = read_store(settings.database, profile=settings.profile, origin=settings.address.origin)
        with contextlib.closing(store):
            keys = list(store.downloads.keys_in_order(limit=MAX_IDS))
            rows = store.downloads.by_key(keys)
    except DfuiError:
        return []
    known = [rows[key] for key in keys if key in rows and (rows[key].is_active or what == "ids")]
    return [f"{each.id}\t{described(each)}" if is_described else each.id for each in known]
