"""Merge: the statements of all linked records about one field become one verdict.

A verdict is a value with a reason from a closed list; the reason explains, it never steers. Systems have names and an order that
breaks ties, nothing more: there is no master, and renaming systems changes no value.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import EllipsisType
from typing import Literal, NamedTuple

import msgspec

from samtale.core.compare import Statement, is_empty, overlay, same
from samtale.core.kinds import Value
from samtale.core.model import Agreed, Field, FieldValue, Model, Prefer

Reason = Literal[
    "unchanged",  # nobody changed it
    "same",  # first link: all show the same
    "filled",  # first link: some were empty
    "finer",  # first link: one shows a cut or reformatted form of the other
    "edited",  # one new value
    "cleared",  # one system emptied it
    "newest",  # several new values: the newest won
    "tie",  # several new values at the same time: the order of systems decided
    "preferred",  # several new values: a rule or an answer names the system
    "first_link",  # first link: values differed, a rule or an answer decided
    "agreed",  # a late edit lost against what had been agreed since
    "chosen",  # a person chose this value
]

ANYTIME = 0


class Interval(NamedTuple):
    """When an edit happened: after ``after``, not later than ``until``."""

    after: int
    until: int


class Candidate(NamedTuple):
    """A value that could win, and who shows it."""

    value: FieldValue
    origin: str  #: member name
    system: str
    when: Interval


class Conflict(NamedTuple):
    """Differing values that a person must decide on."""

    kind: Literal["edit", "first_link"]
    candidates: tuple[Candidate, ...]


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a field is to be, and why."""

    field: str
    value: FieldValue | None  #: None: undecided, see ``conflict``
    rev: int  #: the agreed revision that the value has, or will have
    reason: Reason
    origin: str = ""
    when: Interval = Interval(ANYTIME, ANYTIME)
    losers: tuple[Candidate, ...] = ()  #: values that gave way, kept and shown
    conflict: Conflict | None = None

    @property
    def moves(self) -> bool:
        """Whether the agreed value changes."""
        return self.conflict is None and self.reason not in ("unchanged", "agreed")


def edited_when(statement: Statement) -> Interval:
    """When an edit happened, as far as can be told.

    After the last look that showed the old value, up to the look that showed the new one; narrowed to the record's modified time
    (a second long, as coarse as vendors' clocks) where that lies inside and moves with the property.
    """
    side = statement.side
    interval = Interval(side.looked_after, side.seen_at)
    if statement.timed and side.modified is not None and interval.after - 1000 < side.modified <= interval.until:
        return Interval(max(interval.after, side.modified - 1), min(interval.until, side.modified + 999))
    return interval


def merge(
    field: Field, agreed: Agreed | None, statements: Sequence[Statement], model: Model, answers: Sequence[str] = ()
) -> Verdict:
    """The verdict over one field. ``answers``: systems that a person prefers for this field at first link, best first."""
    if agreed is None:
        return _first_link(field, statements, model, answers)
    edits = [s for s in statements if s.reading == "edit" and not same(s.value, agreed.value)]
    if not edits:
        return _fill(field, agreed, statements, model)
    candidates = _candidates(edits, agreed, model)
    if any(s.rev < agreed.rev for s in edits):
        candidates.append(_candidate_of(agreed))
    if len(candidates) == 1:
        only = candidates[0]
        reason: Reason = "cleared" if is_empty(only.value) else "edited"
        return _won(field, agreed, only, reason, ())
    return _decide(field, agreed, candidates, model)


def _candidate_of(agreed: Agreed) -> Candidate:
    return Candidate(agreed.value, agreed.origin, agreed.origin.partition(".")[0], Interval(agreed.after, agreed.until))


def _candidates(edits: Sequence[Statement], agreed: Agreed, model: Model) -> list[Candidate]:
    """One candidate per value: the one that was shown last speaks for it."""
    found: dict[FieldValue, Candidate] = {}
    for statement in sorted(edits, key=lambda s: _rank(model, s.side.map.system, s.side.member)):
        value = overlay(agreed.value, statement.value)
        when = edited_when(statement)
        known = found.get(value)
        if known is None or known.when.until < when.after:
            found[value] = Candidate(value, statement.side.member, statement.side.map.system, when)
    return list(found.values())


def _rank(model: Model, system: str, member: str) -> tuple[int, str]:
    order = model.order
    return (order.index(system) if system in order else len(order), member)


def _won(field: Field, agreed: Agreed, winner: Candidate, reason: Reason, losers: tuple[Candidate, ...]) -> Verdict:
    if winner.value == agreed.value:
        when = Interval(agreed.after, agreed.until)
        return Verdict(
            field=field.name,
            value=agreed.value,
            rev=agreed.rev,
            reason="agreed",
            origin=agreed.origin,
            when=when,
            losers=losers,
        )
    return Verdict(
        field=field.name,
        value=winner.value,
        rev=agreed.rev + 1,
        reason=reason,
        origin=winner.origin,
        when=winner.when,
        losers=losers,
    )


def _decide(field: Field, agreed: Agreed, candidates: list[Candidate], model: Model) -> Verdict:
    rule = field.conflict
    if rule == "ask":
        return Verdict(
            field=field.name,
            value=None,
            rev=agreed.rev,
            reason="unchanged",
            conflict=Conflict("edit", tuple(candidates)),
        )
    if isinstance(rule, Prefer):
        for system in rule.systems:
            preferred = [c for c in candidates if c.system == system]
            if len(preferred) == 1:
                return _won(
                    field, agreed, preferred[0], "preferred", tuple(c for c in candidates if c is not preferred[0])
                )
    winner, reason = newest(candidates, model)
    return _won(field, agreed, winner, reason, tuple(c for c in candidates if c is not winner))


def newest(candidates: Sequence[Candidate], model: Model) -> tuple[Candidate, Literal["newest", "tie"]]:
    """The candidate that began after all others had ended; among those that cannot be told apart, the first by order of systems."""
    latest_end = max(c.when.after for c in candidates)
    contenders = [c for c in candidates if c.when.until > latest_end]
    contenders = contenders or [c for c in candidates if c.when.after == latest_end]
    if len(contenders) == 1:
        return contenders[0], "newest"
    return min(contenders, key=lambda c: _rank(model, c.system, c.origin)), "tie"


def _fill(field: Field, agreed: Agreed, statements: Sequence[Statement], model: Model) -> Verdict:
    """Nobody edited. A record that joins adds what it has and contradicts nothing; otherwise it takes what was agreed."""
    joining = [s for s in statements if s.reading == "join" and not is_empty(s.value)]
    adding = [s for s in joining if _united(agreed.value, s.value) not in (None, agreed.value)]
    if adding:
        candidates = [
            c._replace(value=_united(agreed.value, c.value) or c.value) for c in _candidates(adding, agreed, model)
        ]
        if len(candidates) == 1:
            return _won(field, agreed, candidates[0], "filled", ())
        return _decide(field, agreed, candidates, model)
    return Verdict(
        field=field.name,
        value=agreed.value,
        rev=agreed.rev,
        reason="unchanged",
        origin=agreed.origin,
        when=Interval(agreed.after, agreed.until),
    )


def _first_link(field: Field, statements: Sequence[Statement], model: Model, answers: Sequence[str]) -> Verdict:
    """Nothing was agreed yet: empty fields are filled, empty never wins, and what differs is decided by rule or by a person."""
    speaking = [s for s in statements if s.reading in ("join", "edit", "same")]
    speaking.sort(key=lambda s: _rank(model, s.side.map.system, s.side.member))
    filled = [s for s in speaking if not is_empty(s.value)]
    if not filled:
        first = speaking[0].side.member if speaking else ""
        return Verdict(field=field.name, value=field.empty, rev=1, reason="same", origin=first)
    together = _together(filled)
    if together is not None:
        value, statement, finer = together
        value = overlay(field.empty, value)
        reason: Reason = "finer" if finer else "same" if len(filled) == len(speaking) else "filled"
        return Verdict(
            field=field.name,
            value=value,
            rev=1,
            reason=reason,
            origin=statement.side.member,
            when=_known_when(statement),
        )
    candidates: list[Candidate] = []
    for statement in filled:
        value = overlay(field.empty, statement.value)
        if not any(c.value == value for c in candidates):
            candidates.append(
                Candidate(value, statement.side.member, statement.side.map.system, _known_when(statement))
            )
    winner = _first_winner(candidates, model, answers)
    if winner is None:
        return Verdict(
            field=field.name, value=None, rev=0, reason="unchanged", conflict=Conflict("first_link", tuple(candidates))
        )
    losers = tuple(c for c in candidates if c is not winner)
    return Verdict(
        field=field.name,
        value=winner.value,
        rev=1,
        reason="first_link",
        origin=winner.origin,
        when=winner.when,
        losers=losers,
    )


def _known_when(statement: Statement) -> Interval:
    side = statement.side
    return (
        Interval(side.modified - 1, side.modified + 999)
        if side.modified is not None
        else Interval(ANYTIME, side.seen_at)
    )


def _first_winner(candidates: Sequence[Candidate], model: Model, answers: Sequence[str]) -> Candidate | None:
    preferred = tuple(answers) or (model.first_link.systems if isinstance(model.first_link, Prefer) else ())
    for system in preferred:
        for candidate in candidates:
            if candidate.system == system:
                return candidate
    return newest(candidates, model)[0] if model.first_link == "newest" else None


def _together(filled: Sequence[Statement]) -> tuple[FieldValue, Statement, bool] | None:
    """One value on which all agree: equal, complementing each other, or a coarser form of the finest. None if they differ."""
    value, finest, finer = filled[0].value, filled[0], False
    for statement in filled[1:]:
        united = _united(value, statement.value)
        if united is not None:
            value = united
        elif _coarse(statement, value):
            finer = True
        elif _coarse(finest, statement.value):
            value, finest, finer = overlay(value, statement.value), statement, True
        else:
            return None
    if finer and not all(_united(value, s.value) is not None or _coarse(s, value) for s in filled):
        return None
    return value, finest, finer


def _united(a: FieldValue, b: FieldValue) -> FieldValue | None:
    """Both values in one, if they contradict each other in no part."""
    united: list[Value | EllipsisType | None] = []
    for x, y in zip(a, b, strict=True):
        if x is None or x is ...:
            united.append(y if y is not ... or x is ... else x)
        elif y is None or y is ... or x == y:
            united.append(x)
        else:
            return None
    return tuple(united)


def _coarse(statement: Statement, finer: FieldValue) -> bool:
    """Whether what this record shows is what its property makes of ``finer``."""
    number = statement.views[0].number
    return statement.side.map.coarsens(number, finer, statement.value)
