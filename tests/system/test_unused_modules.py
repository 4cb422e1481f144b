"""What httpx does not load for dfui, and what it still can."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

LOAD = """
import sys
from dfui.system.unused_modules import leave_out
leave_out()
import httpx
print(*(name for name in ("click", "rich", "trio", "sniffio") if sys.modules.get(name)))
import {module}
"""


def run(module: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program = f"import sys; sys.path.insert(0, {str(folder)!r})\n{LOAD.format(module=module)}"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


def test_httpx_loads_neither_its_command_line_nor_what_that_needs(tmp_path: Path) -> None:
    ended = run("json", tmp_path)
    assert (ended.returncode, ended.stdout) == (0, "\n"), ended.stderr


@pytest.mark.parametrize("module", ["trio", "sniffio"])
def test_one_that_is_installed_is_there_for_who_needs_it(tmp_path: Path, module: str) -> None:
    (tmp_path / f"{module}.py").write_text("")
    assert run(module, tmp_path).returncode == 0


@pytest.mark.parametrize("module", ["trio", "sniffio"])
def test_one_that_is_missing_is_not_looked_for_again(tmp_path: Path, module: str) -> None:
    assert "import of" in run(module, tmp_path).stderr
