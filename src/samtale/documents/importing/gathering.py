"""From documents to relations: which types are joined, by whichever system names, under which rule, by which properties.

Properties and collections bear their current names from here on. What belongs to no system, or to a part of a type that
is no kind of thing of its own, is put to a person.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from samtale.documents.grammar import AND, Document, Row, Section
from samtale.documents.importing.decisions import Ledger, Place
from samtale.documents.importing.standard import StandardMember, StandardType, find_member, kind_of, type_of
from samtale.documents.inferring import Known, identify
from samtale.documents.naming import (
    System,
    TypeName,
    collection_named,
    property_named,
    systems_named,
    type_names,
)
from samtale.ports.connector import CollectionSpec, PropertySpec


class TypeKey(NamedTuple):
    """A type of records in a system, as all documents together name it."""

    system: str
    collection: str
    kind: str  #: "person" of a collection that holds persons and others; mostly empty

    @property
    def member(self) -> str:
        """The name of the member that it becomes."""
        return f"{self.system}.{self.collection}"


class TypeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a type."""

    printed: str  #: as documents name it, without the system
    system: System | None = None
    spec: CollectionSpec | None = None
    standard: StandardMember | None = None
    entity: str = ""  #: the packaged entity type that it is a member of

    def property(self, path: str) -> PropertySpec | None:
        """The property as the vendor describes it, where it does."""
        return property_named(self.system.about, self.spec, path) if self.system and self.spec else None


class Joint(msgspec.Struct, frozen=True, kw_only=True):
    """A section: two types that belong together."""

    one: TypeKey
    other: TypeKey
    section: Section
    place: Place
    rows: tuple[tuple[str, str, Row], ...]  #: current paths, and the row as printed
    merge: tuple[tuple[tuple[str, str], ...], ...]  #: combinations; all pairs of one must be equal


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """All that the documents say, by type."""

    types: dict[TypeKey, TypeFacts]
    joints: tuple[Joint, ...]
    known: tuple[tuple[str, tuple[Known, Known]], ...]  #: file, and its two systems


def gather(
    documents: Sequence[Document],
    systems: Sequence[System],
    standard: Sequence[StandardType],
    given: Mapping[str, str] | None,
    ledger: Ledger,
) -> Gathered:
    """Read relations from documents; what cannot be used goes to the ledger with its lines."""
    gatherer = _Gatherer(systems, standard, ledger)
    known = []
    for document in documents:
        pair = identify(document, systems, given)
        known.append((document.file, pair))
        for side in pair:
            gatherer.tell(document, side)
        for section in document.sections:
            gatherer.section(document, section, pair)
    return Gathered(types=gatherer.types, joints=tuple(gatherer.joints), known=tuple(known))


class _Gatherer:
    def __init__(self, systems: Sequence[System], standard: Sequence[StandardType], ledger: Ledger) -> None:
        self.systems = systems
        self.standard = standard
        self.ledger = ledger
        self.types: dict[TypeKey, TypeFacts] = {}
        self.joints: list[Joint] = []

    def tell(self, document: Document, side: Known) -> None:
        """Say how a system was found, or that it was not."""
        printed = f"`{side.printed}`" if side.printed else "without a name"
        place = Place(file=document.file, line=1)
        near = f" Nearest: {side.evidence[0].system} ({side.evidence[0].told})." if side.evidence else ""
        if side.how == "inferred":
            what = f"The {side.side}, {printed}, is taken for {side.name}: {side.evidence[0].told}."
            self.ledger.note("system_inferred", what, f"If it is another: --name {side.side}=SYSTEM.", place)
        elif side.how == "ambiguous" and document.sections:
            what = f"The {side.side}, {printed}, may be one of several systems, or none that is known.{near}"
            self.ledger.decide("system_unnamed", what, f"Say which: --name {side.side}=SYSTEM.", place)
        elif side.system is None and side.name and document.sections:
            what = f"There is no connector for `{side.name}`.{near}"
            remedy = f"Its members become part of the models; say --name {side.side}=SYSTEM if it is one of the known."
            self.ledger.note("system_unknown", what, remedy, place)

    def section(self, document: Document, section: Section, pair: tuple[Known, Known]) -> None:
        place = Place(file=document.file, line=section.line)
        names = type_names(document, section, self.systems)
        one, other = (self.type(side, name, place) for side, name in zip(pair, names, strict=True))
        if one is None or other is None:
            return
        if one == other:
            what = f"{section.heading}: one type joined with itself."
            remedy = "Samtale keeps no two records of one collection equal; merge the doubles in the system itself."
            self.ledger.decide("type_with_itself", what, remedy, place)
            return
        rows = tuple(
            (self.current(one, row.path_from), self.current(other, row.path_to), row)
            for row in section.rows
            if self.unconditional(section, row, document.file)
        )
        merge = tuple(self.combination(section, (one, other), pair, place) for pair in section.merge if all(pair))
        merge = tuple(pairs for pairs in merge if pairs)
        self.joints.append(Joint(one=one, other=other, section=section, place=place, rows=rows, merge=merge))

    def combination(
        self, section: Section, keys: tuple[TypeKey, TypeKey], cells: tuple[str, str], place: Place
    ) -> tuple[tuple[str, str], ...]:
        """The pairs of a line of the merge table; mostly one."""
        one, other = (
            [self.current(key, path) for path in cell.split(AND)] for key, cell in zip(keys, cells, strict=True)
        )
        if len(one) != len(other):
            what = f"{section.heading}: {cells[0]} matches {cells[1]}, which are not as many properties."
            self.ledger.decide("match_across", what, "Write the rule by hand, by the fields that they show.", place)
            return ()
        return tuple(zip(one, other, strict=True))

    def unconditional(self, section: Section, row: Row, file: str) -> bool:
        if not row.qualifiers:
            return bool(row.path_from and row.path_to)
        said = "; ".join(f"{q.path or '?'} is {q.value or '?'}" for q in row.qualifiers)
        what = f"{section.heading}: {row.path_from} → {row.path_to} holds only where {said}."
        remedy = "Rows have no conditions; map the property that is meant, or tell the records apart with `where`."
        self.ledger.decide("row_conditional", what, remedy, Place(file=file, line=row.line))
        return False

    def current(self, key: TypeKey, path: str) -> str:
        prop = self.types[key].property(path)
        return prop.path if prop is not None else path

    def type(self, side: Known, name: TypeName, place: Place) -> TypeKey | None:
        """The type that a label means; None if no system or no kind of thing of its own is meant."""
        named = systems_named(name.system, self.systems)
        system = named[0] if len(named) == 1 and side.how != "given" else side.system
        owner = system.name if system is not None else side.name
        if not owner:
            return None
        spec = collection_named(system.about, name.type) if system is not None else None
        key = TypeKey(owner, spec.name if spec is not None else name.type, kind_of(name.kind))
        if key not in self.types and not self.learn(key, name, system, spec, place):
            return None
        return key

    def learn(
        self, key: TypeKey, name: TypeName, system: System | None, spec: CollectionSpec | None, place: Place
    ) -> bool:
        """Note what is known of a type that is met for the first time; False if it cannot be used."""
        printed = f"{name.type} {key.kind}" if key.kind else name.type
        if system is not None and spec is None:
            what = f"{system.about.title} is not known to have {name.type}."
            remedy = "Leave its sections aside, or name the system that is meant with --name."
            self.ledger.decide("unknown_type", what, remedy, place)
            return False
        standard = find_member(self.standard, system.about.connector, key.collection, key.kind) if system else None
        if system is not None and key.kind and standard is None:
            what = f"{printed}: the old service's split of {key.collection} is no kind of thing of its own."
            self.ledger.decide("type_split", what, "Describe it by hand, with a `where` that tells its records.", place)
            return False
        entity = type_of(self.standard, standard).name if standard is not None else ""
        self.types[key] = TypeFacts(printed=printed, system=system, spec=spec, standard=standard, entity=entity)
        return True
