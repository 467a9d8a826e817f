"""Reading the values that a client sends: types, lengths, enums, dates.

Wordings follow the vendor's examples where there is one, else ASP.NET's model binding [inferred].
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from samtale.simulators.powerofficego.answers import Refused, validation
from samtale.simulators.powerofficego.schema import ADDRESS, CONTACT_ADDRESS, ENUMS, Property, Type

_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(T.*)?", re.DOTALL)
_LIMITS = {"i32": 2**31, "i64": 2**63}


class Invalid(Exception):
    """A value cannot be what its property is; the text is the detail of the answer."""


def read(prop: Property, value: Any, noun: str) -> Any:
    """One value as it will be stored. Raises Invalid, or Refused where the vendor has a text of its own."""
    if value is None:
        return None
    reader: Callable[[Property, Any, str], Any] = _READERS[prop.kind]
    return reader(prop, value, noun)


def read_body(type_: Type, body: Any) -> dict[str, Any]:
    """The values of a create's body by property name; names in any case, unknown ones ignored [inferred].

    Raises Refused: 400 for a body that is no object, lacks a required property or has a value of the wrong kind.
    """
    if not isinstance(body, dict):
        raise _unbound("$", "The JSON value could not be converted.")
    given = {}
    for name, value in body.items():
        prop = type_.by_lower.get(name.lower())
        if prop is None or not prop.create:
            continue
        try:
            given[prop.name] = read(prop, value, type_.noun)
        except Invalid as invalid:
            raise _unbound(prop.name, str(invalid)) from invalid
    for prop in type_.properties.values():
        if prop.required and given.get(prop.name) in (None, ""):
            raise _unbound(prop.name, f"The {prop.name} field is required.")
    address = given.get("MailAddress")
    if address is not None:
        require_address(type_, address)
    return given


def require_address(type_: Type, address: Mapping[str, Any]) -> None:
    """An address needs City and ZipCode from its first day (vendor: ContactAddressPostDto, AddressPostDto)."""
    for name in ("City", "ZipCode"):
        if address.get(name) in (None, ""):
            raise _unbound(f"MailAddress.{name}", f"The {name} field is required.")


def address_properties(type_: Type) -> dict[str, Property]:
    """The properties of a type's MailAddress."""
    return CONTACT_ADDRESS if type_.is_contact else ADDRESS


def _unbound(name: str, message: str) -> Refused:
    """What ASP.NET says of a body it cannot bind: problem details with `errors` and `traceId` [inferred]."""
    title = "One or more validation errors occurred."
    return Refused(400, title, message, errors={name: [message]}, traceId="00-0000-00")


def _text(prop: Property, value: Any, noun: str) -> str:
    if not isinstance(value, str):
        raise Invalid("The JSON value could not be converted to System.String.")
    if prop.max_length is not None and len(value) > prop.max_length:
        limit = f"The field {prop.name} must be a string with a maximum length of {prop.max_length}."
        raise validation(noun, limit)
    return value


def _integer(prop: Property, value: Any, noun: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -_LIMITS[prop.kind] <= value < _LIMITS[prop.kind]:
        raise Invalid("The JSON value could not be converted to System.Int64.")
    return value


def _number(prop: Property, value: Any, noun: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Invalid("The JSON value could not be converted to System.Double.")
    return value


def _flag(prop: Property, value: Any, noun: str) -> bool:
    if not isinstance(value, bool):
        raise Invalid("The JSON value could not be converted to System.Boolean.")
    return value


def _day(prop: Property, value: Any, noun: str) -> str:
    found = _DATE.fullmatch(value) if isinstance(value, str) else None
    try:
        return date.fromisoformat(found[1] if found else "").isoformat()
    except ValueError:
        raise Invalid("The JSON value could not be converted to System.DateTime.") from None


def _choice(prop: Property, value: Any, noun: str) -> str:
    """An enum: any case is read [inferred], an integer is refused in the words of the vendor's example."""
    if isinstance(value, int) and not isinstance(value, bool):
        detail = f"Enum '{prop.name.lower()}' with value = {value} is not valid."
        raise validation(noun, f"{detail} (Enums is not allowed to be represented as integers.)")
    found = {choice.lower(): choice for choice in ENUMS[prop.name]}.get(str(value).lower())
    if found is None:
        raise validation(noun, f"Enum '{prop.name.lower()}' with value = {value} is not valid.")
    return found


def _ids(prop: Property, value: Any, noun: str) -> list[int]:
    if not isinstance(value, list):
        raise Invalid("The JSON value could not be converted to a list of System.Int64.")
    return [_integer(Property(name=prop.name, kind="i64"), one, noun) for one in value]


def _address(prop: Property, value: Any, noun: str) -> dict[str, Any]:
    """A whole address: what is not given is empty, but the country is NO (vendor: CountryCode)."""
    if not isinstance(value, dict):
        raise Invalid("The JSON value could not be converted to an address.")
    known = {p.name.lower(): p for p in CONTACT_ADDRESS.values() if p.create}
    if noun == "ContactPerson":
        known.pop("externalcode")
    address: dict[str, Any] = {p.name: None for p in known.values()}
    for name, part in value.items():
        if (inner := known.get(name.lower())) is not None:
            address[inner.name] = read(inner, part, noun)
    address["CountryCode"] = address["CountryCode"] or "NO"
    return address


_READERS: dict[str, Callable[[Property, Any, str], Any]] = {
    "str": _text, "uuid": _text, "ts": _text, "i64": _integer, "i32": _integer, "dbl": _number, "bool": _flag,
    "date": _day, "enum": _choice, "ids": _ids, "address": _address,
}  # fmt: skip
