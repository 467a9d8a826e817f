"""The packaged models as plain data: what a known collection is called, and which of its properties show which field.

Packaged models name members by connector. Nothing is checked here; that is done where models are loaded.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from ruamel.yaml import YAML

from samtale.documents.grammar import Label
from samtale.documents.naming import PERSON_KINDS

#: A place in a row, as model files write it: a path, or a map with ``path`` or ``join``.
Entry = Any


class StandardMember(msgspec.Struct, frozen=True, kw_only=True):
    """A member of a packaged model."""

    connector: str
    collection: str
    said: Mapping[str, Any]  #: label, aliases and where, as they are written
    rows: Mapping[str, tuple[Entry, ...]]  #: field or ``field.part``, and its places
    origins: frozenset[str] = frozenset()  #: packaged members whose records get a counterpart here

    @property
    def kind(self) -> str:
        """The part of the collection that it is about: "person", or nothing."""
        return kind_of(Label(text=str(self.said.get("label", self.collection))).kind)

    def field_of(self, path: str) -> str | None:
        """The field that a property shows."""
        return next((f for f, entries in self.rows.items() if any(path in paths_of(e) for e in entries)), None)


class StandardType(msgspec.Struct, frozen=True, kw_only=True):
    """A packaged entity type."""

    name: str
    fields: Mapping[str, Any]
    match: tuple[Mapping[str, Any], ...]
    members: tuple[StandardMember, ...]


def read_standard(texts: Iterable[str]) -> tuple[StandardType, ...]:
    """The packaged models from their YAML."""
    return tuple(_type(document) for text in texts for document in YAML(typ="safe", pure=True).load_all(text))


def kind_of(kind: str | None) -> str:
    """A kind as documents of every generation print it, in one spelling; the main kind is nothing."""
    if kind is None or kind in ("organisation", "organization"):
        return ""
    return "person" if kind in PERSON_KINDS else kind


def find_member(types: Iterable[StandardType], connector: str, collection: str, kind: str) -> StandardMember | None:
    """The packaged member for a type of a known system."""
    found = _members(types)
    return next((m for m in found if (m.connector, m.collection, m.kind) == (connector, collection, kind)), None)


def type_of(types: Iterable[StandardType], member: StandardMember) -> StandardType:
    """The entity type of a packaged member."""
    return next(t for t in types if member in t.members)


def paths_of(entry: Entry) -> tuple[str, ...]:
    """The properties of a place in a row."""
    if isinstance(entry, dict):
        return (*entry.get("join", ()), *([entry["path"]] if "path" in entry else ()))
    return (str(entry).removesuffix("?"),)


def is_optional(entry: Entry) -> bool:
    """Whether only some accounts have the property."""
    return isinstance(entry, str) and entry.endswith("?")


def _members(types: Iterable[StandardType]) -> Iterator[StandardMember]:
    yield from (member for entity_type in types for member in entity_type.members)


def _type(data: Mapping[str, Any]) -> StandardType:
    members = []
    for name, said in data["members"].items():
        connector, _, collection = name.partition(".")
        rows = {f: tuple(e) if isinstance(e, list) else (e,) for f, e in said.get("properties", {}).items()}
        told = {key: said[key] for key in ("label", "aliases", "where") if key in said}
        create = said.get("create")
        members.append(
            StandardMember(
                connector=connector,
                collection=collection,
                said=told,
                rows=rows,
                origins=frozenset(create) if isinstance(create, dict) else frozenset(),
            )
        )
    match = tuple(rule if isinstance(rule, dict) else {} for rule in data.get("match", ()))
    return StandardType(name=data["entity"], fields=data.get("fields", {}), match=match, members=tuple(members))
