"""Unknown outcomes: creates that we began and of which no answer says whether they took effect.

Nothing is repeated blindly. After the declared lag the collection is read; a record that bears the attempt's mark, or resembles what was
sent, is adopted; several are parked for a person; none in a read that is consistent by then means that nothing was created.
"""

from __future__ import annotations

from samtale.core.problems import Problem
from samtale.engine.index import mark_digest
from samtale.engine.observe import observe
from samtale.engine.setting import Place, Setting
from samtale.engine.settle import adopt
from samtale.ports.store import AttemptRow, HistoryRow, Look, RecordRow, Session

#: Milliseconds by which a record's creation may seem to lie before the attempt, since vendors' clocks are coarse.
COARSE = 2000


def recover(setting: Setting) -> None:
    """After a crash: attempts left open have unknown outcomes. Changes are looked at again, creates are looked for."""
    now = setting.clock.now_ms()
    with setting.store.write() as session:
        places = {row.id: place for place, row in setting.known(session).items()}
        for attempt in session.attempts(("open",)):
            place = places.get(attempt.collection)
            due = now + (setting.lag_ms(place[0]) if place else 0)
            if attempt.kind == "create":
                session.close(
                    [attempt._replace(state="unknown", due=due, outcome="the run ended before the answer came")]
                )
            else:
                session.close(
                    [attempt._replace(state="none", closed_at=now, outcome="the run ended before the answer came")]
                )
                session.put_looks([Look(attempt.collection, attempt.key or "", due, fetch=True)])


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
    if not found:
        since = attempt.started_at - COARSE
        fresh = session.created_since(attempt.collection, since)
        linked = {
            (x.collection, x.key)
            for x in session.links_of([(r.collection, r.key) for r in fresh])
            if x.type == attempt.type
        }
        found = [
            r
            for r in fresh
            if (r.collection, r.key) not in linked
            and r.missing_since is None
            and r.after < attempt.started_at
            and (r.created or r.seen_at) >= since
            and _resembles(setting, session, place, attempt, r)
        ]
    if len(found) == 1:
        adopt(setting, session, place, attempt, found[0])
        return 1
    if found:
        session.close([attempt._replace(state="parked", outcome=f"{len(found)} records may be what was created")])
        setting.reporter.trouble(_parked_problem(place, attempt, len(found)))
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


def _resembles(setting: Setting, session: Session, place: Place, attempt: AttemptRow, record: RecordRow) -> bool:
    """Whether a record says the same as what was sent, in required and matched fields, compared as the kinds compare."""
    mapping = setting.maps.collections[place]
    member = setting.maps.members.get((attempt.type, ".".join(place)))
    if member is None:
        return False
    sent = [attempt.values.get(path) for path in mapping.paths]
    shown = mapping.reshape(record.shown, session.shapes()[record.shape], strictly=False)
    if not member.belongs(shown):
        return False
    rules = setting.rules[attempt.type]
    ours, theirs = set(rules.keys(member, sent)[0]), set(rules.keys(member, shown)[0])
    if ours or theirs:
        return bool(ours & theirs)
    required = [f for f in range(len(member.type.fields)) if member.type.fields[f].required] or range(
        len(member.type.fields)
    )
    views = [member.by_field[f][0] for f in required if member.by_field[f]]
    return all(member.read(n, sent) == member.read(n, shown) for n in views)


def _parked_problem(place: Place, attempt: AttemptRow, count: int) -> Problem:
    return Problem(
        code="outcome_unknown",
        summary="A create has an unknown outcome that a person must settle.",
        why=f"{count} records in {'.'.join(place)} may be what it made.",
        remedy="Say which record it is, or that it is none.",
        command="samtale review --only unknown",
    )
