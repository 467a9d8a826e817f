"""Index: the match keys by which candidates for linking, marks and references are found.

They follow from what a record shows and from the model's rules alone, and are renewed when either changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b

from samtale.core.link import RecordName, digest64
from samtale.core.mapping import CollectionMap, MemberMap
from samtale.core.model import MISSING, EntityType
from samtale.engine.setting import Place, Setting
from samtale.ports.store import CollectionRow, DecisionRow, Look, RecordRow, Session

#: Records indexed anew in one transaction.
PAGE = 1000


def index(setting: Setting, session: Session, place: Place, rows: Sequence[RecordRow]) -> None:
    """Renew the match keys of records, whose values are in the order of today's shape."""
    mapping = setting.maps.collections[place]
    at = mapping.index.get(setting.specs[place].mark or "")
    keys: list[tuple[int, int, str]] = []
    referred: list[RecordName] = []
    for record in rows:
        mark = record.shown[at] if at is not None else None
        if mark and mark != MISSING:
            keys.append((mark_digest(str(mark)), record.collection, record.key))
        for member in mapping.members:
            if member.belongs(record.shown):
                rules = setting.rules[member.type.name]
                found, _ = rules.keys(member, record.shown)
                keys.extend((rules.digest(number, value), record.collection, record.key) for number, value in found)
                for name in _referred(setting, mapping, member, record) if setting.connects else ():
                    keys.append((reference_digest(name), record.collection, record.key))
                    referred.append(name)
    session.put_match([(r.collection, r.key) for r in rows], keys)
    if referred:
        known = setting.known(session)
        session.put_looks([Look(known[name[:2]].id, name[2]) for name in set(referred) if name[:2] in known])


def reindex(setting: Setting, place: Place, row: CollectionRow) -> None:
    """Index and look at all known records again, if the model is not the one that they were indexed and looked at by."""
    if place in setting.indexed:
        return
    subject, wanted = ".".join(place), _fingerprint(setting, place)
    with setting.store.read() as session:
        decided = session.decisions("rules").get(("rules", subject))
    if decided is not None and decided.answer == wanted:
        setting.indexed.add(place)
        return
    mapping, after = setting.maps.collections[place], ""
    while True:
        with setting.store.write() as session:
            shapes = session.shapes()
            found = session.scan(row.id, after, PAGE)
            shown = [r._replace(shown=mapping.reshape(r.shown, shapes[r.shape], strictly=False)) for r in found]
            there = [r for r in shown if r.missing_since is None]
            index(setting, session, place, there)
            session.put_looks([Look(r.collection, r.key) for r in there])
            if len(found) < PAGE:
                session.decide(DecisionRow("rules", subject, wanted, setting.clock.now_ms()))
                break
        after = found[-1].key
    setting.indexed.add(place)


def _fingerprint(setting: Setting, place: Place) -> str:
    """A digest of all that is decided about a collection's records by the model, and not by what they show."""
    types = [_described(m.type) for m in setting.maps.collections[place].members]
    return blake2b(repr((types, setting.connects)).encode(), digest_size=8).hexdigest()


def _described(entity_type: EntityType) -> tuple[object, ...]:
    fields = [
        (f.name, [(p.name, p.kind.name) for p in f.parts], f.required, f.clear, f.conflict, f.to)
        for f in entity_type.fields
    ]
    members = [
        (
            m.name,
            m.where,
            m.create,
            m.on_delete,
            [(v.field, v.use, [[p.path for p in a.properties] for a in v.accesses]) for v in m.views],
        )
        for m in entity_type.members
    ]
    return entity_type.name, fields, entity_type.match, members


def _referred(setting: Setting, mapping: CollectionMap, member: MemberMap, record: RecordRow) -> Iterable[RecordName]:
    """Records that this one refers to; creating them may depend on it."""
    for path, _, collections in member.references:
        raw = record.shown[mapping.index[path]]
        if raw not in (None, "", MISSING):
            yield from ((member.system, c, str(raw)) for c in collections if (member.system, c) in setting.specs)


def reference_digest(name: RecordName) -> int:
    """The match key under which records that refer to this one are found."""
    return digest64("refers\x1e" + "\x1f".join(name))


def mark_digest(mark: str) -> int:
    """The match key of a mark."""
    return digest64(f"mark\x1e{mark}")
