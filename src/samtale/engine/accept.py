"""Accept: a plan has passed, so links, agreed values and bases move. Nothing is written to any system here.

One transaction a page. What was decided against goes into history, so that a losing value is kept, shown, and can be chosen later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from samtale.core.compare import NO_BASE
from samtale.core.kinds import Raw
from samtale.core.model import MISSING, Agreed
from samtale.core.plan import EntityPlan, NewBase
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
    keeping = {name: setting.keeping[name] for name in {p.type for p in plans}}
    numbers = {name: session.shape(kept.shape) for name, kept in keeping.items()}
    rows = []
    for plan in plans:
        agreed: Mapping[str, Agreed | None] = plan.agreed
        old = known.get(plan.entity)
        if old is not None:
            agreed = {**keeping[plan.type].read(shapes[old.shape], old.agreed), **plan.agreed}
        rows.append(EntityRow(plan.type, plan.entity, numbers[plan.type], keeping[plan.type].kept(agreed)))
    session.put_entities(rows)


def _accept_links(
    setting: Setting, session: Session, rows: dict[Place, CollectionRow], plans: Sequence[EntityPlan], now: int
) -> None:
    news: dict[tuple[str, RecordRef], str] = {}
    bases: dict[tuple[str, RecordRef], NewBase] = {}
    entities: dict[tuple[str, RecordRef], tuple[str, Place]] = {}
    for plan in plans:
        for link in plan.links:
            place = (link.system, link.collection)
            where = (plan.type, (rows[place].id, link.key))
            news[where] = link.how
            entities[where] = (plan.entity, place)
        for base in plan.bases:
            place = (base.system, base.collection)
            where = (plan.type, (rows[place].id, base.key))
            bases[where] = base
            entities[where] = (plan.entity, place)
    known = {(link.type, (link.collection, link.key)): link for link in session.links_of({ref for _, ref in entities})}
    maps = setting.maps.collections
    shapes: dict[Place, int] = {place: session.shape(maps[place].shape) for place in {p for _, p in entities.values()}}
    links = []
    for where in sorted(entities):
        (entity, place), moved, old = entities[where], bases.get(where), known.get(where)
        shape = shapes[place]
        revs: Sequence[int]
        kept: Sequence[Raw] | None
        if moved is not None:
            revs, kept = moved.revs, moved.base
        elif old is not None:
            revs, kept, shape = old.revs, old.base, old.shape
        else:
            revs = (NO_BASE,) * len(setting.maps.members[where[0], ".".join(place)].views)
            kept = (MISSING,) * len(maps[place].paths)
        how = news.get(where) or (old.how if old is not None else "origin")
        linked_at = old.linked_at if old is not None and where not in news else now
        links.append(LinkRow(where[0], entity, *where[1], how, linked_at, shape, revs, kept))
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
