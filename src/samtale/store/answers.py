"""Sessions, fourth family: what people answered, what happened, and who works here just now.

What lives here: the statements on these tables, and how their rows become the values of ports/store.py.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import and_, bindparam, func, text

from samtale.ports.store import DecisionRow, HistoryRow, RecordRef
from samtale.store.base import Base, of_workspace
from samtale.store.bulk import Row, among
from samtale.store.schema import decision, history, lease
from samtale.store.values import pack, read, spell, unpack

_DECISIONS = of_workspace(decision)
_DECISIONS_OF_KIND = _DECISIONS.where(decision.c.kind == bindparam("kind"))
_LAST = of_workspace(history, func.max(history.c.seq))
_HISTORY = of_workspace(history).where(history.c.at >= bindparam("since"))
_OF_ENTITY = and_(history.c.entity == bindparam("entity"), text("entity <> ''"))  # as its index says
_OF_RECORD = and_(history.c.collection == bindparam("collection"), history.c.key == bindparam("key"))
_OF_KINDS = among(history.c.kind, "kinds")
_LEASE = of_workspace(lease).where(lease.c.name == bindparam("name"))


class Answers(Base):
    """Decisions, history and leases."""

    def decisions(self, kind: str | None = None) -> dict[tuple[str, str], DecisionRow]:
        rows = self._rows(_DECISIONS) if kind is None else self._rows(_DECISIONS_OF_KIND, kind=spell(kind))
        found = [
            DecisionRow(read(name), self._key(subject), unpack(answer), at, read(person))
            for _, name, subject, answer, at, person in rows
        ]
        return {(row.kind, row.subject): row for row in found}

    def decide(self, row: DecisionRow) -> None:
        kind, subject, answer, at, by = row
        values = (self._workspace, spell(kind), self._keep(subject), pack(answer), at, spell(by))
        self._db.upsert(decision, [values])

    def undecide(self, kind: str, subject: str) -> None:
        self._db.delete(decision, [(self._workspace, spell(kind), self._find(subject))])

    def note(self, rows: Sequence[HistoryRow]) -> None:
        if not rows:
            return
        ((last,),) = self._rows(_LAST)
        self._db.insert(history, [self._history_values(n, row) for n, row in enumerate(rows, (last or 0) + 1)])

    def _history_values(self, seq: int, row: HistoryRow) -> Row:
        at, kind, entity_type, name, collection, key, data, _ = row
        kept = "" if collection is None and not key else self._keep(key)
        return (
            self._workspace, seq, at, spell(kind), spell(entity_type), self._keep(name) if name else "",
            collection, kept, pack(data),
        )  # fmt: skip

    def history(
        self,
        *,
        entity: str | None = None,
        ref: RecordRef | None = None,
        since: int = 0,
        kinds: Collection[str] = (),
        limit: int = 1000,
    ) -> list[HistoryRow]:
        statement = _HISTORY
        parameters: dict[str, Any] = {"since": since, "limit": limit}
        if entity is not None:
            statement = statement.where(_OF_ENTITY)
            parameters |= {"entity": self._find(entity)}
        if ref is not None:
            statement = statement.where(_OF_RECORD)
            parameters |= {"collection": ref[0], "key": self._find(ref[1])}
        if kinds:
            statement = statement.where(_OF_KINDS)
            parameters |= {"kinds": [spell(kind) for kind in kinds]}
        rows = self._rows(statement.order_by(history.c.seq.desc()).limit(bindparam("limit")), **parameters)
        return [self._history_row(row) for row in reversed(rows)]

    def _history_row(self, row: Row) -> HistoryRow:
        _, seq, at, kind, entity_type, name, collection, key, data = row
        return HistoryRow(
            at, read(kind), read(entity_type), self._key(name), collection, self._key(key), unpack(data), seq
        )  # fmt: skip

    def lease(self, name: str, owner: str, now: int, ttl_ms: int) -> int | None:
        fence = 1
        for _, _, holder, held, expires in self._rows(_LEASE, name=spell(name)):
            if holder not in ("", spell(owner)) and expires > now:
                return None
            fence = held if holder == spell(owner) else held + 1
        self._db.upsert(lease, [(self._workspace, spell(name), spell(owner), fence, now + ttl_ms)])
        return fence

    def release(self, name: str, owner: str) -> None:
        for _, _, holder, fence, _ in self._rows(_LEASE, name=spell(name)):
            if holder == spell(owner):
                self._db.upsert(lease, [(self._workspace, spell(name), "", fence, 0)])
