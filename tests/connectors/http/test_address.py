"""Which addresses credentials may be sent to."""

from __future__ import annotations

import socket

import pytest

from samtale.connectors.http.address import check_address, check_resolved, same_origin
from samtale.core.problems import SamtaleError


@pytest.mark.parametrize(
    "url",
    [
        "https://goapi.poweroffice.net/Demo/",
        "https://erp.company.example:8443/api",
        "https://10.1.2.3/api",
        "http://127.0.0.1:8080",
        "http://localhost:8080",
        "http://[::1]:8080",
    ],
)
def test_business_systems_and_this_machine_are_fine(url: str) -> None:
    assert check_address("books", url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "http://goapi.poweroffice.net",
        "ftp://goapi.poweroffice.net",
        "file:///etc/passwd",
        "goapi.poweroffice.net",
        "https://",
        "https://user:word@books.example",
        "https://books.example/?key=1",
        "https://books.example/#there",
        "https://169.254.169.254/latest",
        "https://[fe80::1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://2852039166/",
        "https://0xa9fea9fe/",
        "https://169.254.43518/",
        "https://metadata.google.internal/",
        "https://[fd00:ec2::254]/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://books.example:99999/",
        "https://[books/",
    ],
)
def test_all_others_are_refused_with_a_remedy(url: str) -> None:
    with pytest.raises(SamtaleError) as raised:
        check_address("books", url)
    (problem,) = raised.value.problems
    assert problem.code == "unsafe_address"
    assert problem.why
    assert "base_url" in problem.remedy
    assert "word" not in str(raised.value)


def test_link_local_addresses_pass_where_the_owner_says_so() -> None:
    assert check_address("books", "https://169.254.10.10", allow_internal=True) == "https://169.254.10.10"


def test_a_name_that_leads_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[str] = ["93.184.216.34"]
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, 1, 6, "", (address, 443)) for address in found]
    )
    check_resolved("books", "books.example", 443)
    found.append("169.254.169.254")
    with pytest.raises(SamtaleError):
        check_resolved("books", "books.example", 443)


def test_origins_are_compared_with_their_ports() -> None:
    assert same_origin("https://a.example/x", "https://a.example:443/y")
    assert not same_origin("https://a.example", "https://b.example")
    assert not same_origin("https://a.example", "http://a.example")
    assert not same_origin("https://a.example", "https://a.example:x")
