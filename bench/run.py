"""One benchmark run, in a process of its own: ``python -m bench.run STORE_URL FOLDER COUNT``. Prints one JSON object."""

from __future__ import annotations

import json
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from bench.world import COLLECTION, MAPPED, BenchConnector, model, record
from samtale.core.link import digest64
from samtale.engine.apply import apply
from samtale.engine.cycle import propose
from samtale.engine.decode import Decoder, Observation
from samtale.engine.observe import observe
from samtale.engine.setting import Setting, System
from samtale.ports.store import Agreed, EntityRow, LinkRow, Look, RecordRow, Session, Store
from samtale.store import open_store
from samtale.wiring.memory import collect_rarely


class WallClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        return int(time.time() * 1000)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def timed(work: Callable[[], Any]) -> tuple[float, float]:
    """CPU and wall seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def setting_for(store: Store, folder: Path, *, create: bool) -> tuple[Setting, list[BenchConnector]]:
    connectors = [BenchConnector(name, folder / name) for name in ("one", "two")]
    systems = {c.name: System(name=c.name, connector=c) for c in connectors}
    return Setting(
        model=model(create=create), systems=systems, store=store, clock=WallClock(), secret=b"bench" * 8
    ), connectors


def main(url: str, folder: Path, count: int) -> dict[str, Any]:
    """All measurements on one store."""
    results: dict[str, Any] = {"records": 2 * count}
    store = open_store(url, "bench")
    setting, _ = setting_for(store, folder, create=True)
    counts: dict[str, int] = {}

    def initial() -> None:
        proposal = propose(setting, full=True)
        counts.update(proposal.counts)
        apply(setting, proposal)  # nothing is approved, so links, agreed values and bases move, and no write is sent
        proposal.close()

    cpu, wall = timed(initial)
    results |= {
        "initial_cpu_records_per_s": 2 * count / cpu,
        "initial_wall_records_per_s": 2 * count / wall,
        "planned": counts,
    }
    store.analyze()
    results["peak_rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cpu, wall = timed(lambda: observe(setting, full=True))
    results |= {"rescan_cpu_records_per_s": 2 * count / cpu, "rescan_wall_records_per_s": 2 * count / wall}
    steady, connectors = setting_for(store, folder, create=False)
    settle = propose(steady)
    apply(steady, settle)
    settle.close()
    results |= _changes(steady, connectors, count)
    results |= _events(steady, connectors, count)
    results["peak_rss_whole_run_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    store.close()
    return results


def _changed(count: int, edition: int) -> list[bytes]:
    """One per cent of all records, taken from those that both systems have."""
    chosen = random.Random(edition).sample(range(count // 2, count), min(6000, max(1, count // 50)))
    return [msgspec.json.encode(record(person, 2 * person, edition, edition)) for person in chosen]


def _forget(setting: Setting) -> None:
    """What was left behind by writes that were not sent would be planned again with everything that is measured."""
    with setting.store.write() as session:
        while looks := session.looks(2**60, fetch=False):
            session.forget_looks([(x.collection, x.key) for x in looks], fetch=False)


def _changes(setting: Setting, connectors: list[BenchConnector], count: int) -> dict[str, float]:
    _forget(setting)
    connectors[0].changes = _changed(count, 7)
    number = len(connectors[0].changes)

    def change() -> None:
        proposal = propose(setting)
        apply(setting, proposal)
        proposal.close()

    cpu, _ = timed(change)
    connectors[0].changes = []

    written: list[int] = []

    def write() -> None:
        proposal = propose(setting, look=False)
        proposal.unapproved.clear()
        proposal.brakes = []
        written.append(apply(setting, proposal).done)
        proposal.close()

    write_cpu, write_wall = timed(write)
    return {
        "changes": number,
        "changes_cpu_records_per_s": number / cpu,
        "writes_cpu_per_s": written[0] / write_cpu,
        "writes_wall_per_s": written[0] / write_wall,
    }


def _events(setting: Setting, connectors: list[BenchConnector], count: int, events: int = 300) -> dict[str, float]:
    """One record at a time: observed, decided, accepted."""
    place = ("one", COLLECTION)
    taken: list[float] = []
    cpu: list[float] = []
    for number, person in enumerate(random.Random(3).sample(range(count // 2, count), min(events, count // 4))):
        connectors[0].changes = [msgspec.json.encode(record(person, 2 * person, 1000 + number, number))]

        def event() -> None:
            observe(setting, only=[place])
            proposal = propose(setting, look=False)
            apply(setting, proposal)
            proposal.close()

        used, passed = timed(event)
        cpu.append(used * 1000)
        taken.append(passed * 1000)
        _forget(setting)
    ordered = sorted(taken)
    return {
        "event_p50_ms": statistics.median(ordered),
        "event_p99_ms": ordered[int(len(ordered) * 0.99)],
        "event_cpu_p50_ms": statistics.median(cpu),
    }


def floors(url: str, folder: Path, count: int) -> dict[str, Any]:
    """What cannot be beaten: typed decode of the mapped properties alone, and the bulk insert of the same rows alone."""
    store = open_store(url, "floor")
    setting, connectors = setting_for(store, folder, create=False)
    place = ("one", COLLECTION)
    decoder: Decoder = setting.decoders[place]
    pages = [page.records for page in connectors[0].read(COLLECTION, None)]
    decode, _ = timed(lambda: [decoder(r) for page in pages for r in page])
    with store.write() as session:
        number = setting.rows(session)[place].id
        shape = session.shape(setting.maps.collections[place].shape)
        fields = session.shape(tuple(path.lower() for path, _ in MAPPED))
    inserted = 0.0
    for page in pages:
        rows = rows_of([decoder(r) for r in page], number, shape, fields)
        with store.write() as session:
            inserted += timed(lambda rows=rows, session=session: insert(session, rows))[0]  # type: ignore[misc]
            before = time.process_time()
        inserted += time.process_time() - before  # the commit
    store.close()
    return {"floor_decode_cpu_records_per_s": count / decode, "floor_insert_cpu_records_per_s": count / inserted}


class Rows(NamedTuple):
    """What one page leaves behind in the store after an initial load."""

    records: list[RecordRow]
    keys: list[tuple[int, int, str]]
    entities: list[EntityRow]
    links: list[LinkRow]


def rows_of(page: list[Observation], number: int, shape: int, fields: int) -> Rows:
    """A link for every record, and three entities for four records, since half of the records have a partner."""
    names = [blake2b(o.key.encode(), digest_size=8).hexdigest() for o in page]
    one = (1,) * len(MAPPED)
    return Rows(
        [RecordRow(number, o.key, o.digest, shape, o.shown, 1, 0, None, o.modified) for o in page],
        [(digest64(name), number, o.key) for o, name in zip(page, names, strict=True)],
        [
            EntityRow("person", name, fields, [Agreed((raw,), 1, "one.People", 1, 2) for raw in o.shown])  # type: ignore[arg-type]
            for o, name in zip(page, names, strict=True)
            if int(o.key) % 8
        ],
        [LinkRow("person", n, number, o.key, "rule 1", 1, shape, one) for o, n in zip(page, names, strict=True)],
    )


def insert(session: Session, rows: Rows) -> None:
    """All that an initial load writes of these records, the note to look at them included, which goes again."""
    refs = [(r.collection, r.key) for r in rows.records]
    session.put_records(rows.records)
    session.put_match(refs, rows.keys)
    session.put_looks([Look(*ref) for ref in refs])
    session.put_entities(rows.entities)
    session.put_links(rows.links)
    session.forget_looks(refs, fetch=False)


if __name__ == "__main__":
    collect_rarely()  # as every command does
    action = floors if sys.argv[1] == "floors" else main
    print(json.dumps(action(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))))
