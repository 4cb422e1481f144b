"""The example of a config file: every option with its default, made from the options themselves."""

from __future__ import annotations

from dataclasses import Field, fields
from typing import Any

from dfui.system.config_file import Config, ProfileConfig


def example_config() -> str:
    """A config file with every option, commented out, at its default."""
    lines = [
        "# The options of dfui, each at its default, or as an example where it has none.",
        "# Remove the # at the beginning of a line to set an option.",
        "",
    ]
    lines += _example_options(Config)
    lines += [
        "",
        "## Keys for the actions of the terminal UI, separated by commas. dfui help keys lists the actions.",
    ]
    lines += ["# [keys]", '# cancel = "c,delete"']
    lines += [
        "",
        "## The options of one profile. Remove the # before its heading as well as before the option. “default” is the",
        "## profile in use unless another is named; each further one, [profiles.staging] say, has its own token and",
        "## downloads.",
        "# [profiles.default]",
    ]
    lines += _example_options(ProfileConfig)
    return "\n".join(lines) + "\n"


def _example_options(kind: type[Any]) -> list[str]:
    described: list[Field[Any]] = [each for each in fields(kind) if each.metadata]
    lines = []
    for each in described:
        shown = each.metadata["example"] if each.default is None else each.default
        lines += [f"## {each.metadata['comment']}", f"# {each.name} = {_toml(shown)}"]
    return lines


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case list():
            return f"[{', '.join(map(_toml, value))}]"
        case _:
            return f'"{value}"'
