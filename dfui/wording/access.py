"""The account, the token and signing in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfui.core.errors import Unauthorized
from dfui.core.text import sanitize
from dfui.system.credentials import TokenSource
from dfui.system.settings import Settings
from dfui.wording.errors import NEW_PASSWORD, answered
from dfui.wording.figures import Fact, counted, fact

if TYPE_CHECKING:
    from dfui.core.account import Account

TOKEN_REJECTED = f"The token was rejected. {NEW_PASSWORD} Enter another token to continue."


def access_facts(settings: Settings, source: TokenSource | None) -> list[Fact]:
    return [
        fact("Profile", settings.profile),
        fact("API", settings.address.url),
        fact("Token", "none: signed out" if source is None else f"from {source.value}"),
    ]


def account_facts(account: Account) -> list[Fact]:
    """Whose account it is, its plan, and the credits it has used; what is not known is left out."""
    facts = []
    if account.email:
        facts.append(fact("E-mail", sanitize(account.email, max_length=120)))
    if account.plan_ids:
        facts.append(fact("Plan", sanitize(", ".join(account.plan_ids), max_length=200)))
    if account.active is not None:
        facts.append(fact("Account", "active" if account.active else "not active"))
    by_type = ", ".join(f"{sanitize(data_type)} {used:,}" for data_type, used in account.credits_used.items() if used)
    if account.num_credits_used or (account.num_credits_used == 0 and not by_type):  # else it is of an older plan
        total = counted(account.num_credits_used, "credit")
        facts.append(fact("Used", f"{total} ({by_type})" if by_type else total))
    elif by_type:
        facts.append(fact("Used", f"credits by type: {by_type}"))
    facts.append(fact("Credits left", *_credits_left(account)))
    if account.overages_enabled is not None or account.overage_limit is not None:
        facts.append(fact("Overages", _overages(account)))
    if account.disabled_code:
        facts.append(fact("Disabled", f"the API's code: “{sanitize(account.disabled_code, max_length=60)}”"))
    return facts


def _credits_left(account: Account) -> list[str]:
    """A line for each type of data that the plan has credits for."""
    lines = []
    for data_type, allotted in account.credits_allotted.items():
        if allotted and data_type in account.credits_used:
            left = allotted - account.credits_used[data_type]
            over = f" ({-left:,} over)" if left < 0 else ""
            lines.append(f"{sanitize(data_type)}: {max(left, 0):,} of {allotted:,}{over}")
    return lines or ["not reported by the API"]


def _overages(account: Account) -> str:
    limit = "" if account.overage_limit is None else f"limit {account.overage_limit:,}"
    if account.overages_enabled is None:
        return limit
    enabled = "allowed" if account.overages_enabled else "not allowed"
    return f"{enabled}, {limit}" if limit else enabled


def token_rejected(error: Unauthorized) -> str:
    what = answered("The token was rejected and not stored", error.api_message)
    return f"{what} {NEW_PASSWORD} Copy the current one from your account page."


def password_rejected(error: Unauthorized) -> str:
    what = "Wrong e-mail or password"
    return answered(f"{what}, or a malformed request" if error.http_status == 400 else what, error.api_message)
