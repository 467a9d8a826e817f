"""What an account's own field list adds to the stock schema. Pure: the fields API's answer in, a collection out.

Source: Zoho's "Fields Metadata" API.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from samtale.connectors.schema import Type, property_of
from samtale.connectors.zohocrm.about import MODULES
from samtale.ports.connector import CollectionSpec, PropertySpec

#: The API name that a field made from the label "Samtale Mark" gets.
MARK = "Samtale_Mark"
MARK_LABEL = "Samtale Mark"
MARK_LENGTH = 100

_TYPES: Mapping[str, Type] = {
    **dict.fromkeys(("integer", "bigint"), "integer"),
    **dict.fromkeys(("currency", "double", "decimal", "percent"), "decimal"),
    **dict.fromkeys(("multiselectpicklist", "multiselectlookup", "subform", "fileupload", "multiuserlookup"), "array"),
    "boolean": "boolean",
    "date": "date",
    "datetime": "datetime",
}
_LOOKUPS = frozenset({"lookup", "ownerlookup", "userlookup"})
_TEXTS = frozenset({"text", "textarea", "email", "phone", "website", "bigint"})


def learned(spec: CollectionSpec, fields: Iterable[Mapping[str, Any]], mark: str | None) -> CollectionSpec:
    """The collection as this account has it: its fields, lengths, pick lists, rights, and a place for our mark.

    ``mark`` names the property to use for it; None: a unique field named Samtale_Mark, if there is one. A stock field
    that the account does not show is left out.
    """
    stock = {p.path: p for p in spec.properties}
    found: dict[str, PropertySpec] = {p.path: p for p in spec.properties if p.path == spec.key}
    for field in fields:
        name = field.get("api_name")
        if isinstance(name, str) and name != spec.key and field.get("type", "used") != "unused":
            for one in _properties(name, field, stock):
                found[one.path] = one
    place = mark or MARK
    usable = place in found and found[place].creatable and (mark is not None or found[place].unique)
    return msgspec.structs.replace(spec, properties=tuple(found.values()), mark=place if usable else None)


def field_names(spec: CollectionSpec) -> list[str]:
    """The API names of all readable properties, each once, without the key, which is always returned."""
    return list(dict.fromkeys(p.path.split(".")[0] for p in spec.properties if p.readable and p.path != spec.key))


def _properties(name: str, field: Mapping[str, Any], stock: Mapping[str, PropertySpec]) -> list[PropertySpec]:
    kind = str(field.get("data_type", "text"))
    path = f"{name}.id" if kind in _LOOKUPS else name
    rights = _rights(field)
    base = stock.get(path) or property_of(path, _TYPES.get(kind, "string"))
    length = field.get("length")
    changed = msgspec.structs.replace(
        base,
        creatable=rights["create"] and (path not in stock or base.creatable),
        updatable=rights["update"] and (path not in stock or base.updatable),
        required=bool(field.get("system_mandatory")) or base.required,
        max_length=length if kind in _TEXTS and isinstance(length, int) and length > 0 else base.max_length,
        unique=bool(field.get("unique")) or base.unique,
        values=_choices(field) if kind == "picklist" else base.values,
        refers=base.refers or _refers(field),
    )
    beside = [p for p in stock.values() if p.path.startswith(f"{name}.") and p.path != path]
    return [changed, *beside]


def _rights(field: Mapping[str, Any]) -> dict[str, bool]:
    """Whether the API may give and change the field."""
    closed = bool(field.get("read_only")) or bool(field.get("field_read_only"))
    told = field.get("operation_type")
    allowed = told if isinstance(told, Mapping) else {}
    return {right: not closed and bool(allowed.get(f"api_{right}", True)) for right in ("create", "update")}


def _choices(field: Mapping[str, Any]) -> tuple[str, ...]:
    listed = field.get("pick_list_values")
    values = [v for v in listed if isinstance(v, Mapping)] if isinstance(listed, list) else []
    used = [v.get("actual_value") for v in values if v.get("type", "used") == "used"]
    return tuple(v for v in used if isinstance(v, str) and v != "-None-")


def _refers(field: Mapping[str, Any]) -> tuple[str, ...]:
    lookup = field.get("lookup")
    module = lookup.get("module") if isinstance(lookup, Mapping) else None
    name = module.get("api_name") if isinstance(module, Mapping) else None
    return tuple(collection for collection, api_name in MODULES.items() if api_name == name)
