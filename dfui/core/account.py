"""The account that the downloads belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Account:
    """An account and the credits it has used; None is not known."""

    email: str | None = None
    active: bool | None = None
    plan_ids: tuple[str, ...] = ()
    num_credits_used: int | None = None
    credits_used: Mapping[str, int] = field(default_factory=dict)
    """Credits used by data type."""
    credits_allotted: Mapping[str, int] = field(default_factory=dict)
    """Credits the plan has, by data type."""
    num_scrape_credits_used: int | None = None
    overages_enabled: bool | None = None
    overage_limit: int | None = None
    disabled_code: str | None = None
    """Why the account is disabled, as the API says it; None for the 0 of a healthy account."""
