"""Records as PowerOffice Go shows them, with their property names spelled as its contract says. Pure.

Names were seen in several spellings (``id``, ``mailAddress.city``), so a record whose names differ in case alone is
handed out with the contract's; any other record keeps the vendor's own bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from samtale.connectors.exact import decoded, encoded
from samtale.ports.connector import CollectionSpec


class Spelling:
    """The spelling of a collection's property names, at the top and inside its objects."""

    def __init__(self, spec: CollectionSpec) -> None:
        self._names: dict[str, dict[str, str]] = {"": {}}
        for found in spec.properties:
            parent, _, name = found.path.rpartition(".")
            self._names.setdefault(parent, {})[name.casefold()] = name
            if parent:
                self._names[""][parent.casefold()] = parent

    def read(self, raw: bytes) -> tuple[dict[str, Any], bytes]:
        """A record as names and values, and as bytes. Raises msgspec.DecodeError for what is no JSON object."""
        record = decoded(raw)
        if not isinstance(record, dict):
            raise msgspec.ValidationError("Expected `object`")
        spelled = self._spelled(record, "")
        return (record, raw) if spelled is record else (spelled, encoded(spelled))

    def _spelled(self, record: dict[str, Any], parent: str) -> dict[str, Any]:
        """The same object if every name is spelled right, else a new one."""
        names = self._names[parent]
        found: dict[str, Any] = {}
        for name, value in record.items():
            right = names.get(name.casefold(), name)
            if not parent and isinstance(value, dict) and right in self._names:
                value = self._spelled(value, right)
            if right == name or right not in record:
                found[right] = value
        unchanged = len(found) == len(record) and all(n in record and record[n] is v for n, v in found.items())
        return record if unchanged else found


def text_at(record: Mapping[str, Any], name: str) -> str | None:
    """A property as text, None if there is none."""
    value = record.get(name)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None
