"""What drivers complain of, as problems: what is wrong, why, what to do.

What lives here: the translation of the drivers' errors. Texts name files and servers, never values and never
passwords. An error that is ours (a statement that no database accepts) is no trouble of the user's and passes through.
"""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from sqlalchemy import URL, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from samtale.core.problems import Problem, SamtaleError


class StoreTrouble(SamtaleError):
    """The store cannot be used, or could not take what was to be written; what it held before is unharmed."""


class IntegrityError(RuntimeError):
    """A rule of the schema was about to be broken, which is a mistake in this program; nothing was stored."""


def place_of(url: URL) -> str:
    """The database's name for people: a path, or an address without its password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    server = (url.host or url.query.get("host") or "localhost") if url.port is None else f"{url.host}:{url.port}"
    return f"{url.database} on {server}"


@contextmanager
def explained(engine: Engine, *, reading: bool = False) -> Iterator[None]:
    """Raise drivers' errors as StoreTrouble where they have a cause outside this program, else as they are."""
    try:
        yield
    except DBAPIError as error:
        _raise(error.orig if isinstance(error.orig, Exception) else error, engine.url, reading)
    except PoolTimeout as error:
        raise StoreTrouble(_locked(place_of(engine.url))) from error
    except Exception as error:
        if not (isinstance(error, sqlite3.Error) or type(error).__module__.startswith("psycopg")):
            raise
        _raise(error, engine.url, reading)


def _raise(error: Exception, url: URL, reading: bool) -> NoReturn:
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0)
        rule_broken, wrote = isinstance(error, sqlite3.IntegrityError), code == sqlite3.SQLITE_READONLY
        problem = _sqlite(code, str(error), place_of(url))
    else:
        state = getattr(error, "sqlstate", None) or ""
        rule_broken, wrote = state.startswith("23"), state == "25006"
        problem = _postgresql(state, str(error), place_of(url))
    if rule_broken:
        diagnosis = getattr(error, "diag", None)  # PostgreSQL's own text would show the values
        broken = str(error) if diagnosis is None else f"{diagnosis.table_name}: {diagnosis.constraint_name}"
        raise IntegrityError(broken) from None
    if reading and wrote:
        raise RuntimeError("a reading session does not write") from error
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


def _full(place: str, said: str) -> Problem:
    return Problem(
        code="store_full",
        summary="The store has no room to grow.",
        why=f"{place}: {said}. This step was not stored; what was stored before is unharmed.",
        remedy="Free space on the disk, or lift the limit on the size of files, then run this command again.",
        command="df -h",
    )


def _corrupt(place: str, said: str) -> Problem:
    return Problem(
        code="store_corrupt",
        summary="The store is damaged.",
        why=f"{place}: {said}.",
        remedy="Stop every program that uses it, copy it as evidence, and restore the latest backup.",
    )


def read_only(place: str, said: str, command: str = "") -> Problem:
    """The store, or the folder of its file, does not let us write."""
    return Problem(
        code="store_read_only",
        summary="The store cannot be written.",
        why=f"{place}: {said}.",
        remedy="Give the user that runs samtale the right to write it.",
        command=command,
    )


def _sqlite(code: int, said: str, place: str) -> Problem | None:
    """The problem behind a result code of SQLite (extended or not); None if it is our mistake."""
    quoted = shlex.quote(place)
    match code & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return _locked(place)
        case sqlite3.SQLITE_FULL:
            return _full(place, said)
        case sqlite3.SQLITE_IOERR:
            return Problem(
                code="store_disk",
                summary="The disk refused the store.",
                why=f"{place}: {said}. This step was not stored; what was stored before is unharmed.",
                remedy="Free space, lift limits on the size of files, check the disk, then run this command again.",
                command=f"df -h {quoted}",
            )
        case sqlite3.SQLITE_CORRUPT:
            return _corrupt(place, said)
        case sqlite3.SQLITE_NOTADB:
            return Problem(
                code="store_not_a_database",
                summary="The file is not a store.",
                why=f"{place} exists, but is no SQLite database.",
                remedy="Name another file as `store` in samtale.yaml, or move this one away.",
                command=f"file {quoted}",
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return read_only(place, said, f"ls -la {quoted}")
    return None


def _postgresql(state: str, said: str, place: str) -> Problem | None:
    """The problem behind an SQLSTATE of PostgreSQL, empty where no server answered; None if it is our mistake."""
    first = said.split("\n")[0].split("FATAL:")[-1].strip().rstrip(".")
    if "authentication failed" in said or "no password supplied" in said or state.startswith("28"):
        return Problem(
            code="store_credentials",
            summary="PostgreSQL refuses our user or password.",
            why=f"{place}: {first}.",
            remedy="Check the user and the password in the store's address, or in the file or variable that it names.",
        )
    if state in ("", "3D000") or state.startswith(("08", "57P", "53300")):
        return Problem(
            code="store_unreachable",
            summary="PostgreSQL cannot be reached.",
            why=f"{place}: {first}.",
            remedy="Check that the server runs, that the database exists, and that the store's address is right.",
            command="pg_isready",
        )
    if state in ("55P03", "57014", "40001", "40P01"):
        return _locked(place)
    if state.startswith("53"):
        return _full(place, first)
    if state.startswith("XX0"):
        return _corrupt(place, first)
    if state in ("25006", "42501"):
        return read_only(place, first)
    return None
