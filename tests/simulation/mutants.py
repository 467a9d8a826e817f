"""Deliberate bugs, each of which the machine must find: a test of the tests (design 11).

Each mutant replaces one function of the engine, the core or a connector for as long as it lasts. ``python -m tests.simulation.mutants``
prints the table: which seed caught which, and how; it writes build/mutants.json.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import msgspec

from samtale.core import merge as core_merge
from samtale.core.compare import NO_BASE
from samtale.core.problems import SystemTrouble, Uncertain
from samtale.engine import apply as engine_apply
from samtale.engine import observe as engine_observe
from samtale.engine import settle as engine_settle
from samtale.engine import unknown as engine_unknown
from samtale.ports.connector import Written
from tests.simulation.running import insist_on_one_order, run

REPORT = Path("build/mutants.json")
#: Seeds tried before a mutant counts as having got away.
SEEDS = range(1, 13)


@contextmanager
def skip_the_attempt() -> Iterator[None]:
    """The attempt is not committed before the call."""
    from samtale.store.attempts import Attempts

    with patch.object(Attempts, "begin", lambda self, rows: None):
        yield


@contextmanager
def ignore_moved() -> Iterator[None]:
    """A record that moved under our write is written all the same: the condition is left out."""
    from samtale.connectors.powerofficego.connector import PowerOfficeGo
    from samtale.connectors.zohocrm.connector import ZohoCrm

    def fresh(self: Any, spec: Any, key: str, expected: Any, version: str | None) -> str:
        _, rows = next(self._reader.by_ids(spec, [key]))
        return str(rows[0].modified) if rows else "2000-01-01T00:00:00+00:00"

    zoho, po = ZohoCrm.update, PowerOfficeGo.update

    def zoho_update(self: Any, collection: str, key: str, values: Any, expected: Any, version: str | None) -> Written:
        return zoho(self, collection, key, values, {}, None)

    def po_update(self: Any, collection: str, key: str, values: Any, expected: Any, version: str | None) -> Written:
        return po(self, collection, key, values, {}, version)

    with (
        patch.object(ZohoCrm, "_unmoved", fresh),
        patch.object(ZohoCrm, "update", zoho_update),
        patch.object(PowerOfficeGo, "update", po_update),
    ):
        yield


@contextmanager
def retry_creates() -> Iterator[None]:
    """A create whose outcome is unknown is sent again at once."""
    from samtale.connectors.zohocrm.connector import ZohoCrm

    original = ZohoCrm.create

    def twice(self: Any, collection: str, drafts: Any) -> list[Written | SystemTrouble]:
        first = original(self, collection, drafts)
        return original(self, collection, drafts) if any(isinstance(r, Uncertain) for r in first) else first

    with patch.object(ZohoCrm, "create", twice):
        yield


@contextmanager
def settle_before_the_call() -> Iterator[None]:
    """An update counts as done before it is sent."""
    original = engine_apply.SystemWriter._change

    def early(self: Any, write: Any) -> None:
        with self.setting.store.write() as session:
            attempt = self._attempt(write)
            session.begin([attempt])
            written = Written(key=write.key, record=None, requested_at=attempt.started_at)
            engine_settle.settle_update(self.setting, session, write, attempt, written)
        original(self, write)

    with patch.object(engine_apply.SystemWriter, "_change", early):
        yield


@contextmanager
def drop_the_base() -> Iterator[None]:
    """When a record shows something new, its link's base moves along instead of staying where it was settled."""
    with patch.object(engine_observe, "_based", lambda link, row: link):
        yield


@contextmanager
def forget_the_loser() -> Iterator[None]:
    """The value that gave way is written down nowhere."""
    original = core_merge.merge

    def without(*arguments: Any, **options: Any) -> Any:
        return msgspec.structs.replace(original(*arguments, **options), losers=())

    with patch("samtale.core.plan.merge", without):
        yield


@contextmanager
def adopt_nothing() -> Iterator[None]:
    """An unknown create is taken for one that did nothing, without looking."""
    with (
        patch.object(engine_unknown, "_resembles", lambda *_: False),
        patch.object(engine_unknown, "mark_digest", lambda mark: 0),
    ):
        yield


@contextmanager
def believe_the_replica() -> Iterator[None]:
    """An old read counts as news."""
    with patch.object(engine_observe, "_outdated", lambda *_: None):
        yield


@contextmanager
def create_after_death() -> Iterator[None]:
    """A deleted counterpart leaves no tombstone."""
    from samtale.core import plan

    original = plan._Work.creates

    def creates(self: Any) -> None:
        self.state.gone = ()
        original(self)

    with patch.object(plan._Work, "creates", creates):
        yield


@contextmanager
def settle_everything() -> Iterator[None]:
    """After a write all views of the record count as settled, not only those that were written."""
    original = engine_settle._moved

    def moved(setting: Any, session: Any, write: Any, link: Any, row: Any, base: Any) -> Any:
        found = original(setting, session, write, link, row, base)
        agreed = engine_settle.agreed_of(setting, session, write.entity)
        member = setting.maps.members[write.type, f"{write.system}.{write.collection}"]
        revs = [agreed[v.field].rev if v.field in agreed else NO_BASE for v in member.views]
        return found._replace(revs=revs, base=None)

    with patch.object(engine_settle, "_moved", moved):
        yield


@contextmanager
def wrong_tie_break() -> Iterator[None]:
    """Of edits that cannot be told apart the last by order of systems wins, not the first."""
    original = core_merge.newest

    def newest(candidates: Any, model: Any) -> Any:
        winner, reason = original(candidates, model)
        return (next(c for c in candidates if c is not winner), reason) if reason == "tie" else (winner, reason)

    with patch.object(core_merge, "newest", newest):
        yield


@contextmanager
def link_twins() -> Iterator[None]:
    """A record joins an entity although another one of its collection stands there."""
    from samtale.engine.planning import PagePlan

    with patch.object(PagePlan, "_places_in", lambda self, entity, group: (list(group), [])):
        yield


MUTANTS: dict[str, Callable[[], Any]] = {
    mutant.__name__: mutant
    for mutant in (
        skip_the_attempt,
        ignore_moved,
        retry_creates,
        settle_before_the_call,
        drop_the_base,
        forget_the_loser,
        adopt_nothing,
        believe_the_replica,
        create_after_death,
        settle_everything,
        wrong_tie_break,
        link_twins,
    )
}


class Caught(NamedTuple):
    """What became of a mutant."""

    name: str
    seed: int | None  #: None: it got away
    how: str
    seconds: float


def hunt(name: str, *, stories: int = 12, steps: int = 25) -> Caught:
    """Let the machine look for one mutant."""
    began = time.monotonic()
    for number in SEEDS:
        with MUTANTS[name]():
            try:
                run(number, stories=stories, steps=steps, shrink=False)
            except Exception as error:  # noqa: BLE001 - any way of failing is being caught
                return Caught(name, number, _first_line(error), time.monotonic() - began)
    return Caught(name, None, "", time.monotonic() - began)


def _first_line(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {str(error).splitlines()[0][:90] if str(error) else ''}"


def main(names: list[str]) -> int:
    """Hunt all mutants, print the table; the exit code is 1 if one got away."""
    insist_on_one_order("tests.simulation.mutants")
    found = []
    for name in names or list(MUTANTS):
        caught = hunt(name)
        found.append(caught)
        seed_ = "got away" if caught.seed is None else f"seed {caught.seed}"
        print(f"{name:24} {seed_:10} {caught.seconds:6.1f} s  {caught.how}", flush=True)
    REPORT.parent.mkdir(exist_ok=True)
    escaped = [c.name for c in found if c.seed is None]
    REPORT.write_text(
        json.dumps({"mutants": [c._asdict() for c in found], "escaped": escaped}, indent=2) + "\n", encoding="utf-8"
    )
    return 1 if escaped else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
