"""Properties of deciding: what holds for every entity, however its life went so far."""

from collections.abc import Sequence
from itertools import pairwise
from unittest.mock import patch

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from samtale.core.merge import Candidate, Interval, newest
from samtale.core.model import Model
from samtale.core.plan import EntityPlan
from tests.core.life import check
from tests.core.worlds import NAMES, Life, entities, renamed


def told(plan: EntityPlan, names: dict[str, str]) -> object:
    """A plan without the order of its lists and without its ids, its systems called by these names."""

    def name(text: str) -> str:
        system, dot, rest = text.partition(".")
        return names.get(system, system) + dot + rest

    def record(ref: Sequence[str] | None) -> tuple[str, ...] | None:
        return None if ref is None else (name(ref[0]), *ref[1:])

    def all_of(found: object) -> list[str]:
        return sorted(map(repr, found))  # type: ignore[call-overload]

    return (
        {f: a._replace(origin=name(a.origin)) for f, a in plan.agreed.items()},
        all_of((name(b.system), b.collection, b.key, b.revs, b.base) for b in plan.bases),
        all_of((w.kind, name(w.system), w.key, record(w.origin), w.fields, w.clears) for w in plan.writes),
        all_of(
            (h.code, h.field, all_of(map(record, h.refs)), all_of((name(c), v) for c, v in h.candidates))
            for h in plan.held
        ),
        all_of(
            (
                v.field,
                v.value,
                v.rev,
                v.reason,
                name(v.origin),
                v.when,
                all_of((name(c.origin), c.value) for c in v.losers),
            )
            for v in plan.verdicts
        ),
    )


AS_IT_IS = {name: name for name in NAMES}


@given(entities())
def test_every_plan_keeps_the_laws(life: Life) -> None:
    check(life.state, life.plan(), life.around)


@given(entities(), st.randoms(use_true_random=False))
def test_the_order_of_records_changes_nothing(life: Life, random: object) -> None:
    before = told(life.plan(), AS_IT_IS)
    random.shuffle(life.state.sides)  # type: ignore[attr-defined]
    assert told(life.plan(), AS_IT_IS) == before


@given(entities(), st.permutations(["zulu", "yankee", "alfa", "beta"]))
def test_renaming_systems_changes_nothing_but_names(life: Life, names: list[str]) -> None:
    new = dict(zip(NAMES, names, strict=True))
    assert told(renamed(life, new).plan(), AS_IT_IS) == told(life.plan(), new)


@given(entities())
def test_what_is_quiet_is_told_by_nothing_but_its_base(life: Life) -> None:
    """Where every view shows its base at the agreed revision, nothing is proposed but counterparts and deletions."""
    state = life.state
    sides = [
        msgspec.structs.replace(
            side,
            shown=list(side.base),
            revs=[state.agreed[v.field].rev if v.field in state.agreed else -1 for v in side.map.views],
        )
        for side in state.sides
    ]
    quiet = Life(msgspec.structs.replace(state, new=False, sides=sides), life.around)
    plan = quiet.plan()
    assert not plan.agreed.keys() & state.agreed.keys()
    assert all(w.kind != "update" for w in plan.writes)


@given(entities(new=True))
def test_the_quick_way_through_a_first_link_says_what_the_long_way_says(life: Life) -> None:
    quick, slow = life.plan(), decide_slowly(life)
    assert quick.agreed == slow.agreed
    assert [(b.system, b.revs, b.base) for b in quick.bases] == [(b.system, b.revs, b.base) for b in slow.bases]
    assert (quick.writes, quick.held) == (slow.writes, slow.held)


def decide_slowly(life: Life) -> EntityPlan:
    with patch("samtale.core.plan.agreement", return_value={}):
        return life.plan()


INTERVALS = st.tuples(st.integers(0, 12), st.integers(0, 6)).map(lambda t: Interval(t[0], t[0] + t[1]))
ORDER = Model(types=(), order=NAMES)


def candidates(intervals: Sequence[Interval]) -> list[Candidate]:
    return [Candidate((f"v{n}",), f"{NAMES[n]}.things", NAMES[n], interval) for n, interval in enumerate(intervals)]


def older(a: Interval, b: Interval) -> bool:
    """Whether the one ended before the other began."""
    return a.until <= b.after and a != b


@given(st.lists(INTERVALS, min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_the_newest_is_never_older_than_another(intervals: list[Interval], random: object) -> None:
    shown = candidates(intervals)
    winner, reason = newest(shown, ORDER)
    assert not any(older(winner.when, c.when) for c in shown)
    rivals = [c for c in shown if c is not winner and not any(older(c.when, d.when) for d in shown)]
    assert (reason == "tie") == bool(rivals)
    assert all(NAMES.index(winner.system) < NAMES.index(c.system) for c in rivals)
    shuffled = list(shown)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert newest(shuffled, ORDER) == (winner, reason)


@given(INTERVALS, INTERVALS)
def test_of_two_edits_at_most_one_is_newer(a: Interval, b: Interval) -> None:
    first, second = candidates([a, b])
    assert newest([first, second], ORDER) == newest([second, first], ORDER)
    winner, reason = newest([first, second], ORDER)
    for one, other in pairwise([first, second, first]):
        if older(one.when, other.when):
            assert (winner, reason) == (other, "newest")
