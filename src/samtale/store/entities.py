"""Sessions, second family: entities, and their links to records.

What lives here: the statements on these tables, and how their rows become the values of ports/store.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import bindparam, func

from samtale.ports.store import EntityRow, LinkRow, RecordRef
from samtale.store.base import Base, known, of_workspace, packed, text_or_none, unpacked
from samtale.store.bulk import Row
from samtale.store.schema import entity, link
from samtale.store.values import pack_agreed, pack_revs, read, spell, unpack_agreed, unpack_revs

_SCAN_ENTITIES = (
    of_workspace(entity)
    .where(entity.c.type == bindparam("type"), entity.c.id > bindparam("after"))
    .order_by(entity.c.id)
    .limit(bindparam("limit"))
)
_COUNT_LINKS = of_workspace(link, link.c.type, link.c.collection, link.c.state, func.count()).group_by(
    link.c.type, link.c.collection, link.c.state
)


class Entities(Base):
    """Shared things, and which records show them."""

    def entities(self, ids: Collection[str]) -> dict[str, EntityRow]:
        rows = [self._entity_row(row) for row in self._among(entity, "id", map(self._find, ids))]
        return {row.id: row for row in rows}

    def scan_entities(self, type_name: str, after: str = "", limit: int = 1000) -> list[EntityRow]:
        begin = self._find(after) if after else ""
        rows = self._rows(_SCAN_ENTITIES, type=spell(type_name), after=begin, limit=limit)
        return [self._entity_row(row) for row in rows]

    def put_entities(self, rows: Sequence[EntityRow]) -> None:
        values = [
            (self._workspace, self._keep(name), spell(kind), shape, pack_agreed(agreed), text_or_none(merged_into))
            for kind, name, shape, agreed, merged_into in rows
        ]
        self._db.upsert(entity, values)

    def forget_entities(self, ids: Collection[str]) -> None:
        self._db.delete(entity, [(self._workspace, self._find(name)) for name in ids])

    def _entity_row(self, row: Row) -> EntityRow:
        _, name, kind, shape, agreed, merged_into = row
        return EntityRow(read(kind), self._key(name), shape, unpack_agreed(agreed), known(merged_into))

    def links_of(self, refs: Iterable[RecordRef]) -> list[LinkRow]:
        return [self._link_row(row) for row in self._at(link, refs)]

    def links_in(self, entities: Collection[str]) -> list[LinkRow]:
        return [self._link_row(row) for row in self._among(link, "entity", map(self._find, entities))]

    def put_links(self, rows: Sequence[LinkRow]) -> None:
        # Away with the old ones first: then rows of one call may exchange places, whatever their order.
        values = {row[:4]: row for row in map(self._link_values, rows)}
        self._db.delete(link, list(values))
        self._db.insert(link, list(values.values()))

    def _link_values(self, row: LinkRow) -> Row:
        kind, name, collection, key, how, linked_at, shape, revs, base, state = row
        kept = self._keep(key)
        return (
            self._workspace, collection, kept, spell(kind), self._keep(name), spell(how), linked_at, shape,
            *pack_revs(revs), packed(base), state, "" if state == "active" else kept,
        )  # fmt: skip

    def _link_row(self, row: Row) -> LinkRow:
        _, collection, key, kind, name, how, linked_at, shape, views, rev, revs, base, state, _ = row
        base = None if base is None else tuple(unpacked(base))
        return LinkRow(
            read(kind), self._key(name), collection, self._key(key), read(how), linked_at, shape,
            unpack_revs(views, rev, revs), base, state,
        )  # fmt: skip

    def forget_links(self, links: Iterable[tuple[str, int, str]]) -> None:
        self._db.delete(link, [(self._workspace, number, self._find(key), spell(kind)) for kind, number, key in links])

    def count_links(self) -> dict[tuple[str, int, str], int]:
        return {(read(kind), number, state): count for kind, number, state, count in self._rows(_COUNT_LINKS)}
