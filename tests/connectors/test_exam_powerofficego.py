"""PowerOffice Go sits the exam, over HTTP, with its simulator on the other side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from samtale.connectors.powerofficego.connector import PowerOfficeGo
from samtale.testing.exam import ConnectorExam, Values
from samtale.testing.world import World, simulated

KEYS = {name: f"demo-{name.replace('_', '-')}" for name in ("application_key", "client_key", "subscription_key")}


class PowerOfficeExam(ConnectorExam):
    unknown = "999999"
    updates = "PATCH"
    secrets = tuple(KEYS.values())

    @pytest.fixture
    def world(self) -> Iterator[World]:
        with simulated("powerofficego") as world:
            yield world

    def connect(self, world: World, transport: Any = None, **options: Any) -> PowerOfficeGo:
        options = {"page_size": 25, "requests_per_second": 200, **options}
        return PowerOfficeGo(
            system="books",
            base_url=world.url,
            credentials=KEYS,
            options=options,
            clock=world.clock,
            transport=transport,
        )

    def without_effect(self, body: Any) -> Any:
        return [op for op in body if op["op"] == "test"]


class TestCustomers(PowerOfficeExam):
    collection, calls = "Customers", "/v2/Customers"
    draft: ClassVar[Values] = {
        "Name": "Exam {n} AS",
        "IsPerson": False,
        "EmailAddress": "exam{n}@example.com",
        "PhoneNumber": "22222222",
    }
    bad: ClassVar[Values] = {"Name": "Eksamen AS", "IsPerson": False, "EmailAddress": "not-an-address"}
    path, values, read_only = "PhoneNumber", ("+4722000001", "+4722000002", "+4722000003"), "IsActive"


class TestPersons(PowerOfficeExam):
    collection, calls = "Customers", "/v2/Customers"
    draft: ClassVar[Values] = {
        "IsPerson": True,
        "FirstName": "Kari",
        "LastName": "Exam {n}",
        "MailAddress.City": "Oslo",
        "MailAddress.ZipCode": "0150",
        "MailAddress.CountryCode": "NO",
    }
    bad: ClassVar[Values] = {
        "IsPerson": True,
        "FirstName": "Eksamen",
        "LastName": "Kandidat",
        "EmailAddress": "not-an-address",
    }
    path, values, read_only = "WebsiteUrl", ("https://a.example", "https://b.example", "https://c.example"), "Id"


class TestDepartments(PowerOfficeExam):
    collection, calls = "Departments", "/v2/Departments"
    draft: ClassVar[Values] = {"Name": "Exam {n}"}
    bad: ClassVar[Values] = {"Name": ""}
    path, values, read_only = "Name", ("North", "South", "West"), "CreatedDateTimeOffset"


class TestSuppliers(PowerOfficeExam):
    collection, calls = "Suppliers", "/v2/Suppliers"
    draft: ClassVar[Values] = {"IsPerson": True, "FirstName": "Ola", "LastName": "Exam {n}", "PhoneNumber": "22222222"}
    bad: ClassVar[Values] = {
        "IsPerson": True,
        "FirstName": "Eksamen",
        "LastName": "Kandidat",
        "EmailAddress": "not-an-address",
    }
    path, values, read_only = "PhoneNumber", ("+4722000001", "+4722000002", "+4722000003"), "IsActive"


class TestContactpersons(PowerOfficeExam):
    collection, calls = "Contactperson", "/v2/ContactPersons"
    draft: ClassVar[Values] = {
        "FirstName": "Ola",
        "LastName": "Exam {n}",
        "EmailAddress": "ola{n}@example.com",
        "Title": "Sjef",
    }
    bad: ClassVar[Values] = {"FirstName": "Eksamen", "LastName": "Kandidat", "EmailAddress": "not-an-address"}
    path, values, read_only = "PhoneNumber", ("+4722000001", "+4722000002", "+4722000003"), "Id"

    @pytest.fixture(autouse=True)
    def parent(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        company = next(c for c in world.records("Customers") if not c["IsPerson"])
        for name in ("draft", "bad"):
            monkeypatch.setattr(type(self), name, {**getattr(self, name), "ContactId": company["Id"]})


del PowerOfficeExam
