"""What all families of a session's methods stand on: the connection, the workspace, and names that any key fits into.

What lives here: ``Base``. It must not know the tables of the families.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

from sqlalchemy import Table, bindparam, select
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import Select

from samtale.ports.store import RecordRef
from samtale.store.bulk import Driver, Row
from samtale.store.schema import long_name
from samtale.store.values import ESCAPE, pack, read, spell, unpack

#: Longer keys are kept aside (``long_name``): PostgreSQL has room for 2,700 bytes in an index entry, and two keys may
#: meet in one.
LONGEST = 300
_ASIDE = ESCAPE + "#"


def of_workspace(table: Table, *columns: ColumnElement[Any]) -> Select[Any]:
    """Select from this workspace's rows: all columns, or these."""
    return select(*(columns or table.c)).where(table.c.workspace == bindparam("workspace"))


_LONG_NAME = of_workspace(long_name, long_name.c.name).where(long_name.c.short == bindparam("short"))


class Base:
    """One transaction on one workspace."""

    def __init__(self, db: Driver, workspace: int) -> None:
        self._db = db
        self._workspace = workspace

    def _rows(self, statement: Select[Any], **parameters: Any) -> list[Row]:
        return self._db.rows(statement, workspace=self._workspace, **parameters)

    def _find(self, key: str) -> str:
        """How this key is kept, if it is."""
        if key.isascii() and key.isprintable() and 0 < len(key) <= LONGEST:
            return key
        spelled = spell(key) if key else ESCAPE + '""'  # paging begins after the empty key
        return spelled if len(spelled) <= LONGEST else _ASIDE + blake2b(spelled.encode(), digest_size=24).hexdigest()

    def _keep(self, key: str) -> str:
        """How this key is kept, and room for it if it needs some."""
        kept = self._find(key)
        if kept.startswith(_ASIDE):
            self._db.upsert(long_name, [(self._workspace, kept, pack(key))])
        return kept

    def _key(self, kept: str) -> str:
        """The key that is kept like this."""
        if kept[:1] != ESCAPE:
            return kept
        if not kept.startswith(_ASIDE):
            return read(kept)
        ((name,),) = self._rows(_LONG_NAME, short=kept)
        return str(unpack(name))

    def _among(self, table: Table, column: str, values: Iterable[Any], **options: Any) -> list[Row]:
        """This workspace's rows whose ``column`` is one of the values."""
        return self._db.find(table, column, values, workspace=self._workspace, **options)

    def _at(self, table: Table, refs: Iterable[RecordRef]) -> list[Row]:
        """Rows of records, by collection and key."""
        return self._at_kept(table, [(collection, self._find(key)) for collection, key in refs])

    def _at_kept(self, table: Table, places: Iterable[tuple[int, str]]) -> list[Row]:
        """The same for keys as they are kept."""
        keys: dict[int, list[str]] = {}
        for collection, key in places:
            keys.setdefault(collection, []).append(key)
        found: list[Row] = []
        for collection in keys:
            found += self._among(table, "key", keys[collection], collection=collection)
        return found

    def _delete_at(self, table: Table, refs: Iterable[RecordRef], *before: Any) -> None:
        """Delete by collection and key, which stand first in the table's key (after ``before``)."""
        self._db.delete(table, [(self._workspace, *before, collection, self._find(key)) for collection, key in refs])


def text_or_none(text: str | None) -> str | None:
    """As ``spell``, for what may be unknown."""
    return None if text is None else spell(text)


def known(text: str | None) -> str | None:
    """As ``read``, for what may be unknown."""
    return None if text is None else read(text)


def packed(value: object | None) -> bytes | None:
    """As ``pack``, for what may be unknown."""
    return None if value is None else pack(value)


def unpacked(data: bytes | None) -> Any:
    """As ``unpack``, for what may be unknown."""
    return None if data is None else unpack(data)
