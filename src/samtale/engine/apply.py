"""Apply: carry out the writes of a plan that has passed.

An attempt is committed before each call and closed after it, each in a small transaction of its own; no remote call happens inside
one. Whatever a call comes to, typed by what to do next, leaves the store saying so: nothing is retried blindly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import msgspec

from samtale.core.link import digest64
from samtale.core.plan import EntityPlan, Write
from samtale.core.problems import Gone, Moved, Problem, Refused, Retry, SystemTrouble, Taken, Unauthorized, Uncertain
from samtale.engine.accept import accept
from samtale.engine.proposal import Proposal
from samtale.engine.setting import Setting, System
from samtale.engine.settle import settle_create, settle_update
from samtale.ports.connector import Draft, Written
from samtale.ports.store import AttemptRow, ClaimTaken, DecisionRow, HistoryRow, Look

#: Entity plans accepted in one transaction, and written before the next ones are.
CHUNK = 500
#: Seconds to wait before a record that moved under our write is looked at again.
BACK_OFF = 1.0


class Outcome(msgspec.Struct, kw_only=True):
    """What came of applying a plan."""

    linked: int = 0  #: links that were made
    done: int = 0
    failed: int = 0
    unknown: int = 0
    moved: int = 0
    left_out: int = 0  #: blocked by a brake, not approved, or their system was out of reach
    problems: list[Problem] = []
    written: dict[str, int] = {}  #: by system and kind, for people: ``zohocrm create``

    def add(self, other: Outcome) -> None:
        self.linked += other.linked
        self.done += other.done
        self.failed += other.failed
        self.unknown += other.unknown
        self.moved += other.moved
        self.left_out += other.left_out
        self.problems.extend(other.problems)
        for name, count in other.written.items():
            self.written[name] = self.written.get(name, 0) + count


def apply(
    setting: Setting, proposal: Proposal, *, approved: frozenset[str] = frozenset(), only: frozenset[str] | None = None
) -> Outcome:
    """Accept and write a proposal, chunk by chunk.

    ``approved``: writes, by id, that a person approved one by one. ``only``: nothing but these; the rest stays for the next plan.
    """
    total = Outcome()
    count = sum(proposal.counts[k] for k in ("create", "update", "delete", "archive"))
    plans = iter(proposal)
    while chunk := list(islice(plans, CHUNK)):
        if setting.stop.is_set():
            break
        passing: list[Write] = []
        kept: set[str] = set()
        for plan in chunk:
            for write in plan.writes:
                if proposal.blocked(write) is not None or (only is not None and write.id not in only):
                    total.left_out += 1
                    kept.add(plan.entity)
                else:
                    passing.append(write)
        ready = [p for p in chunk if only is None or _wholly(p, only)]
        with setting.store.write() as session:
            accept(setting, session, ready, kept)
        total.linked += sum(len(p.links) for p in ready if len(p.links) > 1 or not p.new)
        moved = {p.entity for p in ready}
        total.add(_write_all(setting, [w for w in passing if w.entity in moved], approved))
        setting.reporter.progress("apply", "writes", total.done + total.failed + total.unknown + total.left_out, count)
    return total


def _wholly(plan: EntityPlan, only: frozenset[str]) -> bool:
    """An entity moves only if everything proposed for it was approved; what recomputes differently waits for the next plan."""
    return all(w.id in only for w in plan.writes)


def _write_all(setting: Setting, writes: Sequence[Write], approved: frozenset[str]) -> Outcome:
    """One thread a system: they wait for their own system's pace only."""
    by_system: dict[str, list[Write]] = defaultdict(list)
    for write in writes:
        by_system[write.system].append(write)
    total = Outcome()
    if len(by_system) == 1:
        (name, only), *_ = by_system.items()
        return SystemWriter(setting, setting.systems[name], approved).run(only)
    if by_system:
        with ThreadPoolExecutor(max_workers=len(by_system), thread_name_prefix="apply") as pool:
            jobs = [
                pool.submit(SystemWriter(setting, setting.systems[n], approved).run, ws) for n, ws in by_system.items()
            ]
            for job in jobs:
                total.add(job.result())
    return total


class SystemWriter:
    """Writes to one system, in batches that its API takes."""

    def __init__(self, setting: Setting, system: System, approved: frozenset[str]) -> None:
        self.setting = setting
        self.system = system
        self.approved = approved
        self.outcome = Outcome()
        with setting.store.read() as session:
            self._ids = {place: row.id for place, row in setting.known(session).items()}

    def run(self, writes: Sequence[Write]) -> Outcome:
        creates: dict[tuple[str, str], list[Write]] = defaultdict(list)
        others: list[Write] = []
        for write in writes:
            if write.kind == "create":
                creates[write.system, write.collection].append(write)
            else:
                others.append(write)
        for place, group in creates.items():
            step = max(1, self.setting.specs[place].create_batch)
            for batch in _batches(group, step):
                if self._stopped(batch):
                    continue
                self._create(batch)
        for write in others:
            if not self._stopped([write]):
                self._change(write)
        return self.outcome

    def _stopped(self, writes: Sequence[Write]) -> bool:
        if self.setting.stop.is_set() or not self.system.reachable:
            self.outcome.left_out += len(writes)
            return True
        return False

    # creates

    def _create(self, batch: Sequence[Write]) -> None:
        attempts = self._begin(batch)
        if not attempts:
            return
        place = (batch[0].system, batch[0].collection)
        drafts = [Draft(values=write.values, mark=attempt.mark) for write, attempt in attempts]
        try:
            results: Sequence[Written | SystemTrouble] = self.system.connector.create(place[1], drafts)
        except SystemTrouble as trouble:
            results = [trouble] * len(drafts)
        with self.setting.store.write() as session:
            for (write, attempt), result in zip(attempts, results, strict=True):
                if isinstance(result, Written):
                    settle_create(self.setting, session, place, attempt, result)
                    self._count(write)
        for (write, attempt), result in zip(attempts, results, strict=True):
            if isinstance(result, SystemTrouble):
                self._failed(write, attempt, result)

    def _begin(self, batch: Sequence[Write]) -> list[tuple[Write, AttemptRow]]:
        """Commit the attempts; creates that another open one stands in the way of are left for later."""
        pairs = [(write, self._attempt(write)) for write in batch]
        while pairs:
            try:
                with self.setting.store.write() as session:
                    session.begin([attempt for _, attempt in pairs])
            except ClaimTaken as taken:
                ids = set(taken.ids)
                self.outcome.left_out += sum(1 for _, a in pairs if a.id in ids)
                remaining = [(w, a) for w, a in pairs if a.id not in ids]
                pairs = remaining if len(remaining) < len(pairs) else []
            else:
                return pairs
        return []

    def _attempt(self, write: Write) -> AttemptRow:
        place = (write.system, write.collection)
        now = self.setting.clock.now_ms()
        collection = self._ids[place]
        mark = self.setting.mark(place, write.origin) if write.origin else ""
        return AttemptRow(
            id=f"{write.id}.{now}",
            kind=write.kind,
            type=write.type,
            entity=write.entity,
            collection=collection,
            key=write.key,
            mark=mark,
            values=write.values,
            started_at=now,
            approved=write.id in self.approved,
            clears=write.clears,
            claims=self._claims(write) if write.kind == "create" else (),
        )

    def _claims(self, write: Write) -> tuple[int, ...]:
        """Digests of the match values that the new record will bear: no two open creates may bear the same."""
        mapping = self.setting.maps.collections[write.system, write.collection]
        member = self.setting.maps.members[write.type, f"{write.system}.{write.collection}"]
        values = write.values
        shown = [values.get(path) for path in mapping.paths]
        rules = self.setting.rules[write.type]
        keys, _ = rules.keys(member, shown)
        return tuple(rules.digest(number, value) for number, value in keys if rules.rules[number].trust == "link")

    # updates, archives, deletes

    def _change(self, write: Write) -> None:
        attempt = self._attempt(write)
        with self.setting.store.write() as session:
            session.begin([attempt])
        assert write.key is not None
        try:
            if write.kind == "delete":
                self.system.connector.delete(write.collection, write.key, write.version)
                self._deleted(write, attempt)
                return
            values = write.values
            if write.kind == "archive":
                archive = self.setting.specs[write.system, write.collection].archive
                values = dict([archive]) if archive else {}
            written = self.system.connector.update(write.collection, write.key, values, write.expected, write.version)
        except SystemTrouble as trouble:
            self._failed(write, attempt, trouble)
            return
        with self.setting.store.write() as session:
            settle_update(self.setting, session, write, attempt, written)
        self._count(write)

    def _deleted(self, write: Write, attempt: AttemptRow) -> None:
        now = self.setting.clock.now_ms()
        with self.setting.store.write() as session:
            session.close([attempt._replace(state="done", closed_at=now)])
            session.put_looks([Look(attempt.collection, write.key or "", now, fetch=True)])
            session.note([HistoryRow(now, "deleted", write.type, write.entity, attempt.collection, write.key or "")])
        self._count(write)

    # outcomes

    def _count(self, write: Write) -> None:
        self.outcome.done += 1
        name = f"{write.system} {write.kind}"
        self.outcome.written[name] = self.outcome.written.get(name, 0) + 1

    def _failed(self, write: Write, attempt: AttemptRow, trouble: SystemTrouble) -> None:
        """Leave the store saying what happened, by what is to be done next."""
        now = self.setting.clock.now_ms()
        text = str(trouble)
        closed = attempt._replace(closed_at=now, outcome=text[:500])
        looks: list[Look] = []
        decisions: list[DecisionRow] = []
        match trouble:
            case Uncertain():
                self.outcome.unknown += 1
                closed = attempt._replace(
                    state="unknown", due=now + self.setting.lag_ms(write.system), outcome=text[:500]
                )
                if write.key is not None:
                    closed = _left_open(closed, now)
                    looks.append(
                        Look(attempt.collection, write.key, now + self.setting.lag_ms(write.system), fetch=True)
                    )
            case Moved() | Gone():
                self.outcome.moved += 1
                closed = closed._replace(state="moved")
                if write.key is not None:
                    looks.append(Look(attempt.collection, write.key, now + int(BACK_OFF * 1000), fetch=True))
            case Taken():
                self.outcome.failed += 1
                closed = closed._replace(state="refused")
                if trouble.key and write.origin:
                    pair = [list(write.origin), [write.system, write.collection, trouble.key]]
                    subject = str(digest64(repr(pair)))
                    decisions.append(DecisionRow("taken", subject, pair, now))
            case Refused():
                self.outcome.failed += 1
                closed = closed._replace(state="refused")
            case Retry() | Unauthorized():
                self.outcome.left_out += 1
                self.system.reachable = False
                closed = closed._replace(state="none")
            case _:  # an answer that its contract does not know: for a create, that it took effect cannot be excluded
                self.outcome.unknown += 1
                closed = closed._replace(state="unknown", due=now + self.setting.lag_ms(write.system), closed_at=None)
                if write.key is not None:
                    closed = _left_open(closed, now)
                    looks.append(
                        Look(attempt.collection, write.key, now + self.setting.lag_ms(write.system), fetch=True)
                    )
        self.outcome.problems.extend(trouble.problems)
        for problem in trouble.problems:
            self.setting.reporter.trouble(problem)
        with self.setting.store.write() as session:
            session.close([closed])
            session.put_looks(looks)
            for decision in decisions:
                session.decide(decision)
            session.note([_answer(attempt, write, trouble, now)])


def _left_open(attempt: AttemptRow, now: int) -> AttemptRow:
    """An update whose outcome is not known stays open until its record was looked at; a second deletion would do no harm."""
    if attempt.kind == "update":
        return attempt._replace(state="open", closed_at=None)
    return attempt._replace(state="none", closed_at=now)


def _answer(attempt: AttemptRow, write: Write, trouble: SystemTrouble, now: int) -> HistoryRow:
    data = {"kind": write.kind, "outcome": type(trouble).__name__, "why": str(trouble)[:500]}
    return HistoryRow(now, "answer", write.type, write.entity, attempt.collection, write.key or "", data)


def _batches(writes: Sequence[Write], size: int) -> Iterator[Sequence[Write]]:
    for start in range(0, len(writes), size):
        yield writes[start : start + size]
