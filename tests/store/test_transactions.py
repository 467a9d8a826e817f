"""What a transaction promises: all or nothing, also under kill -9; one writer at a time; readers see one moment."""

import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from samtale.ports.store import HistoryRow, Look, RecordRow, Store
from samtale.store import open_store, records
from tests.store.hostile import ODD_KEYS

KILLED = """
import os, signal, sys
from samtale.ports.store import AttemptRow, HistoryRow, Look, RecordRow
from samtale.store import open_store
store = open_store(sys.argv[1], "acme")
with store.write() as session:
    session.begin([AttemptRow("kept", "create", "person", "e1", 1, None, "m", {}, 1)])
with store.write() as session:
    session.put_records([RecordRow(1, str(n), b"d", 1, ["x" * 1000], 1) for n in range(int(sys.argv[2]))])
    session.put_looks([Look(1, str(n)) for n in range(100)])
    session.begin([AttemptRow("lost", "create", "person", "e2", 1, None, "m", {}, 1)])
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("size", [1, 5000])
def test_kill_in_the_middle_leaves_what_was_before(store_url: str, size: int) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, store_url, str(size)], check=False)
    assert killed.returncode == -signal.SIGKILL
    store = open_store(store_url, "acme", create=False)
    with store.write() as session:  # and the lock died with its holder
        assert [row.id for row in session.attempts(["open"])] == ["kept"]
        assert session.count_records() == {}
        assert session.looks(9, fetch=False) == []
    store.close()


def test_writers_take_turns(store_url: str) -> None:
    stores = [open_store(store_url, "acme") for _ in range(2)]

    def add_one(store: Store) -> None:
        for _ in range(10):
            with store.write() as session:
                seen = len(session.history(limit=1000))
                session.note([HistoryRow(seen, "counted")])

    threads = [threading.Thread(target=add_one, args=(store,)) for store in stores * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with stores[0].read() as session:
        assert [row.at for row in session.history()] == list(range(40))
    for store in stores:
        store.close()


def test_two_workspaces_write_and_read_apart(store_url: str) -> None:
    acme, beta = open_store(store_url, "acme"), open_store(store_url, "beta")
    with acme.write() as session:
        session.put_looks([Look(1, "1")])
        session.note([HistoryRow(1, "acme")])
    with beta.write() as session:
        session.forget_looks([(1, "1")], fetch=False)
        assert session.history() == []
    with acme.read() as session:
        assert session.looks(1, fetch=False) == [Look(1, "1")]
    acme.close()
    beta.close()


def test_a_reader_sees_one_moment_and_keeps_nobody_waiting(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "STREAMED", 2)
    keys = [str(n) for n in range(5)] + [key for key in ODD_KEYS if key]
    with store.write() as session:
        session.put_records([RecordRow(1, key, b"old", 1, [], 1) for key in keys])
    with store.read() as reader:
        stream = reader.digests(1)
        first = next(stream)
        with store.write() as session:
            session.put_records([RecordRow(1, key, b"new", 1, [], 1, missing_since=2) for key in (*keys, "zz")])
        rest = list(stream)
    assert sorted(key for key, _, _ in [first, *rest]) == sorted(set(keys))
    assert {(digest, there) for _, digest, there in [first, *rest]} == {(b"old", True)}
    with store.read() as reader:
        assert {(digest, there) for _, digest, there in reader.digests(1)} == {(b"new", False)}


def test_a_thread_that_writes_twice_at_once_is_told(store: Store) -> None:
    with store.write(), pytest.raises(RuntimeError, match="writing already"), store.write():
        pass
    with store.write() as session:
        session.note([HistoryRow(1, "goes on")])


def test_a_failure_inside_takes_everything_back(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.write() as session:
        session.note([HistoryRow(1 // 0 if session.shape(("a",)) else 1, "never")])
    with store.read() as session:
        assert session.history() == []
        assert session.shapes() == {}


def test_statistics_can_be_refreshed(store: Store) -> None:
    with store.write() as session:
        session.put_looks([Look(1, str(n)) for n in range(100)])
    store.analyze()
    with store.read() as session:
        assert len(session.looks(1, fetch=False)) == 100


def test_files_belong_to_their_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        path = tmp_path / ".samtale" / "store.sqlite"
        store = open_store(path, "acme")
        with store.write() as session:
            session.note([HistoryRow(1, "written")])
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
        store.close()
    finally:
        os.umask(before)
    assert modes == {"store.sqlite": 0o600, "store.sqlite-wal": 0o600, "store.sqlite-shm": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    open_store(path, "acme").close()
    path.chmod(0o644)
    open_store(path, "acme").close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (
        stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    )  # as pytest made it: a folder that we did not make is not ours


def test_a_commit_waits_for_the_disk(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.sqlite", "acme")
    engine = store._writer  # type: ignore[attr-defined]
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    store.close()


def test_commands_that_need_no_store_do_not_pay_for_it() -> None:
    asked = "import sys, samtale.store; print('sqlalchemy' in sys.modules, 'alembic' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["False", "False"]


def test_opening_an_up_to_date_store_needs_no_migration_tool(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    open_store(path, "acme").close()
    asked = "import sys; from samtale.store import open_store; open_store(sys.argv[1], 'acme'); print('alembic' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", asked, path], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["False"]
