"""Secrets show themselves nowhere by accident."""

from __future__ import annotations

import copy
import json
import pickle
import traceback

import pytest

from dfui.core.secret import Secret


def test_a_secret_shows_itself_nowhere_but_where_it_is_revealed() -> None:
    secret = Secret("s3cret-text")
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r:>40}", f"{secret:>40}", "%s" % secret, repr([secret])]  # noqa: UP031
    holders: dict[Secret, int] = {}
    with pytest.raises(KeyError) as raised:
        holders[secret]
    shown += traceback.TracebackException.from_exception(raised.value, capture_locals=True).format()
    assert "secret = Secret" in "".join(shown)
    assert "s3cret-text" not in "".join(shown)
    assert secret.reveal() == "s3cret-text"
    for write in (pickle.dumps, copy.copy, copy.deepcopy, json.dumps):
        with pytest.raises(TypeError) as refused:
            write(secret)
        assert "s3cret-text" not in str(refused.value)
    assert Secret("a") == Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert Secret("a") != "a"
    assert not Secret("")
