"""JSON that is almost JSON: one odd value becomes null, or readable text, and all else stands."""

from __future__ import annotations

import json
import re
from collections.abc import Container
from typing import Any

MAX_DEPTH = 64
"""What is nested deeper than this is left out; Python itself gives up at about 1,000."""
MAX_DIGITS = 400

# The end of a string is optional, so that a string without one is passed over once, and not from each quote in it.
_STRUCTURE = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


def parse(body: bytes | bytearray, *, keys: Container[str] | None = None) -> object:
    """Read NaN, Infinity, a byte order mark, bytes that are no UTF-8, raw control characters and any depth.

    With `keys`, no other key of an object is kept, which makes a long list much smaller.

    Raises:
        ValueError: it is no JSON all the same; it broke off, for example.
    """
    text = body.decode("utf-8-sig", errors="replace")
    try:
        return _load(text, keys)
    except RecursionError:
        return _load(_without_the_deep(text), keys)


def _load(text: str, keys: Container[str] | None) -> object:
    def kept(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return {key: value for key, value in pairs if keys is None or key in keys}

    return json.loads(
        text,
        strict=False,
        parse_constant=lambda name: None,
        parse_int=lambda digits: int(digits) if len(digits) <= MAX_DIGITS else None,
        object_pairs_hook=kept,
    )


def _without_the_deep(text: str) -> str:
    """The text, with null for each value that is nested too deeply."""
    kept, start, depth = [], 0, 0
    for found in _STRUCTURE.finditer(text):
        match found[0]:
            case "[" | "{":
                depth += 1
                if depth == MAX_DEPTH:
                    kept += [text[start : found.start()], "null"]
            case "]" | "}":
                if depth == MAX_DEPTH:
                    start = found.end()
                depth -= 1
            case _:
                pass
    if depth >= MAX_DEPTH:
        raise ValueError("it breaks off within what is nested too deeply")
    return "".join([*kept, text[start:]])
