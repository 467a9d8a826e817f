"""What SQLite is told of our data before there is any: how many rows share the first columns of each index.

Without statistics it takes every first column for a good choice, and would read a whole workspace from end to end for one row of
it. Measured ones would be right only for the moment: what was measured while a table was empty is wrong once it is full. What lives
here: estimates of shape, not of size.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from samtale.store.schema import metadata

_ROWS = 1_000_000
#: Rows of an index that holds only some of its table's rows.
_SOME = 1_000
#: Columns by which hardly anything is told apart.
_COARSE = frozenset({"workspace", "collection", "fetching", "type", "kind", "state"})


def describe(connection: Connection) -> None:
    """Write the estimates into a SQLite database, in the connection's transaction."""
    connection.exec_driver_sql("PRAGMA analysis_limit = 1")  # it is only to make the table, not to read a whole store
    connection.exec_driver_sql("ANALYZE")
    connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    for table in metadata.sorted_tables:
        indexes = [(table.name, [column.name for column in table.primary_key], True, _ROWS)]
        for index in table.indexes:
            rows = _SOME if index.dialect_options["sqlite"]["where"] is not None else _ROWS
            rows = _ROWS if str(index.name).startswith("history") else rows
            indexes.append((str(index.name), [column.name for column in index.columns], bool(index.unique), rows))
        for name, columns, unique, rows in indexes:
            row = (table.name, name, " ".join(map(str, [rows, *_shared(columns, rows, unique)])))
            connection.exec_driver_sql("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", row)
    connection.exec_driver_sql("ANALYZE sqlite_schema")  # reads them


def _shared(columns: Sequence[str], rows: int, unique: bool) -> list[int]:
    """Rows that are equal in the first column, in the first two, and so on."""
    found: list[int] = []
    for column in columns:
        before = found[-1] if found else rows
        found.append(before if column in _COARSE else min(before, 10))
    return [*found[:-1], 1] if unique else found
