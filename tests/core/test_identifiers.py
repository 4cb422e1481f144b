"""IDs as arguments and in what is pasted."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfui.core.errors import NotAnId
from dfui.core.identifiers import id_of_argument, ids_in_paste, ids_of_arguments, is_id, without_secrets


def test_letters_digits_dashes_and_underscores_with_a_digit_are_an_id_and_anything_else_is_none() -> None:
    assert all(map(is_id, ["847070", "dl_847070", "0", "a-1_B", "-1", "a" * 127 + "1"]))
    wrong = ["", "abc", "-", "7 ", "7\n", "7/8", "7.0", "../7", "٧", "é1", "7\x1b", "a" * 128 + "1"]
    assert not any(map(is_id, wrong))


API = "https://api.datafiniti.co/v4"
NO_ARGUMENTS = [
    f"{API}/downloads/", f"{API}/downloads/847070/results", f"{API}/products/847070", "847070,847071", "--yes", "all",
    "7 /downloads/8", "7,/downloads/8", f"{API}/downloads/7 8",
]  # fmt: skip


def test_an_argument_is_an_id_or_an_address_that_ends_in_one_and_any_other_is_named() -> None:
    ids = ["847070", f"{API}/downloads/847070", f"{API}/downloads/847070/", "/downloads/847070", f"{API}/downloads/9?x"]
    assert ids_of_arguments([*ids, "7"]) == ["847070", "9", "7"]
    for text in NO_ARGUMENTS:
        with pytest.raises(NotAnId) as refused:
            id_of_argument(text)
        assert refused.value.text == text


PASTES: dict[str, list[str]] = {
    "": [], " \n,; ": [], "7": ["7"], "7, 8;9\n10\t7": ["7", "8", "9", "10"],
    '{"id": 7, "status": "running"}': ["7"],
    '[{"id": "dl_8"}, {"id": 7}, {"id": "dl_8"}]': ["dl_8", "7"],
    '{"download_id": "dl_9"}': ["dl_9"],
    '\n {"num_found": 2, "records": [{"id": "7"}, {"id": 8, "_id": 9}]}': ["7", "8"],
    f"847070 {API}/downloads/7?api_key=x, 8": ["847070", "7", "8"],
    f'curl -X DELETE "{API}/downloads/847070" -H "Authorization: Bearer e1.x"': ["847070"],
    f"{API}/downloads/7\nGET /downloads/8?x=9 #2": ["7", "8"],
}  # fmt: skip
NO_PASTES: dict[str, str] = {
    "7, 8, oops, 9": "oops", "7 8.0": "8.0", '[{"id": 7}, {"id": "../8"}]': "../8", '{"id": null}': "None",
    f"{API}/downloads/7 {API}/downloads/search": f"{API}/downloads/search", f"curl {API}/downloads/search": "search",
    f"{API}/downloads/7 oops": "oops", '{"id": 7': '{"id":', "[" * 100_000: "…",
}  # fmt: skip
"""What is named of each."""
SHOWN: dict[str, str] = {
    'curl -H "Authorization: Bearer tok-1" https://a/1': 'curl -H "Authorization: Bearer …" https://a/1',
    "https://a/downloads/7?api_key=KEY 8": "https://a/downloads/7 8",
    "eyJhbGciOiJI.eyJpZCI6MTIzfQ.c2lnbmF0dXJl": "…",
    "7 " + "k" * 129: "7 …",
    '{"id": "dl_8", "results": ["https://b/8_1.csv"]}': '{"id": "dl_8", "results": ["https://b/8_1.csv"]}',
}


def test_a_paste_gives_its_ids_or_names_the_one_token_that_stops_it() -> None:
    assert {paste: ids_in_paste(paste) for paste in PASTES} == PASTES
    for paste, named in NO_PASTES.items():
        with pytest.raises(NotAnId) as refused:
            ids_in_paste(paste)
        assert refused.value.text == named
        assert named in str(refused.value)


def test_a_paste_is_shown_without_what_may_be_a_token_or_a_key() -> None:
    assert {paste: without_secrets(paste) for paste in SHOWN} == SHOWN


@given(st.lists(st.text("azAZ09_-", min_size=1, max_size=128).filter(is_id), max_size=5))
def test_no_id_is_taken_for_a_secret(ids: list[str]) -> None:
    assert without_secrets(" ".join(ids)) == " ".join(ids)


@given(st.text() | st.lists(st.none() | st.integers() | st.text(), max_size=5).map(json.dumps))
def test_whatever_is_pasted_gives_ids_or_names_what_is_none(paste: str) -> None:
    try:
        found = ids_in_paste(paste)
    except NotAnId as refused:
        assert not is_id(refused.text)
    else:
        assert all(map(is_id, found))
        assert len(set(found)) == len(found)
