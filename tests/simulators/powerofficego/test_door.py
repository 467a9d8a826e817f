"""What people do in the screens of Go."""

from __future__ import annotations

import pytest

from samtale.simulators.base import DoorError
from tests.simulators.powerofficego.conftest import Caller

STAMP = "LastChangedDateTimeOffset"


def test_the_first_day_has_records_of_every_kind(call: Caller) -> None:
    go = call.go
    assert go.collections() == [
        "Customers", "Suppliers", "Employees", "Contactperson", "Departments", "Product", "Projects",
    ]  # fmt: skip
    assert all(go.door_get(collection) for collection in go.collections())
    customers = go.door_get("Customers")
    assert {row["IsPerson"] for row in customers} == {True, False}
    contacts = {row["Id"] for row in customers}
    assert all(person["ContactId"] in contacts for person in go.door_get("Contactperson"))
    assert any(row["Id"] in contacts for row in go.door_get("Suppliers"))


def test_typing_moves_the_time_of_change_only_if_something_changed(call: Caller) -> None:
    row = next(r for r in call.go.door_get("Customers") if r["Name"])
    key = str(row["Id"])
    call.clock.advance(60)
    assert call.go.door_put("Customers", key, {"Name": row["Name"]})[STAMP] == row[STAMP]
    typed = call.go.door_put("Customers", key, {"Name": "Annet navn AS", "PhoneNumber": None})
    assert (typed["Name"], typed["PhoneNumber"]) == ("Annet navn AS", None)
    assert typed[STAMP] > row[STAMP]


def test_typing_one_line_of_an_address_keeps_the_others(call: Caller) -> None:
    row = next(r for r in call.go.door_get("Customers") if r["MailAddress"] and r["MailAddress"]["City"])
    key = str(row["Id"])
    typed = call.go.door_put("Customers", key, {"MailAddress.City": "Voss", "MailAddress.ZipCode": None})
    assert typed["MailAddress"]["AddressLine1"] == row["MailAddress"]["AddressLine1"]
    assert (typed["MailAddress"]["City"], typed["MailAddress"]["ZipCode"]) == ("Voss", None)
    assert call.go.door_put("Customers", key, {"MailAddress": None})["MailAddress"] is None


def test_people_create_what_the_screens_fill_in(call: Caller) -> None:
    go = call.go
    assert go.door_put("Customers", None, {"Name": "Ny AS"})["InvoiceDeliveryType"] == "Print"
    assert go.door_put("Departments", None, {"Name": "Ny"})["IsActive"] is True
    customer = go.door_get("Customers")[0]["Id"]
    person = go.door_put("Contactperson", None, {"FirstName": "A", "LastName": "B", "ContactId": customer})
    assert (person["ContactId"], person["IsActive"]) == (customer, True)


def test_a_deletion_leaves_no_trace(call: Caller) -> None:
    created = call.customer()
    call.clock.advance(5)
    call.go.door_delete("Customers", str(created["Id"]))
    assert call.later("/Customers", lastChangedDateTimeOffsetGreaterThan=created[STAMP]) == []
    assert call("GET", f"/Customers/{created['Id']}").status == 404
    assert call.go.door_get_one("Customers", str(created["Id"])) is None


@pytest.mark.parametrize(
    ("collection", "key", "changes", "says"),
    [
        ("Customers", None, {"Nam": "x"}, "no property Nam"),
        ("Customers", None, {"IsActive": True}, "no property IsActive"),
        ("Customers", None, {"Name": 5}, "converted"),
        ("Customers", "5", {"Name": "x"}, "not found"),
        ("Customers", "abc", {"Name": "x"}, "no Id"),
        ("Contactperson", None, {"FirstName": "A", "LastName": "B"}, "needs the ContactId"),
        ("Contacts", None, {}, "no collection"),
    ],
)
def test_what_cannot_be_typed_is_told(
    call: Caller, collection: str, key: str | None, changes: dict[str, object], says: str
) -> None:
    with pytest.raises(DoorError, match=says):
        call.go.door_put(collection, key, changes)


def test_what_is_used_cannot_be_deleted(call: Caller) -> None:
    customer = call.customer()
    call.go.door_put("Projects", None, {"Name": "Flytting", "CustomerId": customer["Id"]})
    with pytest.raises(DoorError, match="used by project"):
        call.go.door_delete("Customers", str(customer["Id"]))
    with pytest.raises(DoorError, match="no record 5"):
        call.go.door_delete("Customers", "5")
