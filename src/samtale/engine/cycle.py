"""The loop: observe, link, compare, merge, plan, brake?, apply, until quiet.

Read this file first. ``propose`` looks at every system and writes to none; ``sync`` carries out what passes, again and again, until
nothing is left to write. Linking, comparing and merging happen page by page inside ``Planner``, which asks the pure core.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, cast

import msgspec

from samtale.core.brakes import Counted, Place, brakes
from samtale.core.plan import Write
from samtale.core.problems import Problem
from samtale.engine.apply import Outcome, apply
from samtale.engine.observe import observe
from samtale.engine.planning import Planner
from samtale.engine.proposal import Proposal, subjects
from samtale.engine.setting import Setting
from samtale.engine.unknown import recover, resolve_unknown, waiting
from samtale.ports.store import DecisionRow, Session

#: A run that is not quiet after so many rounds is doing something wrong, and stops.
ROUNDS = 12


class Approval(NamedTuple):
    """What a person approved of a plan."""

    ids: frozenset[str]  #: writes that no brake and no first run holds any more, and that brakes do not count
    only: bool = False  #: nothing else may be written: what is not among them waits for another plan


#: Asked before anything is written: the plan, and whether this is a first run. None: go on with what needs no approval; raises to stop.
Approve = Callable[[Proposal, bool], Approval | None]


class Result(msgspec.Struct, kw_only=True):
    """What a run came to."""

    rounds: int = 0
    quiet: bool = False
    outcome: Outcome = msgspec.field(default_factory=Outcome)
    plan: str = ""  #: id of the first round's plan
    counts: dict[str, int] = {}  #: of all rounds
    held: int = 0  #: in the last plan
    problems: list[Problem] = []


def propose(setting: Setting, *, full: bool = False, look: bool = True) -> Proposal:
    """Observe every system, then plan. Writes to no system, and decides nothing in the store but what was seen."""
    if look:
        observe(setting, full=full)
    done = 0
    with setting.store.read() as session:
        proposal = Proposal(frozenset(subject for _, subject in session.decisions("approved")))
        for page in Planner(setting, session).pages():
            for plan in page:
                proposal.add(plan)
            done += len(page)
            setting.reporter.progress("plan", "entities", done)
        _brake(setting, session, proposal)
    return proposal


def _brake(setting: Setting, session: Session, proposal: Proposal) -> None:
    """Decide, before any write, what a brake holds."""
    if not proposal.counted:
        return
    since = setting.clock.now_ms() - int(setting.limits.window_hours * 3_600_000)
    places = {row.id: place for place, row in setting.known(session).items()}
    written = session.written_since(since)
    before: dict[tuple[Place, Counted], int] = {}
    for (collection, kind), count in written.items():
        if collection in places:
            before[places[collection], cast(Counted, kind)] = count
    counted = [(kind, count + before.get((place, kind), 0)) for (place, kind), count in proposal.counted.items()]
    if all(setting.limits.of(kind).allows(count, 0) for kind, count in counted):
        return  # so few pass whatever the sizes are, and counting all records takes longer than a small plan
    sizes = {places[c]: n for c, n in session.count_records().items() if c in places}
    proposal.brakes = brakes(proposal.counted, before, sizes, setting.limits)


def approve(setting: Setting, writes: Iterable[Write]) -> None:
    """Remember that a person approved writes of these kinds. Approving a create approves writing the same properties later."""
    now = setting.clock.now_ms()
    approved: set[str] = set()
    for write in writes:
        approved |= subjects(write)
        if write.kind == "create":
            member = setting.maps.members[write.type, f"{write.system}.{write.collection}"]
            place = f"{write.type}:{write.system}.{write.collection}"
            properties = (p for view in member.views for access in view.accesses for p in access.properties)
            approved |= {f"write {place} {p.path}" for p in properties}
    with setting.store.write() as session:
        for subject in sorted(approved):
            session.decide(DecisionRow("approved", subject, True, now))


def first_run(setting: Setting) -> bool:
    """Whether nobody ever approved a plan."""
    with setting.store.read() as session:
        return not session.decisions("approved")


def sync(setting: Setting, *, approval: Approve, full: bool = False) -> Result:
    """Run the loop until quiet: until a plan, made after looking at every system again, has nothing to write."""
    result = Result()
    recover(setting)
    while result.rounds < ROUNDS and not setting.stop.is_set():
        proposal = propose(setting, full=full and result.rounds == 0)
        try:
            if not result.plan:
                result.plan = proposal.id
            result.held = proposal.counts["held"]
            if proposal.nothing and not proposal.looks:
                if not _wait(setting):
                    result.quiet = True
                    break
                continue
            approved = approval(proposal, first_run(setting))
            if approved is not None:
                _pass(setting, proposal, approved.ids)
            ids, only = approved or (frozenset(), False)
            outcome = apply(setting, proposal, approved=ids, only=ids if only else None)
            result.rounds += 1
            result.outcome.add(outcome)
            for kind, count in proposal.counts.items():
                result.counts[kind] = result.counts.get(kind, 0) + count
            result.held = proposal.counts["held"] + outcome.left_out
            if not _progressed(outcome) and not _wait(setting):
                result.quiet = not setting.stop.is_set()
                break
        finally:
            proposal.close()
    return result


def _progressed(outcome: Outcome) -> bool:
    """Whether anything happened that may lead to something else: references, for one, are translated through new links."""
    return outcome.linked + outcome.done + outcome.moved + outcome.unknown + outcome.failed > 0


def _pass(setting: Setting, proposal: Proposal, approved: frozenset[str]) -> None:
    """What was approved is held by no brake and by no first run any more."""
    passed = [w for w in proposal.writes if w.id in approved]
    approve(setting, passed)
    proposal.unapproved -= approved
    proposal.passed |= approved


def _wait(setting: Setting) -> bool:
    """Wait out the lag of what is to be looked at again; whether there is anything to look at."""
    now = setting.clock.now_ms()
    with setting.store.read() as session:
        due = [t for t in (session.next_look(), waiting(setting)) if t is not None]
    if not due or not any(s.reachable and not s.pause for s in setting.systems.values()):
        return False
    pause = min(due) - now
    if pause > 60_000:
        return False
    if pause > 0:
        setting.reporter.progress("wait", "for what the systems show to be current", 0)
        setting.clock.sleep(pause / 1000 + 0.001)
    resolve_unknown(setting)
    return True
