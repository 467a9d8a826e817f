"""The life of an entity in tests: a plan passes, its writes take effect, and it is decided again.

What the engine does with a store and with systems is done here on plain values, so that the laws of deciding can be stated without
either. The laws themselves are at the end; every case and every property holds each plan to them.
"""

from collections.abc import Iterable, Mapping

import msgspec

from samtale.core.compare import APART, NO_BASE, Side, is_empty, same
from samtale.core.kinds import Raw
from samtale.core.mapping import CollectionMap, MemberMap, References, Unread
from samtale.core.merge import Verdict
from samtale.core.model import MISSING, EntityType, FieldValue, Member
from samtale.core.plan import Circumstances, EntityPlan, EntityState, NewBase, Write, decide


def compiled(entity_type: EntityType) -> dict[tuple[str, str], CollectionMap]:
    """The collections of one entity type, compiled: by system and collection."""
    places: dict[tuple[str, str], list[Member]] = {}
    for member in entity_type.members:
        places.setdefault((member.system, member.collection), []).append(member)
    return {place: CollectionMap(*place, [(entity_type, m) for m in members]) for place, members in places.items()}


def members(collections: Mapping[tuple[str, str], CollectionMap]) -> dict[str, MemberMap]:
    return {m.name: m for c in collections.values() for m in c.members}


def name_of(side: Side) -> tuple[str, str, str]:
    return (side.map.system, side.map.member.collection, side.key)


def accepted(state: EntityState, plan: EntityPlan) -> EntityState:
    """The plan has passed: agreed values and bases have moved, nothing is written."""
    bases: dict[tuple[str, str, str], NewBase] = {(b.system, b.collection, b.key): b for b in plan.bases}
    sides = []
    for side in state.sides:
        moved = bases.get(name_of(side))
        if moved is None:
            sides.append(side)
        else:
            base = list(side.shown) if moved.base is None else list(moved.base)
            sides.append(msgspec.structs.replace(side, base=base, revs=list(moved.revs)))
    return msgspec.structs.replace(
        state,
        new=False,
        links=(),
        agreed={**state.agreed, **plan.agreed},
        sides=sides,
        unseen=state.unseen or not plan.agreed.keys().isdisjoint(state.agreed),
    )


def applied(state: EntityState, plan: EntityPlan, around: Circumstances) -> EntityState:
    """The plan has passed, and its writes took effect: what a system shows is what was sent to it."""
    after = accepted(state, plan)
    sides = {name_of(s): s for s in after.sides}
    for write in plan.writes:
        if write.kind == "create":
            created = _created(after, write, around)
            sides[name_of(created)] = created
        elif write.kind == "update":
            assert write.key is not None
            name = (write.system, write.collection, write.key)
            sides[name] = _updated(after, sides[name], write)
        else:
            assert write.key is not None
            sides.pop((write.system, write.collection, write.key))
    return msgspec.structs.replace(after, sides=list(sides.values()))


def _updated(state: EntityState, side: Side, write: Write) -> Side:
    places = {path: position for _, at in _paths(side.map) for path, position in at.items()}
    shown, base, revs = list(side.shown), list(side.base), list(side.revs)
    for path, raw in write.values.items():
        shown[places[path]] = raw
    fields = {change.field for change in write.fields}
    for number, at in _paths(side.map):
        view = side.map.views[number]
        if view.field in fields and revs[number] != APART and write.values.keys() & at.keys():
            revs[number] = state.agreed[view.field].rev
            for position in at.values():
                base[position] = shown[position]
    return msgspec.structs.replace(side, shown=shown, base=base, revs=revs)


def _paths(record: MemberMap) -> list[tuple[int, dict[str, int]]]:
    """Per view: its number, and the position of each of its paths."""
    return [
        (n, dict(zip((p.path for a in v.accesses for p in a.properties), record.positions[n], strict=True)))
        for n, v in enumerate(record.views)
    ]


def _created(state: EntityState, write: Write, around: Circumstances) -> Side:
    collection = around.collections[write.system, write.collection]
    record = next(m for m in collection.members if m.type.name == state.type.name)
    shown = [write.values.get(path) for path in collection.paths]
    revs = []
    for number, at in _paths(record):
        agreed = state.agreed.get(record.views[number].field)
        if agreed is None:
            revs.append(NO_BASE)
        elif is_empty(agreed.value) or write.values.keys() & at.keys() or not record.writable(number, creating=True):
            revs.append(agreed.rev)
        else:
            revs.append(agreed.rev - 1)
    return Side(map=record, key="new", shown=shown, base=list(shown), revs=revs, seen_at=1000)


# the laws


def check(state: EntityState, plan: EntityPlan, around: Circumstances) -> None:
    """Everything that holds for every plan."""
    for write in plan.writes:
        check_write(state, write, around)
    check_winners(state, plan, around)
    check_losers(state, plan, around)
    check_apart(state, plan, around)
    check_rest(state, plan, around)


def check_write(state: EntityState, write: Write, around: Circumstances) -> None:
    """A write is allowed, keeps off what is apart or unreadable, and expects exactly what was shown."""
    collection = around.collections[write.system, write.collection]
    record = next(m for m in collection.members if m.type.name == state.type.name)
    rights = {p.path: p for v in record.views for a in v.accesses for p in a.properties}
    assert around.writable((write.system, write.collection))
    for path in write.values:
        assert rights[path].creatable if write.kind == "create" else rights[path].updatable
    if write.kind != "update":
        assert not write.expected
        return
    side = next(s for s in state.sides if name_of(s) == (write.system, write.collection, write.key))
    assert write.expected == {path: side.shown[collection.index[path]] for path in write.values}
    assert MISSING not in write.expected.values()
    for number, at in _paths(record):
        touched = write.values.keys() & at.keys()
        if touched and record.views[number].reads:
            assert not isinstance(record.read(number, side.shown, around.refs), Unread)


def said(state: EntityState, field: str, refs: References) -> Iterable[FieldValue]:
    """What the sides show of a field, in any of its views that are read, and what was agreed."""
    if field in state.agreed:
        yield state.agreed[field].value
    for side in state.sides:
        for number, view in enumerate(side.map.views):
            value = side.map.read(number, side.shown, refs)
            if view.field == field and view.reads and isinstance(value, tuple):
                yield value


def check_winners(state: EntityState, plan: EntityPlan, around: Circumstances) -> None:
    """Every part of every value that wins was shown by someone, or had been agreed."""
    for verdict in plan.verdicts:
        assert verdict.value is not None
        shown = list(said(state, verdict.field, around.refs))
        for part, value in enumerate(verdict.value):
            assert value is None or any(v[part] == value for v in shown)
        assert ... not in verdict.value


def check_losers(state: EntityState, plan: EntityPlan, around: Circumstances) -> None:
    """A value that a person may have typed and that is overwritten was seen before, or is named as having given way."""
    verdicts: dict[str, Verdict] = {v.field: v for v in plan.verdicts}
    for write in plan.writes:
        if write.kind != "update":
            continue
        side = next(s for s in state.sides if name_of(s) == (write.system, write.collection, write.key))
        for number, at in _paths(side.map):
            view = side.map.views[number]
            value = side.map.read(number, side.shown, around.refs)
            lost = {p for p in at if p in write.values and side.shown[at[p]] not in (None, "")}
            if not (lost and view.reads and isinstance(value, tuple)) or is_empty(value):
                continue
            known = state.agreed.get(view.field)
            verdict = verdicts.get(view.field)
            named = [*(c.value for c in verdict.losers), *([known.value] if known else [])] if verdict else []
            assert seen(side, number, value, around.refs) or any(covers(g, value) for g in named), (
                f"{view.field}: what {side.member} showed is lost without a word"
            )


def seen(side: Side, number: int, value: FieldValue, refs: References) -> bool:
    """Whether this view, or another of the same field in this record, showed the value when it was last settled."""
    for other in side.map.by_field[side.map.field_of[number]]:
        was = side.map.read(other, side.base, refs)
        if side.revs[other] >= 0 and not isinstance(was, Unread) and not is_empty(was) and same(was, value):
            return True
    return False


def covers(loser: FieldValue, value: FieldValue) -> bool:
    return all(v is ... or v is None or v == w for v, w in zip(value, loser, strict=True))


def check_apart(state: EntityState, plan: EntityPlan, around: Circumstances) -> None:
    """A follower that stands apart is not written, unless it is equal to its primary again."""
    for write in plan.writes:
        if write.kind != "update":
            continue
        side = next(s for s in state.sides if name_of(s) == (write.system, write.collection, write.key))
        for number, at in _paths(side.map):
            if side.revs[number] == APART and side.map.views[number].number > 0 and write.values.keys() & at.keys():
                primary = side.map.read(side.map.by_field[side.map.field_of[number]][0], side.shown, around.refs)
                value = side.map.read(number, side.shown, around.refs)
                assert isinstance(primary, tuple)
                assert isinstance(value, tuple)
                assert same(primary, value)


def check_rest(state: EntityState, plan: EntityPlan, around: Circumstances) -> None:
    """A plan that passed is not proposed twice: without its writes it asks for just these; with them it asks for nothing."""
    waiting = accepted(state, plan)
    again = decide(waiting, around)
    assert not again.agreed
    assert [(w.id, w.values) for w in again.writes] == [(w.id, w.values) for w in plan.writes]
    assert held(again) == held(plan)
    done = applied(state, plan, around)
    last = decide(done, around)
    assert not last.writes, [w.values for w in last.writes]
    assert {v.field for v in last.verdicts} <= last.agreed.keys()
    assert last.agreed.keys().isdisjoint(
        done.agreed
    )  # a created record may show what nobody showed before: that it is empty
    settled = decide(accepted(done, last), around)
    assert not settled.agreed
    assert not settled.bases


def held(plan: EntityPlan) -> list[tuple[str, str, tuple[tuple[str, str, str], ...]]]:
    return [(h.code, h.field, h.refs) for h in plan.held]


def shows(
    record: MemberMap, collection: CollectionMap, properties: Mapping[str, Raw], default: Raw = None
) -> list[Raw]:
    """Raw values in the collection's order."""
    unknown = properties.keys() - collection.index.keys()
    assert not unknown, f"{record.name} has no property {sorted(unknown)}"
    return [properties.get(path, default) for path in collection.paths]
