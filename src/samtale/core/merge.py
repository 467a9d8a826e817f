"""Merge: the statements of all linked records about one field become one verdict.

A verdict is a value with a reason from a closed list; the reason explains, it never steers. Systems have names and an order that
breaks ties, nothing more: there is no master, and renaming systems changes no value.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    "agreed",  # a late edit, or a record that joins, gave way to what had been agreed
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


class Alternative(NamedTuple):
    """What several records can agree on when nothing binds them yet."""

    value: FieldValue
    finest: Statement  #: the record that shows it best
    finer: bool  #: whether some show only a coarser form of it
    speakers: tuple[Statement, ...]


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
    verdict = _edited(field, agreed, statements, model)
    joining = [s for s in statements if s.reading == "join" and not is_empty(s.value)]
    if verdict.conflict is not None or not joining:
        return verdict
    return _joined(field, agreed, verdict, _ranked(joining, model), model, answers)


def _edited(field: Field, agreed: Agreed, statements: Sequence[Statement], model: Model) -> Verdict:
    """What the edits come to. An edit by a record that is behind was made without knowing what was agreed since."""
    edits = [s for s in statements if s.reading == "edit" and not same(s.value, agreed.value)]
    if not edits:
        return _won(field, agreed, _candidate_of(agreed), "unchanged", ())
    candidates = _candidates(edits, agreed, model)
    if all(s.rev < agreed.rev for s in edits):
        candidates.append(_candidate_of(agreed))
    if len(candidates) == 1:
        only = candidates[0]
        return _won(field, agreed, only, "cleared" if is_empty(only.value) else "edited", ())
    return _decide(field, agreed, candidates, model)


def _candidate_of(agreed: Agreed) -> Candidate:
    return Candidate(agreed.value, agreed.origin, agreed.origin.partition(".")[0], Interval(agreed.after, agreed.until))


def _candidates(edits: Sequence[Statement], agreed: Agreed, model: Model) -> list[Candidate]:
    """One candidate per value: the one that was shown last speaks for it."""
    found: dict[FieldValue, Candidate] = {}
    for statement in _ranked(edits, model):
        value = overlay(agreed.value, statement.value)
        when = edited_when(statement)
        known = found.get(value)
        if known is None or known.when.until < when.after:
            found[value] = Candidate(value, statement.side.member, statement.side.map.system, when)
    return list(found.values())


def _rank(model: Model, system: str, member: str) -> tuple[int, str]:
    """The order that breaks ties: what a person chose goes first, so that no edit of the same time undoes it."""
    order = model.order
    return (-1 if system == "person" else order.index(system) if system in order else len(order), member)


def _ranked(statements: Sequence[Statement], model: Model) -> list[Statement]:
    return sorted(statements, key=lambda s: _rank(model, s.side.map.system, s.side.member))


def _won(field: Field, agreed: Agreed, winner: Candidate, reason: Reason, losers: tuple[Candidate, ...]) -> Verdict:
    if winner.value == agreed.value:
        when = Interval(agreed.after, agreed.until)
        return Verdict(
            field=field.name,
            value=agreed.value,
            rev=agreed.rev,
            reason="agreed" if losers else "unchanged",
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
            if preferred:
                first = newest(preferred, model)[0]
                return _won(field, agreed, first, "preferred", tuple(c for c in candidates if c is not first))
    winner, reason = newest(candidates, model)
    return _won(field, agreed, winner, reason, tuple(c for c in candidates if c is not winner))


def newest(candidates: Sequence[Candidate], model: Model) -> tuple[Candidate, Literal["newest", "tie"]]:
    """The candidate that is not older than any other; among several, which cannot be told apart, the first by order of systems."""
    contenders = [c for c in candidates if not any(_older(c.when, other.when) for other in candidates)]
    if len(contenders) == 1:
        return contenders[0], "newest"
    return min(contenders, key=lambda c: _rank(model, c.system, c.origin)), "tie"


def _older(a: Interval, b: Interval) -> bool:
    """Whether ``a`` had ended when ``b`` began."""
    return a.until <= b.after and a != b


def _joined(
    field: Field,
    agreed: Agreed,
    verdict: Verdict,
    joining: Sequence[Statement],
    model: Model,
    answers: Sequence[str],
) -> Verdict:
    """A record that joins adds what it has to what is empty; where it contradicts, it takes what was agreed and gives way."""
    assert verdict.value is not None
    below = verdict.value
    adding = [s for s in joining if _united(below, s.value) not in (None, below)]
    alternatives = [a._replace(value=_united(below, a.value) or below) for a in _alternatives(adding)]
    first = _first_of(alternatives, model, answers) if alternatives else None
    if alternatives and first is None:
        return _undecided(field, agreed.rev, alternatives)
    value = first.value if first else below
    gave_way = [s for s in joining if _united(value, s.value) is None and not _coarse(s, value)]
    losers = (*verdict.losers, *_distinct(_known(field, s, below) for s in gave_way))
    if value == below:
        reason: Reason = "agreed" if losers and verdict.reason == "unchanged" else verdict.reason
        return msgspec.structs.replace(verdict, reason=reason, losers=losers)
    if value == agreed.value:  # what an edit cleared is filled again
        cleared = Candidate(below, verdict.origin, verdict.origin.partition(".")[0], verdict.when)
        return _won(field, agreed, _candidate_of(agreed), "agreed", (cleared, *losers))
    assert first is not None
    if verdict.moves:
        return msgspec.structs.replace(verdict, value=value, reason="filled", losers=losers)
    return _won(field, agreed, _known(field, first.finest, below)._replace(value=value), "filled", losers)


def _first_link(field: Field, statements: Sequence[Statement], model: Model, answers: Sequence[str]) -> Verdict:
    """Nothing was agreed yet: empty fields are filled, empty never wins, and what differs is decided by rule or by a person."""
    speaking = _ranked([s for s in statements if s.reading in ("join", "edit", "same")], model)
    filled = [s for s in speaking if not is_empty(s.value)]
    if not filled:
        first = speaking[0].side.member if speaking else ""
        return Verdict(field=field.name, value=field.empty, rev=1, reason="same", origin=first)
    alternatives = [a._replace(value=overlay(field.empty, a.value)) for a in _alternatives(filled)]
    winner = _first_of(alternatives, model, answers)
    if winner is None:
        return _undecided(field, 0, alternatives)
    reason: Reason = "finer" if winner.finer else "same" if len(filled) == len(speaking) else "filled"
    others = [s for a in alternatives if a is not winner for s in a.speakers]
    return Verdict(
        field=field.name,
        value=winner.value,
        rev=1,
        reason="first_link" if others else reason,
        origin=winner.finest.side.member,
        when=_known_when(winner.finest),
        losers=_distinct(_known(field, s, field.empty) for s in others),
    )


def _undecided(field: Field, rev: int, alternatives: Sequence[Alternative]) -> Verdict:
    candidates = tuple(_known(field, a.finest, field.empty)._replace(value=a.value) for a in alternatives)
    return Verdict(
        field=field.name, value=None, rev=rev, reason="unchanged", conflict=Conflict("first_link", candidates)
    )


def _known(field: Field, statement: Statement, below: FieldValue) -> Candidate:
    """What a record shows without being an edit; parts that it does not show are as below, or empty."""
    value = overlay(overlay(field.empty, below), statement.value)
    return Candidate(value, statement.side.member, statement.side.map.system, _known_when(statement))


def _distinct(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """The first to show each value."""
    found: dict[FieldValue, Candidate] = {}
    for candidate in candidates:
        found.setdefault(candidate.value, candidate)
    return tuple(found.values())


def _known_when(statement: Statement) -> Interval:
    side = statement.side
    return (
        Interval(side.modified - 1, side.modified + 999)
        if side.modified is not None
        else Interval(ANYTIME, side.seen_at)
    )


def _alternatives(statements: Sequence[Statement]) -> list[Alternative]:
    """Records that can agree on one value make one alternative: equal, complementing each other, or a coarser form of it."""
    found: list[Alternative] = []
    for statement in statements:
        for number, alternative in enumerate(found):
            together = _together([*alternative.speakers, statement])
            if together is not None:
                found[number] = Alternative(*together, (*alternative.speakers, statement))
                break
        else:
            found.append(Alternative(statement.value, statement, False, (statement,)))
    return found


def _first_of(alternatives: Sequence[Alternative], model: Model, answers: Sequence[str]) -> Alternative | None:
    """The alternative that an answer, a rule or the time prefers; None: a person is to be asked."""
    if len(alternatives) == 1:
        return alternatives[0]
    for system in tuple(answers) or (model.first_link.systems if isinstance(model.first_link, Prefer) else ()):
        for alternative in alternatives:
            if any(s.side.map.system == system for s in alternative.speakers):
                return alternative
    if model.first_link != "newest":
        return None
    by_value = {a.value: a for a in alternatives}
    shown = [
        Candidate(a.value, s.side.member, s.side.map.system, _known_when(s)) for a in alternatives for s in a.speakers
    ]
    return by_value[newest(shown, model)[0].value]


def _together(filled: Sequence[Statement]) -> tuple[FieldValue, Statement, bool] | None:
    """One value on which all agree: equal, complementing each other, or a coarser form of the finest. None if they differ."""
    value, finest, finer = filled[0].value, filled[0], False
    for statement in filled[1:]:
        united = _united(value, statement.value)
        if united is not None:
            value = united
        elif _coarse(statement, _filled(value, statement.value)):
            value, finer = _filled(value, statement.value), True
        elif _coarse(finest, _filled(statement.value, value)):
            value, finest, finer = _filled(statement.value, value), statement, True
        else:
            return None
    if finer and not all(_united(value, s.value) is not None or _coarse(s, value) for s in filled):
        return None
    return value, finest, finer


def _filled(value: FieldValue, other: FieldValue) -> FieldValue:
    """The value, with its empty parts taken from another."""
    return tuple(b if a is None or a is ... else a for a, b in zip(value, other, strict=True))


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
    return statement.side.map.coarsens(statement.number, finer, statement.value)
