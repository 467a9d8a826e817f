"""Circumstances: what a decision about one entity needs to know of the world, as the core asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from samtale.core.compare import NO_BASE, Side
from samtale.core.conditions import BadCondition, holds
from samtale.core.link import BY_MARK, BY_PERSON, Node, RecordName
from samtale.core.mapping import MemberMap
from samtale.core.model import MISSING, Agreed, CreateRule, Member
from samtale.core.plan import Circumstances, EntityState, Held, NewLink
from samtale.engine.gather import Gathered
from samtale.engine.index import reference_digest
from samtale.ports.store import LinkRow, RecordRef


def how_linked(rule: int) -> str:
    """How a link came about, for people."""
    return {BY_MARK: "mark", BY_PERSON: "person"}.get(rule, f"rule {rule + 1}")


class States:
    """Builds the core's values from a gathered page."""

    def __init__(self, page: Gathered) -> None:
        self.page = page
        self.known = page.known
        self.setting = page.setting

    def new(self, type_name: str, entity: str, group: Sequence[Node], rule: int) -> EntityState:
        """An entity that these records would found."""
        how = how_linked(rule) if len(group) > 1 else "origin"
        return EntityState(
            type=self.setting.model.type(type_name),
            id=entity,
            new=True,
            agreed={},
            sides=[self._fresh(type_name, node) for node in group],
            links=tuple(NewLink(system=n.name[0], collection=n.name[1], key=n.name[2], how=how) for n in group),
        )

    def linked(self, entity: str, joining: Sequence[tuple[Node, int]]) -> EntityState:
        """An entity that is there, and records that join it."""
        row = self.page.entities[entity]
        entity_type = self.setting.model.type(row.type)
        agreed = self.setting.keeping[row.type].read(self.known.shapes[row.shape], row.agreed)
        state = EntityState(type=entity_type, id=entity, new=False, agreed=agreed, sides=[])
        gone: list[tuple[str, str]] = []
        suspended: list[str] = []
        for link in sorted(self.page.by_entity[entity], key=lambda x: (x.collection, x.key)):
            ref = (link.collection, link.key)
            member = self.setting.maps.members.get((row.type, ".".join(self.known.places[link.collection])))
            if member is None or ref not in self.page.records:
                continue
            if link.state == "gone":
                gone.append((member.system, member.name))
                revs = member.renumbered(link.revs, self.known.shapes[link.shape])
                state.unseen = state.unseen or _was_behind(member, revs, agreed)
            elif not member.belongs(self.page.shown[ref]) or self.page.records[ref].missing_since is not None:
                suspended.append(member.name)
            else:
                state.sides.append(self._side(member, link, ref))
        state.gone, state.suspended = tuple(gone), tuple(suspended)
        state.sides.extend(self._fresh(row.type, node) for node, _ in joining)
        state.links = tuple(
            NewLink(system=n.name[0], collection=n.name[1], key=n.name[2], how=how_linked(rule)) for n, rule in joining
        )
        return state

    def _fresh(self, type_name: str, node: Node) -> Side:
        ref = self.known.ref(node.name)
        member, row = self.setting.maps.members[type_name, node.member], self.page.records[ref]
        shown = self.page.shown[ref]
        return Side(
            map=member,
            key=row.key,
            shown=shown,
            base=[MISSING] * len(shown),
            revs=[NO_BASE] * len(member.views),
            modified=row.modified,
            looked_after=row.after,
            seen_at=row.seen_at,
            writable=self.setting.writable((member.system, member.member.collection)),
            version=row.version,
        )

    def _side(self, member: MemberMap, link: LinkRow, ref: RecordRef) -> Side:
        row, shown = self.page.records[ref], self.page.shown[ref]
        kept, shape = (row.shown, row.shape) if link.base is None else (link.base, link.shape)
        base = self.known.map(ref[0]).reshape(kept, self.known.shapes[shape], strictly=True)
        return Side(
            map=member,
            key=row.key,
            shown=shown,
            base=base,
            revs=member.renumbered(link.revs, self.known.shapes[link.shape]),
            modified=row.modified,
            looked_after=row.after,
            seen_at=row.seen_at,
            writable=self.setting.writable((member.system, member.member.collection)),
            version=row.version,
        )

    def around(self, type_name: str) -> Circumstances:
        """What decisions about entities of this type need to know."""
        permission = Permission(self.page, self.known.complete(type_name))
        return Circumstances(
            model=self.setting.model,
            refs=self.page.references,
            collections=self.setting.maps.collections,
            writable=self.setting.writable,
            awaited=lambda place: self.setting.shared(place) and not self.setting.systems[place[0]].reachable,
            answers=self.known.preferred,
            archived=self._archived,
            may_create=permission,
        )

    def _archived(self, side: Side) -> bool:
        """Whether the record shows already what archiving it would write."""
        member = side.map.member
        archive = self.setting.specs[member.system, member.collection].archive
        at = self.setting.maps.collections[member.system, member.collection].index
        return archive is not None and archive[0] in at and side.shown[at[archive[0]]] == archive[1]


def _was_behind(member: MemberMap, revs: Sequence[int], agreed: Mapping[str, Agreed]) -> bool:
    """Whether a record that is gone had not been given the latest of what was agreed."""
    known = [
        (agreed[view.field].rev, rev) for view, rev in zip(member.views, revs, strict=True) if view.field in agreed
    ]
    return any(0 <= rev < latest for latest, rev in known)


class Permission:
    """Whether a create may be planned."""

    def __init__(self, page: Gathered, complete: set[str]) -> None:
        self.page = page
        self.known = page.known
        self.setting = page.setting
        self.complete = complete

    def __call__(
        self, state: EntityState, target: MemberMap, rule: CreateRule, origin: Side
    ) -> Held | Literal[""] | None:
        """None: yes. Empty: the rule does not ask for it. Else why it is held."""
        member = target.member
        name = (origin.map.system, origin.map.member.collection, origin.key)
        if self.known.said("separate", "\x1f".join(name)) or self._too_old(name):
            return ""
        if rule.when is not None:
            try:
                if not holds(rule.when, self.setting.values(name[:2], list(origin.shown))):
                    return ""
            except BadCondition as problem:
                return _held(state, "unreadable", f"the condition of {member.name} {problem}", name)
        if rule.when_connected and not self._connected(rule, member, name):
            return ""
        for other in state.type.members:
            place = (other.system, other.collection)
            if place in self.setting.specs and not self.setting.paused(place) and other.name not in self.complete:
                return _held(state, "incomplete", f"{other.name} has not been read completely yet", name)
        if self.known.linking:
            return _held(state, "linking", "creating begins when linking is done", name)
        place = (member.system, member.collection)
        for attempt in self.known.attempts:
            if (
                attempt.kind == "create"
                and attempt.entity == state.id
                and self.known.places.get(attempt.collection) == place
            ):
                code = "unknown" if attempt.state == "parked" else "attempt"
                return _held(state, code, f"an earlier create in {member.name} has an unknown outcome", name)
        return None

    def _too_old(self, name: RecordName) -> bool:
        """Whether history before the connection is left alone, and this record is part of it."""
        if self.setting.systems[name[0]].of(name[1]).full_sync:
            return False
        row = self.page.records[self.known.ref(name)]
        return (row.created or row.seen_at) < self.known.rows[name[0], name[1]].connected_at

    def _connected(self, rule: CreateRule, target: Member, origin: RecordName) -> bool:
        """Whether a record of one of the named entity types refers to the origin, and is, or is to be, in the target's system."""
        for type_name in rule.when_connected:
            for member in self.setting.model.type(type_name).members:
                if member.system == origin[0] and self._refers(type_name, member, target, origin):
                    return True
        return False

    def _refers(self, type_name: str, member: Member, target: Member, origin: RecordName) -> bool:
        row = self.known.rows.get((member.system, member.collection))
        found = self.page.session.matching([reference_digest(origin)]) if row is not None else []
        refs = [(c, k) for _, c, k in found if row is not None and c == row.id]
        if not refs:
            return False
        wanting = [m for m in self.setting.model.type(type_name).members if m.system == target.system]
        places = {(m.system, m.collection) for m in wanting}
        entities = {x.entity for x in self.page.session.links_of(refs) if x.type == type_name and x.state == "active"}
        if any(self.known.places.get(x.collection) in places for x in self.page.session.links_in(entities)):
            return True
        rules = [r for m in wanting for origin_member, r in m.create if origin_member == member.name]
        return any(self._would(rule, (member.system, member.collection), ref) for rule in rules for ref in refs)

    def _would(self, rule: CreateRule, place: tuple[str, str], ref: RecordRef) -> bool:
        """Whether the referring record would be created there, but for this reference."""
        if rule.when is None:
            return True
        row = self.page.session.records([ref]).get(ref)
        if row is None or row.missing_since is not None:
            return False
        shown = self.setting.maps.collections[place].reshape(row.shown, self.known.shapes[row.shape], strictly=False)
        try:
            return holds(rule.when, self.setting.values(place, shown))
        except BadCondition:
            return False


def _held(state: EntityState, code: str, reason: str, name: RecordName) -> Held:
    return Held(code=code, reason=reason, refs=(name,), type=state.type.name, entity="" if state.new else state.id)  # type: ignore[arg-type]
