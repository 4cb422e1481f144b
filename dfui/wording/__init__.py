"""Every sentence about downloads, outcomes and errors that the screens and the commands show.

The API's words stand in quotes and are never changed into dfui's own; a figure that is not known is left out. All that
comes from outside is made harmless here.
"""

from __future__ import annotations

from dfui.wording.access import (
    ENVIRONMENT_STAYS,
    SIGNED_OUT,
    TOKEN_COMES_FIRST,
    TOKEN_REJECTED,
    access_lines,
    kept_for_session,
    no_token,
    not_signed_in,
    password_rejected,
    token_rejected,
)
from dfui.wording.confirming import (
    confirm_lines,
    confirm_title,
    nothing_to_cancel,
    nothing_to_cancel_title,
    retained,
    sums,
)
from dfui.wording.downloads import (
    EMPTY_STATE,
    GLYPHS,
    LONGEST_ID_SHOWN,
    NOTHING_KNOWN,
    about,
    added,
    described,
    forget_question,
    left_active,
    list_broken_off,
    listed,
    records_cell,
    records_skipped,
    records_so_far,
    status_glyph,
    status_word,
)
from dfui.wording.errors import broke, error_sentences, fault, keyring_sentences
from dfui.wording.figures import NOT_KNOWN, clock_time, counted, number
from dfui.wording.outcomes import (
    SETTLED,
    api_said,
    outcome_lines,
    outcome_title,
    outcomes_title,
    progress,
    quit_question,
    settled,
)

__all__ = [
    "EMPTY_STATE",
    "ENVIRONMENT_STAYS",
    "GLYPHS",
    "LONGEST_ID_SHOWN",
    "NOTHING_KNOWN",
    "NOT_KNOWN",
    "SETTLED",
    "SIGNED_OUT",
    "TOKEN_COMES_FIRST",
    "TOKEN_REJECTED",
    "about",
    "access_lines",
    "added",
    "api_said",
    "broke",
    "clock_time",
    "confirm_lines",
    "confirm_title",
    "counted",
    "described",
    "error_sentences",
    "fault",
    "forget_question",
    "kept_for_session",
    "keyring_sentences",
    "left_active",
    "list_broken_off",
    "listed",
    "no_token",
    "not_signed_in",
    "nothing_to_cancel",
    "nothing_to_cancel_title",
    "number",
    "outcome_lines",
    "outcome_title",
    "outcomes_title",
    "password_rejected",
    "progress",
    "quit_question",
    "records_cell",
    "records_skipped",
    "records_so_far",
    "retained",
    "settled",
    "status_glyph",
    "status_word",
    "sums",
    "token_rejected",
]
