"""How search and COQL compare one field of one record with one value. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from samtale.simulators.zohocrm.fields import Field
from samtale.simulators.zohocrm.validation import read_time

ORDERINGS: Mapping[str, Callable[[Any, Any], bool]] = MappingProxyType(
    {
        ">": lambda held, given: held > given,
        ">=": lambda held, given: held >= given,
        "<": lambda held, given: held < given,
        "<=": lambda held, given: held <= given,
    }
)


class Mismatch(Exception):
    """The value given is not of the field's type; `expected` names that type."""

    def __init__(self, expected: str) -> None:
        super().__init__(expected)
        self.expected = expected


def read_value(field: Field | None, given: Any) -> Any:
    """A literal of a query as the field's values are held. `field` None means the record's id. Raises Mismatch."""
    kind = "id" if field is None else field.data_type
    match kind:
        case "datetime":
            moment = read_time(given) if isinstance(given, str) else None
            if moment is None:
                raise Mismatch("datetime")
            return moment
        case "boolean":
            if str(given).lower() not in {"true", "false"}:
                raise Mismatch("boolean")
            return str(given).lower() == "true"
        case "integer" | "double" | "currency":
            try:
                return float(given)
            except (TypeError, ValueError) as error:
                raise Mismatch(kind) from error
        case "id" | "lookup" | "ownerlookup":
            if not str(given).isdigit():
                raise Mismatch("bigint")
            return str(given)
    return str(given)


def same(held: Any, given: Any) -> bool:
    """Exact equality, upper and lower case alike [inferred]."""
    if isinstance(held, str) and isinstance(given, str):
        return held.casefold() == given.casefold()
    return bool(held == given)


def ordered(operator: str, held: Any, given: Any) -> bool:
    """One of < <= > >=; a missing value is neither smaller nor greater."""
    if held is None or (isinstance(held, datetime) != isinstance(given, datetime)):
        return False
    if isinstance(held, str) and isinstance(given, str) and held.isdigit() and given.isdigit():
        return ORDERINGS[operator](int(held), int(given))
    return ORDERINGS[operator](held, given)
