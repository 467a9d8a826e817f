"""Planning: go through the records that are to be looked at, page by page, and decide on their entities.

Loads what a page's decisions need in a handful of queries, asks the core, and yields proposals. It writes nothing, so a plan may be
made, shown and thrown away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Literal

import msgspec

from samtale.core.compare import APART, NO_BASE, Side
from samtale.core.conditions import BadCondition, holds
from samtale.core.link import BY_MARK, BY_PERSON, Answers, Node, Pairing, RecordName, judge
from samtale.core.mapping import CollectionMap, MemberMap, References
from samtale.core.model import MISSING, Agreed, CreateRule, Member
from samtale.core.plan import Circumstances, EntityPlan, EntityState, Held, NewLink, decide
from samtale.engine.observe import mark_digest
from samtale.engine.setting import Place, Setting
from samtale.ports.store import AttemptRow, CollectionRow, EntityRow, LinkRow, RecordRef, RecordRow, Session

PAGE = 1000
#: How far a connected set is followed before it is held as too big to judge.
WIDEST = 5000


class Planner:
    """Plans one run over one reading session."""

    def __init__(self, setting: Setting, session: Session) -> None:
        self.setting = setting
        self.session = session
        self.rows: dict[Place, CollectionRow] = setting.known(session)
        self.places: dict[int, Place] = {row.id: place for place, row in self.rows.items()}
        self.shapes = session.shapes()
        self.decisions = session.decisions()
        self.answers = self._answers()
        self.attempts: list[AttemptRow] = session.attempts(("open", "unknown", "parked"))
        self.refused = {a.id.partition(".")[0]: a for a in session.attempts(("refused",))}
        self.linking = any(kind == "linking" for kind, _ in self.decisions)
        self.same = self._same()
        self._done: set[RecordRef] = set()

    def _answers(self) -> Answers:
        pairs = [d.answer for (kind, _), d in self.decisions.items() if kind == "distinct"]
        nobody = [d.answer for (kind, _), d in self.decisions.items() if kind == "nobody"]
        return Answers(
            distinct=frozenset(frozenset((tuple(a), tuple(b))) for a, b in pairs),
            nobody=frozenset((int(rule), str(value)) for rule, value in nobody),
        )

    def _same(self) -> dict[RecordName, list[str]]:
        """Records that a person said are the same thing, with a match value for each pair."""
        found: dict[RecordName, list[str]] = defaultdict(list)
        for (kind, subject), decision in self.decisions.items():
            if kind == "same":
                for name in decision.answer:
                    found[tuple(name)].append(subject)
        return found

    def pages(self) -> Iterator[list[EntityPlan]]:
        """Proposals for everything that is to be looked at."""
        after: RecordRef | None = None
        now = self.setting.clock.now_ms()
        while True:
            looks = self.session.looks(now, fetch=False, after=after, limit=PAGE)
            if not looks:
                return
            after = (looks[-1].collection, looks[-1].key)
            refs = [r for x in looks if (r := (x.collection, x.key)) not in self._done and x.collection in self.places]
            if refs:
                yield PagePlan(self, refs).plans()
            if len(looks) < PAGE:
                return

    def complete(self, type_name: str) -> set[str]:
        """Members of which every record has been seen."""
        return {
            m.name
            for m in self.setting.model.type(type_name).members
            if (row := self.rows.get((m.system, m.collection))) is not None
            and row.complete_at is not None
            and not row.brake
        }


class PagePlan:
    """The records of one page, everything connected with them, and what to do about it."""

    def __init__(self, planner: Planner, refs: Sequence[RecordRef]) -> None:
        self.planner = planner
        self.setting = planner.setting
        self.session = planner.session
        self.refs = refs
        self.records: dict[RecordRef, RecordRow] = {}
        self.links: dict[tuple[str, RecordRef], LinkRow] = {}
        self.entities: dict[str, EntityRow] = {}
        self.by_entity: dict[str, list[LinkRow]] = defaultdict(list)
        self.shown: dict[RecordRef, list[object]] = {}
        self.nodes: dict[tuple[str, RecordRef], Node] = {}
        self.digests: dict[tuple[str, RecordRef], list[int]] = {}
        self.followed: set[RecordRef] = set()
        self.proposals: list[EntityPlan] = []
        self.refs_table = References()

    def plans(self) -> list[EntityPlan]:
        self._load(self.refs)
        self._close()
        self._load_references()
        planned: set[str] = set()
        for entity_type in self.setting.model.types:
            self._plan_type(entity_type.name, planned)
        mentioned = {ref for p in self.proposals for ref in map(self._ref, p.looks)}
        idle = [ref for ref in self.refs if ref not in mentioned]
        if idle:
            self.proposals.append(EntityPlan(type="", entity="", looks=tuple(self._name(ref) for ref in idle)))
        self.planner._done.update(mentioned - set(self.refs))
        return [self._without_refused(p) for p in self.proposals]

    def _without_refused(self, plan: EntityPlan) -> EntityPlan:
        """A write that its system refused is not tried again until something about it changes, which gives it another id."""
        refused = [(w, self.planner.refused[w.id]) for w in plan.writes if w.id in self.planner.refused]
        if not refused:
            return plan
        held = [
            Held(
                code="refused",
                reason=attempt.outcome or "refused by the system",
                type=w.type,
                entity=w.entity,
                refs=((w.system, w.collection, w.key),) if w.key else (w.origin,) if w.origin else (),
            )
            for w, attempt in refused
        ]
        ids = {w.id for w, _ in refused}
        return msgspec.structs.replace(
            plan, writes=tuple(w for w in plan.writes if w.id not in ids), held=(*plan.held, *held)
        )

    # loading

    def _name(self, ref: RecordRef) -> RecordName:
        return (*self.planner.places[ref[0]], ref[1])

    def _ref(self, name: RecordName) -> RecordRef:
        return (self.planner.rows[name[0], name[1]].id, name[2])

    def _map(self, collection: int) -> CollectionMap:
        return self.setting.maps.collections[self.planner.places[collection]]

    def _load(self, refs: Iterable[RecordRef]) -> list[RecordRef]:
        """Load records that are not loaded yet, their links, their entities, and the other records of those."""
        added: list[RecordRef] = []
        wanted = [r for r in dict.fromkeys(refs) if r not in self.records and r[0] in self.planner.places]
        while wanted:
            found = self.session.records(wanted)
            self.records.update(found)
            added.extend(found)
            for ref, row in found.items():
                self.shown[ref] = self._map(ref[0]).reshape(row.shown, self.planner.shapes[row.shape], strictly=False)  # type: ignore[assignment]
            links = self.session.links_of(wanted)
            new = {link.entity for link in links} - self.entities.keys()
            for link in links:
                self.links[link.type, (link.collection, link.key)] = link
            if not new:
                break
            self.entities.update(self.session.entities(new))
            others = self.session.links_in(new)
            for link in others:
                if link.collection in self.planner.places:
                    self.links[link.type, (link.collection, link.key)] = link
                    self.by_entity[link.entity].append(link)
            wanted = [
                r
                for link in others
                if (r := (link.collection, link.key)) not in self.records and r[0] in self.planner.places
            ]
        self._make_nodes(added)
        return added

    def _make_nodes(self, refs: Iterable[RecordRef]) -> None:
        for ref in refs:
            row = self.records[ref]
            if row.missing_since is not None:
                continue
            for member in self._map(ref[0]).members:
                shown = self.shown[ref]
                link = self.links.get((member.type.name, ref))
                if member.belongs(shown):  # type: ignore[arg-type]
                    self._make_node(member, ref, shown, link)

    def _make_node(self, member: MemberMap, ref: RecordRef, shown: list[object], link: LinkRow | None) -> None:
        rules = self.setting.rules[member.type.name]
        keys, guards = rules.keys(member, shown)  # type: ignore[arg-type]
        digests = [rules.digest(number, value) for number, value in keys]
        name = self._name(ref)
        marks = [
            self.setting.mark((m.system, m.collection), name)
            for m in member.type.members
            if any(origin == member.name for origin, _ in m.create) and self.setting.specs[m.system, m.collection].mark
        ]
        own = self._mark_of(ref)
        keys = (*keys, *((BY_MARK, mark) for mark in (*marks, *own)))
        digests.extend(mark_digest(mark) for mark in (*marks, *own))
        keys = (*keys, *((BY_PERSON, value) for value in self.planner.same.get(name, ())))
        self.nodes[member.type.name, ref] = Node(
            name=name,
            member=member.name,
            keys=keys,
            guards=guards,
            entity=link.entity if link and link.state == "active" else None,
        )
        self.digests[member.type.name, ref] = digests

    def _mark_of(self, ref: RecordRef) -> list[str]:
        spec = self.setting.specs[self.planner.places[ref[0]]]
        at = self._map(ref[0]).index.get(spec.mark) if spec.mark else None
        raw = self.shown[ref][at] if at is not None else None
        return [str(raw)] if raw and raw != MISSING else []

    def _close(self) -> None:
        """Follow shared match values until the connected sets are whole."""
        frontier = set(self.refs) & self.records.keys()
        partners = {self._ref(name) for name in self.planner.same if name[:2] in self.planner.rows}
        while frontier and len(self.records) < WIDEST + len(self.refs) * 4:
            self.followed |= frontier
            digests = {x for (_, ref), found in self.digests.items() if ref in frontier for x in found}
            matching = (
                {(collection, key) for _, collection, key in self.session.matching(digests)} if digests else set()
            )
            if partners & frontier:
                matching |= partners
            self._load(matching)
            frontier = {
                ref
                for ref in matching & self.records.keys()
                if ref not in self.followed
                and any(
                    self.nodes[t.name, ref].entity is None
                    for t in self.setting.model.types
                    if (t.name, ref) in self.nodes
                )
            }

    def _load_references(self) -> None:
        """Translations for every reference that the page's records show, or that was agreed for its entities."""
        shown: set[RecordRef] = set()
        for ref in self.records:
            for member in self._map(ref[0]).members:
                for view in member.views:
                    if member.type.field(view.field).to is None:
                        continue
                    for access in view.accesses:
                        for prop in access.properties:
                            raw = self.shown[ref][self._map(ref[0]).index[prop.path]]
                            if raw not in (None, "", MISSING):
                                shown.update(
                                    (row.id, str(raw))
                                    for name in prop.refers
                                    if (row := self.planner.rows.get((member.system, name))) is not None
                                )
        wanted = set()
        for link in self.session.links_of(shown) if shown else ():
            if link.state == "active" and link.collection in self.planner.places:
                self.refs_table.entities[(*self.planner.places[link.collection], link.key)] = link.entity
                wanted.add(link.entity)
        for entity in self.entities.values():
            fields = self.planner.shapes[entity.shape]
            entity_type = self.setting.model.type(entity.type)
            for name, agreed in zip(fields, entity.agreed, strict=True):
                if agreed is not None and any(f.name == name and f.to for f in entity_type.fields):
                    wanted.update(str(v) for v in agreed.value if v is not None)
        for link in self.session.links_in(wanted) if wanted else ():
            if link.state == "active" and link.collection in self.planner.places:
                system, collection = self.planner.places[link.collection]
                self.refs_table.keys[link.entity, system, collection] = link.key

    # deciding

    def _plan_type(self, type_name: str, planned: set[str]) -> None:
        nodes = {ref: node for (name, ref), node in self.nodes.items() if name == type_name}
        if not nodes:
            return
        pending = self._pending(type_name, nodes)
        judgeable = [node for ref, node in nodes.items() if ref not in pending]
        judgement = judge(
            judgeable, self.setting.rules[type_name], self.planner.complete(type_name), self.planner.answers
        )
        around = self._circumstances(type_name)
        joining: dict[str, list[tuple[Node, int]]] = defaultdict(list)
        wanted = set(self.refs)
        for entity, group, rule in judgement.groups:
            if entity is not None:
                joining[entity].extend((node, rule) for node in group)
            elif any(self._ref(n.name) in wanted or self._ref(n.name) in self.followed for n in group):
                self._found(type_name, group, rule, around)
        looked_at = {n.entity for ref, n in nodes.items() if n.entity and ref in wanted} | joining.keys()
        looked_at |= {link.entity for (t, ref), link in self.links.items() if t == type_name and ref in wanted}
        for entity in sorted(e for e in looked_at if e and e not in planned and e in self.entities):
            planned.add(entity)
            self.proposals.append(decide(self._state(entity, joining.get(entity, ())), around))
        for code, node, pairs in judgement.held:
            self._hold(type_name, code, node, pairs)
        for pairing in judgement.merges:
            self.proposals.append(
                self._held(type_name, "merge", "two linked things came to match each other", (pairing.a, pairing.b))
            )

    def _pending(self, type_name: str, nodes: dict[RecordRef, Node]) -> set[RecordRef]:
        """New records that may be what an unfinished create made: they neither link by rule nor create until it is known."""
        held: set[RecordRef] = set()
        for attempt in self.planner.attempts:
            if attempt.kind != "create" or attempt.type != type_name:
                continue
            claims = set(attempt.claims)
            for ref, node in nodes.items():
                if node.entity is None and ref[0] == attempt.collection:
                    if (BY_MARK, attempt.mark) in node.keys or claims & set(self.digests[type_name, ref]):
                        held.add(ref)
                        reason = "a create whose outcome is not known yet may have made this record"
                        self.proposals.append(self._held(type_name, "attempt", reason, (node.name,)))
        return held

    def _held(self, type_name: str, code: str, reason: str, names: Sequence[RecordName]) -> EntityPlan:
        held = Held(code=code, reason=reason, refs=tuple(names), type=type_name)  # type: ignore[arg-type]
        return EntityPlan(type=type_name, entity="", held=(held,), looks=tuple(names))

    def _hold(self, type_name: str, code: str, node: Node, pairs: Sequence[Pairing]) -> None:
        if self._ref(node.name) not in self.followed:
            return
        others = sorted({p.b if p.a == node.name else p.a for p in pairs})
        reasons = {
            "ambiguous": "several records of one system match the same record of another",
            "suggested": "matches by a rule that only suggests",
            "twin": "matches a record that is linked to another record of the same system",
            "incomplete": "what it matches has not been read completely yet",
        }
        rule = next((p.rule for p in pairs), 0)
        text = reasons[code] + (f" (rule {rule + 1})" if rule >= 0 else "")
        held = Held(code=code, reason=text, refs=(node.name, *others[:10]), type=type_name)  # type: ignore[arg-type]
        self.proposals.append(EntityPlan(type=type_name, entity="", held=(held,), looks=(node.name,)))

    def _found(self, type_name: str, group: Sequence[Node], rule: int, around: Circumstances) -> None:
        """Records without an entity: two or more that belong together, or one that is to be created elsewhere."""
        if len(group) == 1 and not self._wanted_elsewhere(type_name, group[0]):
            return
        if len(group) == 1 and (held := self._foreign_mark(type_name, group[0])) is not None:
            self.proposals.append(held)
            return
        entity = self._new_id(type_name, min(n.name for n in group))
        how = {BY_MARK: "mark", BY_PERSON: "person"}.get(rule, f"rule {rule + 1}") if len(group) > 1 else "origin"
        entity_type = self.setting.model.type(type_name)
        state = EntityState(
            type=entity_type,
            id=entity,
            new=True,
            agreed={},
            sides=[self._new_side(type_name, n) for n in group],
            links=tuple(NewLink(system=n.name[0], collection=n.name[1], key=n.name[2], how=how) for n in group),
        )
        proposal = decide(state, around)
        if len(group) == 1 and not proposal.writes:
            if proposal.held:
                self.proposals.append(EntityPlan(type=type_name, entity="", held=proposal.held, looks=proposal.looks))
            return
        self.proposals.append(proposal)

    def _foreign_mark(self, type_name: str, node: Node) -> EntityPlan | None:
        """A record that bears a mark of ours whose origin is unknown (a restored backup, say) is created nowhere."""
        marks = [m for m in self._mark_of(self._ref(node.name)) if m.startswith("samtale-")]
        if not marks or ("own", "\x1f".join(node.name)) in self.planner.decisions:
            return None
        reason = "bears a mark of ours, but what it was created for is not known"
        return self._held(type_name, "marked", reason, (node.name,))

    def _wanted_elsewhere(self, type_name: str, node: Node) -> bool:
        members = self.setting.model.type(type_name).members
        return any(origin == node.member for m in members for origin, _ in m.create)

    def _new_id(self, type_name: str, founder: RecordName) -> str:
        """An entity's id follows from the record that founded it, so that the same plan gives the same ids."""
        number = 0
        while True:
            text = "\x1f".join((type_name, *founder, *([str(number)] if number else [])))
            found = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
            if not (self.session.entities([found]) if number or self._was_linked(type_name, founder) else ()):
                return found
            number += 1

    def _was_linked(self, type_name: str, founder: RecordName) -> bool:
        return ("unlinked", "\x1f".join((type_name, *founder))) in self.planner.decisions

    def _member(self, type_name: str, node: Node) -> MemberMap:
        return self.setting.maps.members[type_name, node.member]

    def _new_side(self, type_name: str, node: Node) -> Side:
        ref = self._ref(node.name)
        member, row = self._member(type_name, node), self.records[ref]
        return Side(
            map=member,
            key=row.key,
            shown=self.shown[ref],
            base=[MISSING] * len(self.shown[ref]),  # type: ignore[arg-type]
            revs=[NO_BASE] * len(member.views),
            modified=row.modified,
            looked_after=row.after,
            seen_at=row.seen_at,
            writable=self.setting.systems[member.system].writable,
            version=row.version,
        )

    def _state(self, entity: str, joining: Sequence[tuple[Node, int]]) -> EntityState:
        row = self.entities[entity]
        entity_type = self.setting.model.type(row.type)
        fields = self.planner.shapes[row.shape]
        agreed = {name: a for name, a in zip(fields, row.agreed, strict=True) if a is not None}
        agreed = {f.name: _resized(agreed[f.name], len(f.parts)) for f in entity_type.fields if f.name in agreed}
        sides: list[Side] = []
        gone: list[tuple[str, str]] = []
        suspended: list[str] = []
        for link in sorted(self.by_entity[entity], key=lambda x: (x.collection, x.key)):
            ref = (link.collection, link.key)
            place = self.planner.places[link.collection]
            member = self.setting.maps.members.get((row.type, ".".join(place)))
            if member is None or ref not in self.records:
                continue
            if link.state == "gone":
                gone.append((member.system, member.name))
            elif not member.belongs(self.shown[ref]):  # type: ignore[arg-type]
                suspended.append(member.name)
            else:
                sides.append(self._linked_side(member, link, ref))
        links = []
        for node, rule in joining:
            how = {BY_MARK: "mark", BY_PERSON: "person"}.get(rule, f"rule {rule + 1}")
            sides.append(self._new_side(row.type, node))
            links.append(NewLink(system=node.name[0], collection=node.name[1], key=node.name[2], how=how))
        return EntityState(
            type=entity_type,
            id=entity,
            new=False,
            agreed=agreed,
            sides=sides,
            links=tuple(links),
            gone=tuple(gone),
            suspended=tuple(suspended),
        )

    def _linked_side(self, member: MemberMap, link: LinkRow, ref: RecordRef) -> Side:
        row, shown = self.records[ref], self.shown[ref]
        if link.base is None:
            kept_shape, kept = row.shape, row.shown
        else:
            kept_shape, kept = link.shape, link.base
        base = self._map(ref[0]).reshape(kept, self.planner.shapes[kept_shape], strictly=True)
        return Side(
            map=member,
            key=row.key,
            shown=shown,
            base=base,
            revs=_revs(member, link.revs, shown, base),  # type: ignore[arg-type]
            modified=row.modified,
            looked_after=row.after,
            seen_at=row.seen_at,
            writable=self.setting.systems[member.system].writable,
            version=row.version,
        )

    # circumstances

    def _circumstances(self, type_name: str) -> Circumstances:
        answers: dict[tuple[str, str], tuple[str, ...]] = {}
        for (kind, _), decision in self.planner.decisions.items():
            if kind == "first_link":
                entity_type, field, systems = decision.answer
                answers[entity_type, field] = tuple(systems)
        complete = self.planner.complete(type_name)

        def may_create(
            state: EntityState, target: MemberMap, rule: CreateRule, origin: Side
        ) -> Held | Literal[""] | None:
            return self._may_create(complete, state, target.member, rule, origin)

        return Circumstances(
            model=self.setting.model,
            refs=self.refs_table,
            collections=self.setting.maps.collections,
            writable=lambda system: self.setting.systems[system].writable,
            answers=answers,
            may_create=may_create,
        )

    def _may_create(
        self, complete: set[str], state: EntityState, target: Member, rule: CreateRule, origin: Side
    ) -> Held | Literal[""] | None:
        """None: yes. Empty: the rule does not ask for it. Else why it is held."""
        name = (origin.map.system, origin.map.member.collection, origin.key)
        place = (origin.map.system, origin.map.member.collection)
        row = self.records[self._ref(name)]
        if ("separate", "\x1f".join(name)) in self.planner.decisions:
            return ""
        if (
            not self.setting.systems[name[0]].full_sync
            and (row.created or row.seen_at) < self.planner.rows[place].connected_at
        ):
            return ""
        if rule.when is not None:
            try:
                if not holds(rule.when, self.setting.values(place, list(origin.shown))):
                    return ""
            except BadCondition as problem:
                return self._held_create(state, "unreadable", f"the condition of {target.name} {problem}", name)
        if rule.when_connected and not self._connected(rule, target, name):
            return ""
        for member in state.type.members:
            system = self.setting.systems.get(member.system)
            if system is not None and not system.pause and member.name not in complete:
                return self._held_create(state, "incomplete", f"{member.name} has not been read completely yet", name)
        if self.planner.linking:
            return self._held_create(
                state, "linking", "creating begins when linking is done: samtale link --done", name
            )
        for attempt in self.planner.attempts:
            if (
                attempt.kind == "create"
                and attempt.entity == state.id
                and self.planner.places.get(attempt.collection)
                == (
                    target.system,
                    target.collection,
                )
            ):
                code: Literal["unknown", "attempt"] = "unknown" if attempt.state == "parked" else "attempt"
                return self._held_create(
                    state, code, f"an earlier create in {target.name} has an unknown outcome", name
                )
        return None

    def _held_create(self, state: EntityState, code: str, reason: str, name: RecordName) -> Held:
        return Held(code=code, reason=reason, refs=(name,), type=state.type.name, entity="" if state.new else state.id)  # type: ignore[arg-type]

    def _connected(self, rule: CreateRule, target: Member, origin: RecordName) -> bool:
        """Whether a record of one of the named entity types, linked into the target's system, refers to the origin."""
        for type_name in rule.when_connected:
            for member in self.setting.model.type(type_name).members:
                if member.system == origin[0] and self._refers(type_name, member, target, origin):
                    return True
        return False

    def _refers(self, type_name: str, member: Member, target: Member, origin: RecordName) -> bool:
        row = self.planner.rows.get((member.system, member.collection))
        if row is None:
            return False
        refs = [(c, k) for _, c, k in self.session.matching([reference_digest(origin)]) if c == row.id]
        mine = [link for link in self.session.links_of(refs) if link.type == type_name and link.state == "active"]
        wanted = any(
            origin_name == member.name
            for m in self.setting.model.type(type_name).members
            if m.system == target.system
            for origin_name, _ in m.create
        )
        return bool(mine) or (wanted and bool(refs))


def reference_digest(name: RecordName) -> int:
    """The match key under which records that refer to this one are found."""
    return mark_digest("refers\x1e" + "\x1f".join(name))


def _resized(agreed: Agreed, parts: int) -> Agreed:
    """An agreed value under a model that gave its field more or fewer parts."""
    value = tuple(agreed.value)
    return agreed._replace(value=(*value, *([None] * (parts - len(value))))[:parts])


def _revs(member: MemberMap, revs: Sequence[int], shown: Sequence[object], base: Sequence[object]) -> list[int]:
    """A link's revisions under a model that changed the member's views.

    A view whose base is kept stays settled; a follower that shows something else than its primary stands apart, so that it is never
    overwritten for having been remapped.
    """
    if len(revs) == len(member.views):
        return list(revs)
    last = max((r for r in revs if r >= 0), default=NO_BASE)
    found = []
    for number, view in enumerate(member.views):
        kept = all(base[p] != MISSING for p in member.positions[number])
        primary = member.positions[member.by_field[member.field_of[number]][0]]
        differs = view.number > 0 and [shown[p] for p in member.positions[number]] != [shown[p] for p in primary]
        found.append(APART if kept and differs else last if kept else NO_BASE)
    return found
