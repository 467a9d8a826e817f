"""Opening a store: find or make the database, bring its schema up to date, number the workspace.

What lives here: addresses, files and their modes, settings of connections, and when to migrate. It must not know what
tables hold.
"""

from __future__ import annotations

import os
import shlex
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, insert, inspect, make_url, select
from sqlalchemy.exc import ArgumentError

from samtale.core.problems import Problem
from samtale.store.schema import HEAD, version, workspace
from samtale.store.sql import LOCK, SqlStore
from samtale.store.trouble import StoreTrouble, explained, place_of, read_only
from samtale.store.values import spell

#: Seconds to wait for another program's transaction. Ours are short, a long one is a backup or someone's shell.
PATIENCE = 30

#: Settings of every SQLite connection.
PRAGMAS = (
    # A commit is on the disk when it returns: an attempt that a power cut forgets could be made twice. One fsync a
    # commit, and commits are as rare as pages.
    "PRAGMA synchronous = FULL",
    "PRAGMA fullfsync = ON",
    "PRAGMA cache_size = -65536",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA wal_autocheckpoint = 16000",
    "PRAGMA journal_size_limit = 67108864",
)
#: Settings of a connection that reads. There may be several, so each remembers less.
READING = ("PRAGMA query_only = ON", "PRAGMA cache_size = -16384")


def open_sql_store(place: str | Path, name: str, *, create: bool) -> SqlStore:
    """As ``samtale.store.open_store``."""
    url = _url(place)
    sqlite = url.get_backend_name() == "sqlite"
    if sqlite:
        _prepare_file(Path(str(url.database)), create=create)
    reader = _sqlite_engine(url, "BEGIN", *READING) if sqlite else _postgresql_engine(url, reading=True)
    writer = _sqlite_engine(url, "BEGIN IMMEDIATE") if sqlite else _postgresql_engine(url)
    try:
        with explained(reader), reader.begin() as connection:
            number = _known(connection, name)
        if number is None:
            with explained(writer), writer.begin() as connection:
                _migrate(connection, create=create)
                number = _number(connection, name)
        if sqlite:
            _log_ahead(writer)
    except BaseException:
        reader.dispose()
        writer.dispose()
        raise
    return SqlStore(reader, writer, number)


def _log_ahead(engine: Engine) -> None:
    """Let readers never wait for the writer, nor the writer for readers. The file remembers it.

    Only now, since before that the file may turn out to be another program's, which we leave as it is.
    """
    with explained(engine):
        raw = engine.raw_connection()
        try:
            raw.driver_connection.execute("PRAGMA journal_mode = WAL").fetchone()  # type: ignore[union-attr]
        finally:
            raw.close()


def _known(connection: Connection, name: str) -> int | None:
    """The workspace's number if the schema is up to date: then opening writes nothing and waits for nobody."""
    if not inspect(connection).has_table(version.name) or connection.scalar(select(version.c.version_num)) != HEAD:
        return None
    return connection.scalar(select(workspace.c.id).where(workspace.c.name == spell(name)))


def _url(place: str | Path) -> URL:
    """The address of a path or an address. Raises StoreTrouble."""
    if isinstance(place, Path) or "://" not in place:
        return URL.create("sqlite", database=str(Path(place).absolute()))
    try:
        url = make_url(place)
        backend = url.get_backend_name()
    except (ArgumentError, ValueError):  # whose text shows the whole address, with the password
        raise StoreTrouble(_bad_address("it cannot be read as an address")) from None
    if backend == "sqlite" and url.database not in (None, "", ":memory:"):
        return url.set(drivername="sqlite")
    if backend in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    raise StoreTrouble(_bad_address("a store is a file of SQLite or a database of PostgreSQL"))


def _bad_address(why: str) -> Problem:
    return Problem(
        code="store_address",
        summary="The store's address cannot be used.",
        why=why[0].upper() + why[1:] + ".",
        remedy="Set `store` in samtale.yaml to the path of a file or to postgresql://USER@HOST/DATABASE.",
    )


def _prepare_file(path: Path, *, create: bool) -> None:
    """Make the file and its folder for their owner alone; SQLite gives -wal and -shm the mode of the file."""
    try:
        if not path.exists():
            if not create:
                raise StoreTrouble(_absent(str(path)))
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        elif path.is_file() and path.stat().st_mode & 0o077 and path.stat().st_uid == os.geteuid():
            for file in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
                if file.exists():
                    file.chmod(0o600)
    except OSError as error:
        command = f"ls -la {shlex.quote(str(path.parent))}"
        raise StoreTrouble(read_only(str(path), str(error.strerror), command)) from error


def _absent(place: str) -> Problem:
    return Problem(
        code="store_missing",
        summary="There is no store yet.",
        why=f"{place} does not exist.",
        remedy="Run this command in the folder of a project that has been synchronized, or begin with a plan.",
        command="samtale plan",
    )


def _sqlite_engine(url: URL, begin: str, *more: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": PATIENCE, "isolation_level": None})

    @event.listens_for(engine, "connect")
    def settle(raw: sqlite3.Connection, _record: Any) -> None:
        for pragma in (*PRAGMAS, *more):
            raw.execute(pragma).close()

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _postgresql_engine(url: URL, *, reading: bool = False) -> Engine:
    isolation = "REPEATABLE READ" if reading else "READ COMMITTED"
    engine = create_engine(url, connect_args={"connect_timeout": 10}, isolation_level=isolation, pool_pre_ping=True)

    @event.listens_for(engine, "connect")
    def settle(raw: Any, _record: Any) -> None:
        raw.read_only = reading
        raw.execute("SET client_min_messages = warning")
        raw.execute(f"SET lock_timeout = '{PATIENCE}s'")
        raw.execute("SET jit = off")  # it costs more than our statements take
        raw.execute("SET enable_seqscan = off")  # plans are made once, while tables are still small enough for it
        raw.execute("SET synchronous_commit = on")  # a committed attempt is never forgotten
        raw.commit()

    return engine


def _migrate(connection: Connection, *, create: bool) -> None:
    """Bring the schema up to date in the connection's transaction.

    Raises StoreTrouble if the database is another program's or a newer one's.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(LOCK, 0)))
    place = place_of(connection.engine.url)
    tables = set(inspect(connection).get_table_names())
    if version.name not in tables:
        _check_vacant(connection, tables, place)
        if not create:
            raise StoreTrouble(_absent(place))
    revision = connection.scalar(select(version.c.version_num)) if version.name in tables else None
    if revision == HEAD:
        return
    from samtale.store.migrations import upgrade

    if not upgrade(connection, None if revision is None else str(revision)):
        raise StoreTrouble(
            Problem(
                code="store_newer",
                summary="The store belongs to a newer samtale.",
                why=f"{place} has schema {revision}, this program knows up to {HEAD}.",
                remedy="Install the newest samtale, then run this command again.",
                command="pip install --upgrade samtale",
            )
        )


def _check_vacant(connection: Connection, tables: set[str], place: str) -> None:
    """Raise StoreTrouble if the database holds something else than a store."""
    ours = {table.name for table in workspace.metadata.sorted_tables}
    if tables & ours or (tables and connection.dialect.name == "sqlite"):
        raise StoreTrouble(
            Problem(
                code="store_foreign",
                summary="The database belongs to another program.",
                why=f"{place} holds tables that are not ours ({', '.join(sorted(tables)[:3])}).",
                remedy="Name another file or database as `store` in samtale.yaml.",
            )
        )


def _number(connection: Connection, name: str) -> int:
    """The workspace's number, a new one if need be."""
    number = _known(connection, name)
    if number is None:
        number = int(connection.scalar(select(func.coalesce(func.max(workspace.c.id), 0))) or 0) + 1
        connection.execute(insert(workspace).values(id=number, name=spell(name)))
    return number
