"""The store against a dictionary: random stories of random calls, on both engines, with the worst of keys.

Each story has a workspace of its own in one database, beside the others': what one story sees of another would show at
once.
"""

from __future__ import annotations

from collections import Counter
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from samtale.ports.store import (
    Agreed,
    AttemptRow,
    ClaimTaken,
    CollectionRow,
    DecisionRow,
    EntityRow,
    HistoryRow,
    LinkRow,
    Look,
    RecordRef,
    RecordRow,
    Session,
    Store,
)  # fmt: skip
from samtale.store import open_store
from samtale.store.trouble import IntegrityError
from tests.store.hostile import any_text, exactly

KEYS = ("1", "2", "ø", "\x00", "\ud800", "\x1b#1", "k" * 301, "k" * 302)
ENTITIES = ("e1", "e2", "e3", "e\x00")
COLLECTIONS = (1, 2)
HELD = ("open", "unknown", "parked")

keys = st.sampled_from(KEYS)
refs = st.tuples(st.sampled_from(COLLECTIONS), keys)
ref_sets = st.lists(refs, max_size=4, unique=True)
entities = st.sampled_from(ENTITIES)
entity_sets = st.lists(entities, max_size=3, unique=True)
times = st.integers(0, 9)
maybe_times = st.none() | times
shown = st.lists(st.none() | any_text | st.integers(), max_size=3).map(tuple)
digests = st.sampled_from((-(2**63), -1, 0, 5, 2**63 - 1))
written = st.none() | st.dictionaries(st.sampled_from("abc"), any_text, max_size=2)

records = st.builds(
    RecordRow, st.sampled_from(COLLECTIONS), keys, st.binary(min_size=1, max_size=3), st.integers(1, 3), shown, times, times,
    st.none() | any_text, maybe_times, maybe_times, maybe_times, maybe_times, written,
)  # fmt: skip
agreed = st.none() | st.builds(Agreed, st.tuples(any_text), times, st.sampled_from(("a", "b")), times, times)
entity_rows = st.builds(
    EntityRow, st.sampled_from(("person", "order")), entities, st.integers(1, 3), st.lists(agreed, max_size=3).map(tuple),
    st.none() | entities,
)  # fmt: skip
links = st.builds(
    LinkRow, st.sampled_from(("person", "order")), entities, st.sampled_from(COLLECTIONS), keys, any_text, times, st.integers(1, 3),
    st.lists(st.integers(-2, 2), max_size=3).map(tuple), st.none() | shown, st.sampled_from(("active", "active", "suspended", "gone")),
)  # fmt: skip
looks = st.builds(Look, st.sampled_from(COLLECTIONS), keys, times, st.booleans())
attempts = st.builds(
    AttemptRow, st.uuids().map(str), st.sampled_from(("create", "create", "update", "delete")), any_text, entities,
    st.sampled_from(COLLECTIONS), st.none() | keys, any_text, st.dictionaries(st.sampled_from("ab"), any_text), times,
    st.sampled_from((*HELD, "done", "none")), times, maybe_times, st.booleans(), st.booleans(), any_text,
    st.lists(digests, max_size=2).map(tuple),
)  # fmt: skip
outcomes = st.tuples(
    st.sampled_from((*HELD, "done", "adopted", "refused")), maybe_times, st.booleans(), st.booleans(), any_text
)
history_rows = st.builds(
    HistoryRow, times, st.sampled_from(("linked", "verdict")), any_text, st.just("") | entities, st.none() | st.sampled_from(COLLECTIONS),
    keys, st.dictionaries(st.sampled_from("ab"), any_text, max_size=2), st.just(0),
)  # fmt: skip
unique_names = count()


class Mind:
    """What the store should know, as plainly as it can be said."""

    def __init__(self) -> None:
        self.records: dict[RecordRef, tuple[RecordRow, int]] = {}  # with when it was first seen
        self.match: dict[RecordRef, set[int]] = {}
        self.entities: dict[str, EntityRow] = {}
        self.links: dict[tuple[str, int, str], LinkRow] = {}
        self.looks: dict[tuple[int, str, bool], int] = {}
        self.attempts: dict[str, AttemptRow] = {}
        self.decisions: dict[tuple[str, str], DecisionRow] = {}
        self.history: list[HistoryRow] = []
        self.shapes: dict[tuple[str, ...], int] = {}
        self.collections: dict[tuple[str, str], CollectionRow] = {}
        self.leases: dict[str, tuple[str, int, int]] = {}

    def taken(self, rows: list[AttemptRow]) -> list[str]:
        """Those of the rows that another open create stands in the way of."""
        ours = {row.id for row in rows}
        held = [row for row in self.attempts.values() if row.id not in ours]
        refused = []
        for row in rows:
            if row.kind == "create" and row.state in HELD:
                if any(conflicting(row, other) for other in held):
                    refused.append(row.id)
                else:
                    held.append(row)
        return refused


def conflicting(one: AttemptRow, other: AttemptRow) -> bool:
    """Both are open creates in one collection, for one entity or one match value."""
    both = other.kind == "create" and other.state in HELD and one.collection == other.collection
    return both and (one.entity == other.entity or bool(set(one.claims) & set(other.claims)))


def latest(rows: list[Any], key: Any) -> dict[Any, Any]:
    return {key(row): row for row in rows}


class Story(RuleBasedStateMachine):
    """Calls on the store and on the mind, and that they tell the same."""

    address = ""

    @initialize()
    def begin(self) -> None:
        self.workspace = f"story {next(unique_names)}"
        self.store: Store = open_store(self.address, self.workspace)
        self.mind = Mind()

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()

    @rule(rows=st.lists(records, max_size=4))
    def put_records(self, rows: list[RecordRow]) -> None:
        with self.store.write() as session:
            session.put_records(rows)
        known = {ref: first for ref, (_, first) in self.mind.records.items()}
        for ref, row in latest(rows, lambda row: (row.collection, row.key)).items():
            self.mind.records[ref] = (row, known.get(ref, row.seen_at))

    @rule(gone=ref_sets)
    def forget_records(self, gone: list[RecordRef]) -> None:
        with self.store.write() as session:
            session.forget_records(gone)
        for ref in gone:
            self.mind.records.pop(ref, None)

    @rule(gone=ref_sets, found=st.lists(st.tuples(digests, st.integers(0, 3)), max_size=5))
    def put_match(self, gone: list[RecordRef], found: list[tuple[int, int]]) -> None:
        new = [(digest, *gone[n % len(gone)]) for digest, n in found if gone]
        with self.store.write() as session:
            session.put_match(gone, new)
        for ref in gone:
            self.mind.match[ref] = {digest for digest, *bearer in new if tuple(bearer) == ref}

    @rule(rows=st.lists(looks, max_size=4))
    def put_looks(self, rows: list[Look]) -> None:
        with self.store.write() as session:
            session.put_looks(rows)
        for row in rows:
            place = (row.collection, row.key, row.fetch)
            self.mind.looks[place] = min(row.due, self.mind.looks.get(place, row.due))

    @rule(gone=ref_sets, fetch=st.booleans())
    def forget_looks(self, gone: list[RecordRef], fetch: bool) -> None:
        with self.store.write() as session:
            session.forget_looks(gone, fetch=fetch)
        for ref in gone:
            self.mind.looks.pop((*ref, fetch), None)

    @rule(rows=st.lists(entity_rows, max_size=3), gone=entity_sets)
    def put_entities(self, rows: list[EntityRow], gone: list[str]) -> None:
        with self.store.write() as session:
            session.put_entities(rows)
            session.forget_entities(gone)
        self.mind.entities |= latest(rows, lambda row: row.id)
        for name in gone:
            self.mind.entities.pop(name, None)

    @rule(rows=st.lists(links, min_size=1, max_size=3))
    def put_links(self, rows: list[LinkRow]) -> None:
        wanted = self.mind.links | latest(rows, lambda row: (row.type, row.collection, row.key))
        places = Counter((row.entity, row.collection) for row in wanted.values() if row.state == "active")
        former = Counter((row.entity, row.collection, row.key) for row in wanted.values() if row.state != "active")
        if max(places.values(), default=0) > 1 or max(former.values(), default=0) > 1:
            with pytest.raises(IntegrityError), self.store.write() as session:
                session.put_links(rows)
        else:
            with self.store.write() as session:
                session.put_links(rows)
            self.mind.links = wanted

    @rule(
        gone=st.lists(st.tuples(st.sampled_from(("person", "order")), st.sampled_from(COLLECTIONS), keys), max_size=3)
    )
    def forget_links(self, gone: list[tuple[str, int, str]]) -> None:
        with self.store.write() as session:
            session.forget_links(gone)
        for place in gone:
            self.mind.links.pop(place, None)

    def _attempt(self, rows: list[AttemptRow], store: str) -> None:
        refused = self.mind.taken(rows)
        if refused:
            with pytest.raises(ClaimTaken) as caught, self.store.write() as session:
                getattr(session, store)(rows)
            assert list(caught.value.ids) == refused
        else:
            with self.store.write() as session:
                getattr(session, store)(rows)
            self.mind.attempts |= latest(rows, lambda row: row.id)

    @rule(rows=st.lists(attempts, max_size=3))
    def begin_attempts(self, rows: list[AttemptRow]) -> None:
        self._attempt(rows, "begin")

    @rule(data=st.data(), changes=st.lists(outcomes, max_size=3))
    def close_attempts(self, data: st.DataObject, changes: list[tuple[Any, ...]]) -> None:
        if not self.mind.attempts:
            return
        chosen = data.draw(st.lists(st.sampled_from(sorted(self.mind.attempts)), max_size=len(changes), unique=True))
        rows = [
            self.mind.attempts[name]._replace(state=state, closed_at=at, approved=approved, clears=clears, outcome=text)
            for name, (state, at, approved, clears, text) in zip(chosen, changes, strict=False)
        ]
        self._attempt(rows, "close")

    @rule(
        kind=st.sampled_from(("distinct", "same")),
        subject=keys,
        answer=shown,
        at=times,
        by=any_text,
        keep=st.booleans(),
    )
    def decide(self, kind: str, subject: str, answer: tuple[object, ...], at: int, by: str, keep: bool) -> None:
        row = DecisionRow(kind, subject, list(answer), at, by)
        with self.store.write() as session:
            if keep:
                session.decide(row)
            else:
                session.undecide(kind, subject)
        self.mind.decisions |= {(kind, subject): row}
        if not keep:
            del self.mind.decisions[kind, subject]

    @rule(rows=st.lists(history_rows, max_size=3))
    def note(self, rows: list[HistoryRow]) -> None:
        with self.store.write() as session:
            session.note(rows)
        self.mind.history += [row._replace(seq=len(self.mind.history) + n) for n, row in enumerate(rows, 1)]

    @rule(positions=st.lists(any_text, max_size=2).map(tuple))
    def shape(self, positions: tuple[str, ...]) -> None:
        with self.store.write() as session:
            number = session.shape(positions)
        assert self.mind.shapes.setdefault(positions, number) == number

    @rule(system=any_text, name=any_text, cursor=written, at=maybe_times, brake=st.none() | st.just("shrunk"))
    def put_collection(self, system: str, name: str, cursor: Any, at: int | None, brake: str | None) -> None:
        number = self.mind.collections[system, name].id if (system, name) in self.mind.collections else 0
        row = CollectionRow(number, system, name, cursor, at, at, 3, 4, at, brake)
        with self.store.write() as session:
            row = session.put_collection(row)
        assert row.id not in {other.id for place, other in self.mind.collections.items() if place != (system, name)}
        self.mind.collections[system, name] = row

    @rule(name=keys, owner=st.sampled_from(("me", "you", "\x00")), now=st.integers(0, 30), release=st.booleans())
    def lease(self, name: str, owner: str, now: int, release: bool) -> None:
        holder, fence, expires = self.mind.leases.get(name, ("", 0, 0))
        with self.store.write() as session:
            if release:
                session.release(name, owner)
                if holder == owner:
                    self.mind.leases[name] = ("", fence, 0)
            elif holder not in ("", owner) and expires > now:
                assert session.lease(name, owner, now, 10) is None
            else:
                expected = fence if holder == owner else fence + 1
                assert session.lease(name, owner, now, 10) == expected
                self.mind.leases[name] = (owner, expected, now + 10)

    @rule(row=records, entity=entity_rows, look=looks)
    def change_ones_mind(self, row: RecordRow, entity: EntityRow, look: Look) -> None:
        def interrupted() -> None:
            with self.store.write() as session:
                session.put_records([row])
                session.put_entities([entity])
                session.put_looks([look])
                session.put_match([(row.collection, row.key)], [(77, row.collection, row.key)])
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupted()

    @invariant()
    def they_tell_the_same(self) -> None:
        if not hasattr(self, "store"):
            return
        with self.store.read() as session:
            self._compare_records(session)
            self._compare_looks(session)
            self._compare_entities(session)
            self._compare_the_rest(session)

    def _compare_records(self, session: Session) -> None:
        everything = [(collection, key) for collection in COLLECTIONS for key in KEYS]
        known = {ref: row for ref, (row, _) in self.mind.records.items()}
        assert exactly(session.records(everything)) == exactly(known)
        for collection in COLLECTIONS:
            here = {key: row for (place, key), row in known.items() if place == collection}
            expected = {key: (row.digest, row.missing_since is None) for key, row in here.items()}
            assert {key: (digest, there) for key, digest, there in session.digests(collection)} == expected
            paged: list[RecordRow] = []
            while page := session.scan(collection, paged[-1].key if paged else "", limit=2):
                paged += page
            assert Counter(row.key for row in paged) == Counter(expected.keys())
            plain = [row.key for row in paged if row.key in ("1", "2", "ø")]
            assert plain == sorted(plain)
        counts = Counter(collection for (collection, _), row in known.items() if row.missing_since is None)
        assert session.count_records() == counts
        since = {ref for ref, (row, first) in self.mind.records.items() if first >= 5 or (row.created or 0) >= 5}
        assert {(row.collection, row.key) for c in COLLECTIONS for row in session.created_since(c, 5)} == since
        bearers = sorted((digest, *ref) for ref, borne in self.mind.match.items() for digest in borne)
        assert sorted(session.match_keys(everything)) == bearers
        assert sorted(session.matching([-(2**63), -1, 0, 5, 2**63 - 1])) == bearers
        capped = Counter(digest for digest, _, _ in session.matching([5, -1], cap=1))
        assert capped == {d: min(n, 2) for d, n in Counter(digest for digest, _, _ in bearers).items() if d in (5, -1)}

    def _compare_looks(self, session: Session) -> None:
        for fetch in (False, True):
            expected = {place: due for place, due in self.mind.looks.items() if place[2] == fetch and due <= 5}
            paged: list[Look] = []
            while page := session.looks(
                5, fetch=fetch, after=(paged[-1].collection, paged[-1].key) if paged else None, limit=2
            ):
                paged += page
            assert {(row.collection, row.key, row.fetch): row.due for row in paged} == expected
            assert len(paged) == len(expected)
            assert [row.collection for row in paged] == sorted(row.collection for row in paged)
        assert session.next_look() == min((due for place, due in self.mind.looks.items() if place[2]), default=None)

    def _compare_entities(self, session: Session) -> None:
        everything = [(collection, key) for collection in COLLECTIONS for key in KEYS]
        assert exactly(session.entities(ENTITIES)) == exactly(self.mind.entities)
        paged: list[EntityRow] = []
        while page := session.scan_entities("person", paged[-1].id if paged else "", limit=1):
            paged += page
        assert {row.id for row in paged} == {row.id for row in self.mind.entities.values() if row.type == "person"}
        assert len(paged) == len({row.id for row in paged})
        linked = sorted(map(repr, self.mind.links.values()))
        assert sorted(map(repr, session.links_of(everything))) == linked
        assert sorted(map(repr, session.links_in(ENTITIES))) == linked
        assert session.count_links() == Counter(
            (row.type, row.collection, row.state) for row in self.mind.links.values()
        )

    def _compare_the_rest(self, session: Session) -> None:
        mind = self.mind
        for states in (HELD, ("open",), ("done", "refused", "adopted")):
            expected = {row.id: row for row in mind.attempts.values() if row.state in states}
            assert exactly({row.id: row for row in session.attempts(states)}) == exactly(expected)
        for collection in COLLECTIONS:
            holding = [row for row in mind.attempts.values() if row.kind == "create" and row.state in HELD]
            holders = {claim: row.id for row in holding if row.collection == collection for claim in row.claims}
            assert session.claimed(collection, [-(2**63), -1, 0, 5, 2**63 - 1]) == holders
        effective = [row for row in mind.attempts.values() if row.state in ("done", "adopted") and not row.approved]
        recent = [row for row in effective if (row.started_at if row.closed_at is None else row.closed_at) >= 5]
        counts: Counter[tuple[int, str]] = Counter((row.collection, row.kind) for row in recent)
        counts += Counter((row.collection, "clear") for row in recent if row.clears and row.kind == "update")
        assert session.written_since(5) == counts
        assert exactly(session.decisions()) == exactly(mind.decisions)
        assert session.decisions("same").keys() == {place for place in mind.decisions if place[0] == "same"}
        assert exactly(session.history()) == exactly(mind.history)
        assert session.history(since=5, kinds=["linked"], limit=2) == [
            row for row in mind.history if row.at >= 5 and row.kind == "linked"
        ][-2:]  # fmt: skip
        assert session.history(entity="e1") == [row for row in mind.history if row.entity == "e1"]
        assert session.history(ref=(1, "1")) == [row for row in mind.history if (row.collection, row.key) == (1, "1")]
        assert session.shapes() == {number: positions for positions, number in mind.shapes.items()}
        assert exactly(session.collections()) == exactly(mind.collections)


def test_every_story_ends_as_it_should(store_url: str) -> None:
    class StoryHere(Story):
        address = store_url

    usual = settings.default
    assert usual is not None
    stories = max(1, usual.max_examples // 3)
    limits = settings(max_examples=stories, stateful_step_count=20, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(StoryHere, settings=limits)
