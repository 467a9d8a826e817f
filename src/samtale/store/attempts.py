"""Sessions, third family: attempts, and the claims that keep two creates from making one thing twice.

What lives here: the statements on these tables, and how their rows become the values of ports/store.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from sqlalchemy import BindParameter, and_, bindparam, delete, func, or_, text

from samtale.ports.store import AttemptRow, ClaimTaken
from samtale.store.base import Base, of_workspace
from samtale.store.bulk import Row, among
from samtale.store.schema import IS_OPEN_CREATE, IS_REFUSED, IS_UNSETTLED, UNSETTLED, attempt, claim
from samtale.store.values import pack, read, spell, unpack

_ATTEMPTS = of_workspace(attempt).where(among(attempt.c.state, "states")).order_by(attempt.c.started_at, attempt.c.id)
_UNSETTLED_ATTEMPTS = _ATTEMPTS.where(text(IS_UNSETTLED))
_REFUSED_ATTEMPTS = _ATTEMPTS.where(text(IS_REFUSED))
_RELEASE = delete(claim).where(claim.c.workspace == bindparam("workspace"), among(claim.c.attempt, "ids"))
_SINCE: BindParameter[int] = bindparam("since")
_WRITTEN = (
    of_workspace(attempt, attempt.c.collection, attempt.c.kind, attempt.c.clears, func.count())
    .where(text("state IN ('done', 'adopted')"), ~attempt.c.approved)
    .where(or_(attempt.c.closed_at >= _SINCE, and_(attempt.c.closed_at.is_(None), attempt.c.started_at >= _SINCE)))
    .group_by(attempt.c.collection, attempt.c.kind, attempt.c.clears)
)


class Attempts(Base):
    """Writes that we began."""

    def begin(self, rows: Sequence[AttemptRow]) -> None:
        self._refuse_taken(rows)
        self._db.insert(attempt, [self._attempt_values(row) for row in rows])
        self._db.insert(claim, self._claims(rows))

    def close(self, rows: Sequence[AttemptRow]) -> None:
        self._refuse_taken(rows)
        self._db.run(_RELEASE, workspace=self._workspace, ids=[self._find(row.id) for row in rows])
        self._db.upsert(attempt, [self._attempt_values(row) for row in rows])
        self._db.insert(claim, self._claims(rows))

    def _refuse_taken(self, rows: Sequence[AttemptRow]) -> None:
        """Raise ClaimTaken for what another open create holds, or an earlier one of these rows.

        Only one transaction writes at a time, so the answer holds until the rows are stored; the unique indexes stand
        behind it.
        """
        creates = [row for row in rows if row.kind == "create" and row.state in UNSETTLED]
        if not creates:
            return
        entities = [self._find(row.entity) for row in creates]
        open_creates = self._among(attempt, "entity", entities, columns="collection, entity, id", where=IS_OPEN_CREATE)
        holders: dict[tuple[int, str | int], str] = {
            (number, self._key(name)): self._key(holder) for number, name, holder in open_creates
        }
        claims: dict[int, set[int]] = {}
        for row in creates:
            claims.setdefault(row.collection, set()).update(row.claims)
        for number, digests in claims.items():
            holders.update({(number, digest): holder for digest, holder in self.claimed(number, digests).items()})
        ours = {row.id for row in rows}
        taken = {place: holder for place, holder in holders.items() if holder not in ours}
        refused = []
        for row in creates:
            subjects: list[str | int] = [row.entity, *row.claims]
            wanted = [(row.collection, subject) for subject in subjects]
            if any(place in taken and taken[place] != row.id for place in wanted):
                refused.append(row.id)
            else:
                taken.update(dict.fromkeys(wanted, row.id))
        if refused:
            raise ClaimTaken(refused)

    def _claims(self, rows: Sequence[AttemptRow]) -> list[Row]:
        return [
            (self._workspace, row.collection, digest, self._find(row.id))
            for row in rows
            if row.kind == "create" and row.state in UNSETTLED
            for digest in set(row.claims)
        ]

    def _attempt_values(self, row: AttemptRow) -> Row:
        return (
            self._workspace, self._keep(row.id), row.kind, spell(row.type), self._keep(row.entity), row.collection,
            None if row.key is None else self._keep(row.key), spell(row.mark), pack(row.values), row.started_at,
            row.state, row.due, row.closed_at, row.approved, row.clears, spell(row.outcome), pack(row.claims),
        )  # fmt: skip

    def _attempt_row(self, row: Row) -> AttemptRow:
        _, number, kind, entity_type, name, collection, key, mark, sent, started_at, state, *rest = row
        due, closed_at, approved, clears, outcome, claims = rest
        return AttemptRow(
            self._key(number), kind, read(entity_type), self._key(name), collection,
            None if key is None else self._key(key), read(mark), unpack(sent), started_at, state, due, closed_at,
            bool(approved), bool(clears), read(outcome), tuple(unpack(claims)),
        )  # fmt: skip

    def attempts(self, states: Collection[str]) -> list[AttemptRow]:
        statement = _ATTEMPTS
        if set(states) <= set(UNSETTLED):
            statement = _UNSETTLED_ATTEMPTS
        elif set(states) == {"refused"}:
            statement = _REFUSED_ATTEMPTS
        return [self._attempt_row(row) for row in self._rows(statement, states=list(states))]

    def claimed(self, collection: int, claims: Collection[int]) -> dict[int, str]:
        rows = self._among(claim, "claim", claims, columns="claim, attempt", collection=collection)
        return {digest: self._key(holder) for digest, holder in rows}

    def written_since(self, since: int) -> dict[tuple[int, str], int]:
        counts: Counter[tuple[int, str]] = Counter()
        for number, kind, clears, count in self._rows(_WRITTEN, since=since):
            counts[number, kind] += count
            if clears and kind == "update":
                counts[number, "clear"] += count
        return dict(counts)
