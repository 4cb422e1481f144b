"""What the build adds: the man page, made from the parser, and a README that an index shows whole: pictures as text."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

CELL_WIDTH = 12.2
"""Of a character in the pictures."""
PICTURE = re.compile(r"!\[([^]]*)\]\((screenshots/[^)]+\.svg)\)")
TABLE_WITH_PICTURES = re.compile(r"(?:^\|.*\n)*^\|.*!\[.*\n(?:^\|.*\n)*", re.MULTILINE)


class ManPage(BuildHookInterface[Any]):
    """Puts the man page into the wheel, where man finds it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write it."""
        sys.path.insert(0, self.root)  # the parser needs no other package
        from dfui.cli.man_page import man_page

        os.environ["COLUMNS"] = "80"  # which argparse would take from the terminal
        self._folder = Path(tempfile.mkdtemp(prefix="dfui-man-"))
        written = self._folder / "dfui.1"
        written.write_text(man_page(), encoding="utf-8")
        build_data["shared_data"][str(written)] = "share/man/man1/dfui.1"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was written for the build."""
        shutil.rmtree(self._folder)


class Readme(MetadataHookInterface):
    """Gives an index, which has no files but the README, the pictures as text."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the README."""
        root = Path(self.root)
        text = (root / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": with_text_pictures(text, root)}


def with_text_pictures(readme: str, root: Path) -> str:
    """The README with what each picture shows, as text; those in a table one below the other."""

    def as_text(picture: re.Match[str]) -> str:
        return f"{picture[1]}:\n\n```text\n{text_of(root / picture[2])}\n```\n"

    def table_as_text(table: re.Match[str]) -> str:
        return "\n".join(as_text(picture) for picture in PICTURE.finditer(table[0]))

    return PICTURE.sub(as_text, TABLE_WITH_PICTURES.sub(table_as_text, readme))


def text_of(picture: Path) -> str:
    """The text of a screen in an SVG that Textual has made."""
    lines: dict[int, list[tuple[int, str]]] = {}
    for element in ET.fromstring(picture.read_text(encoding="utf-8")).iter("{http://www.w3.org/2000/svg}text"):  # noqa: S314  # our own file
        if line := re.search(r"-line-(\d+)\)$", element.get("clip-path", "")):
            column = round(float(element.get("x", "0")) / CELL_WIDTH)
            text = (element.text or "").rstrip("\n").replace("\xa0", " ")
            lines.setdefault(int(line[1]), []).append((column, text))
    return "\n".join(_joined(lines.get(number, [])) for number in range(max(lines) + 1))


def _joined(parts: list[tuple[int, str]]) -> str:
    line = ""
    for column, text in sorted(parts):
        line = line.ljust(column) + text
    return line.rstrip()
