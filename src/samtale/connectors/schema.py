"""Short ways to write down a vendor's schema: property tables in ``about`` modules read like the vendor's own tables.

A row is ``property(path, type, rights)``. Rights are letters: G readable, P may be sent when creating, U may be
changed later, ``*`` required when creating.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from samtale.ports.connector import PropertySpec

Type = Literal["string", "integer", "decimal", "boolean", "date", "datetime", "object", "array"]


def property_of(path: str, type: Type = "string", rights: str = "GPU", **more: Any) -> PropertySpec:  # noqa: A002
    """One property; ``more`` are further attributes of PropertySpec."""
    return PropertySpec(
        path=path,
        type=type,
        readable="G" in rights,
        creatable="P" in rights,
        updatable="U" in rights,
        required="*" in rights,
        **more,
    )


def properties(type: Type, rights: str, names: str, **more: Any) -> tuple[PropertySpec, ...]:  # noqa: A002
    """Several properties that differ in nothing but their names, which stand between blanks."""
    return tuple(property_of(name, type, rights, **more) for name in names.split())


def with_former(specs: Iterable[PropertySpec], former: dict[str, tuple[str, ...]]) -> tuple[PropertySpec, ...]:
    """The same properties with the names that older versions of the API, and old documents, gave them."""
    import msgspec

    return tuple(msgspec.structs.replace(s, former=former[s.path]) if s.path in former else s for s in specs)
