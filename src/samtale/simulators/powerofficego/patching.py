"""JSON Patch (RFC 6902) as the vendor applies it: on the patchable properties only, all or nothing.

Wordings are those of the vendor's examples. What a failed `test`, an absent address or an empty patch gives is not
documented; the answers here are what ASP.NET's JSON Patch would give [inferred].
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from samtale.simulators.powerofficego.answers import Refused, validation
from samtale.simulators.powerofficego.schema import Property, Type
from samtale.simulators.powerofficego.table import Row
from samtale.simulators.powerofficego.values import Invalid, address_properties, read, require_address

_OPERATIONS = frozenset({"add", "replace", "remove", "copy", "move", "test"})
_MISSING = object()


def patched(type_: Type, row: Row, operations: Any) -> Row:
    """The values that a patch sets, by property; empty for an empty patch. Raises Refused, and then nothing changed.

    A path must name a property exactly. One that differs in case only is passed over in silence, as a client's
    maintainers saw it happen; any other unknown one is refused, as in the vendor's example.
    """
    if not isinstance(operations, list) or not all(isinstance(o, dict) for o in operations):
        raise Refused(400, f"{type_.noun} validation error(s)", "A JSON patch document is an array of operations.")
    target = _Target(type_, row)
    for operation in operations:
        target.apply(operation)
    if (address := target.touched.get("MailAddress")) is not None and row["MailAddress"] is None:
        require_address(type_, address)
    return target.touched


class _Target:
    """The record being patched, with the values set so far."""

    def __init__(self, type_: Type, row: Row) -> None:
        self._type = type_
        self._row = row
        self.touched: Row = {}

    def apply(self, operation: dict[str, Any]) -> None:
        name = str(operation.get("op", "")).lower()
        if name not in _OPERATIONS:
            raise self._refusal(f"Invalid JSON patch operation '{operation.get('op')}'.")
        path = self._steps(operation.get("path"))
        value = operation.get("value", _MISSING)
        if name in ("copy", "move"):
            origin = self._steps(operation.get("from"))
            if origin is None or path is None:
                return
            value = self._get(origin)
            if name == "move":
                self._set(origin, None, remove=True)
        if path is None:
            return
        if name == "remove":
            self._set(path, None, remove=True)
        elif value is _MISSING:
            raise self._refusal("The 'value' of an operation is required.")
        elif name == "test":
            if self._get(path) != value:
                raise self._refusal(f"The current value at path '{operation['path']}' is not equal to the test value.")
        else:
            self._set(path, value, insert=name != "replace")

    def _steps(self, path: Any) -> list[str] | None:
        """A path's steps, or None when its first differs from a property in case only."""
        if not isinstance(path, str) or not path.startswith("/"):
            raise self._refusal(f"The provided path '{path}' is not a valid JSON pointer.")
        steps = [step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/")]
        known = [(self._type.properties, self._type.by_lower)]
        if len(steps) == 2 and steps[0] == "MailAddress":
            inner = address_properties(self._type)
            known.append((inner, {n.lower(): p for n, p in inner.items()}))
        elif len(steps) > 1 and not (len(steps) == 2 and steps[0] == "ContactGroupIds"):
            raise self._unknown(steps[1])
        for step, (exact, by_lower) in zip(steps, known, strict=False):
            prop = by_lower.get(step.lower())
            if prop is None or not prop.patch:
                raise self._unknown(step)
            if step not in exact:
                return None
        return steps

    def _get(self, steps: list[str]) -> Any:
        value = self.touched.get(steps[0], self._row[steps[0]])
        for step in steps[1:]:
            if isinstance(value, list):
                value = value[self._index(value, step)]
            elif isinstance(value, dict):
                value = value[step]
            else:
                raise self._unknown(step)
        return value

    def _set(self, steps: list[str], value: Any, *, insert: bool = False, remove: bool = False) -> None:
        prop = self._type.properties[steps[0]]
        if len(steps) == 1:
            self.touched[prop.name] = _nothing(prop) if remove else self._read(prop, value)
            return
        inside = deepcopy(self._get(steps[:1]))
        if prop.kind == "ids":
            inside = inside or []
            self._set_element(prop, inside, steps[1], value, insert=insert, remove=remove)
        elif inside is None:
            raise self._unknown(steps[1])
        else:
            part = address_properties(self._type)[steps[1]]
            inside[part.name] = None if remove else self._read(part, value)
            if part.name == "CountryCode":
                inside[part.name] = inside[part.name] or "NO"
        self.touched[prop.name] = inside

    def _set_element(
        self, prop: Property, values: list[Any], step: str, value: Any, *, insert: bool, remove: bool
    ) -> None:
        if remove:
            del values[self._index(values, step)]
            return
        # The vendor's example adds the id "1" as text, so text with digits is taken for a number.
        element = int(value) if isinstance(value, str) and value.isdecimal() else value
        (element,) = self._read(prop, [element])
        if insert and step == "-":
            values.append(element)
        elif insert:
            values.insert(self._index(values, step, end=1), element)
        else:
            values[self._index(values, step)] = element

    def _index(self, values: list[Any], step: str, *, end: int = 0) -> int:
        index = len(values) - 1 if step == "-" else int(step) if step.isdecimal() else -1
        if not 0 <= index < len(values) + end:
            raise self._refusal(
                f"The index value provided by path segment '{step}' is out of bounds of the array size."
            )
        return index

    def _read(self, prop: Property, value: Any) -> Any:
        try:
            return read(prop, value, self._type.noun)
        except Invalid:
            raise self._refusal(f"The value '{value}' is invalid for target location.") from None

    def _unknown(self, step: str) -> Refused:
        return self._refusal(f"The target location specified by path segment '{step}' was not found.")

    def _refusal(self, text: str) -> Refused:
        return validation(self._type.noun, f"{self._type.noun}PatchDto: {text}")


def _nothing(prop: Property) -> Any:
    """What `remove` leaves: no list, no flag, no value."""
    return [] if prop.kind == "ids" else False if prop.kind == "bool" else None
