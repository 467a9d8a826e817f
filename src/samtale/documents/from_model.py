"""The document of an ordered pair of systems, made from the model.

A section for each pair of members of one entity type; its rule is what the target's member says of creating from the
source's; its rows are all pairs of properties that show the same part of a field.

Must not know: files, any connector.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import product

import msgspec

from samtale.core.model import Access, CreateRule, EntityType, Field, Member, Model, View
from samtale.documents.grammar import AND, CONVERTED_TYPE, SEE, Connection, Document, Label, Row, Rule, Section, State
from samtale.documents.naming import System
from samtale.documents.states import TYPES, End, row_state, row_type
from samtale.ports.connector import PropertySpec


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a model file that the model does without, because nothing can be done with the property."""

    member: str
    field: str  #: ``field`` or ``field.part``
    spec: PropertySpec

    @property
    def reason(self) -> str:
        """What the vendor lets nobody do with it."""
        return self.spec.note.rstrip(".") or f"{self.spec.path} is read-only"


def build(
    model: Model,
    source: System,
    target: System,
    *,
    generated: datetime | None = None,
    left_out: Sequence[LeftOut] = (),
    since: Document | None = None,
) -> Document:
    """What the model keeps in step from one system to another.

    Args:
        model: The project's model.
        source, target: The systems; they may be the same.
        generated: Local time of its making.
        left_out: Rows that the model does without; they are shown with their reason.
        since: An earlier document: rows that it does not have are marked as added.
    """
    pairs = [
        (entity_type, x, y)
        for entity_type in model.types
        for x in entity_type.members
        for y in entity_type.members
        if x.system == source.name and y.system == target.name and x.name != y.name
    ]
    maker = _Maker(model, source, target, pairs, left_out)
    sections = tuple(maker.section(*pair) for pair in pairs)
    if since is not None:
        sections = tuple(_marked(section, since) for section in sections)
    return Document(source=source.title, target=target.title, generated=generated, sections=sections)


def label_of(system: System, member: Member) -> Label:
    """A member as documents name it."""
    return Label(text=f"{system.title} {member.label}")


def part_name(field: Field, part: int) -> str:
    """A part of a field as model files name it: ``address.city``, or the field itself."""
    return f"{field.name}.{field.parts[part].name}" if field.parts[part].name else field.name


def keys_of(entity_type: EntityType, name: str, member: Member) -> tuple[str, ...]:
    """The properties by which a member is recognized for a part of a match rule; none if it does not show it."""
    field_name, _, part = name.partition(".")
    field = entity_type.field(field_name)
    view = next((v for v in member.views if v.field == field_name and v.number == 0), None)
    if view is None:
        return ()
    wanted = [i for i, p in enumerate(field.parts) if not part or p.name == part]
    found = [access for access in view.accesses if access.part in wanted]
    return tuple(p.path for access in found for p in access.properties) if len(found) == len(wanted) else ()


class _Maker:
    """Makes the sections of one document."""

    def __init__(
        self,
        model: Model,
        source: System,
        target: System,
        pairs: Sequence[tuple[EntityType, Member, Member]],
        left_out: Sequence[LeftOut],
    ) -> None:
        self.model = model
        self.source = source
        self.target = target
        self.pairs = pairs
        self.left_out = left_out

    def section(self, entity_type: EntityType, x: Member, y: Member) -> Section:
        merge = tuple(self.merge(entity_type, x, y))
        rows = sorted(self.rows(entity_type, x, y), key=lambda row: (row.source, row.target))
        rule, condition, connection = self.rule(dict(y.create).get(x.name), merge)
        return Section(
            source=label_of(self.source, x),
            target=label_of(self.target, y),
            rule=rule,
            condition=condition,
            matches_first=rule is Rule.CONDITIONAL and bool(merge),
            connection=connection,
            merge=() if rule is Rule.ALWAYS else merge,
            rows=tuple(dict.fromkeys(rows)),
            target_system=self.target.title if rows else "",
        )

    # the rule

    def rule(
        self, create: CreateRule | None, merge: Sequence[tuple[str, str]]
    ) -> tuple[Rule, str | None, Connection | None]:
        """A rule of the grammar. Creating always, with no single property to match by, keeps the sentence that
        documents have for it.
        """
        if create is None:
            return Rule.MATCH_ONLY, None, None
        if create.when is not None:
            return Rule.CONDITIONAL, f"When {' '.join(create.when.split())}", None
        if create.when_connected:
            names = tuple(self.connecting(create.when_connected)) or create.when_connected
            connection = Connection(names=names, system=self.source.title, into=self.target.title)
            return Rule.CONNECTED, None, connection
        by_one = any(AND not in pair[0] for pair in merge)
        return (Rule.MATCH_OR_CREATE if by_one else Rule.ALWAYS), None, None

    def connecting(self, types: Iterable[str]) -> Iterator[str]:
        for name in types:
            yield from (m.label for m in self.model.type(name).members if m.system == self.source.name)

    def merge(self, entity_type: EntityType, x: Member, y: Member) -> Iterator[tuple[str, str]]:
        """The properties by which records of the two are linked without asking, a pair for each rule."""
        for rule in entity_type.match:
            if rule.trust != "link" or (rule.only and not {x.name, y.name} & set(rule.only)):
                continue
            sides = [[keys_of(entity_type, name, m) for name in rule.fields] for m in (x, y)]
            if all(all(keys) for keys in sides):
                yield _combined(sides[0]), _combined(sides[1])

    # rows

    def rows(self, entity_type: EntityType, x: Member, y: Member) -> Iterator[Row]:
        for field in entity_type.fields:
            see = self.see(field, x, y) if field.to is not None else ""
            for part in range(len(field.parts)):
                yield from self.rows_of_part(field, part, (x, y), see)
                yield from self.rows_left_out(field, part, x, y)

    def rows_of_part(self, field: Field, part: int, members: tuple[Member, Member], see: str) -> Iterator[Row]:
        x, y = members
        for (v, a), (w, b) in product(_shown(x, field.name, part), _shown(y, field.name, part)):
            for p, q in product(a.properties, b.properties):
                one, other = End(self.source, x, v, a.properties, p), End(self.target, y, w, b.properties, q)
                if "match" in (v.use, w.use) and not (one.is_key and other.is_key):
                    continue  # recognizes records, and is neither read nor written
                state = row_state(field, one, other, self.model.followers, see)
                yield Row(source=p.path, target=q.path, type=row_type(one, other), state=state)

    def rows_left_out(self, field: Field, part: int, x: Member, y: Member) -> Iterator[Row]:
        """Rows that a model file asks for and that cannot work, against all that the other side shows."""
        name = part_name(field, part)
        mine = [row for row in self.left_out if row.field == name]
        here, there = _ends(x, field.name, part, mine), _ends(y, field.name, part, mine)
        for (path, _, out), (other, data_type, other_out) in product(here, there):
            why = other_out or out
            if why is not None:
                kind = TYPES.get(data_type, CONVERTED_TYPE)
                yield Row(source=path, target=other, type=kind, state=f"{State.READ_ONLY}: {why.reason}")

    def see(self, field: Field, x: Member, y: Member) -> str:
        """Where the records that a reference leads to have their section in this document."""
        here, there = _referred(x, field.name), _referred(y, field.name)
        for entity_type, a, b in self.pairs:
            if entity_type.name == field.to and a.collection in here and b.collection in there:
                heading = f"{label_of(self.source, a).text} to {label_of(self.target, b).text}"
                return f"{SEE}{heading}"
        return ""


def _shown(member: Member, field: str, part: int) -> list[tuple[View, Access]]:
    return [(v, a) for v in member.views if v.field == field for a in v.accesses if a.part == part]


def _ends(member: Member, field: str, part: int, left_out: Sequence[LeftOut]) -> list[tuple[str, str, LeftOut | None]]:
    """Path and type of all that a member shows of a part, and of what it should have shown, with its reason."""
    found: list[tuple[str, str, LeftOut | None]] = [
        (p.path, p.form.type, None) for _, access in _shown(member, field, part) for p in access.properties
    ]
    return found + [(row.spec.path, row.spec.type, row) for row in left_out if row.member == member.name]


def _referred(member: Member, field: str) -> set[str]:
    return {c for v in member.views if v.field == field for a in v.accesses for p in a.properties for c in p.refers}


def _combined(keys: Sequence[tuple[str, ...]]) -> str:
    return AND.join(path for paths in keys for path in paths)


def _marked(section: Section, since: Document) -> Section:
    """The section with every row marked that the earlier document does not have."""
    before = {
        (row.source, row.target)
        for old in since.sections
        if (old.source.text, old.target.text) == (section.source.text, section.target.text)
        for row in old.rows
    }
    rows = (
        row if (row.source, row.target) in before else msgspec.structs.replace(row, state=_added(row.state))
        for row in section.rows
    )
    return msgspec.structs.replace(section, rows=tuple(rows))


def _added(state: str) -> str:
    return str(State.ADDED) if state == State.SYNCHRONIZED else f"{State.ADDED}: {state}"
