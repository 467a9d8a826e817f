"""Asking: status, explain, history and review. Nothing here changes anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from samtale.core.compare import APART, NO_BASE
from samtale.core.kinds import Raw
from samtale.core.link import RecordName
from samtale.core.mapping import MemberMap, References, Unread
from samtale.core.model import MISSING, Agreed, Field
from samtale.core.plan import Held
from samtale.core.problems import Problem, SamtaleError
from samtale.engine.cycle import propose
from samtale.engine.setting import Place, Setting
from samtale.ports.store import AttemptRow, HistoryRow, LinkRow, RecordRef, RecordRow, Session

SideState = Literal["settled", "behind", "edited", "apart", "unreadable", "no base", "one way", "not shown"]


class SideView(msgspec.Struct, kw_only=True):
    """How one system shows one field."""

    system: str
    collection: str
    key: str
    properties: tuple[str, ...]
    shown: str | None
    base: str | None
    state: SideState


class FieldView(msgspec.Struct, kw_only=True):
    """Why a field is what it is."""

    field: str
    agreed: str | None
    origin: str
    rev: int
    sides: list[SideView]
    verdict: dict[str, Any] | None  #: the last one from history: value, reason, origin, time, losers


class Explanation(msgspec.Struct, kw_only=True):
    """All fields of one entity, or why a record has none."""

    type: str
    entity: str
    records: list[tuple[RecordName, str]]  #: records and how they were linked
    fields: list[FieldView]
    held: list[Held]


class CollectionStatus(msgspec.Struct, kw_only=True):
    """One collection, in numbers."""

    system: str
    collection: str
    records: int
    linked: int
    observed_at: int | None
    complete_at: int | None
    brake: str | None


class Status(msgspec.Struct, kw_only=True):
    """A project, in numbers."""

    collections: list[CollectionStatus]
    looks: int  #: whether something waits to be looked at again later
    unknown: list[AttemptRow]
    linking: bool
    approved: bool


def no_such(text: str, why: str) -> SamtaleError:
    """A reference that leads nowhere."""
    return SamtaleError(
        Problem(
            code="no_such_record",
            summary="There is no such record or entity.",
            why=why,
            remedy="Name a record as system.collection:key, or an entity by its id, as plan, status and review show them.",
            command="samtale status",
        )
    )


def parse_record(setting: Setting, text: str) -> RecordName:
    """``system.collection:key`` taken apart. Raises SamtaleError for an unknown system or collection."""
    place, colon, key = text.partition(":")
    system, _, collection = place.partition(".")
    if not colon or (system, collection) not in setting.specs:
        known = ", ".join(sorted(".".join(p) for p in setting.specs))
        raise no_such(text, f"The project knows these collections: {known}.")
    return system, collection, key


def find_entity(setting: Setting, session: Session, text: str) -> tuple[str | None, RecordName | None]:
    """The entity that a reference leads to, and the record it named; the entity is None for a record that is not linked."""
    if ":" not in text:
        if session.entities([text]):
            return text, None
        raise no_such(text, "No entity has this id.")
    name = parse_record(setting, text)
    row = setting.known(session).get(name[:2])
    ref = (row.id, name[2]) if row is not None else None
    if ref is None or not session.records([ref]):
        raise no_such(text, "It has not been observed.")
    links = [x for x in session.links_of([ref]) if x.state == "active"]
    return (links[0].entity if links else None), name


def status(setting: Setting) -> Status:
    """Collections, what waits, and what is unknown."""
    with setting.store.read() as session:
        rows, counts, links = setting.known(session), session.count_records(), session.count_links()
        collections = [
            CollectionStatus(
                system=place[0],
                collection=place[1],
                records=counts.get(row.id, 0),
                linked=sum(n for (_, c, state), n in links.items() if c == row.id and state == "active"),
                observed_at=row.observed_at,
                complete_at=row.complete_at,
                brake=row.brake,
            )
            for place, row in sorted(rows.items())
        ]
        decisions = session.decisions()
        return Status(
            collections=collections,
            looks=int(session.next_look() is not None),
            unknown=[a for a in session.attempts(("open", "unknown", "parked")) if a.kind == "create"],
            linking=any(kind == "linking" for kind, _ in decisions),
            approved=any(kind == "approved" for kind, _ in decisions),
        )


def review(setting: Setting) -> list[Held]:
    """Everything that is held, as of the last look at the systems; unknown outcomes included."""
    proposal = propose(setting, look=False)
    try:
        held = list(proposal.held)
    finally:
        proposal.close()
    with setting.store.read() as session:
        places = {row.id: place for place, row in setting.known(session).items()}
        for attempt in session.attempts(("unknown", "parked")):
            place = places.get(attempt.collection)
            if place is not None:
                reason = f"a create in {'.'.join(place)} has an unknown outcome: {attempt.outcome}"
                held.append(Held(code="unknown", reason=reason, type=attempt.type, entity=attempt.entity))
        for (kind, _), decision in session.decisions("taken").items():
            a, b = (tuple(n) for n in decision.answer)
            if kind == "taken" and not _linked(setting, session, a):
                reason = "creating it was refused, since a unique value belongs to the other record: perhaps they are the same"
                held.append(Held(code="suggested", reason=reason, refs=(a, b)))
    return held


def _linked(setting: Setting, session: Session, name: Sequence[str]) -> bool:
    row = setting.known(session).get((name[0], name[1]))
    links = session.links_of([(row.id, name[2])]) if row is not None else []
    return any(len([x for x in session.links_in([link.entity]) if x.state == "active"]) > 1 for link in links)


def history(setting: Setting, text: str, limit: int = 100) -> list[HistoryRow]:
    """What happened to a record, or to a whole entity."""
    with setting.store.read() as session:
        entity, name = find_entity(setting, session, text)
        if entity is not None:
            return session.history(entity=entity, limit=limit)
        assert name is not None
        return session.history(ref=(setting.known(session)[name[:2]].id, name[2]), limit=limit)


def explain(setting: Setting, text: str) -> Explanation:
    """Base, all sides, rule and verdict of every field."""
    with setting.store.read() as session:
        entity, name = find_entity(setting, session, text)
        held = [h for h in review(setting) if (entity and h.entity == entity) or (name in h.refs)]
        if entity is None:
            assert name is not None
            return Explanation(type="", entity="", records=[(name, "not linked")], fields=[], held=held)
        return _Explainer(setting, session, entity).explanation(held)


class _Explainer:
    """Explains one entity."""

    def __init__(self, setting: Setting, session: Session, entity: str) -> None:
        self.setting = setting
        self.session = session
        self.row = session.entities([entity])[entity]
        self.type = setting.model.type(self.row.type)
        self.shapes = session.shapes()
        self.agreed = setting.keeping[self.row.type].read(self.shapes[self.row.shape], self.row.agreed)
        self.places: dict[int, Place] = {row.id: place for place, row in setting.known(session).items()}
        self.links = [x for x in session.links_in([entity]) if x.collection in self.places]
        self.records = session.records([(x.collection, x.key) for x in self.links])
        self.past = session.history(entity=entity, kinds=("verdict", "created", "linked"), limit=500)
        self.refs = References()

    def explanation(self, held: list[Held]) -> Explanation:
        names: list[tuple[RecordName, str]] = []
        for link in self.links:
            how = link.how if link.state == "active" else f"{link.how}, {link.state}"
            names.append(((*self.places[link.collection], link.key), how))
        fields = [self._field(i, f) for i, f in enumerate(self.type.fields)]
        return Explanation(type=self.type.name, entity=self.row.id, records=names, fields=fields, held=held)

    def _field(self, index: int, field: Field) -> FieldView:
        agreed = self.agreed.get(field.name)
        sides: list[SideView] = []
        for link in self.links:
            place = self.places[link.collection]
            member = self.setting.maps.members.get((self.type.name, ".".join(place)))
            record = self.records.get((link.collection, link.key))
            if member is None or record is None or link.state != "active":
                continue
            sides.extend(self._side(field, agreed, member, link, record, number) for number in member.by_field[index])
        return FieldView(
            field=field.name,
            agreed=field.show(agreed.value) if agreed else None,
            origin=agreed.origin if agreed else "",
            rev=agreed.rev if agreed else 0,
            sides=sides,
            verdict=self._verdict(field),
        )

    def _side(
        self, field: Field, agreed: Agreed | None, member: MemberMap, link: LinkRow, record: RecordRow, number: int
    ) -> SideView:
        mapping = self.setting.maps.collections[member.system, member.member.collection]
        shown = mapping.reshape(record.shown, self.shapes[record.shape], strictly=False)
        kept = (record.shown, record.shape) if link.base is None else (link.base, link.shape)
        base = mapping.reshape(kept[0], self.shapes[kept[1]], strictly=True)
        rev = member.renumbered(link.revs, self.shapes[link.shape])[number]
        paths = tuple(p.path for access in member.views[number].accesses for p in access.properties)
        return SideView(
            system=member.system,
            collection=member.member.collection,
            key=link.key,
            properties=paths,
            shown=self._text(field, member, number, shown),
            base=self._text(field, member, number, base) if rev >= 0 else None,
            state=self._state(member, number, rev, agreed, shown, base),
        )

    def _text(self, field: Field, member: MemberMap, number: int, raws: Sequence[Raw]) -> str | None:
        positions = member.positions[number]
        if field.to is not None:
            found = [str(raws[p]) for p in positions if raws[p] not in (None, "", MISSING)]
            return ", ".join(found)
        value = member.read(number, raws)
        if isinstance(value, Unread):
            return f"({value.reason})"
        return None if all(raws[p] == MISSING for p in positions) else field.show(value)

    def _state(
        self, member: MemberMap, number: int, rev: int, agreed: Agreed | None, shown: Sequence[Raw], base: Sequence[Raw]
    ) -> SideState:
        positions = member.positions[number]
        if rev == APART:
            return "apart"
        if all(shown[p] == MISSING for p in positions):
            return "not shown"
        if member.type.fields[member.field_of[number]].to is None and isinstance(member.read(number, shown), Unread):
            return "unreadable"
        if rev == NO_BASE or agreed is None:
            return "no base"
        if any(shown[p] != base[p] for p in positions):
            return "edited"
        if rev < agreed.rev:
            return "behind" if member.writable(number) else "one way"
        return "settled"

    def _verdict(self, field: Field) -> dict[str, Any] | None:
        for row in reversed(self.past):
            if row.kind == "verdict" and row.data.get("field") == field.name:
                losers = [[origin, field.show(_tuple(value))] for origin, value in row.data.get("losers", ())]
                return {
                    "value": field.show(_tuple(row.data["value"])),
                    "reason": row.data["reason"],
                    "origin": row.data["origin"],
                    "rev": row.data["rev"],
                    "at": row.at,
                    "losers": losers,
                }
        agreed = self.agreed.get(field.name)
        if agreed is None:
            return None
        first = next((r for r in self.past if r.kind in ("linked", "created")), None)
        reason = "same" if first is not None and first.kind == "linked" else "created"
        return {
            "value": field.show(agreed.value),
            "reason": reason,
            "origin": agreed.origin,
            "rev": agreed.rev,
            "at": first.at if first else None,
            "losers": [],
        }


def _tuple(value: Any) -> tuple[Any, ...]:
    return tuple(tuple(v) if isinstance(v, list) else v for v in value)


__all__ = [
    "Explanation",
    "RecordRef",
    "Status",
    "explain",
    "find_entity",
    "history",
    "parse_record",
    "review",
    "status",
]
