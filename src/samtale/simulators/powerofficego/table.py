"""Tables in memory that remember their past, because the vendor reads from replicas that lag behind.

A row is never changed in place: each write puts a new one. Knows no property by name but the Number of a ledger.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Row = dict[str, Any]

_VERSIONS_KEPT = 100
ALWAYS = float("-inf")
"""The moment of rows that were there before anything happened."""


class Table:
    """The rows of one type, by Id; None is a row that was deleted."""

    def __init__(self, handle: str | None) -> None:
        self._versions: dict[int, list[tuple[float, Row | None]]] = {}
        self._handle = handle
        self._owners: dict[str, int] = {}
        self.highest_number = 0
        """The highest Number that any row ever had."""

    def put(self, id_: int, row: Row | None, moment: float) -> None:
        """Store a row, or its deletion (None), as of `moment`, in the clock's elapsed seconds."""
        before = self.get(id_)
        if self._handle is not None:
            old = (before or {}).get(self._handle)
            if old and self._owners.get(str(old).casefold()) == id_:
                del self._owners[str(old).casefold()]
            new = (row or {}).get(self._handle)
            if new:
                self._owners[str(new).casefold()] = id_
        self.highest_number = max(self.highest_number, (row or {}).get("Number") or 0)
        versions = self._versions.setdefault(id_, [])
        versions.append((moment, row))
        del versions[:-_VERSIONS_KEPT]

    def get(self, id_: int) -> Row | None:
        """The row as it is now."""
        versions = self._versions.get(id_)
        return versions[-1][1] if versions else None

    def seen(self, id_: int, moment: float) -> Row | None:
        """The row as a replica shows it that has everything up to `moment`."""
        for written, row in reversed(self._versions.get(id_, ())):
            if written <= moment:
                return row
        return None

    def all(self) -> Iterator[Row]:
        """All rows as they are now."""
        return (versions[-1][1] for versions in self._versions.values() if versions[-1][1] is not None)

    def all_seen(self, moment: float) -> Iterator[Row]:
        """All rows as a replica shows them that has everything up to `moment`."""
        for id_, versions in self._versions.items():
            written, row = versions[-1]
            shown = row if written <= moment else self.seen(id_, moment)
            if shown is not None:
                yield shown

    def owner(self, value: str) -> int | None:
        """The Id of the row that has this value in the table's unique property, compared without case."""
        return self._owners.get(value.casefold())
