"""Plan: verdicts become agreed values, new bases, writes with reasons, and held items.

``decide`` is the whole decision about one entity, as a pure function of what is known of it. What it returns is a proposal: nothing
has happened yet, and what is agreed, settled and written moves only when the plan passes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cached_property
from typing import Literal

import msgspec

from samtale.core.compare import (
    APART,
    NO_BASE,
    Side,
    Statement,
    ViewReading,
    compare,
    is_empty,
    quiet,
    same,
    says_nothing,
    untouched,
)
from samtale.core.first import agreement
from samtale.core.kinds import Raw
from samtale.core.link import RecordName
from samtale.core.mapping import CollectionMap, MemberMap, References, Unread, Unwritten
from samtale.core.merge import Verdict, merge
from samtale.core.model import MISSING, Agreed, CreateRule, EntityType, Field, FieldValue, Model
from samtale.core.proposals import EntityPlan, FieldChange, Held, HeldCode, NewBase, NewLink, Write, WriteKind, sealed

__all__ = [
    "Circumstances",
    "EntityPlan",
    "EntityState",
    "FieldChange",
    "Held",
    "HeldCode",
    "NewBase",
    "NewLink",
    "RecordName",
    "Write",
    "WriteKind",
    "decide",
]


class EntityState(msgspec.Struct, kw_only=True):
    """What is known of one entity, at the moment of deciding."""

    type: EntityType
    id: str
    new: bool
    agreed: dict[str, Agreed]
    sides: list[Side]
    links: tuple[NewLink, ...] = ()  #: records that join now
    gone: tuple[tuple[str, str], ...] = ()  #: members (system, name) whose record was deleted: never created again
    unseen: bool = False  #: a record was deleted before it had been given what was agreed: the deletion met an edit
    suspended: tuple[str, ...] = ()  #: members whose record left their ``where``, or was not found at the last look


@dataclass(kw_only=True)
class Circumstances:
    """What a decision needs to know of the world around the entity."""

    model: Model
    refs: References = dataclass_field(default_factory=References)
    collections: Mapping[tuple[str, str], CollectionMap] = dataclass_field(default_factory=dict)
    #: whether records of a (system, collection) may be written: shared, not paused, reachable
    writable: Callable[[tuple[str, str]], bool] = lambda place: True
    #: whether it is only out of reach in this run, so that what it lacks is looked at again in the next
    awaited: Callable[[tuple[str, str]], bool] = lambda place: False
    #: (entity type, field) to systems preferred at first link, best first
    answers: Mapping[tuple[str, str], tuple[str, ...]] = dataclass_field(default_factory=dict)
    #: by record, members in which it may have a counterpart already, by a match that is not decided
    open: Mapping[RecordName, Collection[str]] = dataclass_field(default_factory=dict)
    archived: Callable[[Side], bool] = lambda side: False  #: whether the record is archived already
    #: Whether a create may be planned: None yes, "" no (its rule does not ask for it), else why it is held
    may_create: Callable[[EntityState, MemberMap, CreateRule, Side], Held | Literal[""] | None] = lambda *_: None

    @cached_property
    def members(self) -> dict[tuple[str, str], MemberMap]:
        """By entity type and member name."""
        return {(m.type.name, m.name): m for c in self.collections.values() for m in c.members}


def decide(state: EntityState, around: Circumstances) -> EntityPlan:
    """The whole decision about one entity."""
    work = _Work(state, around)
    if state.new:
        work.agree_at_once()
    if state.new or not _at_rest(state):
        for index, field in enumerate(state.type.fields):
            if field.name not in work.moved:
                work.field(index, field)
    work.deletions()
    work.creates()
    return work.result()


class _Work:
    """The decision in the making."""

    def __init__(self, state: EntityState, around: Circumstances) -> None:
        self.state = state
        self.around = around
        self.model = around.model
        self.agreed = dict(state.agreed)
        self.moved: dict[str, Agreed] = {}
        self.verdicts: list[Verdict] = []
        self.held: list[Held] = []
        self.revs = {id(s): list(s.revs) for s in state.sides}
        self.bases = {id(s): list(s.base) for s in state.sides}
        self.changes: dict[int, list[FieldChange]] = {id(s): [] for s in state.sides}
        self.writes: list[Write] = []
        self.behind = False  #: something was not written because its system is out of reach for now
        self.ending: set[str] = set()  #: members whose record is to be deleted or archived

    def name(self, side: Side) -> RecordName:
        member = side.map.member
        return (member.system, member.collection, side.key)

    def hold(
        self,
        code: HeldCode,
        reason: str,
        side: Side | None = None,
        field: str = "",
        candidates: tuple[tuple[str, str], ...] = (),
    ) -> None:
        refs = (self.name(side),) if side else tuple(self.name(s) for s in self.state.sides)
        self.held.append(
            Held(
                code=code,
                reason=reason,
                refs=refs,
                type=self.state.type.name,
                entity=self.state.id,
                field=field,
                candidates=candidates,
            )
        )

    def agree_at_once(self) -> None:
        """Settle the fields that all sides of a new entity show the same, so that nothing needs to be merged or written back."""
        self.moved = agreement(self.state.type, self.state.sides, self.model)
        self.agreed = dict(self.moved)
        if len(self.moved) == len(self.state.type.fields):
            for side in self.state.sides:
                self.revs[id(side)] = [1] * len(side.map.views)
                self.bases[id(side)] = list(side.shown)
            return
        for index, field in enumerate(self.state.type.fields):
            if field.name in self.moved:
                for side in self.state.sides:
                    for number in side.map.by_field[index]:
                        self.revs[id(side)][number] = 1
                        self._rebase(side, number, self.bases[id(side)])

    # one field

    def field(self, index: int, field: Field) -> None:
        """Compare, merge, and place the verdict on every side."""
        agreed = self.state.agreed.get(field.name)
        if agreed is not None and all(untouched(side, index, agreed.rev) for side in self.state.sides):
            return
        statements = self._statements(index, field, first=agreed is None)
        if agreed is None and not any(s.reading in ("join", "edit", "same") for s in statements):
            return
        if (
            agreed is not None
            and all(quiet(s, agreed.rev) for s in statements)
            and self._write_only_settled(index, agreed.rev)
        ):
            return
        answers = self.around.answers.get((self.state.type.name, field.name), ())
        verdict = merge(field, agreed, statements, self.model, answers)
        if verdict.conflict is not None:
            self._hold_conflict(field, verdict, statements)
            return
        assert verdict.value is not None
        if verdict.moves:
            self.moved[field.name] = Agreed(verdict.value, verdict.rev, verdict.origin, *verdict.when)
        if verdict.losers or (verdict.moves and not self.state.new):  # what a new entity's records show is no event
            self.verdicts.append(verdict)
        self.agreed[field.name] = Agreed(verdict.value, verdict.rev, verdict.origin, *verdict.when)
        by_side = {id(s.side): s for s in statements}
        for side in self.state.sides:
            for number in side.map.by_field[index]:
                if side.map.views[number].use != "match":
                    self._place(field, verdict, side, number, by_side.get(id(side)))

    def _statements(self, index: int, field: Field, *, first: bool) -> list[Statement]:
        found = []
        for side in self.state.sides:
            statement = compare(
                side,
                index,
                followers=self.model.followers,
                ignore_clear=field.clear == "ignore",
                first=first,
                refs=self.around.refs,
            )
            if first:
                revs = self.revs[id(side)]
                for number in side.map.by_field[index]:
                    revs[number] = APART if revs[number] == APART else NO_BASE
            if statement is not None:
                found.append(statement)
                self._note_unread(field, statement)
        return found

    def _write_only_settled(self, index: int, rev: int) -> bool:
        return all(
            side.revs[n] == rev or not side.map.views[n].writes or side.map.views[n].reads
            for side in self.state.sides
            for n in side.map.by_field[index]
        )

    def _note_unread(self, field: Field, statement: Statement) -> None:
        for view in statement.views:
            if view.reading == "unread" and isinstance(view.value, Unread):
                self.hold(
                    "unreadable", f"{view.value.path} cannot be read: {view.value.reason}", statement.side, field.name
                )
        index = self._index(field)
        number = statement.side.map.by_field[index][0]
        heard = sum(1 for side in self.state.sides if side.map.by_field[index]) > 1  # else nobody waits for it
        if field.to and heard and statement.side.map.waiting(number, statement.side.shown, self.around.refs):
            self.hold("waiting", f"what {field.name} refers to is not linked yet", statement.side, field.name)

    def _index(self, field: Field) -> int:
        return self.state.type.fields.index(field)

    def _hold_conflict(self, field: Field, verdict: Verdict, statements: Sequence[Statement]) -> None:
        """What differs stays as it is until a person decides; followers that stand apart do so from now on, whatever is decided."""
        assert verdict.conflict is not None
        for statement in statements:
            for number in statement.apart:
                self._set_apart(statement.side, number)
        first = verdict.conflict.kind == "first_link"
        shown = tuple((c.origin, field.show(c.value)) for c in verdict.conflict.candidates)
        reason = "values differ at first link" if first else "edited differently in several systems"
        self.hold("first_link" if first else "conflict", f"{field.name}: {reason}", None, field.name, candidates=shown)

    # one view of one side

    def _place(self, field: Field, verdict: Verdict, side: Side, number: int, statement: Statement | None) -> None:
        """Settle a view that shows the verdict; otherwise leave it behind, and write it if that is allowed."""
        revs, base = self.revs[id(side)], self.bases[id(side)]
        value, rev = verdict.value, verdict.rev
        assert value is not None
        reading = next((v for v in statement.views if v.number == number), None) if statement else None
        if statement and number in statement.apart:
            self._set_apart(side, number)
            return
        if revs[number] == APART and not (statement and number in statement.rejoin):
            return
        if reading is not None and reading.reading == "unread":
            if revs[number] == NO_BASE:  # once it can be read, it will have been edited
                revs[number] = rev - 1
                self._rebase(side, number, base)
            return
        shown = reading.value if reading is not None and type(reading.value) is tuple else None
        if shown is not None and says_nothing(shown):
            return
        if reading is not None and shown is not None and _agrees(side, reading, shown, value):
            if revs[number] < 0 or all(side.shown[p] != MISSING for p in side.map.positions[number]):
                revs[number] = rev
                self._rebase(side, number, base)
            return
        if reading is not None and reading.reading in ("same", "nothing") and revs[number] == rev:
            return
        if reading is not None:
            revs[number] = min(revs[number], rev - 1) if revs[number] >= 0 else rev - 1
            self._rebase(side, number, base)
        elif revs[number] == rev:
            return
        self._write(field, verdict, side, number, shown)

    def _set_apart(self, side: Side, number: int) -> None:
        self.revs[id(side)][number] = APART
        self._rebase(side, number, self.bases[id(side)])

    def _rebase(self, side: Side, number: int, base: list[Raw]) -> None:
        for position in side.map.positions[number]:
            if side.shown[position] != MISSING:
                base[position] = side.shown[position]

    def _write(self, field: Field, verdict: Verdict, side: Side, number: int, shown: FieldValue | None) -> None:
        if not side.map.writable(number):
            return
        if not self.around.writable(side.map.place):
            self.behind = self.behind or self.around.awaited(side.map.place)
            return
        assert verdict.value is not None
        wanted, reads = verdict.value, side.map.views[number].reads
        if not reads and self.revs[id(side)][number] == NO_BASE:  # what nobody reads is filled, never emptied, at first
            wanted = tuple(... if part is None else part for part in wanted)
        try:
            properties = side.map.write(number, wanted, side.shown, self.around.refs)
        except Unwritten as problem:
            self.hold(
                "waiting" if problem.waiting else "unwritable", f"{problem.path}: {problem.reason}", side, field.name
            )
            return
        if not properties:
            if not reads:  # it shows the value already
                self.revs[id(side)][number] = verdict.rev
                self._rebase(side, number, self.bases[id(side)])
            return
        collection = self.around.collections[(side.map.system, side.map.member.collection)]
        reason = verdict.reason if verdict.reason not in ("unchanged", "agreed") else "behind"
        self.changes[id(side)].append(
            FieldChange(
                field=field.name,
                old=field.show(shown) if shown is not None else None,
                new=field.show(verdict.value),
                reason=reason,
                properties=properties,
                expected={path: side.shown[collection.index[path]] for path in properties},
            )
        )

    # deletions and creates

    def deletions(self) -> None:
        """What a deletion elsewhere asks of members that opted in; keeping is the default and asks nothing."""
        present = {s.member for s in self.state.sides}
        gone = [name for _, name in self.state.gone if name not in present]
        if not gone:
            return
        for side in self.state.sides:
            wish = side.map.member.on_delete
            if wish == "keep" or not self.around.writable(side.map.place):
                continue
            if wish == "archive" and self.around.archived(side):
                continue
            if self._edited():
                self.hold("delete", "deleted in one system and edited in another", side)
                continue
            kind: WriteKind = "delete" if wish == "delete" else "archive"
            self.writes.append(self._sealed(kind, side))
            self.changes[id(side)].clear()
            self.ending.add(side.member)

    def _edited(self) -> bool:
        """Whether there is, or may be, an edit that the deleted record had not been given."""
        return (
            self.state.unseen
            or not self.moved.keys().isdisjoint(self.state.agreed)
            or any(held.code in ("conflict", "unreadable") for held in self.held)
        )

    def creates(self) -> None:
        """Counterparts that members ask for."""
        taken = {s.member for s in self.state.sides} | {name for _, name in self.state.gone} | set(self.state.suspended)
        for member in self.state.type.members:
            if member.name in taken or not member.create or (self.state.gone and member.on_delete != "keep"):
                continue  # there already, gone for good, never created, or gone again as soon as it were there
            target = self.around.members.get((self.state.type.name, member.name))
            for origin, rule in member.create:
                side = next((s for s in self.state.sides if s.member == origin and origin not in self.ending), None)
                if side is not None and target is not None and self._create(target, rule, side):
                    break

    def _create(self, target: MemberMap, rule: CreateRule, origin: Side) -> bool:
        """Plan one counterpart; whether the rule asked for it (also when it is held)."""
        if not self.around.writable(target.place):
            self.behind = self.behind or self.around.awaited(target.place)
            return False
        answer = self.around.may_create(self.state, target, rule, origin)
        if answer == "":
            return False
        if any(target.name in self.around.open.get(self.name(side), ()) for side in self.state.sides):
            self.hold("suggested", f"a record of {target.name} may be the same thing: decide on that first", origin)
            return True
        if answer is not None:
            self.held.append(answer)
            return True
        for field in self.state.type.fields:
            if field.required and (field.name not in self.agreed or is_empty(self.agreed[field.name].value)):
                if not any(h.field == field.name and h.code == "first_link" for h in self.held):
                    reason = f"{field.name} is empty, and {target.member.label} cannot be created without it"
                    self.hold("required", reason, origin, field.name)
                return True
        changes = self._draft(target, origin)
        values = {path: raw for change in changes for path, raw in change.properties.items()}
        lacking = [path for path in target.required if path not in values]
        if lacking:
            self.hold("required", f"{lacking[0]} is required by {target.name}, and nothing fills it", origin)
        elif values:
            self.writes.append(
                sealed(
                    "create",
                    (*target.place, None),
                    type_name=self.state.type.name,
                    entity=self.state.id,
                    fields=tuple(changes),
                    origin=self.name(origin),
                )
            )
        return True

    def _draft(self, target: MemberMap, origin: Side) -> list[FieldChange]:
        changes = []
        for index, field in enumerate(self.state.type.fields):
            agreed = self.agreed.get(field.name)
            if agreed is None or is_empty(agreed.value):
                continue
            properties: dict[str, Raw] = {}
            for number in target.by_field[index]:
                if not target.writable(number, creating=True):
                    continue
                try:
                    properties |= target.write(number, agreed.value, None, self.around.refs)
                except Unwritten as problem:
                    code: HeldCode = "waiting" if problem.waiting else "unwritable"
                    self.hold(code, f"{problem.path}: {problem.reason}", origin, field.name)
            if properties:
                new = ", ".join(dict.fromkeys(map(str, properties.values())))
                changes.append(
                    FieldChange(field=field.name, old=None, new=new, reason="created", properties=properties)
                )
        return changes

    # the result

    def _sealed(self, kind: WriteKind, side: Side, fields: tuple[FieldChange, ...] = ()) -> Write:
        state = self.state
        return sealed(
            kind, self.name(side), type_name=state.type.name, entity=state.id, fields=fields, version=side.version
        )

    def result(self) -> EntityPlan:
        for side in self.state.sides:
            changes = self.changes[id(side)]
            if changes:
                self.writes.append(self._sealed("update", side, tuple(changes)))
        bases = []
        for side in self.state.sides:
            revs, base = self.revs[id(side)], self.bases[id(side)]
            if self.state.new or revs != list(side.revs) or base != list(side.base) or _joins(self.state, side):
                system, collection, key = self.name(side)
                as_shown = base == side.shown or all(base[p] == side.shown[p] for p in side.map.used)
                kept = None if as_shown else tuple(base)
                bases.append(NewBase(system=system, collection=collection, key=key, revs=tuple(revs), base=kept))
        return EntityPlan(
            type=self.state.type.name,
            entity=self.state.id,
            new=self.state.new,
            links=self.state.links,
            agreed=self.moved,
            bases=tuple(bases),
            writes=tuple(self.writes),
            held=tuple(self.held),
            verdicts=tuple(self.verdicts),
            looks=tuple(self.name(s) for s in self.state.sides),
            behind=self.behind,
        )


def _joins(state: EntityState, side: Side) -> bool:
    member = side.map.member
    return any((n.system, n.collection, n.key) == (member.system, member.collection, side.key) for n in state.links)


def _agrees(side: Side, view: ViewReading, shown: FieldValue, value: FieldValue) -> bool:
    """Whether a view shows the value; for one without a base, also whether it shows what its property makes of the value."""
    return same(shown, value) or (
        view.rev == NO_BASE and not is_empty(shown) and side.map.coarsens(view.number, value, shown)
    )


def _at_rest(state: EntityState) -> bool:
    """Whether every view of every record shows its base at the agreed revision; told by raw values alone, which is quick."""
    if len(state.agreed) < len(state.type.fields):
        return False
    revs = [state.agreed[field.name].rev for field in state.type.fields]
    return all(
        side.shown == side.base and [revs[f] for f in side.map.field_of] == list(side.revs) for side in state.sides
    )
