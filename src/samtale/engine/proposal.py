"""Proposal: a whole plan as a document.

Kept in memory while it is small and in a temporary file beyond, so that a plan of any size can be counted, shown, approved, and then
carried out in the order in which it was made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any

from samtale.core.brakes import Brake, Counted, Place
from samtale.core.kinds import Raw
from samtale.core.plan import EntityPlan, FieldChange, Held, Write
from samtale.engine.spill import Spill

#: Entity plans kept in memory; what comes beyond goes to a file.
IN_MEMORY = 2000


class Proposal:
    """Entity plans in order, with their counts; and what is held of them before anything is written."""

    def __init__(self, allowed: frozenset[str] = frozenset()) -> None:
        self._allowed = allowed  #: subjects that were approved before
        self.counts: Counter[str] = Counter(link=0, create=0, update=0, held=0)
        self.counted: Counter[tuple[Place, Counted]] = Counter()  #: writes that brakes count
        self.brakes: list[Brake] = []
        self.unapproved: set[str] = set()  #: writes (by id) that cause a first run and are not approved
        self.passed: set[str] = set()  #: writes (by id) that a person approved: no brake holds them
        self.looks = 0
        self._few: list[EntityPlan] = []
        self._spill: Spill | None = None
        self._id = blake2b(digest_size=8)

    def add(self, plan: EntityPlan) -> None:
        """Take in the plan of one entity."""
        self.looks += len(plan.looks)
        self.counts["link"] += len(plan.links) if len(plan.links) > 1 or not plan.new else 0
        self.counts["held"] += len(plan.held)
        for write in plan.writes:
            self._count(write)
        if len(self._few) < IN_MEMORY:
            self._few.append(plan)
            return
        if self._spill is None:
            self._spill = Spill()
        self._spill.add(plan)

    def _count(self, write: Write) -> None:
        self._id.update(write.id.encode())
        self.counts[write.kind] += 1
        if not subjects(write) <= self._allowed:
            self.unapproved.add(write.id)  # approved one by one, or not at all: brakes do not count it
            return
        place = (write.system, write.collection)
        self.counted[place, write.kind] += 1
        if write.clears:
            self.counted[place, "clear"] += 1

    def __iter__(self) -> Iterator[EntityPlan]:
        yield from self._few
        if self._spill is not None:
            yield from self._spill

    def close(self) -> None:
        """Throw the document away."""
        self._few.clear()
        if self._spill is not None:
            self._spill.close()

    @property
    def id(self) -> str:
        """The same for two plans with the same writes."""
        return self._id.hexdigest()

    @property
    def writes(self) -> Iterator[Write]:
        """All proposed writes."""
        return (write for plan in self for write in plan.writes)

    @property
    def held(self) -> Iterator[Held]:
        """Everything that is held, brakes and first runs included."""
        for plan in self:
            yield from plan.held
            for write in plan.writes:
                reason = self.blocked(write)
                if reason is not None:
                    yield reason

    def blocked(self, write: Write) -> Held | None:
        """Why a brake, or a first run without approval, holds this write."""
        name = (
            ((write.system, write.collection, write.key or ""),)
            if write.key
            else ((write.origin,) if write.origin else ())
        )
        if write.id in self.passed:
            return None
        for brake in self.brakes:
            kinds = {write.kind, "clear"} if write.clears else {write.kind}
            if brake.place == (write.system, write.collection) and brake.kind in kinds:
                return Held(code="brake", reason=brake.reason, refs=name, type=write.type, entity=write.entity)
        if write.id in self.unapproved:
            reason = "the first writes of this kind need an approved plan"
            return Held(code="first_run", reason=reason, refs=name, type=write.type, entity=write.entity)
        return None

    @property
    def nothing(self) -> bool:
        """Whether nothing is to be written or linked."""
        return not any(self.counts[k] for k in ("link", "create", "update", "delete", "archive"))


def subjects(write: Write) -> set[str]:
    """What a first run is counted by: creating in a member for records of another, and writing a property there."""
    place = f"{write.type}:{write.system}.{write.collection}"
    if write.kind == "update":
        return {f"write {place} {path}" for change in write.fields for path in change.properties}
    return {f"create {place} for {'.'.join(write.origin[:2])}" if write.origin else f"{write.kind} {place}"}


def write_json(write: Write) -> dict[str, Any]:
    """A write as the JSON contract shows it."""
    return {
        "id": write.id,
        "kind": write.kind,
        "system": write.system,
        "collection": write.collection,
        "key": write.key,
        "entity": write.entity,
        "origin": list(write.origin) if write.origin else None,
        "fields": [_field_json(change) for change in write.fields],
    }


def _field_json(change: FieldChange) -> dict[str, Raw | dict[str, Raw]]:
    return {
        "field": change.field,
        "old": change.old,
        "new": change.new,
        "reason": change.reason,
        "properties": change.properties,
    }


def held_json(held: Iterable[Held]) -> list[dict[str, Any]]:
    """Held items as the JSON contract shows them."""
    return [
        {
            "code": h.code,
            "reason": h.reason,
            "refs": [list(r) for r in h.refs],
            "entity": h.entity,
            "field": h.field,
            "candidates": [list(c) for c in h.candidates],
        }
        for h in held
    ]
