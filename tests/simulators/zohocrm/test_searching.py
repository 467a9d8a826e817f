"""Search with its delay and its loose `equals`; COQL with its exactness and its rules."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulators.zohocrm.calls import Calls


@pytest.fixture(scope="module")
def calls() -> Calls:
    found = Calls()
    account = found.added("Accounts", Account_Name="Fjord AS", Employees=7)
    found.clock.advance(10)
    for given, family, email in (("Åse", "Berg", "ase@fjord.example"), ("Ola", "Bergum", "ola@fjord.example")):
        found.added("Contacts", First_Name=given, Last_Name=family, Email=email, Account_Name={"id": account})
        found.clock.advance(10)
    found.added("Contacts", Last_Name="Dahl (privat)", Mobile="+47 400 11 222")
    found.clock.advance(60)
    return found


def families(calls: Calls, **query: Any) -> set[str]:
    response = calls.get("Contacts/search", fields="Last_Name", **query)
    assert response.status in {200, 204}, response.body
    return set() if response.status == 204 else {record["Last_Name"] for record in response.json()["data"]}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"criteria": "(Last_Name:equals:berg)"}, {"Berg", "Bergum"}),
        ({"criteria": "((Last_Name:equals:Berg)and(First_Name:starts_with:O))"}, {"Bergum"}),
        ({"criteria": "((First_Name:equals:Ola)or(Last_Name:starts_with:Da))"}, {"Bergum", "Dahl (privat)"}),
        ({"criteria": r"(Last_Name:equals:Dahl \(privat\))"}, {"Dahl (privat)"}),
        ({"criteria": "(Last_Name:in:Berg,Vik)"}, {"Berg"}),
        ({"criteria": "(Last_Name:equals:Nobody)"}, set()),
        ({"criteria": "(Created_Time:greater_than:2026-01-05T10:00:15+02:00)"}, {"Bergum", "Dahl (privat)"}),
        ({"email": "fjord.example"}, {"Berg", "Bergum"}),
        ({"phone": "400 11"}, {"Dahl (privat)"}),
        ({"word": "PRIVAT"}, {"Dahl (privat)"}),
    ],
)
def test_search_finds(calls: Calls, query: dict[str, str], found: set[str]) -> None:
    assert families(calls, **query) == found


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, "EXPECTED_PARAM_MISSING"),
        ({"word": "x"}, "INVALID_QUERY"),
        ({"criteria": "Last_Name:equals:Berg"}, "INVALID_QUERY"),
        ({"criteria": "(Last_Name:equals:Berg"}, "INVALID_QUERY"),
        ({"criteria": "(Nope:equals:Berg)"}, "INVALID_QUERY"),
        ({"criteria": "(Last_Name:resembles:Berg)"}, "INVALID_QUERY"),
        ({"criteria": "(Created_Time:greater_than:soon)"}, "INVALID_QUERY"),
        ({"criteria": f"({'or'.join(['(Last_Name:equals:Berg)'] * 16)})"}, "CRITERIA_LIMIT_EXCEEDED"),
        ({"word": "Berg", "page": 11}, "LIMIT_REACHED"),
    ],
)
def test_search_refuses(calls: Calls, query: dict[str, Any], code: str) -> None:
    response = calls.get("Contacts/search", **query)
    assert (response.status, response.json()["code"]) == (400, code)


def test_search_finds_what_was_written_only_after_a_while_and_coql_at_once() -> None:
    calls = Calls(search_lag=20)
    key = calls.added("Accounts", Account_Name="Fjord AS")
    query = "select Account_Name from Accounts where Account_Name = 'Fjord AS'"
    assert calls.get("Accounts/search", word="Fjord").status == 204
    assert calls.select(query).json()["data"] == [{"Account_Name": "Fjord AS", "id": key}]
    calls.clock.advance(21)
    assert calls.get("Accounts/search", word="Fjord").status == 200
    calls.put("Accounts", key, Account_Name="Dal AS")
    assert calls.get("Accounts/search", word="Fjord").json()["data"][0]["Account_Name"] == "Fjord AS"
    calls.clock.advance(21)
    assert calls.get("Accounts/search", word="Fjord").status == 204


def selected(calls: Calls, rest: str) -> list[str]:
    response = calls.select(f"select Last_Name from Contacts {rest}")
    assert response.status in {200, 204}, response.body
    return [] if response.status == 204 else [record["Last_Name"] for record in response.json()["data"]]


@pytest.mark.parametrize(
    ("rest", "found"),
    [
        ("where Last_Name = 'Berg'", ["Berg"]),
        ("where Last_Name like 'Berg%' order by Last_Name desc", ["Bergum", "Berg"]),
        ("where Last_Name in ('Berg', 'Bergum') order by id asc", ["Berg", "Bergum"]),
        ("where Last_Name not in ('Berg', 'Bergum')", ["Dahl (privat)"]),
        ("where Email is null", ["Dahl (privat)"]),
        ("where Email is not null order by Last_Name", ["Berg", "Bergum"]),
        ("where (Last_Name = 'Berg' or Last_Name = 'Bergum') and First_Name != 'Ola'", ["Berg"]),
        ("where Created_Time >= '2026-01-05T08:00:10+00:00' and Created_Time < '2026-01-05T10:00:20+02:00'", ["Berg"]),
        ("where Created_Time between '2026-01-05T10:00:20+02:00' and '2026-01-05T10:00:30+02:00' order by id",
         ["Bergum", "Dahl (privat)"]),
        ("where id is not null order by id asc limit 1 offset 1", ["Bergum"]),
        ("where id is not null order by id asc limit 1, 2", ["Bergum", "Dahl (privat)"]),
        ("where Last_Name = 'Nobody'", []),
    ],
)  # fmt: skip
def test_coql_finds(calls: Calls, rest: str, found: list[str]) -> None:
    assert selected(calls, rest) == found


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("select Last_Name from Contacts", "SYNTAX_ERROR"),
        ("select Last_Name from Contacts where", "SYNTAX_ERROR"),
        ("select Last_Name from Contacts where Last_Name = Berg", "SYNTAX_ERROR"),
        ("select Last_Name from Contacts where id is null and id is null and id is null", "SYNTAX_ERROR"),
        ("delete from Contacts where id is null", "SYNTAX_ERROR"),
        ("select Last_Name from Contacts where id = '1'; drop", "SYNTAX_ERROR"),
        ("select Nope from Contacts where id is null", "INVALID_QUERY"),
        ("select Last_Name from Nope where id is null", "INVALID_QUERY"),
        ("select Last_Name from Contacts where Created_Time > 'soon'", "INVALID_QUERY"),
        ("select Last_Name, Last_Name from Contacts where id is null", "DUPLICATE_DATA"),
        ("select Last_Name from Contacts where id is null limit 201", "LIMIT_EXCEEDED"),
        ("select Last_Name from Contacts where id is null limit 9900, 200", "LIMIT_EXCEEDED"),
    ],
)
def test_coql_refuses(calls: Calls, query: str, code: str) -> None:
    response = calls.select(query)
    assert (response.status, response.json()["code"]) == (400, code)


def test_coql_shows_a_lookup_as_its_id_alone_and_tells_whether_more_follows(calls: Calls) -> None:
    account = calls.select("select id from Accounts where Employees = 7").json()["data"][0]["id"]
    query = f"select Account_Name from Contacts where Account_Name = '{account}' limit 1"
    answer = calls.select(query).json()
    assert answer["data"][0]["Account_Name"] == {"id": account}
    assert answer["info"] == {"count": 1, "more_records": True}
