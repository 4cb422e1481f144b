from __future__ import annotations

import ast
import functools
import importlib
import inspect
import pkgutil
import re
from types import ModuleType

import pytest
from textual._compositor import Compositor

import dfui.tui
from dfui.tui import textual_private
from dfui.tui.screens.help import HelpModal
from tests.support.tui import WIDE, Start


def private_names_of_textual(module: ModuleType) -> set[str]:
    """The private modules that it imports, and the private names of Textual's classes that its classes use."""
    found = set()
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("textual._"):
            found.add(node.module)
        elif isinstance(node, ast.ClassDef):
            bases = [
                base for base in getattr(module, node.name, object).__mro__ if base.__module__.startswith("textual.")
            ]
            defined = {each.name for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}
            used = {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
            of_textual = set[str]().union(*map(attributes_of, bases))
            found |= {name for name in (defined | used) & of_textual if name[0] == "_" and name[:2] != "__"}
    return found


@functools.cache
def attributes_of(base: type) -> set[str]:
    """The names that a class defines, and those that its methods set or read of `self`."""
    return {*vars(base), *re.findall(r"self\.(_\w+)", inspect.getsource(base))}


def test_private_names_of_textual_stand_in_one_file() -> None:
    names = [each.name for each in pkgutil.walk_packages(dfui.tui.__path__, "dfui.tui.")]
    found = {name: private_names_of_textual(importlib.import_module(name)) for name in names}
    assert "_compositor_refresh" in found.pop(textual_private.__name__)
    assert {name: private for name, private in found.items() if private} == {}


def test_a_fault_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    class Faulty(textual_private.FaultContainingApp):
        def on_mount(self) -> None:
            words, key = dict[str, str](), "[/7]"
            words[key]

    Faulty().run(headless=True)
    printed = capsys.readouterr().err
    assert "words[key]" in printed
    assert "KeyError: '[/7]'" in printed


async def test_behind_a_dialog_only_what_changes_is_painted(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    start.account.add("7", records_a_second=100)
    paint, painted = Compositor.render_update, 0

    def counting(compositor: Compositor, *arguments: object, **options: object) -> object:
        nonlocal painted
        painted += bool(compositor._dirty_regions)
        return paint(compositor, *arguments, **options)  # type: ignore[arg-type]

    async with start(size=WIDE) as tui:
        await tui.opened(HelpModal, "question_mark")
        await tui.pilot.pause()
        monkeypatch.setattr(Compositor, "render_update", counting)
        start.clock.advance(60)
        tui.app.session.refresh(["7"])
        await tui.until(lambda: painted, "the change behind it")
        await tui.pilot.pause(0.1)
        before = painted
        for _ in range(5):
            tui.app.session.changes.report(["7"])
            await tui.pilot.pause(0.05)
        assert painted == before
