"""`dfui account`: whose account it is, and the credits that are used and left."""

from __future__ import annotations

import argparse
from functools import partial

from dfui.cli.arguments import Parser
from dfui.cli.context import Context, run_command
from dfui.cli.documents import account_json


def add_command(dfui: Parser) -> None:
    dfui.add_command(
        "account",
        partial(run_command, _account),
        "Show the account, and the credits used and left",
        (("dfui account --json", "as JSON"), ("dfui account --profile staging", "of another profile")),
    )


async def _account(context: Context, options: argparse.Namespace) -> None:
    from dfui.wording.access import access_facts, account_facts
    from dfui.wording.figures import fact_lines

    async with context.online() as client:
        account = await client.account()
    token = context.access.token
    facts = access_facts(context.settings, token.source if token else None) + account_facts(account)
    context.console.result(account_json(account), fact_lines(facts))
