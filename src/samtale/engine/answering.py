"""Answering: a person resolves, links, unlinks. Every answer is remembered, and what follows from it is planned like anything else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from samtale.core.compare import APART, NO_BASE, is_empty, same
from samtale.core.kinds import Unreadable
from samtale.core.link import RecordName
from samtale.core.mapping import MemberMap, Unread
from samtale.core.model import Agreed, Field, FieldValue
from samtale.core.problems import Problem, SamtaleError
from samtale.engine.asking import find_entity, no_such, parse_record
from samtale.engine.setting import Setting
from samtale.engine.settle import agreed_of
from samtale.engine.unknown import taken
from samtale.ports.store import DecisionRow, EntityRow, HistoryRow, LinkRow, Look, RecordRef, Session


def _refused(code: str, summary: str, why: str, remedy: str, command: str = "") -> SamtaleError:
    return SamtaleError(Problem(code=code, summary=summary, why=why, remedy=remedy, command=command))


def resolve(setting: Setting, text: str, field_name: str, *, take: str | None = None, value: str | None = None) -> str:
    """Settle a field: take what one system shows, or a given value. Returns the value, for people.

    What the other systems show counts as seen, so that they are behind and are written.
    """
    with setting.store.write() as session:
        entity, _ = find_entity(setting, session, text)
        if entity is None:
            raise _refused(
                "not_linked", "The record is not linked.", "A field is agreed between linked records.", "Link it first."
            )
        row = session.entities([entity])[entity]
        entity_type = setting.model.type(row.type)
        field = next((f for f in entity_type.fields if f.name == field_name), None)
        if field is None:
            names = ", ".join(f.name for f in entity_type.fields)
            raise _refused(
                "no_such_field", "There is no such field.", f"{entity_type.name} has {names}.", "Name one of these."
            )
        links = [x for x in session.links_in([entity]) if x.state == "active"]
        chosen = _given(field, value) if value is not None else _taken(setting, session, field, links, take)
        now = setting.clock.now_ms()
        old = agreed_of(setting, session, entity).get(field.name)
        agreed = Agreed(chosen, (old.rev if old else 0) + 1, "person", now, now)
        _put_agreed(setting, session, row, field, agreed)
        session.put_links([_seen(setting, session, link, field) for link in links])
        session.put_looks([Look(link.collection, link.key) for link in links])
        data = {
            "field": field.name,
            "value": chosen,
            "reason": "chosen",
            "origin": "person",
            "rev": agreed.rev,
            "losers": _gave_way(setting, session, field, links, chosen),
        }
        session.note([HistoryRow(now, "verdict", row.type, entity, None, "", data)])
        return field.show(chosen)


def _given(field: Field, text: str) -> FieldValue:
    from samtale.core.kinds import Form

    if len(field.parts) != 1:
        names = ", ".join(p.name for p in field.parts)
        raise _refused(
            "group_value",
            "A group cannot be given as one text.",
            f"{field.name} has {names}.",
            "Take what a system shows.",
        )
    try:
        return (field.parts[0].kind.read(text, Form()),)
    except Unreadable as problem:
        raise _refused(
            "bad_value", "The value cannot be read.", f"{field.name}: {problem.reason}.", "Give another."
        ) from None


def _taken(setting: Setting, session: Session, field: Field, links: Sequence[LinkRow], take: str | None) -> FieldValue:
    places = {row.id: place for place, row in setting.known(session).items()}
    for link in links:
        place = places.get(link.collection)
        if place is None or take not in (place[0], ".".join(place)):
            continue
        member = setting.maps.members[link.type, ".".join(place)]
        value = _shown(setting, session, member, link, field)
        if value is not None:
            agreed = agreed_of(setting, session, link.entity).get(field.name)
            below = agreed.value if agreed else field.empty
            return tuple(b if a is ... else a for a, b in zip(value, below, strict=True))
    systems = ", ".join(sorted({places[x.collection][0] for x in links if x.collection in places}))
    raise _refused(
        "nothing_to_take",
        "That system shows nothing that could be taken.",
        f"{field.name} is shown by {systems}.",
        "Name one of these.",
    )


def _shown(setting: Setting, session: Session, member: MemberMap, link: LinkRow, field: Field) -> FieldValue | None:
    numbers = member.by_field[member.type.fields.index(field)]
    record = session.records([(link.collection, link.key)]).get((link.collection, link.key))
    if not numbers or record is None:
        return None
    mapping = setting.maps.collections[member.system, member.member.collection]
    value = member.read(numbers[0], mapping.reshape(record.shown, session.shapes()[record.shape], strictly=False))
    return None if isinstance(value, Unread) else value


def _gave_way(
    setting: Setting, session: Session, field: Field, links: Sequence[LinkRow], chosen: FieldValue
) -> list[list[Any]]:
    """What the systems show and nobody chose, by member: kept, so that it can be chosen later."""
    places = {row.id: place for place, row in setting.known(session).items()}
    found: list[list[Any]] = []
    for link in links:
        member = setting.maps.members.get((link.type, ".".join(places[link.collection])))
        value = _shown(setting, session, member, link, field) if member is not None else None
        if value is not None and not is_empty(value) and not same(value, chosen):
            found.append([".".join(places[link.collection]), [None if v is ... else v for v in value]])
    return found


def _put_agreed(setting: Setting, session: Session, row: EntityRow, field: Field, agreed: Agreed) -> None:
    keeping = setting.keeping[row.type]
    known = {**keeping.read(session.shapes()[row.shape], row.agreed), field.name: agreed}
    session.put_entities([row._replace(shape=session.shape(keeping.shape), agreed=keeping.kept(known))])


def _seen(setting: Setting, session: Session, link: LinkRow, field: Field) -> LinkRow:
    """The link with what the record shows of this field as its base: it was looked at when the person decided."""
    places = {row.id: place for place, row in setting.known(session).items()}
    place = places[link.collection]
    member = setting.maps.members[link.type, ".".join(place)]
    mapping = setting.maps.collections[place]
    record = session.records([(link.collection, link.key)])[link.collection, link.key]
    shapes = session.shapes()
    shown = mapping.reshape(record.shown, shapes[record.shape], strictly=False)
    kept = (record.shown, record.shape) if link.base is None else (link.base, link.shape)
    base = mapping.reshape(kept[0], shapes[kept[1]], strictly=True)
    revs = member.renumbered(link.revs, shapes[link.shape])
    for number in member.by_field[member.type.fields.index(field)]:
        if revs[number] == APART:
            continue
        revs[number] = max(revs[number], 0)
        for position in member.positions[number]:
            base[position] = shown[position]
    return link._replace(revs=revs, base=base, shape=session.shape(mapping.shape))


def answer_first_link(setting: Setting, type_name: str, field_name: str, systems: Sequence[str]) -> None:
    """Where values differ at first link, the first of these systems that has one wins; ``*`` for all fields."""
    with setting.store.write() as session:
        now = setting.clock.now_ms()
        for field in setting.model.type(type_name).fields:
            if field_name in ("*", field.name):
                answer = [type_name, field.name, list(systems)]
                session.decide(DecisionRow("first_link", f"{type_name}.{field.name}", answer, now))


def believe(setting: Setting, text: str) -> None:
    """The collection really is that small now: its absences may be believed in the next complete pass."""
    system, _, collection = text.partition(".")
    if (system, collection) not in setting.specs:
        raise no_such(text, f"Collections are {', '.join(sorted('.'.join(p) for p in setting.specs))}.")
    with setting.store.write() as session:
        session.decide(DecisionRow("believed", text, True, setting.clock.now_ms()))


def settle_unknown(setting: Setting, attempt_id: str, key: str | None) -> None:
    """A person says what an unknown create made: the record of that key, or nothing."""
    from samtale.engine.settle import adopt

    with setting.store.write() as session:
        attempt = next((a for a in session.attempts(("unknown", "parked")) if a.id == attempt_id), None)
        if attempt is None:
            raise _refused(
                "no_such_attempt",
                "There is no such unknown outcome.",
                "It may have been settled meanwhile.",
                "Look again.",
                "samtale review --only unknown",
            )
        place = next(p for p, row in setting.known(session).items() if row.id == attempt.collection)
        now = setting.clock.now_ms()
        if key is None:
            session.close(
                [attempt._replace(state="none", closed_at=now, outcome="a person says that nothing was created")]
            )
            session.put_looks(
                [Look(x.collection, x.key) for x in session.links_in([attempt.entity]) if x.state == "active"]
            )
            return
        record = session.records([(attempt.collection, key)]).get((attempt.collection, key))
        if record is None:
            raise no_such(key, "It has not been observed.")
        if why := taken(session, attempt, record):
            raise _refused(
                "linked_otherwise",
                "The record cannot be what the create made for this thing.",
                why,
                "Name another record, unlink the one in the way, or say that nothing was created.",
                "samtale review --only unknown",
            )
        adopt(setting, session, place, attempt, record)


# links


def _subject(*names: RecordName) -> str:
    return "\x1f".join("\x1e".join(n) for n in sorted(names))


def link(setting: Setting, first: str, second: str) -> None:
    """A person says that two records are the same thing; the next plan links them."""
    a, b = parse_record(setting, first), parse_record(setting, second)
    with setting.store.write() as session:
        refs = [_ref(setting, session, name) for name in (a, b)]
        links = [x for x in session.links_of(refs) if x.state == "active"]
        entities = {x.entity for x in links}
        if len(entities) == 1 and len(links) == 2:
            return
        now = setting.clock.now_ms()
        if len(entities) == 2:
            _merge_entities(session, links, refs[0], now)
        elif len(links) == 1:
            stranger = refs[1] if (links[0].collection, links[0].key) == refs[0] else refs[0]
            if any(x.collection == stranger[0] and x.state == "active" for x in session.links_in(entities)):
                raise _taken_member(first, second)
        elif refs[0][0] == refs[1][0]:
            raise _taken_member(first, second)
        session.undecide("distinct", _subject(a, b))
        session.decide(DecisionRow("same", _subject(a, b), [list(a), list(b)], now))
        for name in (a, b):
            session.undecide("separate", "\x1f".join(name))
        session.put_looks([Look(*ref) for ref in refs])


def _taken_member(first: str, second: str) -> SamtaleError:
    return _refused(
        "one_record_per_member",
        "An entity has at most one record of each collection.",
        f"Linking {first} and {second} would give it two.",
        "Unlink the other record first, or merge the two in their own system.",
        f"samtale unlink {first}",
    )


def _ref(setting: Setting, session: Session, name: RecordName) -> tuple[int, str]:
    row = setting.known(session).get(name[:2])
    if row is None or not session.records([(row.id, name[2])]):
        raise no_such(":".join((".".join(name[:2]), name[2])), "It has not been observed.")
    return row.id, name[2]


def _merge_entities(session: Session, links: Sequence[LinkRow], first: RecordRef, now: int) -> None:
    """One entity's records join the other, without a base: they take what was agreed there, or add to it.

    The entity of more records stays; of two alike, that of the record that was named first.
    """
    active = {e: [x for x in session.links_in([e]) if x.state == "active"] for e in {x.entity for x in links}}
    named = next((x.entity for x in links if (x.collection, x.key) == first), "")
    keep, gone = sorted(active, key=lambda e: (-len(active[e]), e != named))
    kept, moving = active[keep], active[gone]
    if {x.collection for x in kept} & {x.collection for x in moving}:
        raise _taken_member(keep, gone)
    if any(a.kind == "create" and a.entity in active for a in session.attempts(("open", "unknown", "parked"))):
        raise _refused(
            "create_open",
            "A record is being created for one of the two, and it is not known yet what became of it.",
            "Made one now, the two could get a second record there.",
            "Synchronize first; if it stays open, say what became of it.",
            "samtale review --only unknown",
        )
    session.forget_links([(x.type, x.collection, x.key) for x in moving])
    session.put_links(
        [x._replace(entity=keep, how="person", linked_at=now, revs=[NO_BASE] * len(x.revs)) for x in moving]
    )
    row = session.entities([gone])[gone]
    session.put_entities([row._replace(merged_into=keep)])
    session.put_looks([Look(x.collection, x.key) for x in (*kept, *moving)])
    session.note(
        [HistoryRow(now, "linked", x.type, keep, x.collection, x.key, {"how": "person", "from": gone}) for x in moving]
    )


def distinct(setting: Setting, first: str, second: str) -> None:
    """A person says that two records are not the same thing."""
    a, b = parse_record(setting, first), parse_record(setting, second)
    with setting.store.write() as session:
        session.decide(DecisionRow("distinct", _subject(a, b), [list(a), list(b)], setting.clock.now_ms()))
        session.undecide("same", _subject(a, b))
        session.put_looks([Look(*_ref(setting, session, name)) for name in (a, b)])


def unlink(setting: Setting, text: str) -> list[RecordName]:
    """End a link. The records stay as they are, are not linked again by rule, and create nothing until told.

    Returns the records that it was parted from.
    """
    name = parse_record(setting, text)
    with setting.store.write() as session:
        ref = _ref(setting, session, name)
        links = [x for x in session.links_of([ref]) if x.state == "active"]
        if not links:
            raise _refused("not_linked", "The record is not linked.", text, "Nothing to do.")
        now = setting.clock.now_ms()
        places = {row.id: place for place, row in setting.known(session).items()}
        parted: list[RecordName] = []
        for mine in links:
            others = [
                x for x in session.links_in([mine.entity]) if x.state == "active" and (x.collection, x.key) != ref
            ]
            session.forget_links([(mine.type, mine.collection, mine.key)])
            _part(
                session,
                name,
                [(*places[x.collection], x.key) for x in others if x.collection in places],
                mine.type,
                now,
            )
            parted.extend((*places[x.collection], x.key) for x in others if x.collection in places)
            session.note([HistoryRow(now, "unlinked", mine.type, mine.entity, *ref)])
            session.put_looks([Look(*ref), *(Look(x.collection, x.key) for x in others)])
        return parted


def _part(session: Session, name: RecordName, others: Sequence[RecordName], type_name: str, now: int) -> None:
    for other in others:
        session.decide(DecisionRow("distinct", _subject(name, other), [list(name), list(other)], now))
        session.undecide("same", _subject(name, other))
    session.decide(DecisionRow("separate", "\x1f".join(name), True, now))
    session.decide(DecisionRow("unlinked", "\x1f".join((type_name, *name)), True, now))
    if len(others) == 1:
        session.decide(DecisionRow("separate", "\x1f".join(others[0]), True, now))


def create_again(setting: Setting, text: str) -> None:
    """After an unlink: the record may create counterparts again."""
    name = parse_record(setting, text)
    with setting.store.write() as session:
        session.undecide("separate", "\x1f".join(name))
        session.put_looks([Look(*_ref(setting, session, name))])


def nobody(setting: Setting, type_name: str, rule: int, value: Any) -> None:
    """This match value identifies nobody (a shared mailbox, say): no record is linked by it."""
    with setting.store.write() as session:
        fields = list(setting.model.type(type_name).match[rule].fields)
        subject = "\x1f".join((type_name, *fields, str(value)))
        session.decide(DecisionRow("nobody", subject, [type_name, fields, str(value)], setting.clock.now_ms()))


def linking(setting: Setting, *, done: bool) -> None:
    """Begin or end the phase in which records are linked and none is created."""
    with setting.store.write() as session:
        if done:
            session.undecide("linking", "phase")
        else:
            session.decide(DecisionRow("linking", "phase", True, setting.clock.now_ms()))


__all__ = [
    "answer_first_link",
    "believe",
    "create_again",
    "distinct",
    "link",
    "linking",
    "nobody",
    "resolve",
    "settle_unknown",
    "unlink",
]
