"""Everything that can be wrong with a database: a problem in plain words, no password, and a store that is unharmed."""

import socket
import sqlite3
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from samtale.core.problems import Problem, SamtaleError
from samtale.ports.store import HistoryRow, LinkRow, Store
from samtale.store import open as opening
from samtale.store import open_store
from samtale.store.trouble import IntegrityError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file for a store on SQLite."""
    return tmp_path / "store.sqlite"


def problem_of(caught: pytest.ExceptionInfo[SamtaleError]) -> Problem:
    (problem,) = caught.value.problems
    assert problem.summary
    assert problem.why
    assert problem.remedy
    return problem


def refused(place: str | Path, *, create: bool = True) -> Problem:
    """The problem that opening a store ends in."""
    with pytest.raises(SamtaleError) as caught:
        open_store(place, "acme", create=create)
    return problem_of(caught)


def note(store: Store, kind: str, size: int = 1) -> None:
    with store.write() as session:
        session.note([HistoryRow(1, kind, data={"filler": "x" * 5000}) for _ in range(size)])


def noted(store: Store) -> list[str]:
    with store.read() as session:
        return [row.kind for row in session.history()]


def test_no_store_where_one_was_expected(path: Path) -> None:
    assert refused(path, create=False).code == "store_missing"
    assert not path.exists()


def test_an_empty_database_is_no_store_either(postgres_database: str) -> None:
    assert refused(postgres_database, create=False).code == "store_missing"


def test_a_file_of_another_kind(path: Path) -> None:
    path.write_bytes(b"Name;Phone\n" * 1000)
    assert refused(path).code == "store_not_a_database"
    assert path.read_bytes() == b"Name;Phone\n" * 1000


def test_a_folder(path: Path) -> None:
    path.mkdir()
    assert refused(path).code == "store_read_only"


def test_a_folder_that_cannot_be_made(path: Path) -> None:
    path.write_bytes(b"")
    assert refused(path / "folder" / "store.sqlite").code == "store_read_only"


def test_another_program_s_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE invoice (id)")
    before = path.read_bytes()
    assert refused(path).code == "store_foreign"
    assert path.read_bytes() == before


def test_another_program_s_tables_with_our_names(store_url: str) -> None:
    engine = create_engine(store_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE record (id INTEGER)"))
    engine.dispose()
    assert refused(store_url).code == "store_foreign"


def test_a_store_of_a_newer_program(store_url: str) -> None:
    open_store(store_url, "acme").close()
    engine = create_engine(store_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE samtale_version SET version_num = '9999'"))
    problem = refused(store_url)
    assert problem.code == "store_newer"
    assert "9999" in problem.why
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM samtale_version")) == "9999"
    engine.dispose()


def test_a_damaged_file(path: Path) -> None:
    store = open_store(path, "acme")
    note(store, "before", 200)
    store.close()
    content = bytearray(path.read_bytes())
    content[8192:-8192] = b"\xa5" * (len(content) - 16384)
    path.write_bytes(content)
    with pytest.raises(SamtaleError) as caught:
        noted(open_store(path, "acme"))
    assert problem_of(caught).code == "store_corrupt"


def test_a_full_disk_keeps_what_was_stored(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "PRAGMAS", (*opening.PRAGMAS, "PRAGMA max_page_count = 100"))
    store = open_store(path, "acme")
    note(store, "before")
    with pytest.raises(SamtaleError) as caught:
        note(store, "too much", 1000)
    assert problem_of(caught).code == "store_full"
    assert noted(store) == ["before"]
    note(store, "after")
    assert noted(store) == ["before", "after"]
    store.close()


LIMITED = """
import resource, sys
from samtale.core.problems import SamtaleError
from samtale.ports.store import HistoryRow
from samtale.store import open_store
store = open_store(sys.argv[1], "acme")
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
try:
    with store.write() as session:
        session.note([HistoryRow(1, "too much", data={"filler": "x" * 5000}) for _ in range(2000)])
except SamtaleError as error:
    print(error.problems[0].code)
with store.read() as session:
    print([row.kind for row in session.history()])
"""


def test_a_limit_on_the_size_of_files(path: Path) -> None:
    store = open_store(path, "acme")
    note(store, "before")
    store.close()
    answer = subprocess.run([sys.executable, "-c", LIMITED, path], capture_output=True, text=True, check=True)
    assert answer.stdout.split("\n")[:2] == ["store_disk", "['before']"]
    assert noted(open_store(path, "acme")) == ["before"]


def test_a_file_that_must_not_be_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_store(path, "acme").close()
    monkeypatch.setattr(opening, "PRAGMAS", (*opening.PRAGMAS, "PRAGMA query_only = ON"))
    with pytest.raises(SamtaleError) as caught:
        note(open_store(path, "acme"), "unwritable")
    assert problem_of(caught).code == "store_read_only"


def test_a_store_that_another_program_is_writing(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "PATIENCE", 0.2 if store_url.startswith("sqlite") else 1)
    store, other = open_store(store_url, "acme"), open_store(store_url, "acme")
    with other.write() as session:
        session.note([HistoryRow(1, "other")])
        with pytest.raises(SamtaleError) as caught:
            note(store, "ours")
        assert problem_of(caught).code == "store_locked"
        assert noted(store) == []  # who reads does not wait
    note(store, "ours")
    assert noted(store) == ["other", "ours"]
    store.close()
    other.close()


def test_a_server_that_does_not_answer() -> None:
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    problem = refused(f"postgresql://someone:s3cret@127.0.0.1:{port}/books")
    assert problem.code == "store_unreachable"
    assert problem.why.startswith(f"books on 127.0.0.1:{port}: ")


def test_a_database_that_does_not_exist(postgres_database: str) -> None:
    name = postgres_database.rpartition("/")[2].partition("?")[0]
    assert refused(postgres_database.replace(name, "no_such_database")).code == "store_unreachable"


@pytest.fixture
def strict_server() -> Iterator[int]:
    """The port of something that answers like PostgreSQL to a wrong password, since the tests' own server trusts us all."""
    fields = b'SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user "someone"\0\0'

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            while (
                len(request := connection.recv(1000)) == 8 or request[4:8] == b"\x04\xd2\x16\x2f"
            ):  # asks for encryption
                connection.sendall(b"N")
            connection.sendall(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)

    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(5)


def test_a_wrong_password_is_not_shown(strict_server: int) -> None:
    address = f"postgresql://someone:s3cret@127.0.0.1:{strict_server}/books"  # a line of its own: tracebacks show lines
    with pytest.raises(SamtaleError) as caught:
        open_store(address, "acme")
    assert problem_of(caught).code == "store_credentials"
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "address", ["mysql://someone:s3cret@host/books", "postgresql://someone:s3cret@host:port/x", "sqlite://"]
)
def test_an_address_that_leads_nowhere(address: str) -> None:
    with pytest.raises(SamtaleError) as caught:
        open_store(address, "acme")
    assert problem_of(caught).code == "store_address"
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


def test_a_broken_rule_names_no_values(store: Store) -> None:
    links = [LinkRow("person", "Kari Nordmann", 1, key, "rule 1", 1, 1, (1,)) for key in ("1", "2")]
    with pytest.raises(IntegrityError, match="link") as caught, store.write() as session:
        session.put_links(links)
    assert "Kari" not in "".join(traceback.format_exception(caught.value))


def test_a_reading_session_does_not_write(store: Store) -> None:
    with pytest.raises(RuntimeError, match="does not write"), store.read() as session:
        session.note([HistoryRow(1, "sneaked in")])
    assert noted(store) == []
