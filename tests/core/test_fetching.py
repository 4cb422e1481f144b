"""Names of result files: whatever a link says, they stay in their folder and apart from each other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfui.core.fetching import MAX_NAME_BYTES, expires_at, files_of, safe_name
from dfui.core.secret import Secret

HOSTILE = st.one_of(
    st.text(max_size=400),
    st.text(alphabet="./\\:~ \x00\x1b\u202e%", max_size=40),
    st.sampled_from([".", "..", "../x", "/etc/passwd", "C:\\x", "CON", "con.csv", "a.part", "x.PART.JSON", "a" * 300]),
    st.builds(
        lambda stem, ending: stem + ending, st.text(max_size=200), st.sampled_from([".part", ".unpacking", ".csv"])
    ),
)
RESERVED = (".part", ".part.json")


@given(HOSTILE)
def test_a_name_stays_in_its_folder_on_every_system_and_a_safe_one_stays_as_it_is(name: str) -> None:
    safe = safe_name(name, fallback="7_1.csv")
    assert PurePosixPath(safe).name == PureWindowsPath(safe).name == safe
    assert safe.isprintable()
    assert not safe.startswith((".", "-", " "))
    assert not safe.endswith((" ", "."))
    assert not safe.lower().endswith(RESERVED)
    assert 0 < len(safe.encode()) <= MAX_NAME_BYTES + 1
    assert "\x00" not in safe
    assert safe_name(safe, fallback="x") == safe


ALIKE = st.sampled_from(["a.csv", "A.csv", "a-2.csv", "é", "e\u0301", "ß", "SS"])


@given(st.lists(st.one_of(ALIKE, HOSTILE), max_size=20))
def test_each_link_has_a_file_whose_name_differs_also_where_cases_do_not(links: list[str]) -> None:
    files = files_of("7", "csv", [Secret(f"https://x.invalid/{link}?X-Amz-Signature=mark") for link in links])
    assert len({file.name.casefold() for file in files}) == len(links)
    assert all(len(file.name.encode()) <= 200 for file in files)


NOW = datetime(2026, 11, 23, 12, 4, tzinfo=UTC)
SIGNED = "X-Amz-Date=20261123T120400Z&X-Amz-Expires=604800&X-Amz-Signature=abc"


def test_a_link_names_its_file_and_its_end_and_stays_a_secret() -> None:
    link = Secret(f"https://files.example.com/a/847070_1.csv?{SIGNED}")
    (file,) = files_of("847070", None, (link,))
    assert (file.name, file.expires_at) == ("847070_1.csv", NOW + timedelta(days=7))
    assert "abc" not in repr(file)


def test_an_older_link_says_its_end_as_a_unix_time() -> None:
    (file,) = files_of("7", None, (Secret("https://x/7_1.csv?AWSAccessKeyId=A&Expires=1795435440&Signature=abc"),))
    assert file.expires_at == NOW
    assert file.has_expired(NOW)
    assert not file.has_expired(NOW - timedelta(seconds=1))


@pytest.mark.parametrize(
    "link",
    [
        "", "http://[", "https://x/", "no link at all", f"https://x/{'%' * 9}",
        "https://x/a?X-Amz-Date=20261123T120400Z&X-Amz-Expires=many", "https://x/a?X-Amz-Date=then&X-Amz-Expires=1",
        "https://x/a?X-Amz-Date=20261123T120400Z&X-Amz-Expires=99999999999999",
        "https://x/a?Expires=soon", "https://x/a?Expires=99999999999999999999",
    ],
)  # fmt: skip
def test_a_link_that_does_not_say_when_it_ends_has_no_end(link: str) -> None:
    assert expires_at(Secret(link)) is None
