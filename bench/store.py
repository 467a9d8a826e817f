"""How fast the store is: its hot paths in pages of 1,000, on both engines.

    python -m bench.store [--records 200000] [--engine sqlite] [--engine postgres]

Two collections of as many records, nine mapped properties each, half of them linked to entities with agreed values.
Prints rows a second of CPU time of this program (PostgreSQL's own is the difference to the wall clock) and bytes a record.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url, text

from samtale.ports.store import Agreed, CollectionRow, EntityRow, HistoryRow, LinkRow, Look, RecordRef, RecordRow, Store
from samtale.store import open_store
from tests import postgres

PAGE = 1000
NOW = 1_763_000_000_000
PATHS = ("Name", "OrganizationNumber", "EmailAddress", "PhoneNumber", "WebsiteUrl", "MailAddress.AddressLine1",
         "MailAddress.ZipCode", "MailAddress.City", "MailAddress.CountryCode")  # fmt: skip
FIELDS = ("name", "org_number", "email", "phone", "website", "street", "postal_code", "city", "country")
TOWNS = ("Oslo", "Bergen", "Trondheim", "Tromsø", "Ålesund", "Lillestrøm")

Measure = Callable[[str, int], Any]


def shown(n: int) -> tuple[str, ...]:
    """What the n-th thing shows, in both collections."""
    return (f"Selskapet nummer {n} AS", f"{800_000_000 + n}", f"post{n}@selskap{n % 997}.example", f"+47 22{n:06d}",
            f"https://www.selskap{n}.example", f"Storgata {n % 400}", f"{n % 9999:04d}", TOWNS[n % 6], "NO")  # fmt: skip


def key(collection: int, n: int) -> str:
    """Keys as PowerOffice Go (short) and Zoho CRM (18 digits) make them."""
    return str(10_000 + n) if collection == 1 else str(384_920_000_000_000_000 + n)


def digest64(*parts: object) -> int:
    return int.from_bytes(blake2b(repr(parts).encode(), digest_size=8).digest(), "big", signed=True)


def record(collection: int, n: int, shape: int) -> RecordRow:
    values = shown(n)
    digest = blake2b(repr((collection, values)).encode(), digest_size=16).digest()
    return RecordRow(collection, key(collection, n), digest, shape, values, NOW, 0, None, NOW - n, NOW - 2 * n)


def match_keys(collection: int, n: int) -> list[tuple[int, int, str]]:
    values = shown(n)
    named = (("org", values[1]), ("mail", values[2]), ("name", values[0], values[6]))
    return [(digest64(*value), collection, key(collection, n)) for value in named]


class Bench:
    """The steps of an initial load and of the reads after it, each with its name and number of rows."""

    def __init__(self, store: Store, records: int, measure: Measure) -> None:
        self.store, self.records, self.measure = store, records, measure
        with store.write() as session:
            self.shape, self.fields = session.shape(PATHS), session.shape(FIELDS)
            for number, name in enumerate(("Customers", "Account"), 1):
                session.put_collection(CollectionRow(number, f"system{number}", name, {"page": 1}))

    def numbers(self, collection: int) -> range:
        """Things in a collection: half of them are in the other one, too."""
        return range(self.records) if collection == 1 else range(self.records // 2, self.records // 2 + self.records)

    def pages(self, collection: int) -> Iterator[Sequence[int]]:
        numbers = self.numbers(collection)
        for start in range(0, len(numbers), PAGE):
            yield numbers[start : start + PAGE]

    def observe(self) -> None:
        for collection in (1, 2):
            for page in self.pages(collection):
                rows = [record(collection, n, self.shape) for n in page]
                refs = [(collection, row.key) for row in rows]
                keys = [found for n in page for found in match_keys(collection, n)]
                with self.store.write() as session:
                    with self.measure("put_records", len(rows)):
                        session.put_records(rows)
                    with self.measure("put_match", len(rows)):
                        session.put_match(refs, keys)
                    with self.measure("put_looks", len(rows)):
                        session.put_looks([Look(collection, k) for _, k in refs])
                    started = time.process_time()
                with self.measure("commit", 0, started):
                    pass

    def accept(self) -> None:
        linked = range(self.records // 2, self.records)
        order = list(linked)
        random.Random(7).shuffle(order)
        for start in range(0, len(order), PAGE):
            page = order[start : start + PAGE]
            entities = [EntityRow("organization", entity(n), self.fields, agreed(n)) for n in page]
            refs = [(collection, key(collection, n)) for n in page for collection in (1, 2)]
            links = [
                LinkRow("organization", entity(n), c, key(c, n), "rule 1", NOW, self.shape, (1,) * 9)
                for n in page
                for c in (1, 2)
            ]
            notes = [
                HistoryRow(NOW, "linked", "organization", x.entity, x.collection, x.key, {"how": x.how}) for x in links
            ]
            with self.store.write() as session:
                with self.measure("put_entities", len(entities)):
                    session.put_entities(entities)
                with self.measure("put_links", len(links)):
                    session.put_links(links)
                with self.measure("note", len(notes)):
                    session.note(notes)
                with self.measure("forget_looks", len(refs)):
                    session.forget_looks(refs, fetch=False)
        self.store.analyze()

    def read(self) -> None:
        with self.store.read() as session:
            after: RecordRef | None = None
            while True:
                with self.measure("looks", PAGE):
                    page = session.looks(NOW, fetch=False, after=after)
                if not page:
                    break
                after = (page[-1].collection, page[-1].key)
            for collection in (1, 2):
                with self.measure("digests", self.records):
                    assert sum(1 for _ in session.digests(collection)) == self.records
            for start in range(self.records // 2, self.records, PAGE):
                numbers = range(start, min(start + PAGE, self.records))
                refs = [(2, key(2, n)) for n in numbers]
                with self.measure("records", PAGE):
                    assert len(session.records(refs)) == len(refs)
                with self.measure("match_keys", PAGE):
                    digests = {found for found, _, _ in session.match_keys(refs)}
                with self.measure("matching", len(digests)):
                    session.matching(digests)
                with self.measure("links_of", PAGE):
                    assert len(session.links_of(refs)) == len(refs)
                with self.measure("links_in", 2 * PAGE):
                    assert len(session.links_in([entity(n) for n in numbers])) == 2 * len(refs)
                with self.measure("entities", PAGE):
                    assert len(session.entities([entity(n) for n in numbers])) == len(refs)

    def events(self) -> None:
        """What one event reads and writes, a hundred times."""
        for n in range(self.records // 2, self.records // 2 + 100):
            ref = (1, key(1, n))
            with self.measure("one event", 1):
                with self.store.read() as session:
                    session.records([ref])
                    links = session.links_of([ref])
                    session.entities([x.entity for x in links])
                    others = session.links_in([x.entity for x in links])
                    session.records([(x.collection, x.key) for x in others])
                    session.matching([found for found, _, _ in session.match_keys([ref])])
                with self.store.write() as session:
                    session.put_records([record(1, n, self.shape)])
                    session.put_match([ref], match_keys(1, n))
                    session.put_entities(list(session.entities([x.entity for x in links]).values()))
                    session.put_links(others)
                    session.note([HistoryRow(NOW, "verdict", "organization", links[0].entity)])


def entity(n: int) -> str:
    return f"{digest64('entity', n) & (1 << 64) - 1:016x}"


def agreed(n: int) -> list[Agreed]:
    return [Agreed((value,), 1, "powerofficego.Customers", NOW - 60_000, NOW) for value in shown(n)]


def size(address: str) -> int:
    """Bytes of the whole database."""
    engine = create_engine(address)
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
            return Path(str(make_url(address).database)).stat().st_size
        return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)


def run(engine: str, address: str, records: int) -> None:
    """Measure one engine and print a table."""
    cpu: dict[str, float] = {}
    wall: dict[str, float] = {}
    rows: dict[str, int] = {}

    @contextmanager
    def measure(name: str, count: int, started: float | None = None) -> Iterator[None]:
        before, began = time.process_time() if started is None else started, time.perf_counter()
        yield
        cpu[name] = cpu.get(name, 0) + time.process_time() - before
        wall[name] = wall.get(name, 0) + time.perf_counter() - began
        rows[name] = rows.get(name, 0) + count

    empty = 0
    store = open_store(address, "bench")
    if engine == "postgres":
        empty = size(address)
    bench = Bench(store, records, measure)
    for step in (bench.observe, bench.accept, bench.read, bench.events):
        step()
    store.close()
    print(f"{engine}: 2 x {records} records, {(size(address) - empty) / (2 * records):.0f} bytes a record")
    for name, seconds in cpu.items():
        count = rows[name] or 2 * records
        print(f"  {name:14} {count / seconds:12,.0f} rows/s CPU {count / max(wall[name], 1e-9):12,.0f} rows/s wall")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=200_000, help="in each of the two collections")
    parser.add_argument("--engine", action="append", choices=("sqlite", "postgres"))
    options = parser.parse_args()
    with ExitStack() as stack:
        for engine in options.engine or ("sqlite", "postgres"):
            if engine == "sqlite":
                folder = stack.enter_context(tempfile.TemporaryDirectory())
                run(engine, f"sqlite:///{folder}/store.sqlite", options.records)
            else:
                server = stack.enter_context(postgres.server())
                database = stack.enter_context(postgres.database(server))
                run(engine, database.render_as_string(hide_password=False), options.records)


if __name__ == "__main__":
    main()
