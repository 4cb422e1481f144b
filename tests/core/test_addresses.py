"""Which addresses of the API are taken."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfui.core.addresses import DATAFINITI, parse_api_url
from dfui.core.errors import AddressError


@pytest.mark.parametrize(
    ("text", "url", "origin", "host", "is_loopback"),
    [
        ("https://api.datafiniti.co/v4", "https://api.datafiniti.co/v4", "https://api.datafiniti.co", None, False),
        (" HTTPS://API.Datafiniti.co:443/v4/ ", DATAFINITI.url, DATAFINITI.origin, "api.datafiniti.co", False),
        ("https://proxy.example:8443", None, "https://proxy.example:8443", "proxy.example:8443", False),
        ("http://127.0.0.1:8765/v4", None, "http://127.0.0.1:8765", "127.0.0.1:8765", True),
        ("http://127.9.9.9:80", "http://127.9.9.9", "http://127.9.9.9", "127.9.9.9", True),
        ("http://LOCALHOST/v4", "http://localhost/v4", "http://localhost", "localhost", True),
        ("http://[::1]:8765/v4", None, "http://[::1]:8765", "[::1]:8765", True),
        ("https://[2001:db8::1]/v4", None, "https://[2001:db8::1]", "[2001:db8::1]", False),
    ],
)
def test_https_is_taken_anywhere_and_http_on_this_machine(
    text: str, url: str | None, origin: str, host: str | None, is_loopback: bool
) -> None:
    address = parse_api_url(text)
    assert address.url == (url or text)
    assert address.origin == origin
    assert address.host == (host or address.host)
    assert address.is_loopback is is_loopback
    assert address.is_encrypted is origin.startswith("https:")
    assert address.is_datafiniti is (origin == "https://api.datafiniti.co")


REFUSED = [
    "http://api.datafiniti.co/v4", "http://127.0.0.1.example.com/v4", "http://localhost.example.com",
    "http://192.168.0.1", "http://[2001:db8::1]", "http://0.0.0.0", "https://user@api.datafiniti.co/v4",
    "https://user:password@api.datafiniti.co/v4", "https://@api.datafiniti.co/v4",
    "https://api.datafiniti.co\\@example.com/v4", "https://api.datafiniti.co/v4?key=1",
    "https://api.datafiniti.co/v4#part", "https://api.datafiniti.co:99999", "https://api.datafiniti.co:port",
    "https://[::1", "http://[::1", "https://[::1]evil.example/v4", "http://[::1]evil.example/v4",
    "http://[::1].evil.example", "http://evil.example[::1]/v4", "http://127.0.0.1@evil.example",
    "http://127.0.0.1:80@evil.example/v4", "http://[::1]@evil.example", "http://[::1%25lo]/v4", "http://[::1%lo]/v4",
    "https://[fe80::1%eth0]/v4", "https://[v1.x]/v4", "http://127.0.0.1\\.evil.example",
    "http://127.0.0.1%2eevil.example", "http://①②⑦.0.0.1/v4", "http://127.0.0.1:８０/v4", "https:///v4",
    "api.datafiniti.co/v4", "ftp://127.0.0.1", "file:///etc/passwd", "https://api data.co/v4", "",
    "https://api.datafiniti.co/v4,", "https://api.datafiniti.co/v4.", "https://api.datafiniti.co/v4;", "https://x/v4)",
    "https://api.datafiniti.co/v 4", "https://api.datafiniti.co/../v4", "https://x/v4\u200b",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_an_address_that_the_token_must_not_go_to_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(AddressError, match=r"^The API address .*\.$") as refused:
        parse_api_url(text)
    assert "password" not in str(refused.value) or "no password" in str(refused.value)


@given(
    st.one_of(
        st.text(), st.text(string.printable).map("https://".__add__), st.text(".0127:[]@/").map("http://".__add__)
    )
)
def test_whatever_is_given_as_an_address_is_taken_or_refused(text: str) -> None:
    try:
        address = parse_api_url(text)
    except AddressError:
        return
    assert address.is_encrypted or address.is_loopback
    assert parse_api_url(address.url).origin == address.origin
