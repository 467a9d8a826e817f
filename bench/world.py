"""Two systems of generated records, as pages of JSON on disk, and a connector that reads them.

About 1 KB a record: 9 mapped properties and 25 that the model does not know. Half of the records of each system are also in the
other, by e-mail address. The connector answers at once, so that what is measured is the engine.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from samtale.core.kinds import Form, Raw, kind_named
from samtale.core.model import Access, CreateRule, EntityType, Field, MatchRule, Member, Model, Part, Property, View
from samtale.core.problems import Problem, SystemTrouble
from samtale.ports.connector import About, CollectionSpec, Cursor, Draft, Fetched, Page, PropertySpec, Record, Written

PAGE_SIZE = 1000
COLLECTION = "People"
#: property path and field kind
MAPPED = (
    ("FirstName", "person_name"),
    ("LastName", "person_name"),
    ("Email", "email"),
    ("Phone", "phone"),
    ("Mobile", "phone"),
    ("Address.Street", "text"),
    ("Address.Zip", "text"),
    ("Address.City", "text"),
    ("Address.Country", "country"),
)
CITIES = ("Oslo", "Bergen", "Trondheim", "Stavanger", "Tromsø", "Kristiansand", "Drammen", "Ålesund", "Bodø", "Hamar")
GIVEN = ("Kari", "Ola", "Ingrid", "Per", "Anne", "Lars", "Sofie", "Jonas", "Nora", "Emil", "Åse", "Øyvind")
FAMILY = (
    "Hansen",
    "Johansen",
    "Olsen",
    "Larsen",
    "Andersen",
    "Pedersen",
    "Nilsen",
    "Berg",
    "Dahl",
    "Lund",
    "Moen",
    "Haugen",
)


def record(person: int, key: int, edition: int = 0, modified: int = 0) -> dict[str, object]:
    """The record of one person; one in ten differs a little between the systems, and so does every edition."""
    chance = random.Random(person)
    city = chance.choice(CITIES)
    twist = edition or (key % 2 and person % 10 == 0)
    values: dict[str, object] = {
        "Id": key,
        "FirstName": chance.choice(GIVEN),
        "LastName": chance.choice(FAMILY),
        "Email": f"person{person}@firma{person % 5000}.example",
        "Phone": f"+47 22 {chance.randrange(10, 99)} {chance.randrange(10, 99)} {chance.randrange(10, 99)}",
        "Mobile": f"9{chance.randrange(10, 99)} {chance.randrange(10, 99)} {chance.randrange(100, 999)}",
        "Address": {
            "Street": f"Storgata {chance.randrange(1, 200)}" + (f" {edition or 'B'}" if twist else ""),
            "Zip": f"{chance.randrange(100, 9999):04}",
            "City": city,
            "Country": "NO",
        },
        "Modified": f"2026-01-{1 + modified % 28:02}T10:{modified % 60:02}:00Z",
    }
    for number in range(25):
        values[f"Other{number:02}"] = f"{chance.getrandbits(64):016x}" if number % 3 else number * person
    return values


def write_pages(folder: Path, system: int, count: int) -> None:
    """Pages of one system: person numbers from 0 in the first, from half of them in the second, so that half overlap."""
    folder.mkdir(parents=True, exist_ok=True)
    first = 0 if system == 0 else count // 2
    for start in range(0, count, PAGE_SIZE):
        rows = [record(first + i, 2 * (first + i) + system) for i in range(start, min(start + PAGE_SIZE, count))]
        (folder / f"{start:08}.json").write_bytes(msgspec.json.encode(rows))


_page = msgspec.json.Decoder(list[msgspec.Raw])


class BenchConnector:
    """Reads prepared pages; what changed since is handed to it beforehand."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.changes: list[bytes] = []
        self.current: dict[str, dict[str, object]] = {}
        self._about = About(
            connector="bench",
            title=name,
            document_name=name,
            auth=(),
            collections=(
                CollectionSpec(
                    name=COLLECTION,
                    key="Id",
                    modified="Modified",
                    properties=tuple(PropertySpec(path=path) for path, _ in MAPPED),
                    create_batch=100,
                    fetch_batch=100,
                    page_size=PAGE_SIZE,
                ),
            ),
        )

    def about(self) -> About:
        return self._about

    def check(self) -> list[Problem]:
        return []

    def read(self, collection: str, since: Cursor | None) -> Iterator[Page]:
        now = int(time.time() * 1000)
        if since is not None:
            yield Page(records=list(self.changes), requested_at=now, cursor={"at": now}, last=True)
            return
        files = sorted(self.folder.glob("*.json"))
        for number, path in enumerate(files, 1):
            records = [bytes(r) for r in _page.decode(path.read_bytes())]
            yield Page(records=records, requested_at=now, cursor={"at": now}, last=number == len(files))

    def fetch(self, collection: str, keys: Sequence[str]) -> Fetched:
        now = int(time.time() * 1000)
        return Fetched(
            records=[msgspec.json.encode(self.current[k]) for k in keys if k in self.current], requested_at=now
        )

    def create(self, collection: str, drafts: Sequence[Draft]) -> list[Written | SystemTrouble]:
        raise AssertionError("the benchmark creates nothing")

    def update(
        self, collection: str, key: str, values: Mapping[str, Raw], expected: Mapping[str, Raw], version: str | None
    ) -> Written:
        number = int(key)
        changed = self.current.setdefault(key, record(number // 2, number))
        for path, raw in values.items():
            place: dict[str, object] = changed
            *parents, leaf = path.split(".")
            for parent in parents:
                place = place[parent]  # type: ignore[assignment]
            place[leaf] = raw
        answer: Record = msgspec.json.encode(changed)
        return Written(key=key, record=answer, requested_at=int(time.time() * 1000))

    def delete(self, collection: str, key: str, version: str | None) -> None:
        raise AssertionError("the benchmark deletes nothing")


def model(*, create: bool) -> Model:
    """One entity type of nine plain fields, matched by e-mail, in two systems."""
    fields = tuple(Field(name=path.lower(), parts=(Part(name="", kind=kind_named(kind)),)) for path, kind in MAPPED)
    members = tuple(
        Member(
            entity="person",
            system=system,
            collection=COLLECTION,
            label=f"{system} {COLLECTION}",
            views=tuple(
                View(
                    field=path.lower(),
                    number=0,
                    accesses=(Access(part=0, properties=(Property(path=path, form=_form(kind)),)),),
                )
                for path, kind in MAPPED
            ),
            create=((f"{other}.{COLLECTION}", CreateRule()),) if create else (),
        )
        for system, other in (("one", "two"), ("two", "one"))
    )
    person = EntityType(name="person", fields=fields, match=(MatchRule(fields=("email",)),), members=members)
    return Model(types=(person,), order=("one", "two"), first_link="newest")


def _form(kind: str) -> Form:
    return Form(style="alpha2") if kind == "country" else Form()
