"""Brakes: limits on a whole plan, decided before any write.

A brake counts writes per member and kind over a time window, ours of the past and those planned, against a number and a share of the
collection. It holds only what it counts. Writes that a person approved one by one do not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

Counted = Literal["create", "update", "clear", "archive", "delete"]
Place = tuple[str, str]  #: system, collection


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """How many writes of one kind pass: the larger of a number and a share of the collection's records."""

    number: int
    share: float = 0.0

    def allows(self, count: int, size: int) -> bool:
        return count <= max(self.number, int(self.share * size))


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of a project."""

    window_hours: float = 24.0
    create: Limit = Limit(number=500, share=0.5)
    update: Limit = Limit(number=200, share=0.5)
    clear: Limit = Limit(number=20, share=0.05)
    archive: Limit = Limit(number=10, share=0.05)
    delete: Limit = Limit(number=10, share=0.05)
    shrink_share: float = 0.5  #: a complete pass that finds less than this share of the records before is not believed

    def of(self, kind: Counted) -> Limit:
        limit: Limit = getattr(self, kind)
        return limit


class Brake(msgspec.Struct, frozen=True, kw_only=True):
    """A limit that a plan passes: what is held, and why."""

    place: Place
    kind: Counted
    planned: int
    before: int  #: writes of the window that took effect already
    size: int

    @property
    def reason(self) -> str:
        """A sentence for people."""
        already = f" after {self.before} in the window before" if self.before else ""
        return f"{self.planned} {self.kind} writes to {'.'.join(self.place)}{already}, of {self.size} records, are more than the limit"


def brakes(
    planned: Mapping[tuple[Place, Counted], int],
    before: Mapping[tuple[Place, Counted], int],
    sizes: Mapping[Place, int],
    limits: Limits,
) -> list[Brake]:
    """The brakes that a plan sets off."""
    found = []
    for (place, kind), count in sorted(planned.items()):
        done = before.get((place, kind), 0)
        if not limits.of(kind).allows(count + done, sizes.get(place, 0)):
            found.append(Brake(place=place, kind=kind, planned=count, before=done, size=sizes.get(place, 0)))
    return found


def shrunk(seen: int, before: int, limits: Limits) -> Literal["emptied", "shrunk"] | None:
    """Whether a complete pass found so little that its absences are not to be believed. Fewer than ten records are too few to tell,
    unless all of them went."""
    if seen == 0 and before > 1:
        return "emptied"
    if before >= 10 and seen < before * limits.shrink_share:
        return "shrunk"
    return None
