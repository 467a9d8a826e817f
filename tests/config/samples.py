"""Two small systems that exist nowhere, a model for them, and short ways to write a project into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from samtale.config.load import load_model
from samtale.config.project import Project, load_project
from samtale.core.model import Model
from samtale.core.problems import Problem
from samtale.ports.connector import About, CollectionSpec, PropertySpec

PROJECT = """\
workspace: acme
timezone: Europe/Oslo
systems:
  accounts: {connector: books, auth: {key: "env:BOOKS_KEY"}}
  sales: {connector: crm, auth: {client: "env:CRM_CLIENT", token: "file:token"}}
"""

COMPANY = """\
entity: company
fields:
  name: {kind: text, required: true}
  number: {kind: org_number}
  phone: {kind: phone}
  since: {kind: date}
  address: {group: {street: text, city: text, country: country}}
  stage: {kind: choice, values: [open, won]}
  owner: {kind: reference, to: someone}
match:
  - fields: [number]
  - {fields: [name, address.city], trust: suggest}
members:
  accounts.Customers:
    where: {IsPerson: false}
    properties:
      name: Name
      number: OrgNo
      phone: Phone
      since: Since
      address.street: {join: [Address.Line1, Address.Line2]}
      address.city: Address.City
      address.country: Address.Country
  sales.Account:
    properties:
      name: Account_Name
      number: "Org_Number?"
      phone: Phone
      since: Since
      address.street: [Billing_Street, Shipping_Street]
      address.city: [Billing_City, Shipping_City]
      address.country: Billing_Country
      stage: {path: Stage, values: {won: [Closed Won], open: "*"}}
      owner: Owner.id
    create:
      accounts.Customers: always
"""

SOMEONE = """\
entity: someone
fields:
  name: {group: {given: person_name, family: person_name}}
  email: email
  company: {kind: reference, to: company}
match:
  - fields: [email, name.family]
members:
  accounts.Customers:
    label: Customers person
    where: {IsPerson: true}
    properties: {name.given: First, name.family: Last, email: Email}
  sales.Contact:
    properties: {name.given: First_Name, name.family: Last_Name, email: Email, company: Account.id}
    create: {accounts.Customers: {when: "Since != null"}}
  sales.Users:
    properties: {email: {path: email, use: match}}
"""


def prop(path: str, type: str = "string", rights: str = "GPU", **more: Any) -> PropertySpec:  # noqa: A002
    """A property; rights as letters: G shown, P given at creation, U changed later, * required."""
    return PropertySpec(
        path=path,
        type=type,  # type: ignore[arg-type]
        readable="G" in rights,
        creatable="P" in rights,
        updatable="U" in rights,
        required="*" in rights,
        **more,
    )


BOOKS = About(
    connector="books",
    title="Books",
    document_name="Books",
    auth=("key",),
    ignores_case=True,
    collections=(
        CollectionSpec(
            name="Customers",
            key="Id",
            former=("Clients",),
            properties=(
                prop("Id", "integer", "G"),
                prop("IsPerson", "boolean"),
                prop("Name", max_length=80),
                prop("First"),
                prop("Last", former=("Surname",)),
                prop("Email"),
                prop("OrgNo"),
                prop("Phone"),
                prop("Since", "date"),
                prop("Visits", "integer"),
                prop("Balance", "decimal", "G", note="Computed from the ledger."),
                prop("NationalId", hidden=True, note="Needs the privilege Identity."),
                prop("Pin", "string", "PU"),
                prop("DepartmentId", "integer", refers=("Departments",)),
                *(prop(f"Address.{name}", timed=False) for name in ("Line1", "Line2", "City")),
                prop("Address.Country", style="alpha2", timed=False),
            ),
        ),
        CollectionSpec(
            name="Departments",
            key="Id",
            properties=(
                prop("Id", "integer", "G"),
                prop("Name", "string", "GPU*"),
                prop("Lead", "integer", "GPU*", refers=("Customers",)),
                prop("Parent", "integer", refers=("Departments",)),
            ),
        ),
    ),
)

CRM = About(
    connector="crm",
    title="Crm",
    document_name="Crm",
    auth=("client", "token"),
    collections=(
        CollectionSpec(
            name="Account",
            key="id",
            properties=(
                prop("id", "string", "G"),
                prop("Account_Name", "string", "GPU*"),
                prop("Phone"),
                prop("Website"),
                prop("url", "string", "G", note="The record's own address; map Website."),
                prop("Code", "string", "GP"),
                prop("Since", "datetime"),
                prop("Stage", values=("Talking", "Closed Won")),
                prop("Owner.id", refers=("Users",)),
                *(prop(f"{place}_{part}") for place in ("Billing", "Shipping") for part in ("Street", "City")),
                prop("Billing_Country", style="name"),
            ),
        ),
        CollectionSpec(
            name="Contact",
            key="id",
            properties=(
                prop("id", "string", "G"),
                prop("First_Name"),
                prop("Last_Name", "string", "GPU*"),
                prop("Email"),
                prop("Account.id", refers=("Account",)),
            ),
        ),
        CollectionSpec(
            name="Users", key="id", writable=False, properties=(prop("id", "string", "G"), prop("email"), prop("name"))
        ),
    ),
)

ABOUTS = {"accounts": BOOKS, "sales": CRM}


def project_in(folder: Path, text: str = PROJECT, **models: str) -> Project:
    """Write a project, and its model files by name, and load it."""
    (folder / "samtale.yaml").write_text(text, encoding="utf-8")
    (folder / "models").mkdir(exist_ok=True)
    for name, model in models.items():
        (folder / "models" / f"{name}.yaml").write_text(model, encoding="utf-8")
    return load_project(folder)


def model_in(
    folder: Path, company: str = COMPANY, someone: str = SOMEONE, **models: str
) -> tuple[Model, list[Problem]]:
    """Load the sample project with these model files."""
    return load_model(project_in(folder, company=company, someone=someone, **models), ABOUTS)


def with_properties(about: About, collection: str, *more: PropertySpec) -> About:
    """The same system with more properties in one collection; a property of the same path is replaced."""
    paths = {p.path for p in more}
    collections = tuple(
        msgspec.structs.replace(c, properties=(*(p for p in c.properties if p.path not in paths), *more))
        if c.name == collection
        else c
        for c in about.collections
    )
    return msgspec.structs.replace(about, collections=collections)
