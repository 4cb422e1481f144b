"""`dfui account`, `login` and `logout`: whose account it is, the credits used and left, and its token."""

from __future__ import annotations

import argparse
import os
from functools import partial

from dfui.cli.arguments import Parser
from dfui.cli.console import ExitCode
from dfui.cli.context import Context, run_command
from dfui.cli.documents import account_json
from dfui.core.errors import CommandError, DatafinitiError, KeyringProblem, KeyringSilent, SettingsError, Unauthorized
from dfui.core.secret import Secret
from dfui.core.text import sanitize
from dfui.wording.errors import error_sentences


def add_command(dfui: Parser) -> None:
    dfui.add_command(
        "account",
        partial(run_command, _account),
        "Show the account, and the credits used and left",
        (("dfui account --json", "as JSON"), ("dfui account --profile staging", "of another profile")),
    )
    login = dfui.add_command(
        "login",
        partial(run_command, _login, profile_may_be_new=True),
        "Check a token and store it in the OS keyring",
        (
            ("dfui login", "asks for the token, hidden"),
            ("dfui login < token.txt", "reads it from a file"),
            ("dfui login --email you@example.com", "asks for the password instead"),
        ),
    )
    login.add_argument("--email", metavar="ADDRESS", help="sign in with this e-mail address and a password")
    dfui.add_command(
        "logout",
        partial(run_command, _logout),
        "Remove the token from the OS keyring",
        (("dfui logout --profile staging", "for another profile"),),
    )


async def _account(context: Context, options: argparse.Namespace) -> None:
    from dfui.wording.access import access_facts, account_facts
    from dfui.wording.figures import fact_lines

    async with context.online() as client:
        account = await client.account()
    token = context.access.token
    facts = access_facts(context.settings, token.source if token else None) + account_facts(account)
    context.console.result(account_json(account), fact_lines(facts))


async def _login(context: Context, options: argparse.Namespace) -> None:
    from dfui.cli.prompts import read_hidden
    from dfui.system.credentials import parse_token
    from dfui.system.settings import add_profile
    from dfui.wording.access import password_rejected, token_rejected

    try:
        await context.access.require_keyring()
    except KeyringProblem as problem:
        message = f"A token cannot be stored here, so dfui did not ask for one. {error_sentences(problem)}"
        raise CommandError("keyring", message, ExitCode.FAILED) from None
    if options.email:
        password = Secret(read_hidden(f"Password of {sanitize(options.email)}: "))
        if not password:
            raise CommandError("no_token", "No password given; nothing was sent.", ExitCode.NOT_SIGNED_IN)
        try:
            token = await context.access.token_for(options.email, password)
        except Unauthorized as error:
            raise CommandError(error.kind, password_rejected(error), ExitCode.NOT_SIGNED_IN) from None
    else:
        token = parse_token(read_hidden("API token: "))
    account = None
    try:
        account = await context.access.check(token)
    except Unauthorized as error:
        raise CommandError(error.kind, token_rejected(error), ExitCode.NOT_SIGNED_IN) from None
    except DatafinitiError as error:
        context.console.notify(f"The token could not be checked. {error_sentences(error)}")
        context.note_exit_code(error.exit_code)
    try:
        await context.access.keep(token)
    except KeyringProblem as problem:
        what = "may not be" if isinstance(problem, KeyringSilent) else "was not"
        message = f"The token {what} stored. {error_sentences(problem)}"
        raise CommandError("keyring", message, ExitCode.FAILED) from None
    _notify_of_environment(context)
    email_address = account.email if account else None
    token_of = f"The token of {sanitize(email_address)}" if email_address else "The token"
    settings = context.settings
    if context.access.is_simulated:
        line = f"{token_of} was accepted; the demo stores it nowhere."
    else:
        line = f"{token_of} is stored in the OS keyring, for {settings.profile} at {settings.address.origin}."
        try:
            add_profile(settings)
        except SettingsError as error:
            context.console.warn(str(error))
            context.note_exit_code(error.exit_code)
    context.console.result(
        {
            "profile": settings.profile,
            "origin": settings.address.origin,
            "email": email_address,
            "checked": account is not None,
        },
        [line],
    )


def _notify_of_environment(context: Context) -> None:
    from dfui.system.credentials import source_in_environment

    if source := source_in_environment(os.environ):
        context.console.notify(f"The token of {source.value} is still used wherever that variable is set.")


async def _logout(context: Context, options: argparse.Namespace) -> None:
    settings = context.settings
    try:
        was_kept = await context.access.forget_token()
    except KeyringProblem as problem:
        message = f"{sanitize(problem)} A token that was stored in a keyring before may still be in it."
        raise CommandError(problem.kind, message, ExitCode.FAILED) from None
    _notify_of_environment(context)
    whose = f"{settings.profile} at {settings.address.origin}"
    context.console.result(
        {"profile": settings.profile, "origin": settings.address.origin, "removed": was_kept},
        [f"The token for {whose} was removed from the keyring." if was_kept else f"No token was stored for {whose}."],
    )
