"""Mapping: what a record's properties say about an entity's fields, and the way back.

A ``CollectionMap`` fixes the order in which a collection's raw values are kept (its *shape*); a ``MemberMap`` reads and writes one
member's views in that order. References are translated by whoever asks (``References``); nothing here knows where links are kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from types import EllipsisType
from typing import NamedTuple

import msgspec

from samtale.core.kinds import Raw, Unreadable, Unwritable, Value
from samtale.core.model import MISSING, EntityType, Field, FieldValue, Member, Model, Property, View


class Unread(NamedTuple):
    """A property that cannot be read: its path and the reason, never its value."""

    path: str
    reason: str


class Unwritten(Exception):
    """A value that cannot be written into a property: its path and the reason, never the value."""

    def __init__(self, path: str, reason: str, *, waiting: bool = False) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
        self.waiting = waiting  #: a reference whose record may still appear


class References(msgspec.Struct):
    """Translations between keys of records and entities, loaded for the page at hand."""

    #: (system, collection, key) of a referred record, to its entity
    entities: dict[tuple[str, str, str], str] = {}
    #: (entity, system, collection) to the key of its record there
    keys: dict[tuple[str, str, str], str] = {}
    #: referred records that are of no matching entity type: no link will ever appear
    impossible: set[tuple[str, str, str]] = set()

    def entity_of(self, system: str, collections: Sequence[str], key: str) -> str | None:
        """The entity that a key in one of these collections belongs to."""
        for collection in collections:
            found = self.entities.get((system, collection, key))
            if found is not None:
                return found
        return None

    def key_of(self, entity: str, system: str, collections: Sequence[str]) -> str | None:
        """The key of the entity's record in one of these collections."""
        for collection in collections:
            found = self.keys.get((entity, system, collection))
            if found is not None:
                return found
        return None


NO_REFERENCES = References()


class CollectionMap:
    """All that a project's model reads of one collection, in a fixed order."""

    def __init__(
        self, system: str, collection: str, members: Sequence[tuple[EntityType, Member]], extra: Sequence[str] = ()
    ) -> None:
        self.system = system
        self.collection = collection
        conversions: dict[str, list[str]] = {path: [] for path in extra}
        for entity_type, member in members:
            for path, _ in member.where:
                conversions.setdefault(path, [])
            for view in member.views:
                for path, conversion in _conversions(entity_type.field(view.field), view):
                    conversions.setdefault(path, []).append(conversion)
        self.paths: tuple[str, ...] = tuple(sorted(conversions))
        self.index: dict[str, int] = {path: i for i, path in enumerate(self.paths)}
        #: positions of the shape: a path together with how it is converted, so that a changed conversion has no base
        self.shape: tuple[str, ...] = tuple(
            f"{path}\t{blake2b('|'.join(sorted(conversions[path])).encode(), digest_size=4).hexdigest()}"
            for path in self.paths
        )
        self.members: tuple[MemberMap, ...] = tuple(MemberMap(t, m, self.index) for t, m in members)

    def reshape(self, values: Sequence[Raw], shape: Sequence[str], *, strictly: bool) -> list[Raw]:
        """Values kept under an older shape, in today's order. ``strictly``: a changed conversion counts as MISSING (for a base)."""
        if tuple(shape) == self.shape:
            return list(values)
        if strictly:
            old = dict(zip(shape, values, strict=True))
            return [old.get(position, MISSING) for position in self.shape]
        by_path = {position.split("\t")[0]: value for position, value in zip(shape, values, strict=True)}
        return [by_path.get(path, MISSING) for path in self.paths]


class MemberMap:
    """Reads and writes the views of one member over raw values in the order of its collection's shape."""

    def __init__(self, entity_type: EntityType, member: Member, index: Mapping[str, int]) -> None:
        self.type = entity_type
        self.member = member
        self.name = member.name
        self.system = member.system
        self.where = tuple((index[path], value) for path, value in member.where)
        self.views = member.views
        fields = {field.name: i for i, field in enumerate(entity_type.fields)}
        self.field_of: tuple[int, ...] = tuple(fields[view.field] for view in member.views)
        #: per field of the type, the numbers of the views that show it, primary first
        self.by_field: tuple[tuple[int, ...], ...] = tuple(
            tuple(sorted((n for n, f in enumerate(self.field_of) if f == i), key=lambda n: member.views[n].number))
            for i in range(len(entity_type.fields))
        )
        #: per view, the positions of its raw values
        self.positions: tuple[tuple[int, ...], ...] = tuple(
            tuple(index[p.path] for access in view.accesses for p in access.properties) for view in member.views
        )
        self._readers = tuple(self._reader(n) for n in range(len(member.views)))
        #: properties that refer to other records: path, the entity type that is wanted, the collections whose keys it holds
        self.references: tuple[tuple[str, str, tuple[str, ...]], ...] = tuple(
            (prop.path, to, prop.refers)
            for view in member.views
            if (to := entity_type.field(view.field).to) is not None
            for access in view.accesses
            for prop in access.properties
        )

    def belongs(self, shown: Sequence[Raw]) -> bool:
        """Whether a record that shows this is of this member."""
        return all(shown[i] == value for i, value in self.where)

    def _reader(self, number: int) -> tuple[Field, tuple[tuple[int, tuple[tuple[int, Property], ...]], ...]]:
        view = self.views[number]
        positions = iter(self.positions[number])
        accesses = tuple((a.part, tuple((next(positions), p) for p in a.properties)) for a in view.accesses)
        return self.type.fields[self.field_of[number]], accesses

    def read(self, number: int, shown: Sequence[Raw], refs: References = NO_REFERENCES) -> FieldValue | Unread:
        """What a view says: Ellipsis for parts that it does not show, Unread if one of its properties cannot be read."""
        field, accesses = self._readers[number]
        if len(accesses) == 1 == len(field.parts):
            part = self._read_part(field, 0, accesses[0][1], shown, refs)
            return part if type(part) is Unread else (part,)
        value: list[Value | EllipsisType | None] = [...] * len(field.parts)
        for index, properties in accesses:
            part = self._read_part(field, index, properties, shown, refs)
            if type(part) is Unread:
                return part
            value[index] = part
        return tuple(value)

    def _read_part(
        self,
        field: Field,
        part: int,
        properties: tuple[tuple[int, Property], ...],
        shown: Sequence[Raw],
        refs: References,
    ) -> Value | EllipsisType | Unread | None:
        kind = field.parts[part].kind
        if len(properties) == 1:
            position, prop = properties[0]
            raw = shown[position]
            if raw == MISSING or not prop.readable:
                return ...
            try:
                value = kind.read(raw, prop.form)
            except Unreadable as problem:
                return Unread(prop.path, problem.reason)
            if field.to is None or value is None:
                return value
            return refs.entity_of(self.system, prop.refers, str(value)) or ...
        lines: list[str] = []
        for position, prop in properties:
            raw = shown[position]
            if raw == MISSING or not prop.readable:
                return ...
            try:
                value = kind.read(raw, prop.form)
            except Unreadable as problem:
                return Unread(prop.path, problem.reason)
            if value is not None:
                lines.append(str(value))
        return "\n".join(lines) or None

    def waiting(self, number: int, shown: Sequence[Raw], refs: References) -> str | None:
        """The path of a reference of this view that shows a key whose entity is not known yet."""
        field, accesses = self._readers[number]
        if field.to is None:
            return None
        for _, properties in accesses:
            for position, prop in properties:
                raw = shown[position]
                if raw in (None, "", MISSING) or refs.entity_of(self.system, prop.refers, str(raw)) is not None:
                    continue
                if not any((self.system, name, str(raw)) in refs.impossible for name in prop.refers):
                    return prop.path
        return None

    def write(
        self, number: int, value: FieldValue, shown: Sequence[Raw] | None, refs: References = NO_REFERENCES
    ) -> dict[str, Raw]:
        """The properties that must change for the view to say ``value``. ``shown`` None: for a new record.

        Raises Unwritten for a value that a property cannot hold, or may not be given.
        """
        field, accesses = self._readers[number]
        changes: dict[str, Raw] = {}
        for part, properties in accesses:
            wanted = value[part]
            if wanted is ...:
                continue
            pieces = _pieces(wanted, len(properties))
            if (
                shown is not None
                and len(properties) > 1
                and self._read_part(field, part, properties, shown, refs) == wanted
            ):
                continue
            for (position, prop), piece in zip(properties, pieces, strict=True):
                current = None if shown is None else shown[position]
                raw = self._raw(field, part, prop, piece, None if current == MISSING else current, refs)
                if shown is None and raw in (None, ""):
                    continue
                if shown is None or raw != current or type(raw) is not type(current):
                    self._allowed(prop, raw, creating=shown is None)
                    changes[prop.path] = raw
        return changes

    def _raw(self, field: Field, part: int, prop: Property, value: Value | None, current: Raw, refs: References) -> Raw:
        kind = field.parts[part].kind
        if field.to is not None and value is not None:
            key = refs.key_of(str(value), self.system, prop.refers)
            if key is None:
                raise Unwritten(prop.path, "what it refers to has no record in this system", waiting=True)
            if current is not None and str(current) == key:
                return current
            return int(key) if prop.form.type == "integer" else key
        try:
            return kind.write(value, prop.form, current)
        except Unwritable as problem:
            raise Unwritten(prop.path, problem.reason) from None

    def _allowed(self, prop: Property, raw: Raw, *, creating: bool) -> None:
        if not (prop.creatable if creating else prop.updatable):
            raise Unwritten(prop.path, "the system does not let it be changed")
        if prop.required and raw in (None, ""):
            raise Unwritten(prop.path, "the system requires it, so it cannot be emptied")

    def writable(self, number: int, *, creating: bool = False) -> bool:
        """Whether any property of this view may be written."""
        view = self.views[number]
        return view.writes and any(
            (p.creatable if creating else p.updatable) for access in view.accesses for p in access.properties
        )

    def coarsens(self, number: int, finer: FieldValue, coarser: FieldValue) -> bool:
        """Whether ``coarser`` is what this view makes of ``finer``: cut, re-cased or reformatted."""
        field, accesses = self._readers[number]
        for part, properties in accesses:
            a, b = finer[part], coarser[part]
            if a == b or a is ... or b is ...:
                continue
            if a is None or b is None or field.to is not None:
                return False
            kind, form = field.parts[part].kind, properties[0][1].form
            if kind.key(a) is not None and kind.key(a) == kind.key(b):
                continue
            if (
                isinstance(a, str)
                and form.max_length
                and len(a) > form.max_length
                and a[: form.max_length].rstrip() == b
            ):
                continue
            try:
                if len(properties) == 1 and kind.read(kind.write(a, form, None), form) == b:
                    continue
            except (Unreadable, Unwritable):
                pass
            return False
        return True


class ModelMap:
    """The whole model, compiled: collections by (system, name), members by (entity type, member name)."""

    def __init__(self, model: Model, extra: Mapping[tuple[str, str], Sequence[str]] | None = None) -> None:
        self.model = model
        taking_part: dict[tuple[str, str], list[tuple[EntityType, Member]]] = {}
        for entity_type in model.types:
            for member in entity_type.members:
                taking_part.setdefault((member.system, member.collection), []).append((entity_type, member))
        self.collections: dict[tuple[str, str], CollectionMap] = {
            place: CollectionMap(*place, members, (extra or {}).get(place, ()))
            for place, members in taking_part.items()
        }
        self.members: dict[tuple[str, str], MemberMap] = {
            (m.type.name, m.name): m for c in self.collections.values() for m in c.members
        }


def _conversions(field: Field, view: View) -> list[tuple[str, str]]:
    found = []
    for access in view.accesses:
        part = field.parts[access.part]
        joined = ",".join(p.path for p in access.properties)
        for prop in access.properties:
            form = prop.form
            described = (
                part.kind.name,
                joined,
                form.type,
                form.style,
                sorted((form.values or {}).items()),
                form.timezone,
            )
            found.append((prop.path, repr(described)))
    return found


def _pieces(value: Value | None, count: int) -> list[Value | None]:
    """A joined value taken apart again: a line for each property, what is left over in the last."""
    if count == 1:
        return [value]
    lines: list[Value | None] = [*str(value).split("\n")] if value is not None else []
    head = lines[: count - 1]
    rest = ", ".join(str(line) for line in lines[count - 1 :])
    return [*head, *([None] * (count - 1 - len(head))), rest or None]
