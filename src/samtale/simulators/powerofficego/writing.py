"""Creating, changing and deleting records as the API does it, and as a person does it in the screens of Go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from samtale.simulators.faults import Rule
from samtale.simulators.powerofficego.answers import Refused, not_found, validation
from samtale.simulators.powerofficego.books import Books
from samtale.simulators.powerofficego.patching import patched
from samtale.simulators.powerofficego.rules import check
from samtale.simulators.powerofficego.schema import CONTACTS, DEFAULTS, NUMBER_SERIES, TWINS, Type
from samtale.simulators.powerofficego.table import Row
from samtale.simulators.powerofficego.values import read_body


def create(
    books: Books,
    type_: Type,
    body: Any,
    *,
    contact: int | None = None,
    as_person: bool = False,
    reformat: Rule | None = None,
) -> Row:
    """A new record from a create's body; `contact` is the parent of a contact person.

    `as_person`: entered in the screens, which fill in more: a record is active, invoices are printed where there is no
    e-mail address [inferred]. Raises Refused.
    """
    values = read_body(type_, body)
    values.pop("SubLedgerNumberSeriesId", None)
    _resolve_codes(books, type_, values)
    reformatted(values, reformat)
    sent = set(values)
    row = {**books.blank(type_), **DEFAULTS[type_.noun], **values}
    if as_person and "IsActive" in row and "IsActive" not in sent:
        row["IsActive"] = True
    if type_.noun == "Customer" and row["InvoiceDeliveryType"] is None:
        # Without a choice of its own a new customer behaves as PdfByEmail: a sync product had to send Print for those
        # without any e-mail address. The real default may depend on the client's settings [inferred].
        mail = row["EmailAddress"] or row["InvoiceEmailAddress"]
        row["InvoiceDeliveryType"] = "Print" if as_person and not mail else "PdfByEmail"
        sent.add("InvoiceDeliveryType")
    if contact is not None:
        _require_contact(books, contact)
        row["ContactId"] = contact
    _number(books, type_, row)
    if type_.noun == "Project":
        _code_project(books, row, sent)
    check(books, type_, row, sent)
    return books.create(type_, row)


def change(books: Books, type_: Type, row: Row, operations: Any, *, reformat: Rule | None = None) -> Row:
    """A record with a JSON patch applied, all of it or nothing. Raises Refused."""
    values = patched(type_, row, operations)
    if not values:
        return row
    reformatted(values, reformat)
    new = {**row, **values}
    if type_.noun == "Project" and {"Code", "ParentProjectId"} & set(values):
        _code_project(books, new, set(values))
        values["Code"] = new["Code"]
    check(books, type_, new, set(values))
    return books.change(type_, row, values, bump_always=True)


def delete(books: Books, type_: Type, id_: int) -> None:
    """Delete a record, unless something hangs on it: 409 (vendor's descriptions of DELETE). Raises Refused."""
    if others := books.other_roles(type_, id_):
        detail = f"{type_.noun} with id = {id_} is also an active {others[0].noun.lower()}."
        raise Refused(409, f"{type_.noun} conflict", detail)
    if (first := next(iter(books.references(type_.noun, id_)), None)) is not None:
        raise Refused(
            409, "Object conflict", f"{type_.noun} with id = {id_} is used by {first[0].lower()} ({first[1]})."
        )
    books.remove(type_, id_)


def typed(books: Books, type_: Type, row: Row, changes: Mapping[str, Any]) -> Row:
    """A record with what a person typed: an address line by line, None for an emptied box. Raises Refused."""
    address = changes.get("MailAddress")
    operations = []
    for name, value in changes.items():
        if name == "MailAddress" and isinstance(address, Mapping) and row["MailAddress"] is not None:
            operations += [{"op": "add", "path": f"/MailAddress/{part}", "value": v} for part, v in address.items()]
        else:
            operations.append({"op": "add", "path": f"/{name}", "value": value})
    values = patched(type_, row, operations)
    check(books, type_, {**row, **values}, set(values))
    return books.change(type_, row, values)


def add_role(books: Books, type_: Type, id_: int, body: Mapping[str, Any]) -> Row:
    """Make a contact that exists in another role one of this type too, as people do in the screens. Raises Refused."""
    other = next((row for t in CONTACTS if (row := books.tables[t.noun].get(id_)) is not None), None)
    if other is None or not type_.is_contact:
        raise not_found(type_.noun, id_)
    inherited = {name: other[name] for name, p in type_.properties.items() if p.patch and name in other}
    row = {**books.blank(type_), **DEFAULTS[type_.noun], **inherited, "Number": None, "ExternalImportReference": None}
    row["ExternalNumber"] = None
    values = patched(type_, row, [{"op": "add", "path": f"/{name}", "value": value} for name, value in body.items()])
    row.update(values)
    _number(books, type_, row)
    check(books, type_, row, set(values))
    return books.create(type_, row, id_=id_)


def reformatted(values: Row, rule: Rule | None) -> None:
    """Act out the fault `reformat`: text is stored in another form than it was sent."""
    if rule is None:
        return
    outer, _, inner = rule.property.partition(".")
    for name, value in values.items():
        if isinstance(value, str) and rule.property in ("", name):
            values[name] = rule.reformatted(value)
        elif isinstance(value, dict) and outer in ("", name):
            values[name] = {
                k: rule.reformatted(v)
                if isinstance(v, str) and inner in ("", k) and k != "LastChangedDateTimeOffset"
                else v
                for k, v in value.items()
            }


def _resolve_codes(books: Books, type_: Type, values: dict[str, Any]) -> None:
    """Turn codes and numbers into Ids; where both are given the Id wins; an unknown one is a 404 (vendor's example)."""
    for twin in TWINS[type_.noun]:
        code = values.pop(twin.code, None)
        if code is None or values.get(twin.id) is not None:
            continue
        id_ = books.id_of(twin, code)
        if id_ is None:
            raise validation(type_.noun, f"{twin.noun} with {twin.key.lower() or 'code'} = '{code}' not found.", 404)
        values[twin.id] = id_


def _require_contact(books: Books, contact: int) -> None:
    """Contact persons belong to a customer or a supplier, not to an employee (vendor: ContactPersons)."""
    if not any(books.tables[noun].get(contact) is not None for noun in ("Customer", "Supplier")):
        raise not_found("Contact", contact)


def _number(books: Books, type_: Type, row: Row) -> None:
    """Give a contact the next number of its series, and the other types a code, where the client gave none.

    Numbers are documented; that codes are given out in the same way is [inferred].
    """
    if type_.noun in NUMBER_SERIES and row["Number"] is None:
        low = NUMBER_SERIES[type_.noun][0]
        row["Number"] = max(books.tables[type_.noun].highest_number + 1, low)
    if type_.handle == "Code" and not row["Code"]:
        table = books.tables[type_.noun]
        number = sum(1 for _ in table.all()) + 1
        while table.owner(str(number)) is not None:
            number += 1
        row["Code"] = str(number)


def _code_project(books: Books, row: Row, sent: set[str]) -> None:
    """A sub-project's code is its parent's, a point, and its own; clients may not use points (vendor: Code)."""
    if "Code" in sent and row["Code"] and "." in row["Code"]:
        raise validation("Project", "Code cannot contain '.', which is reserved for sub-projects.")
    if row["ParentProjectId"] is None:
        return
    parent = books.tables["Project"].get(row["ParentProjectId"])
    if parent is None:
        raise validation("Project", f"Project with id = {row['ParentProjectId']} not found.", 404)
    row["Code"] = f"{parent['Code']}.{row['Code'].rpartition('.')[2]}"
