"""Compare: what one record says about one field, held against its base.

A record may show a field in several places (views): the first is the primary, the others follow it. ``compare`` turns all of them
into one ``Statement``. It must not know other records, agreed values, or who wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from samtale.core.kinds import Raw
from samtale.core.mapping import APART as APART
from samtale.core.mapping import NO_BASE as NO_BASE
from samtale.core.mapping import NO_REFERENCES, MemberMap, References, Unread
from samtale.core.model import MISSING, FieldValue

Reading = Literal["nothing", "same", "edit", "join", "unread"]


class Side(msgspec.Struct, kw_only=True):
    """One linked record, as a decision sees it."""

    map: MemberMap
    key: str
    shown: Sequence[Raw]  #: by the positions of the collection's shape
    base: Sequence[Raw]  #: likewise; MISSING where there is no base
    revs: Sequence[int]  #: by the member's views; NO_BASE, APART, or the revision last given
    modified: int | None = None  #: the system's time of the last change, in our clock
    looked_after: int = 0  #: the last look that may still have shown the base
    seen_at: int = 0  #: the look that showed this
    writable: bool = True  #: the system is shared and not paused
    version: str | None = None

    @property
    def member(self) -> str:
        """Name of the member that the record belongs to."""
        return self.map.name


class ViewReading(NamedTuple):
    """What one view says."""

    number: int
    reading: Reading
    value: FieldValue | Unread | None
    rev: int


class Statement(msgspec.Struct, kw_only=True):
    """What one record says about one field."""

    side: Side
    reading: Reading  #: nothing: no information; same: as settled; edit; join: no base yet; unread: an unknown edit
    value: FieldValue = ()  #: for same, edit and join; Ellipsis for parts that are not shown
    number: int = 0  #: the view that speaks
    rev: int = NO_BASE  #: its revision
    views: tuple[ViewReading, ...] = ()
    apart: tuple[int, ...] = ()  #: followers to be set apart
    rejoin: tuple[int, ...] = ()  #: followers that were apart and are equal to the primary again
    unread: Unread | None = None
    timed: bool = True  #: the record's modified time moves with the properties that were edited


def is_empty(value: FieldValue) -> bool:
    """Whether no part is filled."""
    for part in value:  # noqa: SIM110 - all() costs twice as much, and this is asked for every view
        if part is not None and part is not ...:
            return False
    return True


def says_nothing(value: FieldValue) -> bool:
    """Whether no part is shown at all."""
    return all(part is ... for part in value)


def same(a: FieldValue, b: FieldValue) -> bool:
    """Whether two values are equal in all parts that both show."""
    return a == b or all(x is ... or y is ... or x == y for x, y in zip(a, b, strict=True))


def overlay(below: FieldValue, above: FieldValue) -> FieldValue:
    """``above``, with the parts that it does not show taken from ``below``."""
    return tuple(b if a is ... else a for a, b in zip(above, below, strict=True))


def compare(
    side: Side,
    field: int,
    *,
    followers: Literal["equal", "apart"] = "equal",
    ignore_clear: bool = False,
    first: bool = False,
    refs: References = NO_REFERENCES,
) -> Statement | None:
    """What the record says about the field of that index in its entity type; None if it has no view of it.

    ``first``: nothing was agreed about the field yet, so no view has a base, whatever was settled about it under an older model.
    """
    numbers = side.map.by_field[field]
    readings = [_read(side, n, ignore_clear, first, refs) for n in numbers if side.map.views[n].reads]
    if not readings:
        return None
    primary, rest = readings[0], readings[1:]
    if primary.rev == APART and primary.number == numbers[0]:  # it was a follower under an older model
        primary = primary._replace(rev=NO_BASE, reading="join" if type(primary.value) is tuple else "unread")
    speaker, apart, rejoin = _speaker(primary, rest, followers)
    if speaker.reading == "unread":
        return Statement(
            side=side,
            reading="unread",
            rev=primary.rev,
            views=(primary, *rest),
            apart=apart,
            unread=_unread(speaker.value),
        )
    value = speaker.value if type(speaker.value) is tuple else ()
    reading = "nothing" if says_nothing(value) else speaker.reading
    timed = all(p.timed for a in side.map.views[speaker.number].accesses for p in a.properties)
    return Statement(
        side=side,
        reading=reading,
        value=value,
        number=speaker.number,
        rev=speaker.rev,
        views=(primary, *rest),
        apart=apart,
        rejoin=rejoin,
        timed=timed,
    )


def _unread(value: FieldValue | Unread | None) -> Unread | None:
    return value if type(value) is Unread else None


def _read(side: Side, number: int, ignore_clear: bool, first: bool, refs: References) -> ViewReading:
    rev = side.revs[number]
    positions = side.map.positions[number]
    shown, base = side.shown, side.base
    value = side.map.read(number, shown, refs)
    if rev == APART:
        return ViewReading(number, "nothing", value, rev)
    if first or rev == NO_BASE or all(base[p] == MISSING for p in positions):
        return ViewReading(number, "unread" if type(value) is Unread else "join", value, NO_BASE)
    if type(value) is Unread:
        return ViewReading(number, "unread", value, rev)
    moved = [p for p in positions if shown[p] != base[p] and shown[p] != MISSING]
    if not moved:
        return ViewReading(number, "same", value, rev)
    if all(base[p] == MISSING for p in moved):  # shown for the first time: it may add, but nobody edited it
        return ViewReading(number, "join", value, NO_BASE)
    was = side.map.read(number, base, refs)
    if type(was) is tuple and same(was, value) and not says_nothing(was):
        return ViewReading(number, "same", value, rev)
    if ignore_clear and is_empty(value) and type(was) is tuple and not is_empty(was):
        return ViewReading(number, "nothing", value, rev)
    return ViewReading(number, "edit", value, rev)


def _speaker(
    primary: ViewReading, rest: Sequence[ViewReading], followers: Literal["equal", "apart"]
) -> tuple[ViewReading, tuple[int, ...], tuple[int, ...]]:
    """The view that speaks for the record, the followers to be set apart, and those that rejoin."""
    speaker, apart = primary, []
    for view in rest:
        value = view.value
        if type(value) is not tuple or view.rev == APART:
            continue
        spoken = speaker.value if type(speaker.value) is tuple else None
        if view.reading == "join":
            if is_empty(value) or (spoken is not None and _within(value, spoken)):
                continue
            if speaker.reading == "join" and spoken is not None and is_empty(spoken) and followers == "equal":
                speaker = view
            else:
                apart.append(view.number)
        elif view.reading == "edit":
            if spoken is not None and _equal(value, spoken):
                continue
            if followers == "apart" or is_empty(value) or speaker.reading not in ("same", "nothing"):
                apart.append(view.number)
            else:
                speaker = view
    rejoin = [v.number for v in rest if v.rev == APART and _equal_again(v, speaker)]
    return speaker, tuple(apart), tuple(rejoin)


def _equal_again(follower: ViewReading, speaker: ViewReading) -> bool:
    """Whether a follower that stands apart shows what the record says of the field."""
    a, b = follower.value, speaker.value
    return type(a) is tuple and type(b) is tuple and not is_empty(a) and _equal(a, b)


def _equal(value: FieldValue, whole: FieldValue) -> bool:
    """Whether every part that ``value`` shows is shown equal in ``whole``."""
    return all(v is ... or v == w for v, w in zip(value, whole, strict=True))


def _within(value: FieldValue, whole: FieldValue) -> bool:
    """Whether every filled part of ``value`` is equal in ``whole``: it lacks something, but contradicts nothing."""
    return all(v is None or v is ... or v == w for v, w in zip(value, whole, strict=True))


def untouched(side: Side, field: int, rev: int) -> bool:
    """Whether every view of the field shows its base at this revision; told by raw values alone, which is quick."""
    shown, base = side.shown, side.base
    for number in side.map.by_field[field]:
        if side.map.views[number].use == "match":
            continue
        if side.revs[number] != rev:
            return False
        for position in side.map.positions[number]:
            if shown[position] != base[position]:
                return False
    return True


def quiet(statement: Statement, rev: int) -> bool:
    """Whether this record asks for nothing: it shows what it was settled with, at the agreed revision."""
    return (
        not statement.rejoin
        and not statement.apart
        and all(
            (v.reading == "same" and v.rev == rev) or v.rev == APART or (v.reading == "unread" and v.rev >= 0)
            for v in statement.views
        )
    )
