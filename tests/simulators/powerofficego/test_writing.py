"""Creates, patches and deletes: the vendor's rules and its ways of refusing."""

from __future__ import annotations

import re
from typing import Any

import pytest

from samtale.simulators.faults import Rule
from tests.simulators.powerofficego.conftest import Caller

STAMP = "LastChangedDateTimeOffset"
ADDRESS = {"AddressLine1": "Storgata 1", "ZipCode": "0150", "City": "Oslo"}


def test_a_create_answers_with_the_whole_record(call: Caller) -> None:
    created = call.customer(Name="Prøve AS", MailAddress=ADDRESS, DepartmentCode="10", PaymentTerm=14)
    assert created["Number"] > 10_000
    assert created["CurrencyCode"] == "NOK"
    assert created["MailAddress"]["CountryCode"] == "NO"
    assert created["MailAddress"]["Id"] != created["Id"]
    department = next(d for d in call.go.door_get("Departments") if d["Code"] == "10")
    assert (created["DepartmentId"], created["DepartmentCode"]) == (department["Id"], "10")
    assert (created["PaymentTermId"], created["PaymentTerm"]) == (503, 14)


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"Name": "", "InvoiceDeliveryType": "Print"}, 400, "Name is required"),
        ({"IsPerson": True, "FirstName": "Kari", "InvoiceDeliveryType": "Print"}, 400, "LastName is required"),
        ({"Name": "A"}, 400, "PdfByEmail needs"),
        ({"Name": "A", "EmailAddress": "x@y.n0"}, 400, "EmailAddress"),
        (
            {"Name": "A", "InvoiceDeliveryType": "Print", "InvoiceEmailAddressCC": "a@b.no;c"},
            400,
            "InvoiceEmailAddressCC",
        ),
        ({"Name": "A", "InvoiceDeliveryType": 2}, 400, "Enums is not allowed to be represented as integers"),
        ({"Name": "A", "InvoiceDeliveryType": "Pigeon"}, 400, "Enum 'invoicedeliverytype'"),
        ({"Name": "A", "InvoiceDeliveryType": "EHF"}, 400, "OrganizationNumber"),
        ({"Name": "A", "InvoiceDeliveryType": "AvtaleGiro"}, 400, "cannot be set directly"),
        ({"Name": "A", "InvoiceDeliveryType": "Factoring"}, 400, "active integration"),
        ({"Name": "A", "InvoiceDeliveryType": "Print", "MailAddress": {"City": "Oslo"}}, 400, "ZipCode"),
        (
            {"Name": "A", "InvoiceDeliveryType": "Print", "MailAddress": {**ADDRESS, "CountryCode": "UK"}},
            400,
            "The country code UK is not valid according to ISO 3166-1.",
        ),
        (
            {"Name": "A", "InvoiceDeliveryType": "Print", "DepartmentCode": "Avdeling10"},
            404,
            "Department with code = 'Avdeling10' not found.",
        ),
        ({"Name": "A", "InvoiceDeliveryType": "Print", "DepartmentId": 5}, 404, "Department with id = 5 not found."),
        ({"Name": "A", "InvoiceDeliveryType": "Print", "ContactGroupIds": [5]}, 404, "contact group(s) with id = 5"),
        (
            {"Name": "A", "InvoiceDeliveryType": "Print", "ExternalImportReference": "x" * 51},
            400,
            "maximum length of 50",
        ),
        ({"Name": "A", "InvoiceDeliveryType": "Print", "Number": 5}, 400, "number series"),
        ({"Name": "A", "InvoiceDeliveryType": "Print", "Number": 10_000}, 400, "already in use"),
        ({"Name": "A", "InvoiceDeliveryType": "Print", "DateOfBirth": "2024-02-30"}, 400, "could not be converted"),
        ({"Name": 5}, 400, "could not be converted"),
        ({"Name": "A", "InvoiceDeliveryType": "Print", "IsArchived": "yes"}, 400, "could not be converted"),
        ({"Name": "A", "InvoiceDeliveryType": "Print", "Allowance": 200}, 400, "Allowance"),
        ({"Name": "A", "InvoiceDeliveryType": "Print", "NationalIdNumber": "hidden"}, 400, "NationalIdNumber"),
        ([], 400, "could not be converted"),
    ],
)
def test_a_customer_is_refused(call: Caller, body: Any, status: int, says: str) -> None:
    before = call.go.door_get("Customers")
    response = call("POST", "/Customers", body)
    assert response.status == status
    assert says in response.json()["detail"]
    assert response.headers["content-type"].startswith("application/problem+json")
    assert call.go.door_get("Customers") == before


def test_a_body_that_is_no_json_or_of_another_type(call: Caller) -> None:
    assert call("POST", "/Customers", {}, headers={"content-type": "text/plain"}).status == 415
    call_raw = call("POST", "/Customers", None)
    assert call_raw.status == 400


def test_names_in_any_case_are_read_and_unknown_ones_ignored(call: Caller) -> None:
    created = call("POST", "/Customers", {"name": "liten AS", "invoicedeliverytype": "print", "Colour": "red"}).json()
    assert (created["Name"], created["InvoiceDeliveryType"]) == ("liten AS", "Print")
    assert "Colour" not in created


def test_a_used_reference_names_its_owner(call: Caller) -> None:
    owner = call.customer(ExternalImportReference="mark-1")
    body = {"Name": "Ny AS", "InvoiceDeliveryType": "Print", "ExternalImportReference": "MARK-1"}
    response = call("POST", "/Customers", body)
    assert response.status == 400
    assert int(re.findall(r"Id = (\d+)", response.json()["detail"])[0]) == owner["Id"]
    supplier = call("POST", "/Suppliers", {"Name": "Ny AS", "ExternalImportReference": "mark-1"})
    assert supplier.status == 201, "each class has references of its own"
    assert call.patch(f"/Customers/{owner['Id']}", ExternalImportReference="mark-2").status == 200
    assert call("POST", "/Customers", body).status == 201, "a reference that is given up is free again"


@pytest.mark.parametrize("content_type", ["application/json-patch+json", "application/json"])
def test_a_patch_changes_what_it_names_and_nothing_else(call: Caller, content_type: str) -> None:
    created = call.customer(MailAddress=ADDRESS, PhoneNumber="22 00 00 00")
    operations = [
        {"op": "replace", "path": "/Name", "value": "Annen AS"},
        {"op": "remove", "path": "/PhoneNumber"},
        {"op": "add", "path": "/ContactGroupIds/-", "value": "1001"},
        {"op": "add", "path": "/ContactGroupIds/0", "value": 1002},
        {"op": "copy", "from": "/Name", "path": "/LegalName"},
        {"op": "replace", "path": "/MailAddress/City", "value": "Bergen"},
    ]
    response = call("PATCH", f"/Customers/{created['Id']}", operations, headers={"content-type": content_type})
    changed = {k: v for k, v in response.json().items() if created[k] != v}
    assert changed.pop(STAMP) > created[STAMP]
    assert changed.pop("MailAddress") | {STAMP: ""} == created["MailAddress"] | {"City": "Bergen", STAMP: ""}
    assert changed == {
        "Name": "Annen AS",
        "LegalName": "Annen AS",
        "PhoneNumber": None,
        "ContactGroupIds": [1002, 1001],
    }


@pytest.mark.parametrize(
    ("operation", "says"),
    [
        ({"op": "replace", "path": "/DepartmentCode", "value": "10"}, "path segment 'DepartmentCode' was not found"),
        ({"op": "replace", "path": "/Id", "value": 1}, "path segment 'Id' was not found"),
        ({"op": "replace", "path": "/Nonsense", "value": 1}, "path segment 'Nonsense' was not found"),
        ({"op": "replace", "path": "/MailAddress/City", "value": "Bergen"}, "path segment 'City' was not found"),
        ({"op": "add", "path": "/MailAddress", "value": {"City": "Oslo"}}, "ZipCode field is required"),
        ({"op": "replace", "path": "/Number", "value": "bogus"}, "The value 'bogus' is invalid for target location."),
        ({"op": "replace", "path": "/Name", "value": None}, "Name is required"),
        ({"op": "replace", "path": "/DepartmentId", "value": 5}, "Department with id = 5 not found."),
        ({"op": "test", "path": "/Name", "value": "Annen AS"}, "not equal to the test value"),
        ({"op": "remove", "path": "/ContactGroupIds/3"}, "out of bounds"),
        ({"op": "upsert", "path": "/Name", "value": "x"}, "Invalid JSON patch operation"),
        ({"op": "replace", "path": "Name", "value": "x"}, "not a valid JSON pointer"),
        ({"op": "replace", "path": "/Name"}, "'value'"),
    ],
)
def test_a_patch_is_refused_as_a_whole(call: Caller, operation: dict[str, Any], says: str) -> None:
    created = call.customer()
    good = {"op": "replace", "path": "/PhoneNumber", "value": "1"}
    response = call("PATCH", f"/Customers/{created['Id']}", [good, operation])
    assert response.status in (400, 404)
    assert says in response.json()["detail"]
    assert call.go.door_get_one("Customers", str(created["Id"])) == created


def test_a_test_makes_a_patch_conditional(call: Caller) -> None:
    created = call.customer()
    operations = [
        {"op": "test", "path": "/Name", "value": "Ny AS"},
        {"op": "replace", "path": "/Name", "value": "B AS"},
    ]
    assert call("PATCH", f"/Customers/{created['Id']}", operations).json()["Name"] == "B AS"
    assert call("PATCH", f"/Customers/{created['Id']}", operations).status == 400


def test_a_path_in_the_wrong_case_is_passed_over_in_silence(call: Caller) -> None:
    created = call.customer()
    response = call.patch(f"/Customers/{created['Id']}", name="Annen AS")
    assert (response.status, response.json()) == (200, created)
    assert call("PATCH", f"/Customers/{created['Id']}", []).json() == created


def test_an_address_has_a_time_of_change_of_its_own(call: Caller) -> None:
    created = call.customer(MailAddress=ADDRESS)
    path = f"/Customers/{created['Id']}"
    patched = call.patch(path, MailAddress__City="Bergen").json()
    assert patched[STAMP] == created[STAMP]
    assert patched["MailAddress"][STAMP] > created["MailAddress"][STAMP]
    assert patched["MailAddress"]["Id"] == created["MailAddress"]["Id"]
    call.clock.advance(1)
    call.go.door_put("Customers", str(created["Id"]), {"MailAddress": {"City": "Voss"}})
    assert call.later("/Customers", lastChangedDateTimeOffsetGreaterThan=created[STAMP]) == []
    assert call("GET", path).json()["MailAddress"]["City"] == "Voss"
    assert call.patch(path, MailAddress=None).json()["MailAddress"] is None
    person = call("POST", f"/ContactPersons/{created['Id']}", {"FirstName": "A", "LastName": "B"}).json()
    assert call("GET", path).json()[STAMP] == created[STAMP], "a contact person is another record"
    assert person["ContactId"] == created["Id"]


def test_a_removed_record_is_gone(call: Caller) -> None:
    created = call.customer()
    path = f"/Customers/{created['Id']}"
    assert call("DELETE", path).status == 200
    for response in (call("DELETE", path), call.patch(path, Name="x")):
        assert response.status == 404
        assert response.json()["detail"] == f"Customer with id = {created['Id']} not found."


def test_what_is_used_cannot_be_deleted(call: Caller) -> None:
    project = call.go.door_get("Projects")[0]
    assert call("DELETE", f"/Customers/{project['CustomerId']}").status == 409
    assert call("DELETE", f"/Employees/{project['ProjectManagerEmployeeId']}").status == 409
    assert call("DELETE", f"/Projects/{project['Id']}").status == 200


def test_roles_of_one_contact_share_an_id(call: Caller) -> None:
    customer = call.customer(PhoneNumber="1")
    key = str(customer["Id"])
    supplier = call.go.door_put("Suppliers", key, {})
    assert (supplier["Id"], supplier["Name"]) == (customer["Id"], "Ny AS")
    assert supplier["Number"] != customer["Number"]
    call.patch(f"/Suppliers/{key}", IsArchived=True, Payout=False)
    shown = call.go.door_get_one("Customers", key)
    assert shown is not None
    assert shown["IsArchived"] is True
    assert call("DELETE", f"/Customers/{key}").status == 409
    assert call("DELETE", f"/Suppliers/{key}").status == 409


def test_contact_persons_stand_below_one_contact(call: Caller) -> None:
    customer, other = call.customer(), call.customer()
    path = f"/ContactPersons/{customer['Id']}"
    assert call("POST", path, {"FirstName": "Kari"}).status == 400
    assert call("POST", "/ContactPersons/1", {"FirstName": "A", "LastName": "B"}).status == 404
    body = {"FirstName": "Kari", "LastName": "Nordhaug", "ExternalCode": "p-1", "MailAddress": ADDRESS}
    person = call("POST", path, body).json()
    assert person["IsActive"] is False
    assert set(person["MailAddress"]) == {"AddressLine1", "AddressLine2", "City", "ZipCode", "CountryCode"}
    assert call("POST", path, body).status == 400
    assert [p["Id"] for p in call.later("/ContactPersons", externalCodes="p-1")] == [person["Id"]]
    assert [p["Id"] for p in call.rows("/ContactPersons", contactIds=str(customer["Id"]))] == [person["Id"]]
    assert call("GET", f"{path}/{person['Id']}").status == 200
    assert call("GET", f"/ContactPersons/{other['Id']}/{person['Id']}").status == 404
    assert call.patch(f"{path}/{person['Id']}", ContactId=other["Id"]).status == 400
    assert call.patch(f"{path}/{person['Id']}", Title="CEO").json()["Title"] == "CEO"
    call("DELETE", f"/Customers/{customer['Id']}")
    assert call.go.door_get_one("Contactperson", str(person["Id"])) is None


def test_a_department_is_born_inactive(call: Caller) -> None:
    created = call("POST", "/Departments", {"Name": "Ny"})
    assert (created.status, created.json()["IsActive"]) == (201, False)
    assert created.json()["Code"]
    assert call("POST", "/Departments", {"Name": "Ny", "Code": created.json()["Code"]}).status == 400


def test_a_product_answers_200_and_only_stock_items_have_stock(call: Caller) -> None:
    assert call("POST", "/Products", {"Name": "A", "StockOnHand": 5}).status == 400
    created = call("POST", "/Products", {"Name": "A", "IsStockItem": True, "StandardSalesAccount": 3000})
    assert (created.status, created.json()["StandardSalesAccountId"]) == (200, 701)
    path = f"/Products/{created.json()['Id']}"
    call.clock.advance(1)
    stocked = call.patch(path, StockOnHand=5.5).json()
    assert stocked["StockAvailable"] == 5.5
    assert stocked[STAMP] == created.json()[STAMP] < stocked["StockOnHandLastChangedDatetimeOffset"]


def test_a_sub_projects_code_begins_with_its_parents(call: Caller) -> None:
    parent = call("POST", "/Projects", {"Name": "A", "Code": "77"}).json()
    child = call("POST", "/Projects", {"Name": "B", "Code": "1", "ParentProjectCode": "77"}).json()
    assert (child["Code"], child["ParentProjectId"]) == ("77.1", parent["Id"])
    assert call("POST", "/Projects", {"Name": "C", "Code": "7.7"}).status == 400
    assert call.patch(f"/Projects/{child['Id']}", Name="B2").json()["Code"] == "77.1"


def test_a_projects_contact_person_belongs_to_its_customer(call: Caller) -> None:
    customer, other = call.customer(), call.customer()
    person = call("POST", f"/ContactPersons/{customer['Id']}", {"FirstName": "A", "LastName": "B"}).json()
    body = {"Name": "P", "ContactPersonId": person["Id"]}
    assert call("POST", "/Projects", {**body, "CustomerId": other["Id"]}).status == 400
    assert call("POST", "/Projects", {**body, "CustomerId": 5}).status == 404
    assert call("POST", "/Projects", {**body, "CustomerId": customer["Id"]}).status == 201


def test_the_server_may_store_another_form(call: Caller) -> None:
    rule = Rule(kind="reformat", property="MailAddress.City", form="upper")
    body = {"Name": "Ny AS", "InvoiceDeliveryType": "Print", "MailAddress": ADDRESS}
    created = call("POST", "/Customers", body, hooks={"reformat": rule}).json()
    assert (created["Name"], created["MailAddress"]["City"]) == ("Ny AS", "OSLO")
    spaces = Rule(kind="reformat", property="PhoneNumber", form="strip_spaces")
    operations = [{"op": "add", "path": "/PhoneNumber", "value": "22 00 00 00"}]
    patched = call("PATCH", f"/Customers/{created['Id']}", operations, hooks={"reformat": spaces}).json()
    assert patched["PhoneNumber"] == "22000000"
