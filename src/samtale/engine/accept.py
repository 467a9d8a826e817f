"""Accept: a plan has passed, so links, agreed values and bases move. Nothing is written to any system here.

One transaction a page. What was decided against goes into history, so that a losing value is kept, shown, and can be chosen later.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from samtale.core.compare import NO_BASE
from samtale.core.model import MISSING, Agreed
from samtale.core.plan import EntityPlan
from samtale.engine.setting import Place, Setting
from samtale.ports.store import CollectionRow, EntityRow, HistoryRow, LinkRow, RecordRef, Session


def accept(setting: Setting, session: Session, plans: Sequence[EntityPlan], kept: set[str]) -> None:
    """Move what the plans propose. ``kept``: entities that must be looked at again (writes or held items remain)."""
    now = setting.clock.now_ms()
    rows = setting.rows(session)
    _accept_entities(setting, session, [p for p in plans if p.entity and (p.new or p.agreed)])
    _accept_links(setting, session, rows, [p for p in plans if p.entity and (p.links or p.bases)], now)
    session.note([row for plan in plans for row in _history(rows, plan, now)])
    done = [
        (rows[system, collection].id, key)
        for plan in plans
        if plan.settled and plan.entity not in kept
        for system, collection, key in plan.looks
    ]
    session.forget_looks(done, fetch=False)


def _accept_entities(setting: Setting, session: Session, plans: Sequence[EntityPlan]) -> None:
    known = session.entities([p.entity for p in plans if not p.new])
    shapes = session.shapes()
    rows = []
    for plan in plans:
        fields = tuple(f.name for f in setting.model.type(plan.type).fields)
        agreed: dict[str, Agreed | None] = {}
        old = known.get(plan.entity)
        if old is not None:
            agreed = dict(zip(shapes[old.shape], old.agreed, strict=True))
        agreed |= plan.agreed
        rows.append(EntityRow(plan.type, plan.entity, session.shape(fields), [agreed.get(name) for name in fields]))
    session.put_entities(rows)


def _accept_links(
    setting: Setting, session: Session, rows: dict[Place, CollectionRow], plans: Sequence[EntityPlan], now: int
) -> None:
    refs: dict[tuple[str, RecordRef], tuple[EntityPlan, Place]] = {}
    for plan in plans:
        names = {(n.system, n.collection, n.key) for n in plan.links} | {
            (b.system, b.collection, b.key) for b in plan.bases
        }
        for system, collection, key in sorted(names):
            refs[plan.type, (rows[system, collection].id, key)] = (plan, (system, collection))
    known = {(link.type, (link.collection, link.key)): link for link in session.links_of({ref for _, ref in refs})}
    shapes: dict[Place, int] = {
        place: session.shape(setting.maps.collections[place].shape) for _, place in refs.values()
    }
    news = {(p.type, (rows[n.system, n.collection].id, n.key)): n.how for p in plans for n in p.links}
    bases = {(p.type, (rows[b.system, b.collection].id, b.key)): b for p in plans for b in p.bases}
    links = []
    for where, (plan, place) in refs.items():
        old, base = known.get(where), bases.get(where)
        views = len(setting.maps.members[plan.type, ".".join(place)].views)
        revs: Sequence[int] = base.revs if base is not None else old.revs if old is not None else (NO_BASE,) * views
        kept = (
            base.base
            if base is not None
            else old.base
            if old is not None
            else (MISSING,) * len(setting.maps.collections[place].paths)
        )
        shape = shapes[place] if base is not None or old is None else old.shape
        how = news.get(where) or (old.how if old is not None else "origin")
        linked_at = old.linked_at if old is not None and where not in news else now
        links.append(LinkRow(plan.type, plan.entity, *where[1], how, linked_at, shape, revs, kept))
    session.put_links(links)


def _history(rows: dict[Place, CollectionRow], plan: EntityPlan, now: int) -> list[HistoryRow]:
    found = [
        HistoryRow(now, "linked", plan.type, plan.entity, rows[n.system, n.collection].id, n.key, {"how": n.how})
        for n in plan.links
        if len(plan.links) > 1 or not plan.new
    ]
    for verdict in plan.verdicts:
        if plan.new and not verdict.losers:
            continue  # the first agreement of a new entity is what its records show: nothing happened yet
        data: dict[str, Any] = {
            "field": verdict.field,
            "value": verdict.value,
            "rev": verdict.rev,
            "reason": verdict.reason,
            "origin": verdict.origin,
            "losers": [[c.origin, c.value] for c in verdict.losers],
        }
        found.append(HistoryRow(now, "verdict", plan.type, plan.entity, None, "", data))
    return found
