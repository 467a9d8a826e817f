"""Mapping: what a record's properties say about an entity's fields, and the way back.

A ``CollectionMap`` fixes the order in which a collection's raw values are kept (its *shape*); a ``MemberMap`` reads and writes one
member's views in that order. References are translated by whoever asks (``References``); nothing here knows where links are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from types import EllipsisType
from typing import NamedTuple

import msgspec

from samtale.core.kinds import Kind, Raw, Unreadable, Unwritable, Value
from samtale.core.model import MISSING, EntityType, Field, FieldValue, Member, Model, Property, View

#: Revisions of a view that are none: it has no base yet, or it was set apart and is neither read nor written.
NO_BASE, APART = -1, -2


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

#: From a raw value to a canonical one: Ellipsis for no information, Unread for what cannot be read.
Reader = Callable[[Raw], "Value | EllipsisType | Unread | None"]

#: Raw values whose canonical form is remembered, a property: a record is read several times while its page is at hand.
REMEMBERED = 2048


#: From a canonical value to what is sent for a new record.
Writer = Callable[[Value], Raw]


def _writer_of(kind: Kind, prop: Property) -> Writer:
    """The writer of one property for new records, with a short memory: cities and countries come again and again."""

    def write(value: Value) -> Raw:
        return kind.write(value, prop.form, None)

    return lru_cache(maxsize=REMEMBERED, typed=True)(write)


class Slot(NamedTuple):
    """One property of a view: where its raw value stands, and how it is read and written."""

    position: int
    property: Property
    read: Reader
    write: Writer


def _slot(position: int, kind: Kind, prop: Property) -> Slot:
    return Slot(position, prop, _reader_of(kind, prop), _writer_of(kind, prop))


def _reader_of(kind: Kind, prop: Property) -> Reader:
    """The reader of one property, with a short memory."""

    @lru_cache(maxsize=REMEMBERED, typed=True)
    def remembered(raw: bool | int | str | Decimal | None) -> Value | EllipsisType | Unread | None:
        return read(raw)

    def read(raw: Raw) -> Value | EllipsisType | Unread | None:
        if raw == MISSING or not prop.readable:
            return ...
        try:
            return kind.read(raw, prop.form)
        except Unreadable as problem:
            return Unread(prop.path, problem.reason)

    def reader(raw: Raw) -> Value | EllipsisType | Unread | None:
        try:
            return remembered(raw)  # type: ignore[arg-type]
        except TypeError:  # a list or an object cannot be remembered
            return read(raw)

    return reader


class CollectionMap:
    """All that a project's model reads of one collection, in a fixed order."""

    def __init__(
        self, system: str, collection: str, members: Sequence[tuple[EntityType, Member]], extra: Sequence[str] = ()
    ) -> None:
        self.system = system
        self.collection = collection
        conversions: dict[str, list[str]] = {path: [] for path in extra}
        views: dict[str, list[str]] = {}
        for entity_type, member in members:
            for path, _ in member.where:
                conversions.setdefault(path, [])
            for number, view in enumerate(member.views):
                for path, conversion in _conversions(entity_type.field(view.field), view):
                    conversions.setdefault(path, []).append(conversion)
                    views.setdefault(path, []).append(f"{entity_type.name}:{number}")
        self.paths: tuple[str, ...] = tuple(sorted(conversions))
        self.index: dict[str, int] = {path: i for i, path in enumerate(self.paths)}
        #: positions of the shape: a path together with how it is converted, so that a changed conversion has no base, and with the
        #: numbers of the views that show it, so that a link's revisions are understood when the model counts its views anew
        self.shape: tuple[str, ...] = tuple(
            f"{path}\t{blake2b('|'.join(sorted(conversions[path])).encode(), digest_size=4).hexdigest()}"
            f"\t{' '.join(sorted(views.get(path, ())))}"
            for path in self.paths
        )
        self.members: tuple[MemberMap, ...] = tuple(MemberMap(t, m, self.index) for t, m in members)

    def reshape(self, values: Sequence[Raw], shape: Sequence[str], *, strictly: bool) -> list[Raw]:
        """Values kept under an older shape, in today's order. ``strictly``: a changed conversion counts as MISSING (for a base)."""
        if tuple(shape) == self.shape:
            return list(values)
        if strictly:
            old = {_converted(position): value for position, value in zip(shape, values, strict=True)}
            return [old.get(_converted(position), MISSING) for position in self.shape]
        by_path = {position.split("\t")[0]: value for position, value in zip(shape, values, strict=True)}
        return [by_path.get(path, MISSING) for path in self.paths]


def _converted(position: str) -> tuple[str, ...]:
    """The path and conversion of a position, without the numbers of its views."""
    return tuple(position.split("\t")[:2])


class MemberMap:
    """Reads and writes the views of one member over raw values in the order of its collection's shape."""

    def __init__(self, entity_type: EntityType, member: Member, index: Mapping[str, int]) -> None:
        self.type = entity_type
        self.member = member
        self.name = member.name
        self.system = member.system
        self.place = (member.system, member.collection)
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
        self._paths = tuple(tuple(p.path for a in v.accesses for p in a.properties) for v in member.views)
        self._moves: dict[tuple[str, ...], tuple[int, ...]] = {}
        self._readers = tuple(self._reader(n) for n in range(len(member.views)))
        self._plain = tuple(self._plain_slot(n) for n in range(len(member.views)))
        #: every position that a view of this member reads or writes
        self.used: tuple[int, ...] = tuple(
            sorted({p for v, at in zip(member.views, self.positions, strict=True) if v.use != "match" for p in at})
        )
        #: by field, the only slot of each view, where all views read and write, have one part, one property and no reference
        self.slots: tuple[tuple[Slot, ...] | None, ...] = self._slots()
        #: paths without which the system creates no record
        self.required: tuple[str, ...] = tuple(
            prop.path
            for view in member.views
            for access in view.accesses
            for prop in access.properties
            if prop.required
        )
        self._creatable = tuple(
            v.writes and any(p.creatable for a in v.accesses for p in a.properties) for v in member.views
        )
        self._updatable = tuple(
            v.writes and any(p.updatable for a in v.accesses for p in a.properties) for v in member.views
        )
        #: properties that refer to other records: path, the entity type that is wanted, the collections whose keys it holds
        self.references: tuple[tuple[str, str, tuple[str, ...]], ...] = tuple(
            (prop.path, to, prop.refers)
            for view in member.views
            if (to := entity_type.field(view.field).to) is not None
            for access in view.accesses
            for prop in access.properties
        )

    def renumbered(self, revs: Sequence[int], shape: tuple[str, ...]) -> list[int]:
        """A link's revisions, by the views that its shape knew, in the order of today's views; a new view has no base."""
        moves = self._moves.get(shape)
        if moves is None:
            before: dict[str, int] = {}
            for path, *more in (position.split("\t") for position in shape):
                for name, _, number in (view.rpartition(":") for view in (more[-1].split() if len(more) > 1 else ())):
                    if name == self.type.name:
                        before[path] = int(number)
            firsts = (next((before[p] for p in paths if p in before), -1) for paths in self._paths)
            moves = self._moves[shape] = tuple(firsts)
        return [revs[old] if 0 <= old < len(revs) else NO_BASE for old in moves]

    def belongs(self, shown: Sequence[Raw]) -> bool:
        """Whether a record that shows this is of this member."""
        return not self.where or all(shown[i] == value for i, value in self.where)

    def _reader(self, number: int) -> tuple[Field, tuple[tuple[int, tuple[Slot, ...]], ...]]:
        view = self.views[number]
        field = self.type.fields[self.field_of[number]]
        positions = iter(self.positions[number])
        accesses = tuple(
            (a.part, tuple(_slot(next(positions), field.parts[a.part].kind, p) for p in a.properties))
            for a in view.accesses
        )
        return field, accesses

    def _plain_slot(self, number: int) -> Slot | None:
        """The only slot of a view of one part, one property and no reference, which is what most views are."""
        field, accesses = self._readers[number]
        if len(field.parts) == 1 and field.to is None and len(accesses) == 1 and len(accesses[0][1]) == 1:
            return accesses[0][1][0]
        return None

    def _slots(self) -> tuple[tuple[Slot, ...] | None, ...]:
        found = {n: slot for n, slot in enumerate(self._plain) if slot is not None and self.views[n].use == "both"}
        return tuple(tuple(found[n] for n in ns) if found.keys() >= set(ns) else None for ns in self.by_field)

    def read(self, number: int, shown: Sequence[Raw], refs: References = NO_REFERENCES) -> FieldValue | Unread:
        """What a view says: Ellipsis for parts that it does not show, Unread if one of its properties cannot be read."""
        plain = self._plain[number]
        if plain is not None:
            part = plain.read(shown[plain.position])
            return part if type(part) is Unread else (part,)
        field, accesses = self._readers[number]
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
        properties: tuple[Slot, ...],
        shown: Sequence[Raw],
        refs: References,
    ) -> Value | EllipsisType | Unread | None:
        if len(properties) == 1:
            slot = properties[0]
            value = slot.read(shown[slot.position])
            if field.to is None or value is None or value is ... or type(value) is Unread:
                return value
            return refs.entity_of(self.system, slot.property.refers, str(value)) or ...
        lines: list[str] = []
        for slot in properties:
            value = slot.read(shown[slot.position])
            if value is ... or type(value) is Unread:
                return value
            if value is not None:
                lines.append(str(value))
        return "\n".join(lines) or None

    def waiting(self, number: int, shown: Sequence[Raw], refs: References) -> str | None:
        """The path of a reference of this view that shows a key whose entity is not known yet."""
        field, accesses = self._readers[number]
        if field.to is None:
            return None
        for _, properties in accesses:
            for position, prop, *_ in properties:
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

        A property that the record does not show is left alone: nothing could be expected of it.
        Raises Unwritten for a value that a property cannot hold, or may not be given.
        """
        plain = self._plain[number]
        if (
            shown is None
            and plain is not None
            and plain.property.creatable
            and value[0] is not None
            and value[0] is not ...
        ):
            try:
                return {plain.property.path: plain.write(value[0])}
            except Unwritable as problem:
                raise Unwritten(plain.property.path, problem.reason) from None
        field, accesses = self._readers[number]
        changes: dict[str, Raw] = {}
        for part, properties in accesses:
            wanted = value[part]
            if wanted is ... or (shown is not None and any(shown[slot.position] == MISSING for slot in properties)):
                continue
            pieces = _pieces(wanted, len(properties))
            if (
                shown is not None
                and len(properties) > 1
                and self._read_part(field, part, properties, shown, refs) == wanted
            ):
                continue
            for slot, piece in zip(properties, pieces, strict=True):
                prop, current = slot.property, None if shown is None else shown[slot.position]
                raw = self._raw(field, part, slot, piece, current, refs)
                if shown is None and raw in (None, ""):
                    continue
                if shown is None or raw != current or type(raw) is not type(current):
                    self._allowed(prop, raw, creating=shown is None)
                    changes[prop.path] = raw
        return changes

    def _raw(self, field: Field, part: int, slot: Slot, value: Value | None, current: Raw, refs: References) -> Raw:
        prop = slot.property
        if field.to is not None and value is not None:
            key = refs.key_of(str(value), self.system, prop.refers)
            if key is None:
                raise Unwritten(prop.path, "what it refers to has no record in this system", waiting=True)
            if current is not None and str(current) == key:
                return current
            return int(key) if prop.form.type == "integer" else key
        try:
            if current is None and value is not None:
                return slot.write(value)
            return field.parts[part].kind.write(value, prop.form, current)
        except Unwritable as problem:
            raise Unwritten(prop.path, problem.reason) from None

    def _allowed(self, prop: Property, raw: Raw, *, creating: bool) -> None:
        if not (prop.creatable if creating else prop.updatable):
            raise Unwritten(prop.path, "the system does not let it be changed")
        if prop.required and raw in (None, ""):
            raise Unwritten(prop.path, "the system requires it, so it cannot be emptied")

    def writable(self, number: int, *, creating: bool = False) -> bool:
        """Whether any property of this view may be written."""
        return self._creatable[number] if creating else self._updatable[number]

    def coarsens(self, number: int, finer: FieldValue, coarser: FieldValue) -> bool:
        """Whether ``coarser`` is what this view makes of ``finer``: cut, re-cased or reformatted."""
        field, accesses = self._readers[number]
        for part, properties in accesses:
            a, b = finer[part], coarser[part]
            if a == b or a is ... or b is ...:
                continue
            if a is None or b is None or field.to is not None:
                return False
            kind, form = field.parts[part].kind, properties[0].property.form
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
