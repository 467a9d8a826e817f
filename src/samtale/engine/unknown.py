"""Unknown outcomes: creates that we began and of which no answer says whether they took effect.

Nothing is repeated blindly. After the declared lag the collection is read; a record that bears the attempt's mark, or resembles what was
sent, is adopted; several are parked for a person; none in a read that is consistent by then means that nothing was created.
"""

from __future__ import annotations

from collections.abc import Mapping

from samtale.core.problems import Problem
from samtale.engine.index import mark_digest
from samtale.engine.observe import observe
from samtale.engine.setting import Place, Setting
from samtale.engine.settle import adopt, as_made
from samtale.ports.store import AttemptRow, HistoryRow, Look, RecordRow, Session

#: Milliseconds by which a record's creation may seem to lie before the attempt, since vendors' clocks are coarse.
COARSE = 2000


def recover(setting: Setting) -> None:
    """After a crash: attempts left open have unknown outcomes. Changes are looked at again, creates are looked for."""
    now = setting.clock.now_ms()
    with setting.store.write() as session:
        places = {row.id: place for place, row in setting.known(session).items()}
        _notice_clock(setting, session, places, now)
        for attempt in session.attempts(("open",)):
            place = places.get(attempt.collection)
            due = now + (setting.lag_ms(place[0]) if place else 0)
            if attempt.kind == "update":  # stays open until its record was looked at once more
                session.close([attempt._replace(due=attempt.due or due)])
                session.put_looks([Look(attempt.collection, attempt.key or "", attempt.due or due, fetch=True)])
            elif attempt.kind == "create":
                session.close(
                    [attempt._replace(state="unknown", due=due, outcome="the run ended before the answer came")]
                )
            else:
                session.close(
                    [attempt._replace(state="none", closed_at=now, outcome="the run ended before the answer came")]
                )
                session.put_looks([Look(attempt.collection, attempt.key or "", due, fetch=True)])


def _notice_clock(setting: Setting, session: Session, places: Mapping[int, Place], now: int) -> None:
    """Our clock was put back: what appeared since an attempt cannot be told by time any more, so without a mark a person decides."""
    for attempt in session.attempts(("open", "unknown")):
        place = places.get(attempt.collection)
        if (
            attempt.kind == "create"
            and attempt.started_at > now
            and place is not None
            and not setting.specs[place].mark
        ):
            why = "Our clock was put back since, so it cannot be told which records appeared after it."
            session.close([attempt._replace(state="parked", outcome=why)])
            setting.reporter.trouble(_parked_problem(why))


def waiting(setting: Setting) -> int | None:
    """When the next unknown outcome can be looked into; None: there is none."""
    with setting.store.read() as session:
        return min((a.due for a in session.attempts(("unknown",))), default=None)


def resolve_unknown(setting: Setting) -> int:
    """Look into unknown creates that are due; the number that were settled one way or the other."""
    now = setting.clock.now_ms()
    with setting.store.read() as session:
        places = {row.id: place for place, row in setting.known(session).items()}
        due = [a for a in session.attempts(("unknown",)) if a.due <= now and a.collection in places]
    wanted = {places[a.collection] for a in due if setting.systems[places[a.collection][0]].reachable}
    if not wanted:
        return 0
    observe(setting, only=wanted)
    settled = 0
    for attempt in due:
        place = places[attempt.collection]
        with setting.store.write() as session:
            row = setting.rows(session)[place]
            if row.observed_at is not None and row.observed_at >= attempt.due:
                settled += _look_into(setting, session, place, attempt)
    return settled


def _look_into(setting: Setting, session: Session, place: Place, attempt: AttemptRow) -> int:
    now = setting.clock.now_ms()
    marked = session.matching([mark_digest(attempt.mark)]) if attempt.mark else []
    found = list(session.records([(c, k) for _, c, k in marked if c == attempt.collection]).values())
    strangers = [] if found else _strangers(session, attempt)
    found = found or [r for r in strangers if resembles(setting, session, place, attempt, r)]
    why = taken(session, attempt, found[0]) if len(found) == 1 else ""
    if len(found) == 1 and not why:
        adopt(setting, session, place, attempt, found[0])
        return 1
    found = found or [r for r in strangers if resembles(setting, session, place, attempt, r, edited=True)]
    if found:
        why = why or f"{len(found)} records in {'.'.join(place)} may be what it made."
        session.close([attempt._replace(state="parked", outcome=why)])
        setting.reporter.trouble(_parked_problem(why))
        return 1
    session.close([attempt._replace(state="none", closed_at=now, outcome="nothing was created")])
    session.note(
        [
            HistoryRow(
                now, "answer", attempt.type, attempt.entity, attempt.collection, "", {"outcome": "nothing was created"}
            )
        ]
    )
    links = session.links_in([attempt.entity])
    session.put_looks([Look(link.collection, link.key) for link in links if link.state == "active"])
    return 1


def _strangers(session: Session, attempt: AttemptRow) -> list[RecordRow]:
    """Records that appeared since the attempt and are linked to nothing."""
    since = attempt.started_at - COARSE
    fresh = [r for r in session.created_since(attempt.collection, since) if r.missing_since is None]
    links = session.links_of([(r.collection, r.key) for r in fresh])
    linked = {(x.collection, x.key) for x in links if x.type == attempt.type}
    return [r for r in fresh if (r.collection, r.key) not in linked and (r.created or r.seen_at) >= since]


def taken(session: Session, attempt: AttemptRow, record: RecordRow) -> str:
    """Why the record cannot be linked to what it was created for: one of the two is linked otherwise by now. Empty: it can."""
    own = [x for x in session.links_of([(record.collection, record.key)]) if x.type == attempt.type]
    if any(x.entity != attempt.entity for x in own):
        return "The record that it made is linked to something else."
    mine = session.links_in([attempt.entity])
    if any(x.collection == record.collection and x.key != record.key and x.state == "active" for x in mine):
        return "What it was created for is linked to another record by now."
    entity = session.entities([attempt.entity]).get(attempt.entity)
    if entity is not None and entity.merged_into:
        return "What it was created for is part of something else by now."
    return ""


def resembles(
    setting: Setting, session: Session, place: Place, attempt: AttemptRow, record: RecordRow, *, edited: bool = False
) -> bool:
    """Whether a record says the same as what was sent, in required and matched fields, compared as the kinds compare.

    ``edited``: whether it may be what was sent all the same: somebody changed it since it was made, and left one of these values.
    """
    mapping = setting.maps.collections[place]
    member = setting.maps.members.get((attempt.type, ".".join(place)))
    if member is None:
        return False
    sent = [attempt.values.get(path) for path in mapping.paths]
    shown = mapping.reshape(record.shown, session.shapes()[record.shape], strictly=False)
    if not member.belongs(shown):
        return False
    rules = setting.rules[attempt.type]
    matched = {name.partition(".")[0] for rule in rules.rules for name in rule.fields}
    fields = [f for f, field in enumerate(member.type.fields) if field.required or field.name in matched]
    views = [member.by_field[f][0] for f in fields if member.by_field[f]]
    said = [(member.read(n, sent), member.read(n, shown)) for n in views]
    parts = [
        (a, b) for ours, theirs in said for a, b in zip(ours, theirs, strict=False) if a is not None and a is not ...
    ]
    if edited:
        return not as_made(record) and any(a == b for a, b in parts)
    ours = set(rules.keys(member, sent)[0])
    if ours:
        return bool(ours & set(rules.keys(member, shown)[0]))
    return bool(parts) and all(a == b for a, b in parts)


def _parked_problem(why: str) -> Problem:
    return Problem(
        code="outcome_unknown",
        summary="A create has an unknown outcome that a person must settle.",
        why=why,
        remedy="Say which record it is, or that it is none.",
        command="samtale review --only unknown",
    )
