"""Every row of the documents between PowerOffice Go and Zoho CRM, both ways, over real HTTP, on both stores (design 4, 5.3, 5.5).

The rows are written down here once more, as values to type and values to see, so that a row that is lost anywhere fails.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.engine.house import House

Build = Callable[..., House]

ACME = {
    "Name": "Acme AS",
    "OrganizationNumber": "974760673",
    "IsPerson": False,
    "EmailAddress": "post@acme.example",
    "PhoneNumber": "22 33 44 55",
    "WebsiteUrl": "https://acme.example",
    "MailAddress": {"AddressLine1": "Storgata 1", "ZipCode": "0155", "City": "Oslo", "CountryCode": "NO"},
}
KARI = {
    "FirstName": "Kari",
    "LastName": "Nordmann",
    "IsPerson": True,
    "EmailAddress": "kari@nordmann.example",
    "PhoneNumber": "+47 22 11 00 99",
    "MailAddress": {"AddressLine1": "Bakken 3", "ZipCode": "5003", "City": "Bergen", "CountryCode": "NO"},
}

#: property in PowerOffice Go, properties in Zoho CRM (the primary first), and what is typed: (in PowerOffice, as Zoho then shows it,
#: in Zoho, as PowerOffice then shows it)
CUSTOMER_ROWS: list[tuple[str, list[str], tuple[Any, Any, Any, Any]]] = [
    ("Name", ["Account_Name"], ("Acme Norge AS", "Acme Norge AS", "Acme Group AS", "Acme Group AS")),
    ("PhoneNumber", ["Phone"], ("22 99 88 77", "+4722998877", "+47 23 45 67 89", "+4723456789")),
    ("WebsiteUrl", ["Website"], ("https://a.example", "https://a.example", "https://b.example", "https://b.example")),
    (
        "MailAddress.AddressLine1",
        ["Billing_Street", "Shipping_Street"],
        ("Nygata 2", "Nygata 2", "Torget 9", "Torget 9"),
    ),
    ("MailAddress.ZipCode", ["Billing_Code", "Shipping_Code"], ("0160", "0160", "0170", "0170")),
    ("MailAddress.City", ["Billing_City", "Shipping_City"], ("Moss", "Moss", "Hamar", "Hamar")),
    ("MailAddress.CountryCode", ["Billing_Country", "Shipping_Country"], ("SE", "Sweden", "Denmark", "DK")),
]
PERSON_ROWS: list[tuple[str, list[str], tuple[Any, Any, Any, Any]]] = [
    ("FirstName", ["First_Name"], ("Karin", "Karin", "Karina", "Karina")),
    ("LastName", ["Last_Name"], ("Hansen", "Hansen", "Olsen", "Olsen")),
    ("EmailAddress", ["Email", "Secondary_Email"], ("k@h.example", "k@h.example", "k@o.example", "k@o.example")),
    ("PhoneNumber", ["Phone", "Other_Phone"], ("22 99 88 77", "+4722998877", "+47 23 45 67 89", "+4723456789")),
    ("MailAddress.AddressLine1", ["Mailing_Street", "Other_Street"], ("Nygata 2", "Nygata 2", "Torget 9", "Torget 9")),
    ("MailAddress.ZipCode", ["Mailing_Zip", "Other_Zip"], ("0160", "0160", "0170", "0170")),
    ("MailAddress.City", ["Mailing_City", "Other_City"], ("Moss", "Moss", "Hamar", "Hamar")),
    ("MailAddress.CountryCode", ["Mailing_Country", "Other_Country"], ("SE", "Sweden", "Denmark", "DK")),
]


def same_words(shown: str, typed: str) -> bool:
    """Equal apart from the way a phone number is spaced."""
    return shown.replace(" ", "") == typed.replace(" ", "")


def _both_ways(house: House, key: str, collection: str, partner: str, rows: list[Any]) -> None:
    """Edit every row in PowerOffice Go, synchronize, look at Zoho CRM; then the other way round."""
    for path, _, (typed, _, _, _) in rows:
        house.po.edit("Customers", key, **{path: typed})
    assert house.sync().quiet
    for _, others, (_, expected, _, _) in rows:
        shown = house.zoho.one(collection, partner)
        assert {p: shown[p] for p in others} == dict.fromkeys(others, expected)
    for _, others, (_, _, typed, _) in rows:
        house.zoho.edit(collection, partner, **{others[0]: typed})
    assert house.sync().quiet
    for path, others, (_, _, typed, expected) in rows:
        assert (path, house.po.get("Customers", key, path)) == (path, expected)
        for other in others[1:]:  # the followers have followed
            assert same_words(house.zoho.get(collection, partner, other), typed)
    house.assert_quiet()


def test_customers_and_accounts(build: Build) -> None:
    house = build(http=True)
    key = house.po.add("Customers", **ACME)
    assert house.sync().quiet
    (account,) = house.zoho.all("Account")
    assert account["Account_Name"] == "Acme AS"
    assert account["Org_Number"] == "974760673"
    assert account["Billing_City"] == account["Shipping_City"] == "Oslo"
    _both_ways(house, key, "Account", account["id"], CUSTOMER_ROWS)


def test_departments_and_accounts(build: Build) -> None:
    house = build(http=True)
    house.po.add("Departments", Name="Avdeling Nord", Code="N", IsActive=True)
    assert house.sync().quiet
    (account,) = house.zoho.all("Account")
    assert account["Account_Name"] == "Avdeling Nord"
    key = house.partner("zoho.Account", account["id"], "po.Departments")
    house.po.edit("Departments", key, Name="Avdeling Nordvest")
    house.sync()
    assert house.zoho.get("Account", account["id"], "Account_Name") == "Avdeling Nordvest"
    house.zoho.edit("Account", account["id"], Account_Name="Avdeling Vest")
    house.sync()
    assert house.po.get("Departments", key, "Name") == "Avdeling Vest"
    house.assert_quiet()


def test_person_customers_and_contacts(build: Build) -> None:
    house = build(http=True)
    key = house.po.add("Customers", **KARI)
    assert house.sync().quiet
    (contact,) = house.zoho.all("Contact")
    assert (contact["First_Name"], contact["Last_Name"], contact["Email"]) == (
        "Kari",
        "Nordmann",
        "kari@nordmann.example",
    )
    assert contact["Mailing_City"] == contact["Other_City"] == "Bergen"
    assert house.zoho.all("Account") == []
    _both_ways(house, key, "Contact", contact["id"], PERSON_ROWS)


def test_nothing_is_created_in_poweroffice(build: Build) -> None:
    """5.3: creation is directed, from PowerOffice Go into Zoho CRM alone; match comes before it."""
    house = build(http=True)
    house.zoho.add("Account", Account_Name="Only Here AS", Phone="22334455")
    house.zoho.add("Contact", First_Name="Ola", Last_Name="Alene", Email="ola@alene.example")
    assert house.sync().quiet
    assert house.po.all("Customers") == []
    assert house.po.all("Departments") == []
    assert house.po.writes() == house.zoho.writes() == []
    house.assert_quiet()


@pytest.mark.parametrize("mark", [True, False])
def test_overlapping_worlds_come_into_step_without_duplicates(quick: Build, mark: bool) -> None:
    """5.1 to 5.3: two worlds that overlap; what certainly belongs together is linked, and nothing is created twice."""
    house = quick(records=40, http=True, first_link="newest", mark=mark)
    before = {c: len(house.zoho.all(c)) for c in ("Account", "Contact")}
    result = house.sync()
    assert result.quiet
    assert result.outcome.unknown == 0
    created = [w for w in result.outcome.written.items() if w[0] == "zoho create"]
    assert sum(len(house.zoho.all(c)) - before[c] for c in before) == dict(created).get("zoho create", 0) > 0
    names = [a["Account_Name"] for a in house.zoho.all("Account") if a["Created_By"]["name"] == "Integration User"]
    assert len(names) == len(set(names))
    numbers = [a["Org_Number"] for a in house.zoho.all("Account") if a["Org_Number"]]
    created_numbers = [
        a["Org_Number"]
        for a in house.zoho.all("Account")
        if a["Org_Number"] and a["Created_By"]["name"] == "Integration User"
    ]
    assert all(numbers.count(n) == 1 for n in created_numbers)
    house.assert_quiet()
