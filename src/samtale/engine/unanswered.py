"""Unanswered: updates that we began and of which no answer says whether they took effect.

Nothing is repeated blindly here either: the record is looked at again once its system's lag is over. Until then, where it shows what we
sent, that is our own value coming back and nobody's edit, whatever was agreed meanwhile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from samtale.core.kinds import Raw
from samtale.core.mapping import CollectionMap
from samtale.engine.setting import Place, Setting
from samtale.ports.store import AttemptRow, LinkRow, Look, RecordRef, Session

Unanswered = Mapping[str, Sequence[AttemptRow]]  #: by the record's key


def unanswered(session: Session, collection: int) -> Unanswered:
    """Updates of a collection's records that are still open."""
    found: dict[str, list[AttemptRow]] = defaultdict(list)
    for attempt in session.attempts(("open",)):
        if attempt.kind == "update" and attempt.collection == collection and attempt.key is not None:
            found[attempt.key].append(attempt)
    return found


def with_ours(
    mapping: CollectionMap,
    shapes: Mapping[int, tuple[str, ...]],
    shape: int,
    link: LinkRow,
    attempts: Iterable[AttemptRow],
    was: Sequence[Raw],
    shown: Sequence[Raw],
) -> LinkRow:
    """The link with what we sent, and the record shows now, as its base."""
    if link.base is None:
        return link
    member = next((m for m in mapping.members if m.type.name == link.type), None)
    if member is None:
        return link
    base = mapping.reshape(link.base, shapes[link.shape], strictly=True)
    for attempt in attempts:
        for path, raw in attempt.values.items():
            at = mapping.index.get(path)
            if at is not None and attempt.type == link.type and shown[at] == raw != was[at]:
                base[at] = raw
    return link._replace(base=base, shape=shape, revs=member.renumbered(link.revs, shapes[link.shape]))


def close_looked_at(setting: Setting, session: Session, place: Place, asked: Iterable[RecordRef], at: int) -> None:
    """Records were fetched at this time: what is known of them by now answers for the updates that were open."""
    collection = setting.rows(session)[place].id
    attempts = unanswered(session, collection)
    wanted = [ref for ref in asked if ref[1] in attempts]
    records = session.records(wanted) if wanted else {}
    mapping, shapes = setting.maps.collections[place], session.shapes()
    for ref in wanted:
        record = records.get(ref)
        shown = mapping.reshape(record.shown, shapes[record.shape], strictly=False) if record is not None else []
        for attempt in attempts[ref[1]]:
            if at < attempt.due:
                session.put_looks([Look(*ref, attempt.due, fetch=True)])
                continue
            took = bool(shown) and all(
                shown[mapping.index[path]] == raw for path, raw in attempt.values.items() if path in mapping.index
            )
            session.close([attempt._replace(state="done" if took else "none", closed_at=at)])
