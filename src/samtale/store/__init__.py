"""The store on SQLite and PostgreSQL: ports/store.py over SQLAlchemy, one schema, the same statements on both.

    open.py       find or make the database, migrate it, and hand out the store
    sql.py        the store: connections, one writer at a time, transactions
    records.py, entities.py, attempts.py, answers.py    the sessions' methods, by family of tables
    bulk.py       the only file that talks to the drivers: sets in, sets out
    values.py     how values and odd texts are kept
    schema.py, migrations/    the tables, and how older databases get there
    trouble.py    what drivers complain of, as problems

SQLAlchemy is imported when a store is opened, not before: commands that need no store start sooner.
"""

from __future__ import annotations

from pathlib import Path

from samtale.ports.store import Store


def open_store(place: str | Path, workspace: str, *, create: bool = True) -> Store:
    """The store of a workspace, made or brought to the present schema if need be.

    ``place`` is the path of an SQLite file, or an address such as ``postgresql://user@host/database``. With
    ``create=False`` a database that does not exist is an error. Raises SamtaleError when it cannot be opened; nothing
    has been changed then.
    """
    from samtale.store.open import open_sql_store

    return open_sql_store(place, workspace, create=create)
