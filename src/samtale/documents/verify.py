"""Holding a document against a model: is each section and each row kept, and if not, why.

Rows beyond the document are no difference: a document says the least that must happen. What a vendor lets nobody do is
*impossible*; what the model could do and does not is *missing*.

Must not know: files, any connector.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import product

import msgspec

from samtale.core.model import CreateRule, EntityType, Member, Model
from samtale.documents.from_model import keys_of
from samtale.documents.grammar import AND, CONVERTED_TYPE, Document, Row, Rule, Section, State
from samtale.documents.inferring import Known, identify
from samtale.documents.naming import (
    System,
    TypeName,
    collection_named,
    members_named,
    property_named,
    systems_named,
    type_names,
)
from samtale.documents.states import End, row_state, row_type
from samtale.ports.connector import CollectionSpec, PropertySpec


class Coverage(StrEnum):
    """How a section or row of a document fares in the model."""

    COVERED = "covered"
    NOTE = "note"
    IMPOSSIBLE = "impossible"
    MISSING = "missing"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """A state and what a person should know of it; empty where there is nothing to say."""

    state: Coverage = Coverage.COVERED
    note: str = ""


class RowVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a row."""

    row: Row
    verdict: Verdict


class SectionVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a section's rule, and of each of its rows."""

    section: Section
    verdict: Verdict
    rows: tuple[RowVerdict, ...] = ()


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """A document held against a model."""

    file: str
    systems: tuple[Known, Known]
    sections: tuple[SectionVerdict, ...]

    @property
    def missing(self) -> int:
        """Sections and rows that are not covered, without a reason."""
        verdicts = [v for s in self.sections for v in (s.verdict, *(r.verdict for r in s.rows))]
        return sum(v.state is Coverage.MISSING for v in verdicts)


def verify(
    document: Document, model: Model, systems: Sequence[System], given: Mapping[str, str] | None = None
) -> Verified:
    """Hold each section and row of a document against the model.

    Args:
        document: A document that was read.
        model: The project's model.
        systems: The project's systems.
        given: Names of systems that a person says, as for `inferring.identify`.
    """
    known = identify(document, systems, given)
    sections = tuple(_Pair(document, section, model, systems, known).verdict() for section in document.sections)
    return Verified(file=document.file, systems=known, sections=sections)


class _Side(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a section: what its label means here."""

    label: str
    system: System | None
    spec: CollectionSpec | None
    members: tuple[tuple[EntityType, Member], ...]
    note: str = ""


class _Pair:
    """One section, held against the model."""

    def __init__(
        self, document: Document, section: Section, model: Model, systems: Sequence[System], known: tuple[Known, Known]
    ) -> None:
        self.section = section
        self.model = model
        names = type_names(document, section, systems)
        labels = (section.source.text, section.target.text)
        self.one, self.other = (_side(model, systems, *each) for each in zip(known, names, labels, strict=True))

    def verdict(self) -> SectionVerdict:
        """The section with all its rows."""
        pairs = [(t, x, y) for (t, x), (u, y) in product(self.one.members, self.other.members) if t.name == u.name]
        if not pairs:
            verdict = self.apart()
            return SectionVerdict(
                section=self.section,
                verdict=verdict,
                rows=tuple(RowVerdict(row=row, verdict=self.row_apart(row, verdict)) for row in self.section.rows),
            )
        entity_type, x, y = pairs[0]
        rows = tuple(RowVerdict(row=r, verdict=self.row(r, entity_type, x, y)) for r in self.section.rows)
        return SectionVerdict(section=self.section, verdict=self.rule(entity_type, x, y), rows=rows)

    # sections that the model does not have

    def apart(self) -> Verdict:
        """Why no entity type joins the two types."""
        for side in (self.one, self.other):
            if side.system is None:
                return _missing(side.note)
            if side.spec is None:
                note = f"unknown type: {side.system.about.title} is not known to have {side.label}"
                return Verdict(state=Coverage.IMPOSSIBLE, note=note)
        for side in (self.one, self.other):
            if side.system is not None and not self.takes_part(side.system):
                note = f"{side.system.about.title} is no system of the project, or the model has no use for it"
                return _missing(note)
        alone = next((side for side in (self.one, self.other) if not side.members), None)
        if alone is not None:
            return _missing(f"no entity type has {alone.label} as a member")
        return _missing("the two belong to different entity types")

    def takes_part(self, system: System) -> bool:
        return any(m.system == system.name for t in self.model.types for m in t.members)

    def row_apart(self, row: Row, whole: Verdict) -> Verdict:
        for side, path in ((self.one, row.path_from), (self.other, row.path_to)):
            prop = self.property(side, path)
            if prop is not None and not (prop.creatable or prop.updatable) and side is self.other:
                return Verdict(state=Coverage.IMPOSSIBLE, note=_read_only(prop))
        return Verdict(state=whole.state, note="its section is not covered")

    # the rule

    def rule(self, entity_type: EntityType, x: Member, y: Member) -> Verdict:
        """Whether the model creates and matches as the section says."""
        notes = [side.note for side in (self.one, self.other) if side.note]
        create = dict(y.create).get(x.name)
        trouble = self.creation(create, x, y)
        if trouble is not None and trouble.state is not Coverage.NOTE:
            return trouble
        if trouble is not None:
            notes.append(trouble.note)
        for pair in self.section.merge:
            found = self.match(entity_type, x, y, pair)
            if found.state is Coverage.MISSING:
                return found
            notes += [found.note] if found.note else []
        return _noted(notes)

    def creation(self, create: CreateRule | None, x: Member, y: Member) -> Verdict | None:
        rule = self.section.rule
        if rule is Rule.MATCH_ONLY:
            return None if create is None else _missing("the document only links, and the model creates")
        if create is None:
            if not y.views:
                note = f"no properties: {y.label} shows no field, so its records are linked by hand and never created"
                return Verdict(state=Coverage.IMPOSSIBLE, note=note)
            return _missing(f"the model creates nothing there from {x.label}")
        if rule is Rule.CONDITIONAL:
            if create.when is None:
                return _missing("the model creates without the condition")
            return Verdict(state=Coverage.NOTE, note=f"the condition is {create.when}")
        if rule is Rule.CONNECTED:
            if not create.when_connected:
                return _missing("the model creates without a connection")
            return Verdict(state=Coverage.NOTE, note=f"connected by {', '.join(create.when_connected)}")
        return (
            None if create == CreateRule() else _missing("the model creates under a condition that the document lacks")
        )

    def match(self, entity_type: EntityType, x: Member, y: Member, pair: tuple[str, str]) -> Verdict:
        """Whether a rule compares the properties of a line of the merge table, of which there may be several."""
        if not any(pair):
            return Verdict()
        printed = [cell.split(AND) for cell in pair]
        now = [[self.current(s, path) for path in p] for s, p in zip((self.one, self.other), printed, strict=True)]
        renamed = [
            f"{a} is now {b}" for p, n in zip(printed, now, strict=True) for a, b in zip(p, n, strict=True) if a != b
        ]
        said = f"{AND.join(now[0])} = {AND.join(now[1])}"
        near = ""
        for rule in entity_type.match:
            if rule.only and not {x.name, y.name} & set(rule.only):
                continue
            keys = [{path for name in rule.fields for path in keys_of(entity_type, name, m)} for m in (x, y)]
            if keys == [set(now[0]), set(now[1])] and rule.trust == "link":
                return _noted(renamed)
            if all(set(n) <= k for n, k in zip(now, keys, strict=True)):
                more = f"together with {', '.join(sorted(keys[0] - set(now[0])))}"
                near = near or (more if rule.trust == "link" else "after asking a person")
        return _noted([*renamed, f"{said} matches {near}"]) if near else _missing(f"no match rule compares {said}")

    def current(self, side: _Side, path: str) -> str:
        prop = self.property(side, path)
        return prop.path if prop is not None else path

    def property(self, side: _Side, path: str) -> PropertySpec | None:
        return property_named(side.system.about, side.spec, path) if side.system and side.spec else None

    # one row

    def row(self, row: Row, entity_type: EntityType, x: Member, y: Member) -> Verdict:
        """Whether some field shows both properties."""
        assert self.one.system is not None
        assert self.other.system is not None
        paths = (row.path_from, row.path_to)
        specs = tuple(self.property(side, path) for side, path in zip((self.one, self.other), paths, strict=True))
        current = tuple(spec.path if spec else path for spec, path in zip(specs, paths, strict=True))
        notes = [f"{old} is now {new}" for old, new in zip(paths, current, strict=True) if old != new]
        keys = [s.spec is not None and s.spec.key == p for s, p in zip((self.one, self.other), current, strict=True)]
        for field in entity_type.fields:
            for one, other in _ends(self.one.system, self.other.system, field.name, x, y):
                if (one.shows.path, other.shows.path) == current:
                    notes += _remarks(row, one, other, row_state(field, one, other, self.model.followers))
                    return _noted(notes)
        if all(keys):
            return Verdict(
                state=Coverage.NOTE, note="identity: keys tell which records are linked, and are never copied"
            )
        return self.not_shown(paths, specs)

    def not_shown(self, paths: Sequence[str], specs: Sequence[PropertySpec | None]) -> Verdict:
        for side, path, prop in zip((self.one, self.other), paths, specs, strict=True):
            if prop is None and side.system is not None:
                return _missing(f"{side.system.about.title} is not known to show {path}; correct it, or map it")
            if prop is not None and prop.hidden:
                return Verdict(state=Coverage.IMPOSSIBLE, note=f"hidden: {prop.note}".rstrip(" :."))
        target = specs[1]
        if target is not None and not (target.creatable or target.updatable):
            return Verdict(state=Coverage.IMPOSSIBLE, note=_read_only(target))
        return _missing("no field shows both properties")


def _side(model: Model, systems: Sequence[System], known: Known, name: TypeName, label: str) -> _Side:
    named = systems_named(name.system, systems)
    system = named[0] if len(named) == 1 and known.how != "given" else known.system
    if system is None:
        said = f"`{known.printed}`" if known.printed else "it has no name"
        note = f"the system of the {known.side} is not known ({said}); say it with --name {known.side}=SYSTEM"
        return _Side(label=label, system=None, spec=None, members=(), note=note)
    spec = collection_named(system.about, name.type)
    members = tuple(members_named(model, system, name))
    note = ""
    if not members and name.kind is not None:
        members = tuple(members_named(model, system, msgspec.structs.replace(name, kind=None)))
        note = f"{label} is no type of its own any more, but a part of {members[0][1].label}" if members else ""
    return _Side(label=label, system=system, spec=spec, members=members, note=note)


def _ends(source: System, target: System, field: str, x: Member, y: Member) -> Iterator[tuple[End, End]]:
    """All pairs of properties that show the same part of a field."""
    for v, w in product(x.views, y.views):
        if v.field != field or w.field != field:
            continue
        for a, b in product(v.accesses, w.accesses):
            if a.part == b.part:
                for p, q in product(a.properties, b.properties):
                    yield End(source, x, v, a.properties, p), End(target, y, w, b.properties, q)


def _remarks(row: Row, one: End, other: End, state: str) -> Iterator[str]:
    """What is different about a row that is covered."""
    if "match" in (one.view.use, other.view.use):
        yield "only compared, to recognize records"
    elif state == State.REFERENCE:
        yield "reference: translated through links, never copied"
    elif not state.startswith(State.SYNCHRONIZED):
        yield state
    printed, now = row.type, row_type(one, other)
    if printed != now and (printed, now) != ("float", "decimal"):
        yield "converted" if CONVERTED_TYPE in (printed, now) else f"of type {now} now, then {printed}"
    if row.qualifiers:
        yield "its condition is not part of the model"


def _read_only(prop: PropertySpec) -> str:
    return f"read-only in the vendor's API: {prop.note or prop.path}".rstrip(".")


def _noted(notes: Sequence[str]) -> Verdict:
    return Verdict(state=Coverage.NOTE, note="; ".join(notes)) if notes else Verdict()


def _missing(note: str) -> Verdict:
    return Verdict(state=Coverage.MISSING, note=note)
