"""Planning: go through the records that are to be looked at, page by page, and decide on their entities.

Gathers what a page's decisions need, asks the core, and yields proposals. It writes nothing, so a plan may be made, shown and
thrown away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from hashlib import blake2b

import msgspec

from samtale.core.link import BY_MARK, Node, Pairing, RecordName, judge
from samtale.core.plan import Circumstances, EntityPlan, Held, decide
from samtale.engine.circumstances import States
from samtale.engine.gather import Gathered, Known
from samtale.engine.oscillation import Oscillation
from samtale.engine.setting import Setting
from samtale.engine.unknown import COARSE, resembles
from samtale.ports.store import AttemptRow, RecordRef, Session

PAGE = 1000

_HELD_REASONS = {
    "ambiguous": "several records of one system match the same record of another",
    "suggested": "matches by a rule that only suggests",
    "twin": "matches a record that is linked to another record of the same system",
    "incomplete": "what it matches has not been read completely yet",
}


class Planner:
    """Plans one run over one reading session."""

    def __init__(self, setting: Setting, session: Session) -> None:
        self.setting = setting
        self.session = session
        self.known = Known(setting, session)
        self._done: set[RecordRef] = set()

    def pages(self) -> Iterator[list[EntityPlan]]:
        """Proposals for everything that is to be looked at."""
        after: RecordRef | None = None
        now = self.setting.clock.now_ms()
        while True:
            looks = self.session.looks(now, fetch=False, after=after, limit=PAGE)
            if not looks:
                return
            after = (looks[-1].collection, looks[-1].key)
            refs = [
                r for x in looks if (r := (x.collection, x.key)) not in self._done and x.collection in self.known.places
            ]
            self._done.difference_update((x.collection, x.key) for x in looks)  # none of them comes again
            if refs:
                page = PagePlan(Gathered(self.known, refs))
                plans = page.plans()
                self._done.update(page.mentioned.difference(refs))
                yield plans
            if len(looks) < PAGE:
                return


class PagePlan:
    """What to do about the records of one page."""

    def __init__(self, page: Gathered) -> None:
        self.page = page
        self.known = page.known
        self.setting = page.setting
        self.states = States(page)
        self.oscillation = Oscillation(self.setting, page.session)
        self.proposals: list[EntityPlan] = []
        self.mentioned: set[RecordRef] = set()

    def plans(self) -> list[EntityPlan]:
        for type_name in sorted(self.page.nodes, key=lambda name: name not in self.known.referred):
            before = len(self.proposals)
            self._plan_type(type_name)
            for plan in self.proposals[before:]:
                self.known.promise(plan)
            self.page.count_on_promises()
        self._plan_unseen()
        self.mentioned = {self.known.ref(name) for p in self.proposals for name in p.looks}
        idle = tuple(self.known.name(ref) for ref in self.page.refs if ref not in self.mentioned)
        if idle:
            self.proposals.append(EntityPlan(type="", entity="", looks=idle))
        return [self._without_refused(p) for p in self.proposals]

    def _plan_type(self, type_name: str) -> None:
        nodes = self.page.nodes[type_name]
        pending = self._pending(type_name)
        judgeable = [node for ref, node in nodes.items() if ref not in pending]
        judgement = judge(judgeable, self.setting.rules[type_name], self.known.complete(type_name), self.known.answers)
        around = self.states.around(type_name)
        around.open = judgement.open
        joining: dict[str, list[tuple[Node, int]]] = defaultdict(list)
        for entity, group, rule in judgement.groups:
            if entity is not None:
                free, twins = self._places_in(entity, group)
                joining[entity].extend((node, rule) for node in free)
                for node in twins:
                    self._hold(type_name, "twin", node, ())
            elif any(self.known.ref(n.name) in self.page.followed for n in group):
                self._found(type_name, group, rule, around)
        wanted = set(self.page.refs)
        looked_at = {node.entity for ref, node in nodes.items() if node.entity and ref in wanted} | joining.keys()
        for entity in sorted(e for e in looked_at if e in self.page.entities):
            self._decide_linked(entity, joining.get(entity, ()), around)
        for code, node, pairs in judgement.held:
            self._hold(type_name, code, node, pairs)
        for pairing in judgement.merges:
            self._keep(type_name, "merge", "two linked things came to match each other", (pairing.a, pairing.b))

    def _places_in(self, entity: str, group: Sequence[Node]) -> tuple[list[Node], list[Node]]:
        """Who may join an entity; not those whose place belongs to a record that left its ``where``, or was not found just now."""
        standing = {link.collection for link in self.page.by_entity[entity] if link.state == "active"}
        free = [n for n in group if self.known.ref(n.name)[0] not in standing]
        return free, [n for n in group if n not in free]

    def _plan_unseen(self) -> None:
        """Entities of records that are looked at but belong to no member now: they left their ``where``, or are missing."""
        decided = {p.entity for p in self.proposals}
        wanted = set(self.page.refs)
        for (type_name, ref), link in self.page.links.items():
            known_type = any(t.name == type_name for t in self.setting.model.types)
            if ref in wanted and known_type and link.entity in self.page.entities and link.entity not in decided:
                decided.add(link.entity)
                self._decide_linked(link.entity, (), self.states.around(type_name))

    def _decide_linked(self, entity: str, joining: Sequence[tuple[Node, int]], around: Circumstances) -> None:
        state = self.states.linked(entity, joining)
        records = [
            self.page.records[self.known.ref((s.map.system, s.map.member.collection, s.key))] for s in state.sides
        ]
        self.proposals.append(self.oscillation.held(state, decide(state, around), records))

    def _pending(self, type_name: str) -> set[RecordRef]:
        """New records that may be what an unfinished create made: they neither link by rule nor create until it is known."""
        held: set[RecordRef] = set()
        for attempt in self.known.attempts:
            if attempt.kind != "create" or attempt.type != type_name:
                continue
            claims = set(attempt.claims)
            for ref, node in self.page.nodes[type_name].items():
                if node.entity is not None or ref[0] != attempt.collection or ref in held:
                    continue
                bears = (BY_MARK, attempt.mark) in node.keys or claims & set(self.page.digests[ref])
                if bears or self._may_be_made_by(attempt, ref):
                    held.add(ref)
                    reason = "a create whose outcome is not known yet may have made this record"
                    self._keep(type_name, "attempt", reason, (node.name,))
        return held

    def _may_be_made_by(self, attempt: AttemptRow, ref: RecordRef) -> bool:
        """Whether a record that appeared since the attempt says what was sent."""
        record = self.page.records[ref]
        appeared = (record.created or record.seen_at) >= attempt.started_at - COARSE
        where = (self.setting, self.page.session, self.known.places[ref[0]], attempt, record)
        return appeared and (resembles(*where) or resembles(*where, edited=True))

    def _keep(self, type_name: str, code: str, reason: str, names: Sequence[RecordName], about: int = 0) -> None:
        """Hold records; they are looked at again in every plan until the reason is gone."""
        held = Held(code=code, reason=reason, refs=tuple(names), type=type_name)  # type: ignore[arg-type]
        self.proposals.append(
            EntityPlan(type=type_name, entity="", held=(held,), looks=tuple(names)[: about or len(names)])
        )

    def _hold(self, type_name: str, code: str, node: Node, pairs: Sequence[Pairing]) -> None:
        if self.known.ref(node.name) not in self.page.followed:
            return
        others = sorted({p.b if p.a == node.name else p.a for p in pairs})
        rule = next((p.rule for p in pairs), -1)
        reason = _HELD_REASONS[code] + (f" (rule {rule + 1})" if rule >= 0 else "")
        self._keep(type_name, code, reason, (node.name, *others[:10]), about=1)

    def _found(self, type_name: str, group: Sequence[Node], rule: int, around: Circumstances) -> None:
        """Records without an entity: two or more that belong together, or one that is to be created elsewhere."""
        alone = len(group) == 1
        if alone and not self._wanted_elsewhere(type_name, group[0]):
            return
        if alone and self._bears_foreign_mark(group[0]):
            reason = "bears a mark of ours, but what it was created for is not known"
            self._keep(type_name, "marked", reason, (group[0].name,))
            return
        elsewhere = [n.name for n in group if self._left_another_type(type_name, n)]
        if elsewhere:
            reason = "is linked as something else, and stays so until a person unlinks it"
            self._keep(type_name, "other_type", reason, elsewhere)
            return
        entity = self._new_id(type_name, min(n.name for n in group))
        proposal = decide(self.states.new(type_name, entity, group, rule), around)
        if not alone or proposal.writes:
            self.proposals.append(proposal)
        elif proposal.held or proposal.behind:
            looks, behind = proposal.looks, proposal.behind
            self.proposals.append(EntityPlan(type=type_name, entity="", held=proposal.held, looks=looks, behind=behind))

    def _bears_foreign_mark(self, node: Node) -> bool:
        """Whether the record was made by us for something that is not known any more: after a restored backup, say."""
        marks = [m for m in self.page.marks(self.known.ref(node.name)) if m.startswith("samtale-")]
        return bool(marks) and not self.known.said("own", "\x1f".join(node.name))

    def _left_another_type(self, type_name: str, node: Node) -> bool:
        """Whether the record is linked as another entity type whose ``where`` it has left."""
        ref = self.known.ref(node.name)
        members = {m.type.name: m for m in self.known.map(ref[0]).members}
        return any(
            kind != type_name
            and (link := self.page.links.get((kind, ref))) is not None
            and link.state == "active"
            and not member.belongs(self.page.shown[ref])
            for kind, member in members.items()
        )

    def _wanted_elsewhere(self, type_name: str, node: Node) -> bool:
        members = self.setting.model.type(type_name).members
        return any(origin == node.member for m in members for origin, _ in m.create)

    def _new_id(self, type_name: str, founder: RecordName) -> str:
        """An entity's id follows from the record that founded it, so that the same plan gives the same ids."""
        number = 0
        unlinked = self.known.said("unlinked", "\x1f".join((type_name, *founder)))
        while True:
            text = "\x1f".join((type_name, *founder, *([str(number)] if number else [])))
            found = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
            if not unlinked or not self.page.session.entities([found]):
                return found
            number += 1

    def _without_refused(self, plan: EntityPlan) -> EntityPlan:
        """A write that its system refused is not tried again until something about it changes, which gives it another id."""
        refused = {w.id for w in plan.writes if w.id in self.known.refused}
        if not refused:
            return plan
        held = [
            Held(
                code="refused",
                reason=self.known.refused[w.id].outcome or "refused by the system",
                type=w.type,
                entity=w.entity,
                refs=((w.system, w.collection, w.key),) if w.key else (w.origin,) if w.origin else (),
            )
            for w in plan.writes
            if w.id in refused
        ]
        return msgspec.structs.replace(
            plan, writes=tuple(w for w in plan.writes if w.id not in refused), held=(*plan.held, *held)
        )
