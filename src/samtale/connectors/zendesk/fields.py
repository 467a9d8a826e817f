"""What an account's own fields add to the stock schema. Pure: the definitions in, a collection out.

Source: Zendesk's pages User Fields and Organization Fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from samtale.connectors.schema import Type, property_of
from samtale.ports.connector import CollectionSpec, PropertySpec

#: Where a collection's custom fields are, and where their definitions.
CUSTOM: Mapping[str, str] = {"Users": "user_fields", "Organizations": "organization_fields"}

_TYPES: Mapping[str, Type] = {
    **dict.fromkeys(("text", "textarea", "regexp", "dropdown", "tagger"), "string"),
    **dict.fromkeys(("integer", "lookup"), "integer"),
    "decimal": "decimal",
    "checkbox": "boolean",
    "date": "date",
    "multiselect": "array",
}


def learned(spec: CollectionSpec, definitions: Iterable[Mapping[str, Any]], *, writable: bool) -> CollectionSpec:
    """The collection with the account's own fields, and whether the calling account may write it."""
    parent = CUSTOM[spec.name]
    stock = [p for p in spec.properties if not p.path.startswith(f"{parent}.")]
    custom = [_property(parent, one) for one in definitions if one.get("active", True) and one.get("key")]
    return msgspec.structs.replace(
        spec, properties=(*stock, *custom), writable=writable, deletable=writable and spec.deletable
    )


def _property(parent: str, definition: Mapping[str, Any]) -> PropertySpec:
    kind = str(definition.get("type", "text"))
    options = definition.get("custom_field_options")
    values = [o.get("value") for o in options if isinstance(o, Mapping)] if isinstance(options, list) else []
    return property_of(
        f"{parent}.{definition['key']}",
        _TYPES.get(kind, "string"),
        "GPU" if kind in _TYPES else "G",
        values=tuple(v for v in values if isinstance(v, str)) if kind in ("dropdown", "tagger") else (),
        note="" if kind in _TYPES else f"A custom field of a type that Samtale does not write: {kind}.",
    )
