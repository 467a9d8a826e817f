"""The store: connections, transactions, and one writer at a time.

What lives here: ``SqlStore`` and its ``SqlSession``. It must not know tables; the families of methods do.

One writer at a time: threads of this program queue for a lock; other programs are kept off by the database, by BEGIN
IMMEDIATE on SQLite and by an advisory lock per workspace on PostgreSQL. Readers never wait and see one moment of the
database.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from samtale.ports.store import Session
from samtale.store.answers import Answers
from samtale.store.attempts import Attempts
from samtale.store.bulk import driver
from samtale.store.entities import Entities
from samtale.store.records import Records
from samtale.store.statistics import describe
from samtale.store.trouble import explained

#: First half of the advisory lock's key on PostgreSQL ("Smtl"), the second is the workspace.
LOCK = 0x536D746C


class SqlSession(Records, Entities, Attempts, Answers):
    """All of ports/store.py's Session."""


class SqlStore:
    """ports/store.py's Store on two pools of connections to one database, of which the readers cannot write."""

    def __init__(self, reader: Engine, writer: Engine, workspace: int) -> None:
        self._reader = reader
        self._writer = writer
        self._workspace = workspace
        self._turn = threading.Lock()
        self._writing: int | None = None

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A consistent view; writes in it are an error. Raises SamtaleError."""
        with explained(self._reader, reading=True), self._reader.begin() as connection:
            yield SqlSession(driver(connection), self._workspace)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction. Raises SamtaleError, and has then stored nothing."""
        if self._writing == threading.get_ident():
            raise RuntimeError("this thread is writing already; it would wait for itself")
        with self._turn, explained(self._writer):
            self._writing = threading.get_ident()
            try:
                with self._writer.begin() as connection:
                    if connection.dialect.name == "postgresql":
                        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s, %s)", (LOCK, self._workspace))
                    yield SqlSession(driver(connection), self._workspace)
            finally:
                self._writing = None

    def analyze(self) -> None:
        """Refresh the database's statistics, after bulk loads."""
        with self._turn, explained(self._writer), self._writer.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("ANALYZE")
            else:
                describe(connection)

    def close(self) -> None:
        """Give back all connections."""
        self._reader.dispose()
        self._writer.dispose()
