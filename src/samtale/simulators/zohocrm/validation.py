"""Is this value good for that field? One item of a write, field by field, as Zoho answers for it.

Pure: gets the fields and two ways to look something up. Codes and details follow Zoho's "Insert Records" and "Update
Records" pages; where those leave the exact rule open it is marked [inferred].
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from samtale.simulators.zohocrm.answers import Json, Refusal, invalid
from samtale.simulators.zohocrm.fields import Field

# An address with one @ and a dot after it, without spaces [inferred]; Zoho's own expression is longer and no wider.
_EMAIL = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>]{2,}")
# Zoho's phone fields take digits, letters, blanks, dots, hyphens and parentheses after an optional plus sign; the slash
# is [inferred].
_PHONE = re.compile(r"\+?[0-9A-Za-z().\-/\s]+")
_NUMBER_TYPES = frozenset({"currency", "double"})


def read_time(text: str) -> datetime | None:
    """An ISO 8601 instant with an offset, or None: a date-time without one cannot be placed, an HTTP date is no ISO."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


class Checker:
    """Checks items of one module. `exists(module, id)` and `is_user(id)` tell whether a lookup points at something."""

    def __init__(
        self, fields: Mapping[str, Field], exists: Callable[[str, str], bool], is_user: Callable[[str], bool]
    ) -> None:
        self._fields = fields
        self._exists = exists
        self._is_user = is_user

    def read(self, item: Json, place: int, *, creating: bool) -> tuple[dict[str, Any], list[Refusal]]:
        """The values to store and all refusals.

        Keys that are no field, and read-only fields, are passed over in silence: the answer is still SUCCESS
        [inferred]. An empty text is stored as null [inferred].
        """
        values: dict[str, Any] = {}
        refusals: list[Refusal] = []
        for name, value in item.items():
            field = self._fields.get(name)
            if field is None or not field.writable:
                continue
            try:
                values[name] = self._stored(field, value, f"$.data[{place}].{name}")
            except Refusal as refusal:
                refusals.append(refusal)
        refusals += self._missing(values, {r.details.get("api_name") for r in refusals}, place, creating=creating)
        return values, refusals

    def _missing(self, values: Mapping[str, Any], refused: set[Any], place: int, *, creating: bool) -> list[Refusal]:
        return [
            Refusal("MANDATORY_NOT_FOUND", "required field not found",
                    {"api_name": field.api_name, "json_path": f"$.data[{place}].{field.api_name}"})
            for field in self._fields.values()
            if field.mandatory and field.api_name not in refused
            and (values.get(field.api_name) is None if creating else values.get(field.api_name, "") is None)
        ]  # fmt: skip

    def _stored(self, field: Field, value: Any, path: str) -> Any:
        if value is None or value == "":
            return False if field.data_type == "boolean" else None
        where = {"api_name": field.api_name, "json_path": path}
        if field.json_type == "string":
            if not isinstance(value, str):
                raise invalid(expected_data_type=field.data_type, **where)
            return _text(field, value, where)
        if field.json_type == "jsonobject":
            return self._referred(field, value, where)
        if field.data_type == "boolean":
            right = isinstance(value, bool)
        else:
            right = isinstance(value, int | float if field.data_type in _NUMBER_TYPES else int)
            right = right and not isinstance(value, bool)
        if not right:
            raise invalid(expected_data_type=field.data_type, **where)
        if field.length and len(str(abs(int(value)))) > field.length:
            raise invalid(maximum_length=field.length, **where)
        if field.api_name == "Probability" and not 0 <= value <= 100:
            raise invalid("Given Probability is not valid", **where)
        return value

    def _referred(self, field: Field, value: Any, where: Json) -> str:
        """Lookups are written as an object with the id; the name in it counts for nothing."""
        if not isinstance(value, dict):
            raise invalid(expected_data_type="jsonobject", **where)
        key = value.get("id")
        if not isinstance(key, str) or not key.isdigit():
            raise invalid(expected_data_type="bigint", api_name="id", json_path=f"{where['json_path']}.id")
        known = self._is_user(key) if field.lookup is None else self._exists(field.lookup, key)
        if not known:
            raise invalid("the id given seems to be invalid", id=key, **where)
        return key


def _text(field: Field, value: str, where: Json) -> str:
    """The text as it is stored, or the reason why it cannot be."""
    if field.length and len(value) > field.length:
        raise invalid(maximum_length=field.length, **where)
    match field.data_type:
        case "picklist" if value not in field.choices:
            message = "Pipeline doesn't contain the Stage" if field.api_name == "Stage" else "invalid data"
            raise invalid(message, supported_values=list(field.choices), **where)
        case "email":
            right = _EMAIL.fullmatch(value) is not None
        case "phone":
            right = _PHONE.fullmatch(value) is not None
        case "website":
            right = re.search(r"\s", value) is None
        case "date":
            right = _is_date(value)
        case "datetime":
            right = read_time(value) is not None
        case _:
            right = True
    if not right:
        raise invalid(expected_data_type=field.data_type, **where)
    return value


def _is_date(text: str) -> bool:
    """YYYY-MM-DD of a day that exists; a date-time is none."""
    try:
        return len(text) == 10 and date.fromisoformat(text) is not None
    except ValueError:
        return False
