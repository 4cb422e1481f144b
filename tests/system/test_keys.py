"""The keys that a person may give: named as Textual names them, and the actions those of the terminal UI."""

from __future__ import annotations

import string

from textual.binding import Binding

from dfui.system.keys import ACTIONS, key_name, keys_of
from dfui.tui.screens.downloads import DownloadsScreen
from dfui.tui.widgets.row_list import RowList


def test_the_actions_and_their_keys_are_those_of_the_terminal_ui() -> None:
    bound = {
        str(binding.id): binding.key
        for binding in [*DownloadsScreen.BINDINGS, *RowList.BINDINGS]
        if isinstance(binding, Binding) and binding.id
    }
    assert bound == ACTIONS


def test_a_sign_is_the_key_that_textual_takes_it_for() -> None:
    signs = [sign for sign in string.printable.strip() if sign != ","]
    keys = [binding.key for binding in Binding.make_bindings([(sign, "x", "y") for sign in signs])]
    assert list(map(key_name, signs)) == list(map(key_name, keys)) == keys


def test_named_keys_are_known_and_what_textual_would_wait_for_in_vain_is_no_key() -> None:
    named = ["f5", "ctrl+x", "shift+up", "delete", "comma", "G", "alt+ctrl+a"]
    assert list(map(key_name, named)) == named
    assert key_name("shift+x") == "X"
    assert {*map(key_name, ["", "kaboom", "ctrl+", "f25", "ctrl+kaboom", "é", "cc", "+x"])} == {None}


def test_an_action_keeps_its_keys_unless_others_are_given() -> None:
    assert keys_of("list.up", {"cancel": "x"}) == ["up", "k"]
    assert keys_of("cancel", {"cancel": "x,y"}) == ["x", "y"]
