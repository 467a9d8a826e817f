"""The only file that talks to the drivers: statements with sets in, plain rows out.

What lives here: how a set becomes a parameter, and the fast way to write many rows, on each engine. Statements are
SQLAlchemy Core, compiled once per engine; they go to the driver as text, since that takes a fifth of the time of
``Connection.execute`` and a single event runs a dozen of them. It must not know what tables mean.

A set in a condition is one parameter whatever its size, so statements stay few and prepared. SQLite writes with
``executemany``; PostgreSQL with one statement over arrays in binary form, which is as quick as COPY into a temporary
table for a page of a thousand rows, and eight times as quick for ten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Protocol

import msgspec
from sqlalchemy import ARRAY, ColumnElement, Connection, Dialect, Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler

Row = tuple[Any, ...]


class among(ColumnElement[bool]):  # noqa: N801 - reads as an operator in statements
    """The column's value is one of the set bound to ``name``."""

    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        self.column = column
        self.name = name


@compiles(among, "sqlite")
def _among_sqlite(element: among, compiler: SQLCompiler, **options: Any) -> str:
    values = compiler.process(bindparam(element.name), **options)
    return f"{compiler.process(element.column, **options)} IN (SELECT value FROM json_each({values}))"  # noqa: S608


@compiles(among, "postgresql")
def _among_postgresql(element: among, compiler: SQLCompiler, **options: Any) -> str:
    values = compiler.process(bindparam(element.name, type_=ARRAY(element.column.type)), **options)
    return f"{compiler.process(element.column, **options)} = ANY ({values})"


class Driver(Protocol):
    """One connection in a transaction."""

    def rows(self, statement: Executable, **parameters: Any) -> list[Row]:
        """The rows that a query finds. A set is given as a list."""
        ...

    def find(
        self, table: Table, column: str, values: Iterable[Any], *, columns: str = "*", where: str = "", **same: Any
    ) -> list[Row]:
        """The rows whose ``column`` is one of the values, and whose other columns are the ``same``, by an index."""
        ...

    def run(self, statement: Executable, **parameters: Any) -> int:
        """The number of rows that a statement changed."""
        ...

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Rows as long as the table is wide, in the order of its columns."""
        ...

    def upsert(self, table: Table, rows: Sequence[Row], *, keep: Sequence[str] = (), where: str = "") -> None:
        """Insert or replace by primary key.

        ``keep`` names columns that stay as they were, ``where`` says when to replace. Of two rows with the same key in
        one call the last one counts.
        """
        ...

    def delete(self, table: Table, rows: Sequence[Row]) -> None:
        """By the first columns of the table, as many as the rows have."""
        ...


def driver(connection: Connection) -> Driver:
    """The driver that belongs to a connection."""
    raw = connection.connection.driver_connection
    return _Sqlite(raw) if connection.dialect.name == "sqlite" else _Postgres(raw)


_DIALECTS: dict[str, Callable[[], Dialect]] = {
    "sqlite": lambda: sqlite.dialect(paramstyle="named"),
    "postgresql": lambda: postgresql.psycopg.dialect(),  # type: ignore[no-untyped-call]
}


@lru_cache(maxsize=512)
def _compiled(statement: Executable, dialect: str) -> tuple[str, dict[str, Any]]:
    """The statement's text, and the parameters that it brings along."""
    compiled = statement.compile(dialect=_DIALECTS[dialect]())  # type: ignore[attr-defined]
    return str(compiled), {name: value for name, value in compiled.params.items() if value is not None}


def _last(table: Table, rows: Sequence[Row]) -> list[Row]:
    """The last row for each primary key: PostgreSQL refuses to touch one twice in a statement."""
    width = len(table.primary_key)
    return list({row[:width]: row for row in rows}.values())


@lru_cache(maxsize=512)
def _replacing(table: Table, keep: tuple[str, ...], where: str) -> str:
    key = [column.name for column in table.primary_key]
    changed = [column.name for column in table.columns if column.name not in key and column.name not in keep]
    if not changed:
        return f"ON CONFLICT ({', '.join(key)}) DO NOTHING"
    sets = ", ".join(f"{name} = excluded.{name}" for name in changed)
    return f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {sets}{' WHERE ' + where if where else ''}"


def _columns(table: Table) -> str:
    return ", ".join(column.name for column in table.columns)


@lru_cache(maxsize=512)
def _sqlite_insert(table: Table, end: str) -> str:
    marks = ", ".join("?" * len(table.columns))
    return f"INSERT INTO {table.name} ({_columns(table)}) VALUES ({marks}) {end}"  # noqa: S608 - names from schema.py


@lru_cache(maxsize=512)
def _sqlite_find(table: str, column: str, columns: str, where: str, same: tuple[str, ...]) -> str:
    conditions = " AND ".join([*(f"{name} = ?" for name in same), *([where] if where else [])])
    return f"SELECT {columns} FROM {table} WHERE {conditions} AND {column} IN (SELECT value FROM json_each(?))"  # noqa: S608


class _Sqlite:
    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def _execute(self, statement: Executable, parameters: dict[str, Any]) -> Any:
        text, brought = _compiled(statement, "sqlite")
        given = {n: msgspec.json.encode(v).decode() if type(v) is list else v for n, v in parameters.items()}
        return self._raw.execute(text, brought | given)

    def rows(self, statement: Executable, **parameters: Any) -> list[Row]:
        found: list[Row] = self._execute(statement, parameters).fetchall()
        return found

    def find(
        self, table: Table, column: str, values: Iterable[Any], *, columns: str = "*", where: str = "", **same: Any
    ) -> list[Row]:
        among = msgspec.json.encode(list(dict.fromkeys(values))).decode()
        found: list[Row] = self._raw.execute(
            _sqlite_find(table.name, column, columns, where, tuple(same)), (*same.values(), among)
        ).fetchall()
        return found

    def run(self, statement: Executable, **parameters: Any) -> int:
        return int(self._execute(statement, parameters).rowcount)

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        self._raw.executemany(_sqlite_insert(table, ""), rows)

    def upsert(self, table: Table, rows: Sequence[Row], *, keep: Sequence[str] = (), where: str = "") -> None:
        self._raw.executemany(_sqlite_insert(table, _replacing(table, tuple(keep), where)), _last(table, rows))

    def delete(self, table: Table, rows: Sequence[Row]) -> None:
        if rows:
            names = [column.name for column in table.columns][: len(rows[0])]
            where = " AND ".join(f"{name} = ?" for name in names)
            self._raw.executemany(f"DELETE FROM {table.name} WHERE {where}", rows)  # noqa: S608 - names from schema.py


@lru_cache(maxsize=512)
def _array_types(table: Table) -> tuple[str, ...]:
    dialect = _DIALECTS["postgresql"]()
    return tuple(column.type.compile(dialect).split(" COLLATE")[0] + "[]" for column in table.columns)


@lru_cache(maxsize=512)
def _postgres_find(table: Table, column: str, columns: str, where: str, same: tuple[str, ...]) -> str:
    # Fresh tables have no statistics, and then the planner would scan all that has the same first columns. A lateral
    # subquery that cannot be merged leaves it no choice: one descent of the index for each value.
    conditions = " AND ".join([*(f"{name} = %s" for name in same), *([where] if where else [])])
    inner = f"SELECT {columns} FROM {table.name} WHERE {conditions} AND {column} = given.value OFFSET 0"  # noqa: S608
    kind = _array_types(table)[list(table.columns.keys()).index(column)]
    return f"SELECT found.* FROM unnest(%b::{kind}) AS given (value) CROSS JOIN LATERAL ({inner}) AS found"  # noqa: S608


def _unnest(table: Table, width: int) -> str:
    return "unnest(" + ", ".join(f"%b::{kind}" for kind in _array_types(table)[:width]) + ")"


class _Postgres:
    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def _execute(self, statement: Executable, parameters: dict[str, Any]) -> Any:
        text, brought = _compiled(statement, "postgresql")
        return self._raw.execute(text, brought | parameters)

    def rows(self, statement: Executable, **parameters: Any) -> list[Row]:
        found: list[Row] = self._execute(statement, parameters).fetchall()
        return found

    def find(
        self, table: Table, column: str, values: Iterable[Any], *, columns: str = "*", where: str = "", **same: Any
    ) -> list[Row]:
        text = _postgres_find(table, column, columns, where, tuple(same))
        found: list[Row] = self._raw.execute(text, (list(dict.fromkeys(values)), *same.values())).fetchall()
        return found

    def run(self, statement: Executable, **parameters: Any) -> int:
        return int(self._execute(statement, parameters).rowcount)

    def _write(self, statement: str, rows: Iterable[Row]) -> None:
        self._raw.execute(statement, [list(column) for column in zip(*rows, strict=True)])

    def insert(self, table: Table, rows: Sequence[Row], end: str = "") -> None:
        if rows:
            source = f"SELECT * FROM {_unnest(table, len(table.columns))}"  # noqa: S608 - names from schema.py
            self._write(f"INSERT INTO {table.name} ({_columns(table)}) {source} {end}", rows)

    def upsert(self, table: Table, rows: Sequence[Row], *, keep: Sequence[str] = (), where: str = "") -> None:
        self.insert(table, _last(table, rows), _replacing(table, tuple(keep), where))

    def delete(self, table: Table, rows: Sequence[Row]) -> None:
        if rows:
            names = [column.name for column in table.columns][: len(rows[0])]
            where = " AND ".join(f"{table.name}.{name} = given.{name}" for name in names)
            given = f"{_unnest(table, len(names))} AS given ({', '.join(names)})"
            self._write(f"DELETE FROM {table.name} USING {given} WHERE {where}", rows)  # noqa: S608 - names from schema.py
