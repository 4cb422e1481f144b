"""`dfui config`: writes an example of the config file, says where it is, and what is wrong in it."""

from __future__ import annotations

import argparse

from dfui.cli.arguments import Parser
from dfui.cli.console import Console, ExitCode
from dfui.core.errors import CommandError, ExportError, FileExists
from dfui.core.private_folder import make_private_folder
from dfui.core.text import sanitize
from dfui.system.config import example_config, read_config
from dfui.system.export import write_export
from dfui.system.settings import NO_HOME, chosen_profile, config_path, unknown_profile


def add_command(dfui: Parser) -> None:
    config = dfui.add_command(
        "config",
        run,
        "Write, find or check the config file",
        (
            ("dfui config init", "write an example with every option"),
            ("dfui config check", "report problems"),
            ('"${EDITOR:-vi}" "$(dfui config path)"', "edit it"),
        ),
    )
    config.add_argument("action", nargs="?", choices=("init", "path", "check"), help="default: check")


def run(options: argparse.Namespace, console: Console) -> int:
    if config_path().parent == NO_HOME and options.demo is None:
        message = "This user has no home folder, so there is no config file. Set HOME or XDG_CONFIG_HOME."
        raise CommandError("no_home", message, ExitCode.FAILED)
    match options.action:
        case "init":
            return _init(options, console)
        case "path":
            console.result({"file": str(config_path())}, [str(config_path())])
            return ExitCode.DONE
        case _:
            return _check(options, console)


def _init(options: argparse.Namespace, console: Console) -> int:
    if options.demo is not None:  # it keeps nothing
        console.result({"file": None, "text": example_config()}, example_config().splitlines())
        return ExitCode.DONE
    path = config_path()
    try:
        make_private_folder(path.parent)
        write_export(path, example_config())
    except FileExists:
        message = f"The config file {path} already exists, and was left alone. dfui config check checks it."
        raise CommandError("export", message, ExitCode.FAILED) from None
    except (ExportError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise CommandError("export", f"The config file {path} was not written: {reason}", ExitCode.FAILED) from None
    console.result({"file": str(path)}, [f"Wrote {path}: every option, commented out at its default."])
    return ExitCode.DONE


def _check(options: argparse.Namespace, console: Console) -> int:
    found = read_config(config_path())
    unknown = unknown_profile(found, chosen_profile(found.config, options.profile))
    problems = [{"key": problem.key, "message": found.sentence(problem)} for problem in found.problems]
    if unknown:
        problems.append({"key": None, "message": unknown})
    if problems:
        lines = [sanitize(problem["message"]) for problem in problems]
    elif found.exists:
        lines = [f"{found.path}: no problems found."]
    else:
        lines = [f"There is no {found.path}, so defaults apply. dfui config init writes an example."]
    console.result({"file": str(found.path), "exists": found.exists, "problems": problems}, lines)
    return ExitCode.USAGE if problems else ExitCode.DONE
