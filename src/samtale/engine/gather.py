"""Gather: load what the decisions of one page need, in a handful of queries.

``Known`` is what holds for a whole planning run; ``Gathered`` is one page of records with everything connected with them: links,
entities, the other records of those, candidates for linking, and translations of references.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from samtale.core.kinds import Raw
from samtale.core.link import BY_MARK, BY_PERSON, Answers, Node, RecordName
from samtale.core.mapping import CollectionMap, MemberMap, References
from samtale.core.model import MISSING
from samtale.core.proposals import EntityPlan
from samtale.engine.index import mark_digest
from samtale.engine.setting import Place, Setting
from samtale.ports.store import (
    AttemptRow,
    CollectionRow,
    DecisionRow,
    EntityRow,
    LinkRow,
    RecordRef,
    RecordRow,
    Session,
)

#: How far a connected set is followed before what lies beyond is left for its own look.
WIDEST = 5000


class Known:
    """What holds for a whole planning run."""

    def __init__(self, setting: Setting, session: Session) -> None:
        self.setting = setting
        self.session = session
        self.rows: dict[Place, CollectionRow] = setting.known(session)
        self.places: dict[int, Place] = {row.id: place for place, row in self.rows.items()}
        self.shapes = session.shapes()
        self.decisions = session.decisions()
        self.attempts: list[AttemptRow] = session.attempts(("open", "unknown", "parked"))
        self.linking = ("linking", "phase") in self.decisions
        self.answers = Answers(
            distinct=frozenset(frozenset((_name(a), _name(b))) for a, b in (d.answer for d in self._of("distinct"))),
            nobody=frozenset(self._nobody()),
        )
        #: records that a person said are the same thing, with a match value for each pair
        self.same: dict[RecordName, list[str]] = defaultdict(list)
        for decision in self._of("same"):
            for name in decision.answer:
                self.same[_name(name)].append(decision.subject)
        #: links that this plan proposes for records which others refer to: they will be there when what refers to them is written
        self.promised: dict[RecordName, tuple[str, str]] = {}  #: to entity type and entity
        self.promised_records: dict[str, list[RecordName]] = defaultdict(list)
        self.referred = {field.to for t in setting.model.types for field in t.fields if field.to}
        #: (entity type, field) to systems preferred at first link
        self.preferred = {(t, f): tuple(systems) for t, f, systems in (d.answer for d in self._of("first_link"))}

    @cached_property
    def refused(self) -> dict[str, AttemptRow]:
        """Writes that their system refused, by id; asked for only where something is to be written."""
        return {a.id.partition(".")[0]: a for a in self.session.attempts(("refused",))}

    def _nobody(self) -> Iterator[tuple[int, str]]:
        """Match values that identify nobody, by the number that their rule has today."""
        for type_name, fields, value in (d.answer for d in self._of("nobody")):
            for number, rule in enumerate(
                self.setting.rules[type_name].rules if type_name in self.setting.rules else ()
            ):
                if list(rule.fields) == list(fields):
                    yield number, str(value)

    def _of(self, kind: str) -> list[DecisionRow]:
        return [decision for (k, _), decision in self.decisions.items() if k == kind]

    def said(self, kind: str, subject: str) -> bool:
        """Whether a person answered so."""
        return (kind, subject) in self.decisions

    def promise(self, plan: EntityPlan) -> None:
        """Count on the links of a plan when references to its records are translated."""
        if plan.type in self.referred:
            for link in plan.links:
                name = (link.system, link.collection, link.key)
                self.promised[name] = (plan.type, plan.entity)
                self.promised_records[plan.entity].append(name)

    def complete(self, type_name: str) -> set[str]:
        """Members of which every record has been seen."""
        return {
            m.name
            for m in self.setting.model.type(type_name).members
            if (row := self.rows.get((m.system, m.collection))) is not None
            and row.complete_at is not None
            and not row.brake
        }

    def name(self, ref: RecordRef) -> RecordName:
        return (*self.places[ref[0]], ref[1])

    def ref(self, name: RecordName) -> RecordRef:
        return (self.rows[name[0], name[1]].id, name[2])

    def map(self, collection: int) -> CollectionMap:
        return self.setting.maps.collections[self.places[collection]]


def _name(parts: Sequence[str]) -> RecordName:
    system, collection, key = parts
    return system, collection, key


class Gathered:
    """The records of one page and everything connected with them."""

    def __init__(self, known: Known, refs: Sequence[RecordRef]) -> None:
        self.known = known
        self.setting = known.setting
        self.session = known.session
        self.refs = refs
        self.records: dict[RecordRef, RecordRow] = {}
        self.shown: dict[RecordRef, list[Raw]] = {}
        self.links: dict[tuple[str, RecordRef], LinkRow] = {}
        self.entities: dict[str, EntityRow] = {}
        self.by_entity: dict[str, list[LinkRow]] = defaultdict(list)
        self.nodes: dict[str, dict[RecordRef, Node]] = defaultdict(dict)
        self.digests: dict[RecordRef, list[int]] = defaultdict(list)
        self.followed: set[RecordRef] = set()  #: records whose candidates are all here
        self.references = References()
        self._load(refs)
        self._follow()
        self._load_references()

    def _load(self, refs: Iterable[RecordRef]) -> None:
        """Load records that are not loaded yet, their links, their entities, and the other records of those."""
        wanted = [r for r in dict.fromkeys(refs) if r not in self.records and r[0] in self.known.places]
        while wanted:
            found = self.session.records(wanted)
            self.records.update(found)
            for ref, row in found.items():
                self.shown[ref] = self.known.map(ref[0]).reshape(
                    row.shown, self.known.shapes[row.shape], strictly=False
                )
            links = self.session.links_of(wanted)
            for link in links:
                self.links[link.type, (link.collection, link.key)] = link
            new = {link.entity for link in links} - self.entities.keys()
            others: list[LinkRow] = []
            if new:
                self.entities.update(self.session.entities(new))
                others = [x for x in self.session.links_in(new) if x.collection in self.known.places]
                for link in others:
                    self.links[link.type, (link.collection, link.key)] = link
                    self.by_entity[link.entity].append(link)
            for ref in found:
                self._make_nodes(ref)
            wanted = [r for link in others if (r := (link.collection, link.key)) not in self.records]

    def _make_nodes(self, ref: RecordRef) -> None:
        if self.records[ref].missing_since is not None:
            return
        for member in self.known.map(ref[0]).members:
            if member.belongs(self.shown[ref]):
                self._make_node(member, ref)

    def _make_node(self, member: MemberMap, ref: RecordRef) -> None:
        rules = self.setting.rules[member.type.name]
        link = self.links.get((member.type.name, ref))
        keys, guards = rules.keys(member, self.shown[ref])
        name = self.known.name(ref)
        marks = [*self._given_marks(member, name), *self.marks(ref)]
        digests = [rules.digest(number, value) for number, value in keys]
        self.digests[ref].extend((*digests, *map(mark_digest, marks)))
        said = self.known.same.get(name, ())
        self.nodes[member.type.name][ref] = Node(
            name=name,
            member=member.name,
            keys=(*keys, *((BY_MARK, mark) for mark in marks), *((BY_PERSON, subject) for subject in said)),
            guards=guards,
            entity=link.entity if link is not None and link.state == "active" else None,
        )

    def _given_marks(self, member: MemberMap, name: RecordName) -> list[str]:
        """The marks that records created for this one bear."""
        return [
            self.setting.mark((m.system, m.collection), name)
            for m in member.type.members
            if self.setting.specs[m.system, m.collection].mark and any(origin == member.name for origin, _ in m.create)
        ]

    def marks(self, ref: RecordRef) -> list[str]:
        """The mark that the record bears itself."""
        spec = self.setting.specs[self.known.places[ref[0]]]
        at = self.known.map(ref[0]).index.get(spec.mark) if spec.mark else None
        raw = self.shown[ref][at] if at is not None else None
        return [str(raw)] if raw and raw != MISSING else []

    def _follow(self) -> None:
        """Follow shared match values until the connected sets are whole."""
        partners = {self.known.ref(name) for name in self.known.same if name[:2] in self.known.rows}
        frontier = set(self.records)  # siblings too: an open match of one is a match of the whole entity
        while frontier and len(self.records) < WIDEST + len(self.refs) * 4:
            self.followed |= frontier
            digests = {x for ref in frontier for x in self.digests.get(ref, ())}
            matching = (
                {(collection, key) for _, collection, key in self.session.matching(digests)} if digests else set()
            )
            if partners & frontier:
                matching |= partners
            self._load(matching)
            frontier = {
                ref
                for ref in matching & self.records.keys() - self.followed
                if any(nodes[ref].entity is None for nodes in self.nodes.values() if ref in nodes)
            }

    def _load_references(self) -> None:
        """Translations for every reference that the page's records show, or that was agreed for its entities."""
        shown = self._shown_references()
        wanted: set[str] = set()
        linked: set[RecordRef] = set()
        for link in self.session.links_of(shown) if shown else ():
            ref = (link.collection, link.key)
            if link.state == "active" and link.collection in self.known.places and link.type == shown[ref]:
                linked.add(ref)
                self.references.entities[(*self.known.places[link.collection], link.key)] = link.entity
                wanted.add(link.entity)
        for entity in self.entities.values():
            fields = {f.name for f in self.setting.model.type(entity.type).fields if f.to}
            kept = self.setting.keeping[entity.type]
            for name, agreed in kept.read(self.known.shapes[entity.shape], entity.agreed).items() if fields else ():
                if name in fields:
                    wanted.update(str(v) for v in agreed.value if v is not None)
        for link in self.session.links_in(wanted) if wanted else ():
            if link.state == "active" and link.collection in self.known.places:
                self.references.keys[(link.entity, *self.known.places[link.collection])] = link.key
        self._find_impossible(shown, linked)
        self._referred = {self.known.name(ref): to for ref, to in shown.items() if ref not in linked}
        self.count_on_promises()

    def count_on_promises(self) -> None:
        """Translate references to records that this very plan links, so that nothing waits for another round."""
        for name, to in self._referred.items():
            type_name, entity = self.known.promised.get(name, ("", ""))
            if type_name == to:
                self.references.entities[name] = entity
        for entity in set(self.references.entities.values()) if self.known.promised else ():
            for system, collection, key in self.known.promised_records.get(entity, ()):
                self.references.keys.setdefault((entity, system, collection), key)

    def _shown_references(self) -> dict[RecordRef, str]:
        """Records that the page's records refer to, with the entity type that the field wants."""
        shown: dict[RecordRef, str] = {}
        for ref, values in self.shown.items():
            mapping = self.known.map(ref[0])
            for member in mapping.members:
                for path, to, collections in member.references:
                    raw = values[mapping.index[path]]
                    if raw not in (None, "", MISSING):
                        rows = (self.known.rows.get((member.system, name)) for name in collections)
                        shown.update(((row.id, str(raw)), to) for row in rows if row is not None)
        return shown

    def _find_impossible(self, shown: dict[RecordRef, str], linked: set[RecordRef]) -> None:
        """References to records that are of no matching entity type will never be linked: nothing waits for them."""
        unlinked = [ref for ref in shown if ref not in linked]
        for ref, row in (self.session.records(unlinked) if unlinked else {}).items():
            mapping = self.known.map(ref[0])
            values = mapping.reshape(row.shown, self.known.shapes[row.shape], strictly=False)
            if not any(m.type.name == shown[ref] and m.belongs(values) for m in mapping.members):
                self.references.impossible.add((*self.known.places[ref[0]], ref[1]))
