"""The simulated PowerOffice Go answers as the vendor's own OpenAPI file says, and the checker itself can fail."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from samtale.simulators.base import FakeClock, Request, Response, json_response
from samtale.simulators.powerofficego import PowerOfficeGo
from tests.contract.prune_poweroffice import FILE, OPERATIONS, REPAIRS, poweroffice_contract
from tests.contract.validate import Contract, ContractBroken, pruned

pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the vendor's OpenAPI file is not there (SAMTALE_SHARED)")

KEYS = {"authorization": "Bearer x", "ocp-apim-subscription-key": "demo-subscription-key"}
JSON = {**KEYS, "content-type": "application/json"}
PATCH = {**KEYS, "content-type": "application/json-patch+json"}


@pytest.fixture(scope="module")
def contract() -> Contract:
    return poweroffice_contract()


class Checked:
    """A client whose every exchange is held to the contract."""

    def __init__(self, contract: Contract) -> None:
        # Dates with a time of day break the contract on purpose: clients met them, the file does not know them.
        self.go = PowerOfficeGo(seed=1, records=60, clock=FakeClock(), rate_limit=0, odd_dates=False, replica_lag=0)
        self._contract = contract
        basic = base64.b64encode(b"demo-application-key:demo-client-key").decode()
        form = {"content-type": "application/x-www-form-urlencoded", "authorization": f"Basic {basic}"}
        token = self._exchange(
            Request(
                "POST",
                "/Demo/OAuth/Token",
                headers={**form, "ocp-apim-subscription-key": "demo-subscription-key"},
                body=b"grant_type=client_credentials",
            )
        )
        self._bearer = {"authorization": f"Bearer {token.json()['access_token']}"}

    def __call__(
        self, method: str, path: str, body: Any = None, query: list[tuple[str, str]] | None = None
    ) -> Response:
        headers = {**(PATCH if method == "PATCH" else JSON), **self._bearer}
        sent = b"" if body is None else json.dumps(body).encode()
        return self._exchange(Request(method, f"/Demo/v2{path}", query or [], headers, sent))

    def wrong(self, method: str, path: str, body: Any) -> Response:
        """A request that is wrong on purpose: only the answer is held to the contract."""
        headers = {**(PATCH if method == "PATCH" else JSON), **self._bearer}
        request = Request(method, f"/Demo/v2{path}", [], headers, json.dumps(body).encode())
        response = self.go.handle(request)
        self._contract.check_response(request, response)
        return response

    def _exchange(self, request: Request) -> Response:
        response = self.go.handle(request)
        self._contract.check_exchange(request, response)
        return response


@pytest.fixture
def checked(contract: Contract) -> Checked:
    return Checked(contract)


@pytest.mark.parametrize(
    "path", ["Customers", "Suppliers", "Employees", "ContactPersons", "Departments", "Products", "Projects"]
)
def test_lists_and_single_records_conform(checked: Checked, path: str) -> None:
    since = ("lastChangedDateTimeOffsetGreaterThan", "2001-01-01T00:00:00.1234567Z")
    rows = checked("GET", f"/{path}", query=[("PageSize", "20000"), ("OrderBy", "Id"), since]).json()
    assert rows
    nothing = [("lastChangedDateTimeOffsetGreaterThan", "2100-01-01T00:00:00.0000000Z")]
    assert checked("GET", f"/{path}", query=nothing).status == 204
    for row in rows[:20]:
        below = f"{row['ContactId']}/{row['Id']}" if path == "ContactPersons" else str(row["Id"])
        assert checked("GET", f"/{path}/{below}").json() == row
    below = "1/1" if path == "ContactPersons" else "1"
    assert checked("GET", f"/{path}/{below}").status == 404


def test_who_am_i_conforms(checked: Checked) -> None:
    assert checked("GET", "/ClientIntegrationInformation").status == 200


def test_a_life_of_a_customer_conforms(checked: Checked) -> None:
    body = {
        "Name": "Nordlys AS",
        "IsPerson": False,
        "OrganizationNumber": "980386465",
        "EmailAddress": "a@nordlys.example",
        "InvoiceDeliveryType": "PdfByEmail",
        "ExternalImportReference": "crm-1",
        "MailAddress": {"AddressLine1": "Storgata 1", "ZipCode": "0150", "City": "Oslo", "CountryCode": "NO"},
    }
    created = checked("POST", "/Customers", body)
    assert created.status == 201
    path = f"/Customers/{created.json()['Id']}"
    operations = [
        {"op": "replace", "path": "/PhoneNumber", "value": "+4722222222"},
        {"op": "replace", "path": "/MailAddress/City", "value": "Bergen"},
        {"op": "remove", "path": "/WebsiteUrl"},
    ]
    assert checked("PATCH", path, operations).json()["MailAddress"]["City"] == "Bergen"
    assert checked("PATCH", path, [{"op": "replace", "path": "/MailAddress", "value": None}]).status == 200
    assert checked("GET", "/Customers", query=[("externalImportReference", "crm-1")]).status == 200
    assert checked("POST", "/Customers", body).status == 400
    person = {"FirstName": "Ola", "LastName": "Nordhaug", "IsActive": True, "ExternalCode": "crm-p-9"}
    assert checked("POST", f"/ContactPersons/{created.json()['Id']}", person).status == 201
    assert checked("DELETE", path).status == 200
    assert checked("DELETE", path).status == 404


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("Suppliers", {"IsPerson": True, "FirstName": "Kari", "LastName": "Nordhaug"}, 201),
        ("Employees", {"FirstName": "Kari", "LastName": "Nordhaug", "DepartmentCode": "10"}, 201),
        ("Departments", {"Name": "Ny", "IsActive": True}, 201),
        ("Products", {"Name": "Kaffe", "UnitPrice": 12.5}, 200),
        ("Projects", {"Name": "Flytting", "StartDate": "2026-01-31"}, 201),
    ],
)
def test_creates_conform(checked: Checked, path: str, body: dict[str, Any], status: int) -> None:
    created = checked("POST", f"/{path}", body)
    assert created.status == status
    operations = [{"op": "test", "path": "/IsArchived", "value": False}] if path == "Suppliers" else []
    assert checked("PATCH", f"/{path}/{created.json()['Id']}", operations).status == 200


def test_refusals_conform(checked: Checked) -> None:
    assert checked.wrong("POST", "/Customers", {"Name": 5}).status == 400
    assert checked.wrong("POST", "/Customers", {"Name": "A", "DepartmentCode": "none", "Nonsense": 1}).status == 404
    id_ = checked.go.door_get("Customers")[0]["Id"]
    assert checked.wrong("PATCH", f"/Customers/{id_}", [{"op": "replace", "path": "/Id", "value": 1}]).status == 400
    project = checked.go.door_get("Projects")[0]
    assert checked("DELETE", f"/Customers/{project['CustomerId']}").status == 409


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (Request("GET", "/v2/Customerz", headers=JSON), "matches no operation"),
        (Request("PUT", "/v2/Customers/1", headers=JSON, body=b"{}"), "matches no operation"),
        (Request("GET", "/v3/Customers", headers=JSON), "matches no operation"),
        (Request("GET", "/v2/Customers", [("$top", "5")], JSON), "undocumented query parameters"),
        (Request("GET", "/v2/Customers", [("PageSize", "x")], JSON), "PageSize"),
        (Request("GET", "/v2/Customers"), "Authorization"),
        (Request("POST", "/v2/Customers", headers=JSON, body=b'{"Nam": "x"}'), "Nam"),
        (Request("POST", "/v2/Customers", headers=JSON, body=b'{"Id": 1}'), "Id"),
        (Request("POST", "/v2/Customers", headers=JSON, body=b'{"MailAddress": {"City": "x"}}'), "ZipCode"),
        (
            Request("PATCH", "/v2/Customers/1", headers=PATCH, body=b'[{"op":"replace","path":"/name","value":1}]'),
            "/name",
        ),
        (
            Request(
                "PATCH", "/v2/Customers/1", headers=PATCH, body=b'[{"op":"replace","path":"/PaymentTerm","value":1}]'
            ),
            "PaymentTerm",
        ),
        (Request("PATCH", "/v2/Customers/1", headers=JSON, body=b"[]"), "application/json"),
    ],
)
def test_a_wrong_request_breaks_the_contract(contract: Contract, request_: Request, says: str) -> None:
    with pytest.raises(ContractBroken) as broken:
        contract.check_request(request_)
    assert says in str(broken.value)


@pytest.mark.parametrize(
    "response",
    [
        json_response(200, {"data": []}),
        json_response(200, [{"Id": "1"}]),
        json_response(200, [{"Surprise": 1}]),
        json_response(200, [{"LastChangedDateTimeOffset": "yesterday"}]),
        json_response(400, {"Message": "no"}),
        json_response(418, {}),
        Response(200, {"content-type": "text/html"}, b"<html>"),
    ],
)
def test_a_wrong_answer_breaks_the_contract(contract: Contract, response: Response) -> None:
    with pytest.raises(ContractBroken):
        contract.check_response(Request("GET", "/v2/Customers", headers=JSON), response)


def test_watching_checks_both_halves(contract: Contract) -> None:
    watched = contract.watching(lambda request: json_response(200, [{"Id": "1"}]))
    with pytest.raises(ContractBroken, match="answered 200"):
        watched(Request("GET", "/v2/Customers", headers=JSON))
    with pytest.raises(ContractBroken, match="matches no operation"):
        watched(Request("GET", "/v2/Nothing", headers=JSON))


def test_every_repair_has_a_reason_and_an_effect() -> None:
    document = pruned(json.loads(FILE.read_text(encoding="utf-8")), OPERATIONS, ())
    for repair in REPAIRS:
        before = json.dumps(document)
        repair.apply(document)
        assert json.dumps(document) != before, f"no longer needed: {repair.reason}"
        assert repair.reason.endswith(".")
