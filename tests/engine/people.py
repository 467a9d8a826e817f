"""Records that people type, and houses in which two of them are linked already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.engine.house import House

Build = Callable[..., House]

ADDRESS = {"AddressLine1": "Storgata 1", "ZipCode": "0155", "City": "Oslo", "CountryCode": "NO"}
#: Organization numbers with a right check digit.
NUMBERS = ("974760673", "923609016", "914778271", "985615616", "889640782", "971032081", "974761076", "958935420")


def firm(name: str = "Acme AS", number: str | None = NUMBERS[0], **more: Any) -> dict[str, Any]:
    """A customer in PowerOffice Go that is a firm."""
    given = {"Name": name, "IsPerson": False, "EmailAddress": "post@firm.example", **more}
    return {**given, "OrganizationNumber": number} if number else given


def person(
    given: str = "Kari", family: str = "Nordmann", email: str | None = "kari@nordmann.example", **more: Any
) -> dict[str, Any]:
    """A customer in PowerOffice Go that is a person."""
    return {"FirstName": given, "LastName": family, "IsPerson": True, "EmailAddress": email, **more}


def account(name: str = "Acme AS", number: str | None = NUMBERS[0], **more: Any) -> dict[str, Any]:
    """A firm in Zoho CRM."""
    return {"Account_Name": name, **({"Org_Number": number} if number else {}), **more}


def contact(
    given: str = "Kari", family: str = "Nordmann", email: str = "kari@nordmann.example", **more: Any
) -> dict[str, Any]:
    """A person in Zoho CRM."""
    return {"First_Name": given, "Last_Name": family, "Email": email, **more}


def linked_firms(
    build: Build, po: dict[str, Any] | None = None, zoho: dict[str, Any] | None = None, **options: Any
) -> tuple[House, str, str]:
    """A house with one firm in both systems, linked and quiet: house, key in PowerOffice Go, key in Zoho CRM.

    Writing either system has been approved once, so that no first run stands in the way.
    """
    house = build(**options)
    a = house.po.add("Customers", **firm(**{"PhoneNumber": "22334455", **(po or {})}))
    b = house.zoho.add("Account", **account(**{"Website": "https://acme.example", **(zoho or {})}))
    assert house.sync().quiet
    assert house.partner("po.Customers", a, "zoho.Account") == b
    approve_everything(house)
    return house, a, b


def approve_everything(house: House) -> None:
    """No write of any kind is a first one any more."""
    from samtale.ports.store import DecisionRow

    with house.store.write() as session:
        for (type_name, name), member in house.setting.maps.members.items():
            place = f"{type_name}:{name}"
            subjects = [f"write {place} {p.path}" for v in member.views for a in v.accesses for p in a.properties]
            subjects += [f"create {place} for {origin}" for origin, _ in member.member.create]
            subjects += [f"{kind} {place}" for kind in ("archive", "delete")]
            for subject in subjects:
                session.decide(DecisionRow("approved", subject, True, house.time.now_ms()))
