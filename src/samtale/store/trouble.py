"""What drivers complain of, as problems: what is wrong, why, what to do.

What lives here: the translation of the drivers' errors. Texts name files and hosts, never values and never passwords. An error
that is ours (a statement that no database accepts) is no trouble of the user's and passes through.
"""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from samtale.core.problems import Problem, SamtaleError


class StoreTrouble(SamtaleError):
    """The store cannot be used, or could not take what was to be written; what it held before is unharmed."""


def place_of(url: URL) -> str:
    """The database's name for people: a path, or an address without its password."""
    return str(url.database) if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)


@contextmanager
def explained(engine: Engine) -> Iterator[None]:
    """Raise drivers' errors as StoreTrouble."""
    try:
        yield
    except DBAPIError as error:
        raise_explained(error.orig if isinstance(error.orig, Exception) else error, engine.url)
    except PoolTimeout as error:
        raise StoreTrouble(_locked(place_of(engine.url))) from error
    except Exception as error:
        if not _from_driver(error):
            raise
        raise_explained(error, engine.url)


def _from_driver(error: Exception) -> bool:
    return isinstance(error, sqlite3.Error) or type(error).__module__.startswith("psycopg")


def raise_explained(error: Exception, url: URL) -> None:
    """Raise a driver's error as StoreTrouble if it has a known cause outside this program, else as it is."""
    if isinstance(error, sqlite3.Error):
        problem = _sqlite(error, place_of(url))
    else:
        problem = _postgresql(error, place_of(url))
    if problem is None:
        raise error
    raise StoreTrouble(problem) from error


def _locked(place: str) -> Problem:
    return Problem(
        code="store_locked",
        summary="The store is being written by another program.",
        why=f"{place} stayed locked for as long as we wait.",
        remedy="Wait until the other program is done, or stop it, then run this command again.",
    )


def _sqlite(error: sqlite3.Error, place: str) -> Problem | None:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return _locked(place)
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return Problem(
            code="store_full" if code == sqlite3.SQLITE_FULL else "store_unwritable",
            summary="The store could not be written: no room." if code == sqlite3.SQLITE_FULL else "The disk refused the store.",
            why=f"{place}: {error}. Nothing of this step was stored, what was stored before is unharmed.",
            remedy="Free space on the disk (or lift the limit on file sizes), then run this command again.",
            command=f"df -h {shlex.quote(place)}",
        )
    if code == sqlite3.SQLITE_CORRUPT:
        return Problem(
            code="store_corrupt",
            summary="The store is damaged.",
            why=f"{place}: {error}.",
            remedy="Stop every samtale on it, copy the file as evidence, and restore the latest backup. Without a backup, try "
            "to recover into a new file and put that in its place.",
            command=f"sqlite3 {shlex.quote(place)} .recover | sqlite3 {shlex.quote(place + '.recovered')}",
        )
    if code == sqlite3.SQLITE_NOTADB:
        return Problem(
            code="store_not_a_database",
            summary="The file is not a store.",
            why=f"{place} exists, but is no SQLite database.",
            remedy="Name another file as `store` in samtale.yaml, or move this one away.",
            command=f"file {shlex.quote(place)}",
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return Problem(
            code="store_read_only",
            summary="The store cannot be opened for writing.",
            why=f"{place}: {error}.",
            remedy="Give the user that runs samtale the right to write the file and its folder.",
            command=f"ls -la {shlex.quote(place)}",
        )
    return None


def _postgresql(error: Exception, place: str) -> Problem | None:
    return None
