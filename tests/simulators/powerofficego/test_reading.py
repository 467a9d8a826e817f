"""Lists, pages, filters and the replica that lags behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import pytest

from samtale.simulators.faults import Rule
from samtale.simulators.powerofficego.answers import canonical
from tests.simulators.powerofficego.conftest import LAG, Caller

STAMP = "LastChangedDateTimeOffset"


def walk(call: Caller, path: str, size: int, **hooks: Rule) -> list[list[int]]:
    """The Ids on each page, by following the links; at most twenty pages."""
    query = [("PageSize", str(size)), ("OrderBy", "Id")]
    pages: list[list[int]] = []
    while query and len(pages) < 20:
        response = call("GET", path, query=query, hooks=hooks)
        assert response.status == 200
        pages.append([row["Id"] for row in response.json()])
        link = json.loads(response.headers["X-Pagination"])["nextPageLink"]
        assert not link or urlsplit(link).path == f"/Demo/v2{path}"
        query = parse_qsl(urlsplit(link).query)
    return pages


def test_pages_follow_one_another_without_gap(call: Caller) -> None:
    pages = walk(call, "/Customers", 7)
    ids = [id_ for page in pages for id_ in page]
    assert ids == sorted(row["Id"] for row in call.go.door_get("Customers"))
    assert {len(page) for page in pages[:-1]} == {7}


def test_nothing_to_show_is_204_without_a_body(call: Caller) -> None:
    response = call("GET", "/Customers", query=[("externalImportReference", "nobody")])
    assert (response.status, response.body) == (204, b"")
    assert call("GET", "/Customers", query=[("PageNumber", "99")]).status == 204


def test_page_faults_are_acted_out(call: Caller) -> None:
    assert len(walk(call, "/Customers", 7, endless_pages=Rule(kind="endless_pages"))) == 20
    pages = walk(call, "/Customers", 7, duplicate_between_pages=Rule(kind="duplicate_between_pages"))
    assert all(page[0] == before[-1] for page, before in zip(pages[1:], pages, strict=False))
    assert call("GET", "/Customers", hooks={"empty_list": Rule(kind="empty_list")}).status == 204


def test_without_order_rows_come_in_an_order_of_the_seed(call: Caller, caller: Callable[..., Caller]) -> None:
    first = [row["Id"] for row in call.rows("/Customers")]
    assert first != sorted(first)
    assert first == [row["Id"] for row in caller().rows("/Customers")]


def test_order_may_be_several_fields(call: Caller) -> None:
    rows = call.rows("/Customers", OrderBy="IsPerson desc, Number")
    assert rows == sorted(rows, key=lambda row: (not row["IsPerson"], row["Number"]))


def test_fields_are_chosen(call: Caller) -> None:
    assert {tuple(row) for row in call.rows("/Customers", Fields="Id, name")} == {("Id", "Name")}


@pytest.mark.parametrize(
    ("query", "title"),
    [
        (("$top", "5"), "Invalid resourceParameter"),
        (("Fields", "Id;Name"), "Invalid resourceParameter"),
        (("OrderBy", "Id sideways"), "Invalid resourceParameter"),
        (("PageSize", "20001"), "Invalid resourceParameter"),
        (("PageNumber", "0"), "Invalid resourceParameter"),
        (("PageSize", "many"), "Invalid resourceParameter"),
        (("lastChangedDateTimeOffsetGreaterThan", "yesterday"), "Unable to cast object(s)"),
        (("lastChangedDateTimeOffsetGreaterThan", "2024-01-01 00:00:00 01:00"), "Unable to cast object(s)"),
        (("contactGroupIds", "1-5"), "Unable to cast object(s)"),
        (("customerNos", "a"), "Unable to cast object(s)"),
    ],
)
def test_bad_parameters_are_refused(call: Caller, query: tuple[str, str], title: str) -> None:
    response = call("GET", "/Customers", query=[query])
    assert (response.status, response.json()["title"]) == (400, title)


def test_a_misspelt_filter_returns_everything(call: Caller) -> None:
    assert len(call.rows("/Customers", externalImportReferense="x")) == len(call.go.door_get("Customers"))


def test_the_database_can_be_asked_to_mind(call: Caller) -> None:
    query = [("externalImportReference", "nobody"), ("UseDatabaseValidation", "true")]
    assert call("GET", "/Customers", query=query).status == 404


def test_reads_lag_behind_writes_and_answers_do_not(call: Caller) -> None:
    created = call.customer(ExternalImportReference="mark-1")
    path = f"/Customers/{created['Id']}"
    assert call("GET", path).status == 404
    assert call.rows("/Customers", externalImportReference="mark-1") == []
    call.clock.advance(LAG)
    assert call("GET", path).json() == created
    patched = call.patch(path, Name="Annen AS").json()
    assert patched["Name"] == "Annen AS"
    assert call("GET", path).json()["Name"] == "Ny AS"
    assert call("GET", path, hooks={"stale_read": Rule(kind="stale_read", seconds=60)}).status == 404
    call.clock.advance(LAG)
    assert call("GET", path).json() == patched
    assert call("DELETE", path).status == 200
    assert call("GET", path).status == 200
    call.clock.advance(LAG)
    assert call("GET", path).status == 404


def test_the_change_filter_is_strictly_greater_and_exact(call: Caller) -> None:
    created = call.customer()
    last = created[STAMP]
    assert canonical(last) == last
    assert len(last.partition(".")[2]) == len("1234567Z")
    assert call.later("/Customers", lastChangedDateTimeOffsetGreaterThan=last) == []
    just_before = call.later("/Customers", lastChangedDateTimeOffsetGreaterThan="2026-01-05 07:59:59.9999999 -00:00")
    assert [row["Id"] for row in just_before] == [created["Id"]]
    assert call.rows("/Customers", customerCreatedDateTimeOffsetGreaterThan=last) == []


def test_some_rows_share_one_time_of_change(call: Caller, caller: Callable[..., Caller]) -> None:
    stamps = [row[STAMP] for row in caller(records=400).rows("/Customers")]
    assert len(stamps) > len(set(stamps))


@pytest.mark.parametrize(
    ("given", "means"),
    [
        ("2023-10-19T11:05:00.1234567Z", "2023-10-19T11:05:00.1234567Z"),
        ("2021-09-25 08:03:00.1234567 -00:00", "2021-09-25T08:03:00.1234567Z"),
        ("2021-09-25 08:03:00.5 +02:00", "2021-09-25T06:03:00.5000000Z"),
        ("2021-09-25T08:03:00", "2021-09-25T08:03:00.0000000Z"),
    ],
)
def test_times_are_read_in_the_documented_forms(given: str, means: str) -> None:
    assert canonical(given) == means


def test_filters_by_number_code_reference_and_flag(call: Caller) -> None:
    assert {r["Number"] for r in call.rows("/Customers", customerNos="10000-10002, 10005")} == {
        10000,
        10001,
        10002,
        10005,
    }
    assert all(r["Number"] >= 10010 for r in call.rows("/Customers", customerNos="10010-"))
    assert [r["Code"] for r in call.rows("/Departments", codes="10,nothing")] == ["10"]
    assert call.rows("/Departments", isActive="false") == []
    project = call.go.door_get("Projects")[0]
    found = call.rows("/Projects", customerNos=str(project["CustomerNo"]))
    assert project["Id"] in {r["Id"] for r in found}
    assert {r["CustomerNo"] for r in found} == {project["CustomerNo"]}
    assert call.rows("/Projects", name=project["Name"][2:])[0]["Name"] == project["Name"]


def test_archived_rows_are_listed_and_archived_projects_can_be_left_out(call: Caller) -> None:
    project = call.go.door_get("Projects")[0]
    call.patch(f"/Projects/{project['Id']}", ProjectStatus="Archived")
    assert project["Id"] in {r["Id"] for r in call.later("/Projects")}
    assert project["Id"] not in {r["Id"] for r in call.rows("/Projects", excludeArchivedProject="true")}


def test_national_id_numbers_read_as_hidden(call: Caller) -> None:
    numbers = {row["NationalIdNumber"] for row in call.rows("/Employees")}
    assert numbers <= {None, "hidden"}
    assert "hidden" in numbers


def test_dates_may_have_a_time_and_addresses_small_letters(caller: Callable[..., Caller]) -> None:
    call = caller(records=400, odd_dates=True, camel_case_addresses=True)
    dates = {len(row["DateOfBirth"]) for row in call.rows("/Customers") if row["DateOfBirth"]}
    assert dates == {len("1980-01-01"), len("1980-01-01T00:00:00")}
    keys = {key for row in call.rows("/Customers") if row["MailAddress"] for key in row["MailAddress"]}
    assert "addressLine1" in keys
    assert "AddressLine1" not in keys
