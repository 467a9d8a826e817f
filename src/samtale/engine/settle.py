"""Settle: a write took effect, so the base of what it wrote moves forward, to what the system made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from samtale.core.compare import APART, NO_BASE, is_empty, same, says_nothing
from samtale.core.kinds import Raw
from samtale.core.mapping import CollectionMap, MemberMap
from samtale.core.model import MISSING, Agreed
from samtale.core.plan import Write
from samtale.engine.index import index
from samtale.engine.setting import Place, Setting
from samtale.ports.connector import Written
from samtale.ports.store import AttemptRow, HistoryRow, LinkRow, Look, RecordRow, Session


def agreed_of(setting: Setting, session: Session, entity: str) -> dict[str, Agreed]:
    """An entity's agreed values, by field."""
    row = session.entities([entity]).get(entity)
    if row is None:
        return {}
    return setting.keeping[row.type].read(session.shapes()[row.shape], row.agreed)


def settle_create(setting: Setting, session: Session, place: Place, attempt: AttemptRow, written: Written) -> None:
    """The new record is known, and linked to what it was created for."""
    now = setting.clock.now_ms()
    marked = {spec.mark: attempt.mark} if (spec := setting.specs[place]).mark and attempt.mark else {}
    row = _shown(setting, session, place, attempt.collection, written, {**attempt.values, **marked}, now)
    session.put_records([row])
    index(setting, session, place, [row])
    if written.record is None:
        session.put_looks([Look(row.collection, row.key, now + setting.lag_ms(place[0]), fetch=True)])
    adopt(setting, session, place, attempt, row, "created")


def adopt(
    setting: Setting, session: Session, place: Place, attempt: AttemptRow, row: RecordRow, how: str = "adopted"
) -> None:
    """Link the record that a create made. Its base is what the system made of what we sent, not what a person made of it since."""
    now = setting.clock.now_ms()
    member = setting.maps.members[attempt.type, ".".join(place)]
    mapping = setting.maps.collections[place]
    agreed = agreed_of(setting, session, attempt.entity)
    shape = session.shape(mapping.shape)
    shown = mapping.reshape(row.shown, session.shapes()[row.shape], strictly=False)
    base = list(shown)
    revs = [_created_rev(member, number, agreed, attempt.values) for number in range(len(member.views))]
    if how == "adopted":
        sent = _sent(mapping, member, attempt.values)
        for number in range(len(member.views)):
            revs[number] = _adopted_rev(member, number, agreed, sent, revs[number])
            if not as_made(row):
                revs[number] = _undo_edit(member, number, sent, base, revs[number])
    kept = None if base == shown and row.shape == shape else base
    session.put_links([LinkRow(attempt.type, attempt.entity, row.collection, row.key, how, now, shape, revs, kept)])
    state: Literal["done", "adopted"] = "done" if how == "created" else "adopted"
    session.close([attempt._replace(state=state, key=row.key, closed_at=now)])
    session.note(
        [HistoryRow(now, how, attempt.type, attempt.entity, row.collection, row.key, {"values": attempt.values})]
    )
    session.put_looks([Look(row.collection, row.key)])


def _created_rev(member: MemberMap, number: int, agreed: dict[str, Agreed], values: Mapping[str, Raw]) -> int:
    """A view that was sent, or had nothing to send, is settled; one whose value could not be sent yet is behind."""
    known = agreed.get(member.views[number].field)
    if known is None:
        return NO_BASE
    paths = {p.path for access in member.views[number].accesses for p in access.properties}
    return (
        known.rev
        if is_empty(known.value) or paths & values.keys() or not member.writable(number, creating=True)
        else known.rev - 1
    )


def _sent(mapping: CollectionMap, member: MemberMap, values: Mapping[str, Raw]) -> list[Raw]:
    """What was sent for a new record, in the order of the shape: empty where something could have been sent and was not."""
    could = {p.path for view in member.views for access in view.accesses for p in access.properties if p.creatable}
    return [values.get(path, None if path in could else MISSING) for path in mapping.paths]


def _adopted_rev(member: MemberMap, number: int, agreed: dict[str, Agreed], sent: list[Raw], rev: int) -> int:
    """The revision of a view that was settled when it was sent: behind, unless that is what is agreed now as well."""
    known = agreed.get(member.views[number].field)
    if known is None or rev != known.rev or not member.writable(number, creating=True):
        return rev
    said = member.read(number, sent)
    if type(said) is not tuple or says_nothing(said):  # a reference, which the next plan translates
        return rev if is_empty(known.value) else rev - 1
    return rev if same(said, known.value) or member.coarsens(number, known.value, said) else rev - 1


def as_made(row: RecordRow) -> bool:
    """Whether the record's own times say that nobody changed it since it was made."""
    return row.created is not None and row.modified is not None and row.modified < row.created + 1000


def _undo_edit(member: MemberMap, number: int, sent: list[Raw], base: list[Raw], rev: int) -> int:
    """Take what a person typed since out of a view's base, so that it is seen as the edit that it is; the view's revision then."""
    positions = member.positions[number]
    if all(base[p] in (sent[p], MISSING) or sent[p] == MISSING for p in positions):
        return rev
    if all(sent[p] in (None, MISSING) for p in positions):
        return NO_BASE  # nothing was sent: it may be the system's own default, so it adds and wins over nothing
    ours, theirs = member.read(number, sent), member.read(number, base)
    comparable = type(ours) is tuple and type(theirs) is tuple and not says_nothing(ours)
    if comparable and (same(ours, theirs) or member.coarsens(number, ours, theirs)):
        return rev
    for p in positions:
        base[p] = sent[p]
    return rev


def settle_update(setting: Setting, session: Session, write: Write, attempt: AttemptRow, written: Written) -> None:
    """The written views have the agreed revision, and their base is what the record shows now."""
    place = (write.system, write.collection)
    now = setting.clock.now_ms()
    ref = (attempt.collection, written.key)
    link = next((x for x in session.links_of([ref]) if x.type == write.type), None)
    old = session.records([ref])[ref]
    mapping = setting.maps.collections[place]
    was = mapping.reshape(old.shown, session.shapes()[old.shape], strictly=False)
    row = _shown(setting, session, place, attempt.collection, written, write.values, now, was, old)
    row = row._replace(written_at=now, before={**write.expected}, after=max(old.seen_at, old.after))
    session.put_records([row])
    index(setting, session, place, [row])
    session.close([attempt._replace(state="done", closed_at=now)])
    data: dict[str, Any] = {path: [write.expected.get(path), value] for path, value in write.values.items()}
    session.note([HistoryRow(now, "updated", write.type, write.entity, *ref, data)])
    if link is not None:
        kept = (old.shown, old.shape) if link.base is None else (link.base, link.shape)
        base = mapping.reshape(kept[0], session.shapes()[kept[1]], strictly=True)
        session.put_links([_moved(setting, session, write, link, row, base)])
    looks = [Look(*ref)]
    if written.record is None:
        looks.append(Look(*ref, now + setting.lag_ms(place[0]), fetch=True))
    session.put_looks(looks)


def _moved(setting: Setting, session: Session, write: Write, link: LinkRow, row: RecordRow, base: list[Raw]) -> LinkRow:
    member = setting.maps.members[write.type, f"{write.system}.{write.collection}"]
    agreed = agreed_of(setting, session, write.entity)
    revs = member.renumbered(link.revs, session.shapes()[link.shape])
    fields = {change.field for change in write.fields}
    sent = write.values
    for number, view in enumerate(member.views):
        if view.field not in fields or view.field not in agreed or revs[number] == APART:
            continue
        if any(p.path in sent for access in view.accesses for p in access.properties):
            revs[number] = agreed[view.field].rev
            for position in member.positions[number]:
                base[position] = row.shown[position]
    as_shown = list(base) == list(row.shown)
    return link._replace(revs=revs, base=None if as_shown else base, shape=row.shape)


def _shown(
    setting: Setting,
    session: Session,
    place: Place,
    collection: int,
    written: Written,
    values: Mapping[str, Raw],
    now: int,
    was: list[Raw] | None = None,
    old: RecordRow | None = None,
) -> RecordRow:
    """What the record shows now: by the answer, or, where it could not be read back, what was sent over what was there."""
    mapping = setting.maps.collections[place]
    shape = session.shape(mapping.shape)
    if written.record is None:
        shown = list(was) if was is not None else [MISSING] * len(mapping.paths)
        for path, raw in values.items():
            if path in mapping.index:
                shown[mapping.index[path]] = raw
        version = old.version if old is not None else None
        return RecordRow(collection, written.key, b"", shape, shown, now, 0, version, None, None, None, now, {})
    seen = setting.decoders[place](written.record)
    shown = [b if a == MISSING else a for a, b in zip(seen.shown, was, strict=True)] if was is not None else seen.shown
    modified = None if seen.modified is None else seen.modified - written.clock_offset
    created = None if seen.created is None else seen.created - written.clock_offset
    return RecordRow(
        collection, written.key, seen.digest, shape, shown, now, 0, seen.version, modified, created, None, now, {}
    )
