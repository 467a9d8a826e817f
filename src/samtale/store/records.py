"""Sessions, first family: collections, shapes, records, match keys, and what to look at.

What lives here: the statements on these tables, and how their rows become the values of ports/store.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property

from sqlalchemy import BindParameter, bindparam, func, or_, tuple_

from samtale.ports.store import CollectionRow, Look, RecordRef, RecordRow
from samtale.store.base import Base, known, of_workspace, packed, text_or_none, unpacked
from samtale.store.bulk import Row
from samtale.store.schema import collection, look, match_of, match_value, record, shape
from samtale.store.values import ESCAPE, pack, pack_digests, read, spell, unpack, unpack_digests

_COLLECTIONS = of_workspace(collection)
_SHAPES = of_workspace(shape)
_AFTER: BindParameter[str] = bindparam("after")

_RECORD = of_workspace(record).where(record.c.collection == bindparam("collection"))
_SCAN = _RECORD.where(record.c.key > _AFTER).order_by(record.c.key).limit(bindparam("limit"))
_DIGESTS = _SCAN.with_only_columns(record.c.key, record.c.digest, record.c.missing_since)
_SINCE: BindParameter[int] = bindparam("since")
_CREATED_SINCE = _RECORD.where(or_(record.c.created >= _SINCE, record.c.first_seen >= _SINCE))
_COUNT = (
    of_workspace(record, record.c.collection, func.count())
    .where(record.c.missing_since.is_(None))
    .group_by(record.c.collection)
)

_LOOKS = (
    of_workspace(look, look.c.collection, look.c.key, look.c.due, look.c.fetching)
    .where(look.c.fetching == bindparam("fetch"), look.c.due <= bindparam("now"))
    .where(tuple_(look.c.collection, look.c.key) > tuple_(bindparam("after_collection"), bindparam("after_key")))
    .order_by(look.c.collection, look.c.key)
    .limit(bindparam("limit"))
)
_NEXT_LOOK = of_workspace(look, func.min(look.c.due)).where(look.c.fetching)

#: Rows of a page when a whole collection goes by.
STREAMED = 10_000


class Records(Base):
    """What systems show, and how it is recognized."""

    def collections(self) -> dict[tuple[str, str], CollectionRow]:
        rows = [_collection_row(row) for row in self._rows(_COLLECTIONS)]
        return {(row.system, row.name): row for row in rows}

    def put_collection(self, row: CollectionRow) -> CollectionRow:
        if not row.id:
            row = row._replace(id=max((known.id for known in self.collections().values()), default=0) + 1)
        _, system, name, cursor, *rest, brake = row
        values = (row.id, spell(system), spell(name), packed(cursor), *rest, text_or_none(brake))
        self._db.upsert(collection, [(self._workspace, *values)])
        return row

    def shapes(self) -> dict[int, tuple[str, ...]]:
        return {number: positions for positions, number in self._shapes.items()}

    def shape(self, positions: tuple[str, ...]) -> int:
        if positions not in self._shapes:
            number = len(self._shapes) + 1
            self._db.insert(shape, [(self._workspace, number, pack(positions))])
            self._shapes[positions] = number
        return self._shapes[positions]

    @cached_property
    def _shapes(self) -> dict[tuple[str, ...], int]:
        """Read once a transaction: shapes are asked for with every row, and only ever added."""
        return {tuple(unpack(positions)): number for _, number, positions in self._rows(_SHAPES)}

    def digests(self, collection: int) -> Iterator[tuple[str, bytes, bool]]:
        after = ""
        while page := self._rows(_DIGESTS, collection=collection, after=after, limit=STREAMED):
            for key, digest, missing_since in page:
                yield (key if key[0] != ESCAPE else self._key(key)), digest, missing_since is None
            after = page[-1][0]

    def records(self, refs: Iterable[RecordRef]) -> dict[RecordRef, RecordRow]:
        rows = [self._record_row(row) for row in self._at(record, refs)]
        return {(row.collection, row.key): row for row in rows}

    def scan(self, collection: int, after: str = "", limit: int = 1000) -> list[RecordRow]:
        begin = self._find(after) if after else ""
        return [self._record_row(row) for row in self._rows(_SCAN, collection=collection, after=begin, limit=limit)]

    def created_since(self, collection: int, since: int) -> list[RecordRow]:
        return [self._record_row(row) for row in self._rows(_CREATED_SINCE, collection=collection, since=since)]

    def count_records(self) -> dict[int, int]:
        return dict(self._rows(_COUNT))

    def put_records(self, rows: Sequence[RecordRow]) -> None:
        if any(not row.key for row in rows):
            raise ValueError("a record without a key cannot be told from others")
        self._db.upsert(record, [self._record_values(row) for row in rows], keep=("first_seen",))

    def _record_values(self, row: RecordRow) -> Row:
        collection, key, digest, number, shown, seen_at, after, version, *times, before = row
        return (
            self._workspace, collection, self._keep(key), digest, number, pack(shown), seen_at, after,
            text_or_none(version), *times, packed(before), seen_at,
        )  # fmt: skip

    def _record_row(self, row: Row) -> RecordRow:
        _, collection, key, digest, number, shown, seen_at, after, version, modified, created, missing, *rest = row
        written, before, _ = rest
        return RecordRow(
            collection, self._key(key), digest, number, tuple(unpack(shown)), seen_at, after, known(version),
            modified, created, missing, written, unpacked(before),
        )  # fmt: skip

    def forget_records(self, refs: Iterable[RecordRef]) -> None:
        self._delete_at(record, refs)

    def put_match(self, refs: Iterable[RecordRef], keys: Iterable[tuple[int, int, str]]) -> None:
        wanted: dict[RecordRef, set[int]] = {ref: set() for ref in refs}
        for digest, number, key in keys:
            wanted.setdefault((number, key), set()).add(digest)
        places = {(number, self._keep(key)): digests for (number, key), digests in wanted.items()}
        held = {(number, key): digests for _, number, key, digests in self._at_kept(match_of, places)}
        gone: list[Row] = []
        new: list[Row] = []
        replaced: list[Row] = []
        for place, digests in places.items():
            packed_digests = pack_digests(digests)
            before = held.get(place, b"")
            if before == packed_digests:
                continue
            old = frozenset(unpack_digests(before)) if before else frozenset()
            new += [(self._workspace, digest, *place) for digest in (digests - old if old else digests)]
            gone += [(self._workspace, digest, *place) for digest in old - digests]
            replaced.append((self._workspace, *place, packed_digests))
        self._db.delete(match_value, gone)
        self._db.insert(match_value, sorted(new))
        self._db.upsert(match_of, [row for row in replaced if row[-1]])
        self._db.delete(match_of, [row[:-1] for row in replaced if not row[-1]])

    def matching(self, digests: Collection[int], cap: int = 200) -> list[tuple[int, int, str]]:
        rows = self._among(match_value, "digest", sorted(digests), columns="digest, collection, key")
        if len(rows) > cap:  # counted here: a window function would cost every page half as much again
            counts: Counter[int] = Counter()
            capped = []
            for row in rows:
                counts[row[0]] += 1
                if counts[row[0]] <= cap + 1:
                    capped.append(row)
            rows = capped
        return [(digest, number, self._key(key)) for digest, number, key in rows]

    def match_keys(self, refs: Iterable[RecordRef]) -> list[tuple[int, int, str]]:
        return [
            (digest, number, self._key(key))
            for _, number, key, digests in self._at(match_of, refs)
            for digest in unpack_digests(digests)
        ]

    def looks(self, now: int, *, fetch: bool, after: RecordRef | None = None, limit: int = 1000) -> list[Look]:
        number, key = (after[0], self._find(after[1])) if after else (-1, "")
        rows = self._rows(_LOOKS, now=now, fetch=fetch, after_collection=number, after_key=key, limit=limit)
        return [Look(number, self._key(key), due, bool(fetching)) for number, key, due, fetching in rows]

    def put_looks(self, rows: Sequence[Look]) -> None:
        earliest: dict[Row, int] = {}
        for number, key, due, fetch in rows:
            place = (self._workspace, fetch, number, self._keep(key))
            earliest[place] = min(due, earliest.get(place, due))
        self._db.upsert(look, [(*place, due) for place, due in earliest.items()], where="excluded.due < look.due")

    def forget_looks(self, refs: Iterable[RecordRef], *, fetch: bool) -> None:
        self._delete_at(look, refs, fetch)

    def next_look(self) -> int | None:
        ((due,),) = self._rows(_NEXT_LOOK)
        return due  # type: ignore[no-any-return]


def _collection_row(row: Row) -> CollectionRow:
    _, number, system, name, cursor, complete_at, pass_started_at, size, connected_at, observed_at, brake = row
    return CollectionRow(
        number, read(system), read(name), unpacked(cursor), complete_at, pass_started_at, size, connected_at,
        observed_at, known(brake),
    )  # fmt: skip
