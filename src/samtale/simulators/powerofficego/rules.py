"""The vendor's rules about a whole record: what it must have, what must be unique, and what it may refer to.

Each check cites the vendor's description of the property; wordings without an example are [inferred].
"""

from __future__ import annotations

import re
from collections.abc import Callable

from babel import Locale

from samtale.simulators.powerofficego.answers import Refused, validation
from samtale.simulators.powerofficego.books import Books
from samtale.simulators.powerofficego.schema import CONTACT_GROUPS, NUMBER_SERIES, TWINS, Type
from samtale.simulators.powerofficego.table import Row

_EMAIL = re.compile(r"[^@\s,;<>]+@(?:[\w-]+\.)+[A-Za-z]{2,}")
_EMAILS = ("EmailAddress", "InvoiceEmailAddress", "PaymentReminderEmailAddress")
# CLDR's territories are those of ISO 3166-1, and these, which are not in it.
_NOT_ISO = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"}
COUNTRIES = frozenset(filter(re.compile("[A-Z]{2}").fullmatch, map(str, Locale("en").territories))) - _NOT_ISO


def check(books: Books, type_: Type, row: Row, changed: set[str]) -> None:
    """Hold a record, as it would be, to the vendor's rules; `changed` names what the client sent. Raises Refused."""
    _check_required(type_, row)
    _check_emails(type_, row, changed)
    _check_country(type_, row, changed)
    _check_unique(books, type_, row, changed)
    _check_references(books, type_, row, changed)
    _check_ranges(type_, row, changed)
    if (own := _OWN_RULES.get(type_.noun)) is not None:
        own(books, row, changed)


def _check_required(type_: Type, row: Row) -> None:
    """Name for companies, FirstName and LastName for persons (vendor: Name, FirstName, LastName of Customer)."""
    if "IsPerson" in row:
        needed = ["FirstName", "LastName"] if row["IsPerson"] else ["Name"]
    else:
        needed = [p.name for p in type_.properties.values() if p.required]
    for name in needed:
        if row[name] is None or not str(row[name]).strip():
            raise validation(type_.noun, f"{name} is required.")


def _check_emails(type_: Type, row: Row, changed: set[str]) -> None:
    """Addresses are checked for typos (vendor: EmailAddress of Supplier, ContactPerson; others [inferred])."""
    for name in _EMAILS:
        if name in changed and row.get(name) and not _EMAIL.fullmatch(row[name]):
            raise validation(type_.noun, f"{name} is not a valid e-mail address.")
    copies = row.get("InvoiceEmailAddressCC") if "InvoiceEmailAddressCC" in changed else None
    parts = [part.strip() for part in (copies or "").split(";") if part.strip()]
    if len(parts) > 10 or not all(_EMAIL.fullmatch(part) for part in parts):
        raise validation(type_.noun, "InvoiceEmailAddressCC takes up to 10 valid e-mail addresses, separated by ';'.")


def _check_country(type_: Type, row: Row, changed: set[str]) -> None:
    """Countries are ISO 3166-1 alpha-2 (wording of the vendor's example)."""
    codes = [row["InternationalIdCountryCode"]] if "InternationalIdCountryCode" in changed else []
    if "MailAddress" in changed and row["MailAddress"] is not None:
        codes.append(row["MailAddress"]["CountryCode"])
    for code in codes:
        if code is not None and code.upper() not in COUNTRIES:
            raise validation(type_.noun, f"The country code {code} is not valid according to ISO 3166-1.")


def _check_unique(books: Books, type_: Type, row: Row, changed: set[str]) -> None:
    """Handles are unique in each class (vendor: ExternalImportReference, ExternalCode; codes [inferred])."""
    handle = type_.handle
    if handle is not None and handle in changed and row[handle]:
        owner = books.tables[type_.noun].owner(row[handle])
        if owner is not None and owner != row.get("Id"):
            whose = "(contact) Id" if type_.is_contact else "Id"
            detail = f"{handle} is already in use. '{row[handle]}' is used on {whose} = {owner}."
            raise validation(type_.noun, detail)
    for name in ("ExternalNumber", "Number"):
        if name in changed and row[name] is not None:
            others = (r for r in books.tables[type_.noun].all() if r[name] == row[name] and r["Id"] != row.get("Id"))
            if (other := next(others, None)) is not None:
                raise validation(type_.noun, f"{name} is already in use on Id = {other['Id']}.")
    if "Number" in changed and row["Number"] is not None:
        low, high = NUMBER_SERIES[type_.noun]
        if not low <= row["Number"] <= high:
            raise validation(type_.noun, f"Number must lie in the number series {low} - {high}.")


def _check_references(books: Books, type_: Type, row: Row, changed: set[str]) -> None:
    """Whatever is referred to must exist; 404 if not, although the record itself was found (vendor's example)."""
    for twin in TWINS[type_.noun]:
        if twin.id in changed and row[twin.id] is not None and not books.exists(twin, row[twin.id]):
            raise validation(type_.noun, f"{twin.noun} with id = {row[twin.id]} not found.", 404)
    groups = set(row.get("ContactGroupIds") or ()) if "ContactGroupIds" in changed else set()
    if missing := sorted(groups - CONTACT_GROUPS):
        raise Refused(404, "Object(s) not found", f"Could not find contact group(s) with id = {str(missing)[1:-1]}.")


def _check_ranges(type_: Type, row: Row, changed: set[str]) -> None:
    for name, low, high in (("Allowance", -1000, 100), ("BillableRate", 0, None), ("Progress", 0, 100)):
        value = row.get(name) if name in changed else None
        if value is not None and (value < low or (high is not None and value > high)):
            raise validation(type_.noun, f"{name} must be {low} or more" + (f" and {high} or less." if high else "."))
    number = row.get("NationalIdNumber") if "NationalIdNumber" in changed else None
    if number is not None and not re.fullmatch(r"\d{11}", number):
        raise validation(type_.noun, "NationalIdNumber is not valid.")
    if "InternationalIdNumber" in changed and row["InternationalIdNumber"] == "hidden":
        raise validation(type_.noun, "InternationalIdNumber is not valid.")


def _check_customer(books: Books, row: Row, changed: set[str]) -> None:
    """What each way of delivering invoices needs (vendor: InvoiceDeliveryType).

    Asked only when the way itself is given, so that clearing an e-mail address later is no error [inferred].
    """
    if "InvoiceDeliveryType" not in changed:
        return
    kind = row["InvoiceDeliveryType"]
    if kind == "PdfByEmail" and not (row["EmailAddress"] or row["InvoiceEmailAddress"]):
        raise validation("Customer", "InvoiceDeliveryType PdfByEmail needs EmailAddress or InvoiceEmailAddress.")
    if kind == "EHF" and not row["OrganizationNumber"]:
        raise validation("Customer", "InvoiceDeliveryType EHF needs an OrganizationNumber registered in ELMA.")
    if kind in ("AvtaleGiro", "Efaktura"):
        raise validation("Customer", f"InvoiceDeliveryType {kind} cannot be set directly.")
    if kind in ("External", "Factoring"):
        raise validation("Customer", f"InvoiceDeliveryType {kind} needs an active integration of that kind.")


def _check_product(books: Books, row: Row, changed: set[str]) -> None:
    """Only stock items have stock (vendor: StockOnHand)."""
    if "StockOnHand" in changed and row["StockOnHand"] is not None and not row["IsStockItem"]:
        raise validation("Product", "StockOnHand can only be set when IsStockItem is true.")


def _check_project(books: Books, row: Row, changed: set[str]) -> None:
    """A contact person must be one of the project's customer (vendor: ContactPersonId)."""
    if "ContactPersonId" in changed and row["ContactPersonId"] is not None:
        person = books.tables["ContactPerson"].get(row["ContactPersonId"])
        if person is None:
            raise validation("Project", f"Contact person with id = {row['ContactPersonId']} not found.", 404)
        if person["ContactId"] != row["CustomerId"]:
            raise validation("Project", "ContactPersonId does not belong to the customer of the project.")


_OWN_RULES: dict[str, Callable[[Books, Row, set[str]], None]] = {
    "Customer": _check_customer, "Product": _check_product, "Project": _check_project,
}  # fmt: skip
