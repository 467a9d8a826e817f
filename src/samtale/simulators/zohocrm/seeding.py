"""What people typed into this CRM before anyone connected it: the made-up world as accounts, contacts and deals."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

from samtale.simulators.world import Company, Person, Place, World
from samtale.simulators.zohocrm.fields import ACCOUNTS, CONTACTS, DEALS, STAGES, Module
from samtale.simulators.zohocrm.table import Row, Table
from samtale.simulators.zohocrm.writing import Writer

_DAY = 86_400
#: Records are at least a day old, so that whatever happens afterwards is newer.
_AGES = (_DAY, 900 * _DAY)
_DEALS_EACH = 0.25
_SECOND_ADDRESS = 0.2


def fill(table: Table, writer: Writer, *, seed: int, records: int) -> None:
    """Put about `records` accounts and contacts in, and some deals; the same for the same seed. 0 leaves it empty."""
    if records <= 0:
        return
    dice = random.Random(f"zohocrm {seed}")  # noqa: S311 - a repeatable world, no secrets
    world = World(seed, records)
    companies, persons = world.companies_for("zohocrm"), world.persons_for("zohocrm")
    # Ids rise with the time of creation, so the oldest record comes first.
    ages = iter(sorted((dice.randrange(*_AGES) for _ in range(2 * len(companies) + len(persons))), reverse=True))

    def typed(module: Module, item: dict[str, Any]) -> Row:
        return _typed(table, writer, module, item, next(ages), dice)

    accounts: dict[int, Row] = {}
    for company in companies:
        accounts[company.key] = typed(ACCOUNTS, _account(table, company, dice))
    contacts: dict[int, list[Row]] = {}
    for person in persons:
        employer = accounts.get(person.company) if person.company is not None else None
        row = typed(CONTACTS, _contact(person, employer, dice))
        if employer is not None and person.company is not None:
            contacts.setdefault(person.company, []).append(row)
    for key, account in accounts.items():
        if dice.random() < _DEALS_EACH:
            contact = dice.choice(contacts.get(key, [None]))
            typed(DEALS, _deal(account, contact, dice))
    table.forget_past()


def _typed(table: Table, writer: Writer, module: Module, item: dict[str, Any], age: int, dice: random.Random) -> Row:
    """One record, typed in `age` seconds ago and mostly touched once more since."""
    row = writer.add(module, {name: value for name, value in item.items() if value}, table.person)
    created = table.now() - timedelta(seconds=age)
    modified = created + timedelta(seconds=dice.randrange(0, age - _DAY + 1)) if dice.random() < 0.7 else created
    return table.put(module, replace(row, created=created, modified=modified))


def _account(table: Table, company: Company, dice: random.Random) -> dict[str, Any]:
    item = {
        "Account_Name": company.name,
        "Phone": _phone(company.phone),
        "Website": company.website,
        **_address(company.place, "Billing", "Code"),
        "Industry": dice.choice(("Small/Medium Enterprise", "Large Enterprise", "Service Provider", "")),
        "Employees": dice.randrange(1, 500) if dice.random() < 0.5 else None,
    }
    if "Org_Number" in table.fields["Accounts"]:
        item["Org_Number"] = company.org_number
    shipping = dice.random()
    if shipping < _SECOND_ADDRESS:
        item |= {"Shipping_Street": "Postboks 12", "Shipping_Code": "0150", "Shipping_City": "Oslo"}
    elif shipping < 0.6:
        item |= _address(company.place, "Shipping", "Code")
    return item


def _contact(person: Person, employer: Row | None, dice: random.Random) -> dict[str, Any]:
    item = {
        "First_Name": person.given,
        "Last_Name": person.family,
        "Email": person.email,
        "Phone": _phone(person.phone),
        "Mobile": _phone(person.mobile),
        "Title": person.title,
        "Date_of_Birth": person.born.isoformat() if person.born else None,
        "Account_Name": {"id": employer.id} if employer is not None else None,
        **_address(person.place, "Mailing", "Zip"),
    }
    if dice.random() < 0.3:
        item |= _address(person.place, "Other", "Zip")
    if person.email and dice.random() < 0.2:
        item["Secondary_Email"] = person.email
    return item


def _deal(account: Row, contact: Row | None, dice: random.Random) -> dict[str, Any]:
    what = dice.choice(("renewal", "pilot", "delivery", "support"))
    return {
        "Deal_Name": f"{account.values['Account_Name']} {what}"[:120],
        "Stage": dice.choice(tuple(STAGES)),
        "Amount": dice.choice((12_500, 48_000, 99_900.5, 250_000)),
        "Closing_Date": f"20{dice.randrange(25, 28)}-{dice.randrange(1, 13):02d}-{dice.randrange(1, 29):02d}",
        "Account_Name": {"id": account.id},
        "Contact_Name": {"id": contact.id} if contact is not None else None,
    }


def _address(place: Place, prefix: str, code: str) -> dict[str, Any]:
    return {
        f"{prefix}_Street": place.street,
        f"{prefix}_{code}": place.postal_code,
        f"{prefix}_City": place.city,
        f"{prefix}_Country": place.country_name,
    }


def _phone(text: str) -> str:
    """As this CRM takes it: no parenthesis before the plus sign."""
    return re.sub(r"^\((\+\d+)\)", r"\1", text)
