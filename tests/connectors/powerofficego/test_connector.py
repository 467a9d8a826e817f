"""PowerOffice Go: what its connector sends, and what it makes of the answers that the exam cannot bring about."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from samtale.connectors.powerofficego.connector import PowerOfficeGo
from samtale.core.kinds import Raw
from samtale.core.model import MISSING
from samtale.core.problems import BadAnswer, Gone, Moved, Refused, Retry, SystemTrouble, Unauthorized, Uncertain
from samtale.engine.pace import Limit
from samtale.ports.connector import Draft, Page, Written
from samtale.testing.clocks import StillClock

Answerer = Callable[[httpx2.Request], httpx2.Response]
KEYS = {"application_key": "a", "client_key": "c", "subscription_key": "s"}
CUSTOMER = {"Id": 7, "Name": "Acme AS", "PhoneNumber": None, "MailAddress": None}


def reply(status: int, value: Any = None, **headers: str) -> httpx2.Response:
    if value is None:
        return httpx2.Response(status, headers=headers)
    return httpx2.Response(status, json=value, headers=headers)


def problem(title: str, detail: str, status: int = 400) -> httpx2.Response:
    body = json.dumps({"title": title, "status": status, "detail": detail}).encode()
    return httpx2.Response(status, headers={"Content-Type": "application/problem+json"}, content=body)


class Books:
    """The vendor's side, one function for all calls but the token's; remembers them."""

    def __init__(self, answer: Answerer, **options: Any) -> None:
        self.requests: list[httpx2.Request] = []
        self.clock = StillClock()
        self._answer = answer
        self.connector = PowerOfficeGo(
            system="books",
            base_url=None,
            credentials=KEYS,
            options=options,
            clock=self.clock,
            transport=httpx2.MockTransport(self._handle),
        )

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/OAuth/Token":
            return reply(200, {"access_token": "t", "token_type": "bearer", "expires_in": 1200})
        self.requests.append(request)
        return self._answer(request)

    def sent(self, number: int = -1) -> Any:
        return json.loads(self.requests[number].content)

    def query(self, number: int = -1) -> dict[str, str]:
        return dict(self.requests[number].url.params)


def listed(*pages: list[Any], link: str | None = None) -> Answerer:
    """A list by page number; each page but the last tells of a next one."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        number = int(request.url.params["PageNumber"])
        if number > len(pages) or not pages[number - 1]:
            return reply(204)
        following = f"https://inside.invalid/v2/Customers?PageNumber={number + 1}" if number < len(pages) else ""
        return reply(200, pages[number - 1], **{"X-Pagination": json.dumps({"nextPageLink": link or following})})

    return answer


def keys(pages: list[Page]) -> list[int]:
    return [json.loads(record)["Id"] for page in pages for record in page.records]


def refuse(books: Books, values: dict[str, Any], expected: dict[str, Any]) -> SystemTrouble:
    with pytest.raises(SystemTrouble) as raised:
        books.connector.update("Customers", "7", values, expected, None)
    return raised.value


# -- reading


def test_only_the_query_of_a_next_link_is_used_so_no_answer_leads_elsewhere() -> None:
    books = Books(listed([{"Id": 1}], [{"Id": 2}], [{"Id": 3}]))
    assert keys(list(books.connector.read("Customers", None))) == [1, 2, 3]
    assert {r.url.host for r in books.requests} == {"goapi.poweroffice.net"}
    assert books.query(0) == {"OrderBy": "Id", "PageNumber": "1", "PageSize": "1000"}
    assert books.query(2) == {"OrderBy": "Id", "PageNumber": "3", "PageSize": "1000"}


def test_without_a_pagination_header_a_full_page_has_a_successor() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        number = int(request.url.params["PageNumber"])
        return reply(200, [{"Id": 2 * number}, {"Id": 2 * number + 1}]) if number < 3 else reply(204)

    books = Books(answer, page_size=2)
    assert keys(list(books.connector.read("Customers", None))) == [2, 3, 4, 5]
    assert len(books.requests) == 3


def test_an_empty_list_is_204_and_still_has_a_cursor() -> None:
    books = Books(lambda request: reply(204, Date="Mon, 05 Jan 2026 09:00:00 GMT"))
    (page,) = books.connector.read("Customers", None)
    assert (list(page.records), page.last) == ([], True)
    assert page.cursor == {"modified": "2026-01-05T09:00:00.500000+00:00"}


@pytest.mark.parametrize(
    "link",
    ["https://goapi.poweroffice.net/v2/Customers?PageNumber=1", "https://goapi.poweroffice.net/v2/Customers?x=1"],
)
def test_pages_without_an_end_are_stopped(link: str) -> None:
    books = Books(listed([{"Id": 1}], [{"Id": 1}], link=link))
    with pytest.raises(BadAnswer):
        list(books.connector.read("Customers", None))
    assert len(books.requests) <= 2


def test_the_watermark_is_the_vendors_own_text_and_reads_overlap() -> None:
    stamp = "2026-01-05T07:00:00.1234567Z"
    changed = [{"Id": 1, "LastChangedDateTimeOffset": stamp}, {"Id": 2, "LastChangedDateTimeOffset": None}]
    books = Books(listed(changed))
    (page,) = books.connector.read("Customers", None)
    assert page.cursor == {"modified": stamp}
    list(books.connector.read("Customers", page.cursor))
    assert books.query()["lastChangedDateTimeOffsetGreaterThan"] == "2026-01-05T06:59:50.1234560Z"


def test_a_watermark_in_the_future_makes_the_read_a_full_one() -> None:
    books = Books(listed([{"Id": 1, "LastChangedDateTimeOffset": "2026-01-01T00:00:00Z"}]))
    pages = list(books.connector.read("Customers", {"modified": "2026-03-01T00:00:00Z"}))
    assert keys(pages) == [1]
    assert "lastChangedDateTimeOffsetGreaterThan" not in books.query()
    assert pages[-1].cursor == {"modified": "2026-01-01T00:00:00Z"}


def test_names_in_another_case_are_put_right_and_all_others_left_alone() -> None:
    odd = b'[{"id":1,"mailAddress":{"city":"Oslo","zipCode":"0150"},"unitPrice":1.10},{"Id": 2, "Odd":{"id":3}}]'
    books = Books(lambda request: httpx2.Response(200, headers={"Content-Type": "application/json"}, content=odd))
    (page,) = books.connector.read("Customers", None)
    assert json.loads(page.records[0]) == {
        "Id": 1, "MailAddress": {"City": "Oslo", "ZipCode": "0150"}, "unitPrice": 1.1,
    }  # fmt: skip
    assert b"1.10" in page.records[0]
    assert page.records[1] == b'{"Id": 2, "Odd":{"id":3}}'


@pytest.mark.parametrize("row", [{"Name": "no key"}, "text", None, {"Id": None}])
def test_a_row_that_is_no_record_is_a_bad_answer(row: Any) -> None:
    books = Books(lambda request: reply(200, [row]))
    with pytest.raises(BadAnswer):
        list(books.connector.read("Customers", None))


# -- contact persons


def test_the_parent_of_a_contact_person_is_looked_up_once() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/v2/ContactPersons":
            return reply(200, [{"Id": 5, "ContactId": 9}, {"Id": 6, "ContactId": 9}])
        return reply(200, {"Id": int(request.url.path.split("/")[-1]), "ContactId": 9})

    books = Books(answer)
    assert len(books.connector.fetch("Contactperson", ["5", "6"]).records) == 2
    assert [r.url.path for r in books.requests] == [
        "/v2/ContactPersons", "/v2/ContactPersons/9/5", "/v2/ContactPersons/9/6",
    ]  # fmt: skip
    assert books.query(0)["Fields"] == "Id,ContactId"
    with pytest.raises(Gone):
        books.connector.delete("Contactperson", "77", None)


def test_a_contact_person_is_created_below_its_parent() -> None:
    books = Books(lambda request: reply(201, {"Id": 5, "ContactId": 9}))
    values: dict[str, Raw] = {"ContactId": 9, "FirstName": "Kari", "LastName": "Nordmann"}
    (written,) = books.connector.create("Contactperson", [Draft(values=values, mark="m")])
    assert isinstance(written, Written)
    assert books.requests[0].url.path == "/v2/ContactPersons/9"
    assert books.sent() == {"FirstName": "Kari", "LastName": "Nordmann", "IsActive": True, "ExternalCode": "m"}
    (refused,) = books.connector.create("Contactperson", [Draft(values={"FirstName": "K"}, mark="m")])
    assert isinstance(refused, Refused)
    assert set(refused.properties) == {"ContactId", "LastName"}


# -- creating


@pytest.mark.parametrize(
    ("collection", "values", "sent"),
    [
        ("Customers", {"Name": "A"}, {"InvoiceDeliveryType": "Print", "ExternalImportReference": "m"}),
        ("Customers", {"Name": "A", "EmailAddress": "a@b.no"}, {"ExternalImportReference": "m"}),
        ("Customers", {"Name": "A", "InvoiceDeliveryType": "EHF"}, {"ExternalImportReference": "m"}),
        ("Departments", {"Name": "A"}, {"IsActive": True}),
        ("Departments", {"Name": "A", "IsActive": False}, {}),
        ("Product", {"Name": "A"}, {}),
    ],
)
def test_what_goes_with_a_new_record(collection: str, values: dict[str, Any], sent: dict[str, Any]) -> None:
    books = Books(lambda request: reply(201, {"Id": 5}))
    books.connector.create(collection, [Draft(values=values, mark="m")])
    assert books.sent() == {**values, **sent}


def test_half_an_address_is_refused_by_name() -> None:
    books = Books(lambda request: reply(201, {"Id": 5}))
    (outcome,) = books.connector.create(
        "Customers", [Draft(values={"Name": "A", "MailAddress.City": "Oslo"}, mark="m")]
    )
    assert isinstance(outcome, Refused)
    assert outcome.properties == ("MailAddress.ZipCode",)
    assert books.requests == []


def test_a_created_record_without_an_id_leaves_the_outcome_unknown() -> None:
    books = Books(lambda request: reply(201, {"Name": "A"}))
    (outcome,) = books.connector.create("Departments", [Draft(values={"Name": "A"}, mark="m")])
    assert isinstance(outcome, Uncertain)


def test_a_mark_that_does_not_fit_is_never_cut() -> None:
    books = Books(lambda request: reply(201, {"Id": 5}))
    with pytest.raises(ValueError, match="50"):
        books.connector.create("Customers", [Draft(values={"Name": "A"}, mark="m" * 51)])
    assert books.requests == []


def test_a_reference_that_is_missing_is_a_refusal_and_not_a_missing_record() -> None:
    books = Books(lambda r: problem("Customer validation error(s)", "Department with id = 4 not found.", 404))
    (outcome,) = books.connector.create("Customers", [Draft(values={"Name": "A", "DepartmentId": 4}, mark="m")])
    assert isinstance(outcome, Refused)
    assert type(refuse(books, {"Name": "B"}, {})) is Refused


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (problem("Missing privilege", "Sending needs Customer_Full."), Unauthorized),
        (problem("Object(s) not found", "Customer with id = 7 not found.", 404), Gone),
        (reply(404, {"statusCode": 404, "message": "Resource not found"}), BadAnswer),
        (problem("Customer conflict", "in use", 409), Refused),
        (reply(400, {"Title": "T", "errors": {"EmailAddress": ["bad"]}, "traceId": "x"}), Refused),
        (reply(422, {"title": "T"}), Refused),
    ],
)
def test_refusals_of_a_patch(answer: httpx2.Response, trouble: type[SystemTrouble]) -> None:
    def handler(request: httpx2.Request) -> httpx2.Response:
        return reply(200, CUSTOMER) if request.method == "GET" else answer

    books = Books(handler)
    assert type(refuse(books, {"EmailAddress": "x"}, {"EmailAddress": None})) is trouble


# -- updating


def test_a_patch_tests_what_is_expected_and_costs_one_call() -> None:
    books = Books(lambda request: reply(200, {**CUSTOMER, "PhoneNumber": "1", "MailAddress": {"City": "Bergen"}}))
    values = {"PhoneNumber": "1", "MailAddress.City": "Bergen"}
    expected = {"PhoneNumber": None, "MailAddress.City": "Oslo", "MailAddress.AddressLine2": None, "Name": MISSING}
    books.connector.update("Customers", "7", values, expected, None)
    assert books.requests[0].headers["content-type"] == "application/json-patch+json"
    assert [r.method for r in books.requests] == ["PATCH"]
    assert books.sent() == [
        {"op": "test", "path": "/MailAddress/AddressLine2", "value": None},
        {"op": "test", "path": "/MailAddress/City", "value": "Oslo"},
        {"op": "test", "path": "/PhoneNumber", "value": None},
        {"op": "replace", "path": "/MailAddress/City", "value": "Bergen"},
        {"op": "replace", "path": "/PhoneNumber", "value": "1"},
    ]


def test_an_address_that_may_not_exist_is_looked_at_and_added_whole() -> None:
    address = {"City": "Oslo", "ZipCode": "0150"}

    def handler(request: httpx2.Request) -> httpx2.Response:
        return reply(200, CUSTOMER if request.method == "GET" else {**CUSTOMER, "MailAddress": address})

    books = Books(handler)
    values = {"MailAddress.City": "Oslo", "MailAddress.ZipCode": "0150", "MailAddress.AddressLine1": None}
    books.connector.update("Customers", "7", values, {"MailAddress.City": None, "Name": "Acme AS"}, None)
    assert books.sent() == [
        {"op": "test", "path": "/Name", "value": "Acme AS"},
        {"op": "add", "path": "/MailAddress", "value": address},
    ]
    trouble = refuse(books, {"MailAddress.City": "Oslo"}, {"MailAddress.City": None})
    assert isinstance(trouble, Refused)
    assert trouble.properties == ("MailAddress.ZipCode",)


def test_an_address_that_turned_up_meanwhile_is_a_move() -> None:
    books = Books(lambda request: reply(200, {**CUSTOMER, "MailAddress": {"City": "Bergen", "ZipCode": "5003"}}))
    trouble = refuse(books, {"MailAddress.City": "Oslo", "MailAddress.ZipCode": "0150"}, {"MailAddress.City": None})
    assert isinstance(trouble, Moved)
    assert [r.method for r in books.requests] == ["GET"]


@pytest.mark.parametrize(
    ("detail", "shown", "trouble"),
    [
        ("The current value 'x' at path 'PhoneNumber' is not equal to the test value 'y'.", None, Moved),
        ("Something is wrong.", "22", Moved),
        ("Something is wrong.", None, Refused),
    ],
)
def test_a_failed_test_is_told_by_words_or_by_the_record(
    detail: str, shown: str | None, trouble: type[SystemTrouble]
) -> None:
    def handler(request: httpx2.Request) -> httpx2.Response:
        return reply(200, {**CUSTOMER, "PhoneNumber": shown}) if request.method == "GET" else problem("T", detail)

    assert type(refuse(Books(handler), {"PhoneNumber": "1"}, {"PhoneNumber": None})) is trouble


def test_a_refusal_stays_one_when_the_replica_does_not_know_the_record_yet() -> None:
    def handler(request: httpx2.Request) -> httpx2.Response:
        return problem("Object(s) not found", "", 404) if request.method == "GET" else problem("T", "E-mail is wrong.")

    assert type(refuse(Books(handler), {"EmailAddress": "x"}, {"EmailAddress": None})) is Refused


def test_without_conditions_the_record_is_fetched_and_compared_first() -> None:
    books = Books(lambda request: reply(200, {**CUSTOMER, "PhoneNumber": "1"}), conditional_patch=False)
    books.connector.update("Customers", "7", {"Name": "B"}, {"PhoneNumber": "1"}, None)
    assert [r.method for r in books.requests] == ["GET", "PATCH"]
    assert books.sent() == [{"op": "replace", "path": "/Name", "value": "B"}]
    assert isinstance(refuse(books, {"Name": "B"}, {"PhoneNumber": "2"}), Moved)


def test_what_the_system_makes_of_a_value_is_no_failure() -> None:
    books = Books(lambda request: reply(200, {**CUSTOMER, "PhoneNumber": "+47 22"}))
    written = books.connector.update("Customers", "7", {"PhoneNumber": "22"}, {"PhoneNumber": "11"}, None)
    assert json.loads(written.record or b"{}")["PhoneNumber"] == "+47 22"


@pytest.mark.parametrize("path", ["NationalIdNumber", "DepartmentCode", "Id", "Nonsense", "ContactPersonCode"])
def test_hidden_create_only_and_unknown_properties_are_never_sent(path: str) -> None:
    books = Books(lambda request: reply(200, CUSTOMER))
    trouble = refuse(books, {path: "hidden"}, {})
    assert isinstance(trouble, Refused)
    assert trouble.properties == (path,)
    assert books.requests == []


# -- limits and rights


def test_too_many_requests_waits_as_long_as_the_sentence_says() -> None:
    answers = [
        reply(429, {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 3 seconds."}),
        reply(429, {"statusCode": 429, "message": "Slow down."}),
        reply(429, {"statusCode": 429}, **{"Retry-After": "0"}),
        reply(204),
    ]
    books = Books(lambda request: answers.pop(0))
    list(books.connector.read("Customers", None))
    assert [seconds for seconds in books.clock.slept if seconds >= 1] == [3.0, 1.0, 1.0]


def test_too_many_requests_does_not_go_on_for_ever() -> None:
    books = Books(lambda request: reply(429))
    with pytest.raises(Retry):
        list(books.connector.read("Customers", None))


def test_check_learns_which_collections_may_be_written() -> None:
    granted = {"ClientName": "x", "ValidPrivileges": ["Customer_Full", "Department"], "InvalidPrivileges": []}
    books = Books(lambda request: reply(200, granted), collections=["Customers", "Departments", "Projects"])
    (lacking,) = books.connector.check()
    assert (lacking.code, "Project" in lacking.why) == ("missing_privilege", True)
    writable = {spec.name for spec in books.connector.about().collections if spec.writable}
    assert writable == {"Customers", "Contactperson"}


def test_check_tells_what_is_wrong_instead_of_raising() -> None:
    books = Books(lambda request: reply(401, {"statusCode": 401, "message": "Access denied"}))
    (found,) = books.connector.check()
    assert found.code == "not_authorized"
    html = Books(lambda request: httpx2.Response(200, headers={"Content-Type": "text/html"}, content=b"<html>"))
    assert html.connector.check()[0].code == "bad_answer"


@pytest.mark.parametrize("base_url", ["https://goapi.poweroffice.net/Demo", "https://goapi.poweroffice.net/Demo/v2/"])
def test_the_demo_environment_has_its_own_paths(base_url: str) -> None:
    paths: list[str] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        paths.append(request.url.path)
        return reply(200, {"access_token": "t", "expires_in": 1200, "ValidPrivileges": ["Customer"]})

    PowerOfficeGo(
        system="books",
        base_url=base_url,
        credentials=KEYS,
        options={},
        clock=StillClock(),
        transport=httpx2.MockTransport(handler),
    ).check()
    assert paths == ["/Demo/OAuth/Token", "/Demo/v2/ClientIntegrationInformation"]


def test_companies_that_share_a_subscription_key_share_its_limit() -> None:
    accounts: list[str] = []

    class Counting:
        def take(self, account: str, limit: Limit) -> float:
            accounts.append(account)
            return 0.0

    def handler(request: httpx2.Request) -> httpx2.Response:
        return reply(200, {"access_token": "t", "expires_in": 1200, "ValidPrivileges": ["Customer"]})

    for name, key in (("one", "s"), ("two", "s"), ("three", "other")):
        PowerOfficeGo(
            system=name,
            base_url=None,
            credentials={**KEYS, "client_key": name, "subscription_key": key},
            options={},
            clock=StillClock(),
            transport=httpx2.MockTransport(handler),
            pace=Counting(),
        ).check()
    assert len(set(accounts)) == 2
    assert all(name not in account for account in accounts for name in ("one", "two", "three", "other"))
