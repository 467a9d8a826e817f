"""What people typed into this help desk before anyone connected it: the made-up world as organizations and end users."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

from samtale.simulators.world import Company, Person, World
from samtale.simulators.zendesk.table import Json, Kind, Row, Table
from samtale.simulators.zendesk.writing import Writer

_DAY = 86_400
#: Records are at least a day old, so that whatever happens afterwards is newer.
_AGES = (_DAY, 900 * _DAY)


def caller(table: Table, writer: Writer, *, email: str, role: str) -> int:
    """The id of the user in whose name the API is called: a user of the account like any other."""
    item = {"name": "Samtale", "email": email, "role": role, "verified": True, "skip_verify_email": True}
    row = writer.create_user(item)
    born = table.now() - timedelta(days=1000)
    return table.put("users", replace(row, created=born, updated=born, touched=table.clock.elapsed() - _DAY)).id


def fill(table: Table, writer: Writer, *, seed: int, records: int) -> None:
    """Put about `records` organizations and users in, and a few agents; the same for the same seed. 0: nothing."""
    if records <= 0:
        return
    dice = random.Random(f"zendesk {seed}")  # noqa: S311 - a repeatable world, no secrets
    world = World(seed, records)
    companies, persons = world.companies_for("zendesk"), world.persons_for("zendesk")
    agents = world.colleagues_for("zendesk")
    count = len(companies) + len(persons) + len(agents)
    # Ids rise with the time of creation, so the oldest record comes first.
    ages = iter(sorted((dice.randrange(*_AGES) for _ in range(count)), reverse=True))
    organizations: dict[int, int] = {}
    for company in companies:
        organizations[company.key] = _typed(
            table, "organizations", writer.create_organization(_organization(table, company)), next(ages), dice
        ).id
    for person in (*agents, *persons):
        employer = organizations.get(person.company) if person.company is not None else None
        role = "agent" if person in agents else "end-user"
        row = writer.create_user(_user(table, person, role))
        if employer is not None:
            table.join(row.id, employer, default=True)
        _typed(table, "users", table.rows["users"][row.id], next(ages), dice)
    table.forget_past()


def _typed(table: Table, kind: Kind, row: Row, age: int, dice: random.Random) -> Row:
    """A record typed in `age` seconds ago and mostly touched once more since."""
    created = table.now() - timedelta(seconds=age)
    updated = created + timedelta(seconds=dice.randrange(0, age - _DAY + 1)) if dice.random() < 0.7 else created
    return table.put(kind, replace(row, created=created, updated=updated, touched=table.clock.elapsed() - _DAY))


def _organization(table: Table, company: Company) -> Json:
    name, number = company.name, 2
    while table.holder("organizations", "name", name) is not None:  # names are unique, so a twin got a number
        name, number = f"{company.name} ({number})", number + 1
    known = {field.key for field in table.fields["organizations"]}
    custom = {"website": company.website, "org_number": company.org_number}
    return {"name": name, "organization_fields": {key: value for key, value in custom.items() if key in known}}


def _user(table: Table, person: Person, role: str) -> Json:
    """A person; an address that somebody has already, as an office's mailbox, is left out."""
    item: dict[str, Any] = {"name": f"{person.given} {person.family}", "role": role, "skip_verify_email": True}
    if person.email and table.identity_holder("email", person.email) is None:
        item["email"] = person.email
        item["verified"] = True
    phone = re.sub(r"^\((\+\d+)\)", r"\1", person.mobile or person.phone)
    if phone:
        item["phone"] = phone
    if person.title and "job_title" in {field.key for field in table.fields["users"]}:
        item["user_fields"] = {"job_title": person.title}
    return item
