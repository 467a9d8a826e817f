"""The simulated company's books on the first day: the shared made-up world, as its people typed it into Go."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from samtale.simulators.powerofficego.answers import stamp
from samtale.simulators.powerofficego.books import Books
from samtale.simulators.powerofficego.schema import (
    CONTACT_PERSON,
    CUSTOMER,
    DEFAULTS,
    DEPARTMENT,
    EMPLOYEE,
    NUMBER_SERIES,
    PRODUCT,
    PROJECT,
    SUPPLIER,
    Type,
)
from samtale.simulators.powerofficego.table import ALWAYS, Row
from samtale.simulators.world import Company, Person, Place, World

_DEPARTMENTS = ("Administrasjon", "Salg", "Økonomi", "Lager", "Oslo", "Bergen", "Prosjekt")
_PRODUCTS = (
    "Konsulenttime",
    "Montering",
    "Frakt",
    "Årsavtale",
    "Kaffe, 1 kg",
    "Skrue M8",
    "Panel 60 × 60",
    "Opplæring",
)
_PROJECTS = ("Nybygg", "Vedlikehold", "Flytting", "Årsoppgjør", "Nettside", "Opprydding", "Utvidelse", "Kartlegging")


def fill(books: Books, world: World) -> None:
    """Put the world's records into empty books. Two thirds of the persons are customers, the others contact persons."""
    _Seeder(books, world).run()


class _Seeder:
    """Hands out numbers and times while filling."""

    def __init__(self, books: Books, world: World) -> None:
        self._books = books
        self._world = world
        self._dice = Random(f"{world.seed}/powerofficego")  # noqa: S311 - repeatable, no secrets
        self._numbers = {noun: low for noun, (low, _) in NUMBER_SERIES.items()}
        self._today = books.clock.now().replace(microsecond=0)
        self._customers: dict[int, Row] = {}

    def run(self) -> None:
        share = max(2, self._world.records // 40)
        employees = [self._employee(p) for p in self._world.colleagues_for("powerofficego")]
        for number, name in enumerate(_DEPARTMENTS[: max(2, min(share, 7))], 1):
            manager = self._dice.choice(employees)["Id"]
            values = {"Name": name, "Code": str(number * 10), "IsActive": True, "ManagerEmployeeId": manager}
            self._put(DEPARTMENT, values)
        for company in self._world.companies_for("powerofficego"):
            self._company(company)
        for person in self._world.persons_for("powerofficego"):
            self._person(person)
        for number in range(1, share + 4):
            self._product(number)
        for number in range(1, share + 3):
            self._project(number, employees)

    def _put(self, type_: Type, values: dict[str, Any], id_: int | None = None) -> Row:
        """Store a row as it has been for some time; bulk imports gave some of them one and the same time."""
        created = self._today - timedelta(seconds=self._dice.randrange(3_600, 90_000_000))
        if self._dice.random() < 0.1:
            created = datetime(2024, 1, 2, 7, 30, 0, 123456, tzinfo=UTC)
        changed = created + (self._today - created) * self._dice.random()
        row = {**self._books.blank(type_), **DEFAULTS[type_.noun], **values, "Id": id_ or self._books.new_id()}
        row[type_.created] = stamp(created)
        row["LastChangedDateTimeOffset"] = stamp(changed if self._dice.random() < 0.7 else created)
        if type_.is_contact:
            row["ContactCreatedDateTimeOffset"] = row[type_.created]
            row["SubledgerAccountId"] = self._books.new_id()
            row["Number"], self._numbers[type_.noun] = self._numbers[type_.noun], self._numbers[type_.noun] + 1
            if row["MailAddress"]:
                own = {"ExternalCode": None, "Id": self._books.new_id(), "LastChangedDateTimeOffset": stamp(created)}
                row["MailAddress"] = {**row["MailAddress"], **own}
        self._books.tables[type_.noun].put(row["Id"], row, ALWAYS)
        return row

    def _company(self, company: Company) -> None:
        values: dict[str, Any] = {
            "Name": company.name,
            "OrganizationNumber": re.sub(r"\D", "", company.org_number) or None,
            "EmailAddress": company.email or None,
            "PhoneNumber": company.phone or None,
            "WebsiteUrl": company.website or None,
            "MailAddress": _address(company.place),
            "IsPerson": False,
        }
        delivery = "PdfByEmail" if company.email else "Print"
        term = self._dice.choice((502, 503, 504))
        row = self._put(CUSTOMER, {**values, "InvoiceDeliveryType": delivery, "PaymentTermId": term})
        self._customers[company.key] = row
        if self._dice.random() < 0.08:
            self._put(SUPPLIER, values, row["Id"])

    def _person(self, person: Person) -> None:
        names = {"FirstName": person.given, "LastName": person.family, "EmailAddress": person.email or None}
        address = _address(person.place)
        phone = person.mobile or person.phone or None
        if person.company is not None and person.company in self._customers:
            at_work = {
                "PhoneNumber": phone,
                "Title": person.title or None,
                "MailAddress": address,
                "ContactId": self._customers[person.company]["Id"],
                "IsActive": True,
            }
            self._put(CONTACT_PERSON, {**names, **at_work})
            return
        born = person.born.isoformat() if person.born else None
        private = {**names, "PhoneNumber": phone, "DateOfBirth": born, "MailAddress": address, "IsPerson": True}
        row = self._put(CUSTOMER, {**private, "InvoiceDeliveryType": "PdfByEmail" if person.email else "Print"})
        if self._dice.random() < 0.06:
            self._put(SUPPLIER, private, row["Id"])

    def _employee(self, person: Person) -> Row:
        return self._put(
            EMPLOYEE,
            {
                "FirstName": person.given,
                "LastName": person.family,
                "EmailAddress": person.email or None,
                "PhoneNumber": person.mobile or None,
                "JobTitle": person.title or None,
                "DateOfBirth": person.born.isoformat() if person.born else None,
                "NationalIdNumber": "01010112345" if self._dice.random() < 0.5 else None,
                "MailAddress": _address(person.place),
            },
        )

    def _product(self, number: int) -> None:
        name = f"{_PRODUCTS[number % len(_PRODUCTS)]} {number}"
        stock = self._dice.random() < 0.4
        self._put(
            PRODUCT,
            {
                "Name": name,
                "Code": f"P{number:04d}",
                "ProductType": "Product" if stock else "Service",
                "UnitPrice": self._dice.randrange(100, 250_000) / 100,
                "IsStockItem": stock,
                "StockOnHand": float(self._dice.randrange(500)) if stock else None,
                "StandardSalesAccountId": 701,
                "UnitOfMeasureCode": "EA" if stock else "HUR",
            },
        )

    def _project(self, number: int, employees: list[Row]) -> None:
        start = self._today.date() - timedelta(days=self._dice.randrange(900))
        customer = self._dice.choice(list(self._customers.values())) if self._customers else None
        self._put(
            PROJECT,
            {
                "Name": f"{_PROJECTS[number % len(_PROJECTS)]} {start.year}-{number}",
                "Code": str(1000 + number),
                "CustomerId": customer["Id"] if customer else None,
                "ProjectManagerEmployeeId": self._dice.choice(employees)["Id"],
                "StartDate": start.isoformat(),
                "EndDate": (start + timedelta(days=self._dice.randrange(30, 400))).isoformat() if number % 3 else None,
            },
        )


def _address(place: Place) -> dict[str, Any] | None:
    """The address as Go keeps it; old ones may lack a postcode, which only newer screens ask for [inferred]."""
    if not (place.street or place.postal_code or place.city):
        return None
    return {
        "AddressLine1": place.street or None,
        "AddressLine2": None,
        "City": place.city or None,
        "ZipCode": place.postal_code or None,
        "CountryCode": place.country,
    }
