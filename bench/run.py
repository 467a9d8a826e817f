"""One benchmark run, in a process of its own: ``python -m bench.run STORE_URL FOLDER COUNT``. Prints one JSON object."""

from __future__ import annotations

import json
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from bench.world import COLLECTION, BenchConnector, model, record
from samtale.engine.apply import apply
from samtale.engine.cycle import propose
from samtale.engine.decode import Decoder
from samtale.engine.observe import observe
from samtale.engine.setting import Setting, System
from samtale.ports.store import RecordRow, Store
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
    return Setting(model=model(create=create), systems=systems, store=store, clock=WallClock(), secret=b"bench" * 8), connectors


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
    results |= {"initial_cpu_records_per_s": 2 * count / cpu, "initial_wall_records_per_s": 2 * count / wall, "planned": counts}
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


def _changes(setting: Setting, connectors: list[BenchConnector], count: int) -> dict[str, float]:
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
        with setting.store.write() as session:  # what is left behind by unsent writes would be planned again with every event
            session.forget_looks([(x.collection, x.key) for x in session.looks(2**60, fetch=False)], fetch=False)
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
        row = setting.rows(session)[place]
        shape = session.shape(setting.maps.collections[place].shape)
    rows = [
        [RecordRow(row.id, o.key, o.digest, shape, o.shown, 1, 0, None, o.modified) for o in map(decoder, page)] for page in pages
    ]

    def insert() -> None:
        for page in rows:
            with store.write() as session:
                session.put_records(page)

    inserted, _ = timed(insert)
    store.close()
    return {"floor_decode_cpu_records_per_s": count / decode, "floor_insert_cpu_records_per_s": count / inserted}


if __name__ == "__main__":
    collect_rarely()  # as every command does
    action = floors if sys.argv[1] == "floors" else main
    print(json.dumps(action(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))))
