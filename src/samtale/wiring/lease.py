"""One engine at a time on a workspace: a lock on this machine, and a lease in the store for all others.

The operating system lets go of the lock when a process ends in any way. So whoever holds it may take over a lease that an earlier run in
this very folder left behind; a lease of another machine must run out.
"""

from __future__ import annotations

import fcntl
import getpass
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from samtale.config.project import STATE_FOLDER
from samtale.core.problems import Problem, SamtaleError
from samtale.ports.reporter import Reporter
from samtale.ports.store import DecisionRow, Session, Store
from samtale.wiring.clock import SystemClock
from samtale.wiring.folder import unwritable

LOCK_FILE = "lock"
LEASE = "engine"
TTL_MS = 60_000
RENEW_SECONDS = 15.0


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Who works on the workspace."""

    owner: str  #: unique for every run
    place: str  #: machine and folder
    command: str
    person: str
    process: int
    since: int

    @property
    def shown(self) -> str:
        """Who, for people."""
        began = datetime.fromtimestamp(self.since / 1000).astimezone().strftime("%H:%M:%S")
        return f"`{self.command}` of {self.person} ({self.place}, process {self.process}) since {began}"


@contextmanager
def alone(store: Store, clock: SystemClock, root: Path, command: str, reporter: Reporter) -> Iterator[None]:
    """Work alone on the store's workspace. Raises SamtaleError naming who is at work already.

    A lease that cannot be renewed in time asks the run to stop.
    """
    holder = _holder(root, command, clock.now_ms())
    with _locked(root / STATE_FOLDER / LOCK_FILE, holder):
        _take(store, clock, holder)
        keeper = _Keeper(store, clock, holder, reporter)
        try:
            with keeper:
                yield
        finally:
            with store.write() as session:
                session.release(LEASE, holder.owner)


def _holder(root: Path, command: str, now: int) -> Holder:
    try:
        person = getpass.getuser()
    except (OSError, KeyError):
        person = f"user {os.getuid()}"
    place = f"{socket.gethostname()}:{root.resolve()}"
    owner = f"{place}:{os.getpid()}:{now}"
    return Holder(owner=owner, place=place, command=command, person=person, process=os.getpid(), since=now)


@contextmanager
def _locked(path: Path, holder: Holder) -> Iterator[None]:
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise SamtaleError(unwritable(f"{STATE_FOLDER}/{LOCK_FILE}", error)) from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SamtaleError(_busy(_read(os.read(lock, 4096)))) from None
        os.ftruncate(lock, 0)
        os.write(lock, msgspec.json.encode(holder))
        yield
        os.ftruncate(lock, 0)
    finally:
        os.close(lock)


def _take(store: Store, clock: SystemClock, holder: Holder) -> None:
    with store.write() as session:
        if session.lease(LEASE, holder.owner, clock.now_ms(), TTL_MS) is not None:
            _sign(session, holder)
            return
        other = _signed(session)
        if other is None or other.place != holder.place:
            raise SamtaleError(_busy(other))
        session.release(LEASE, other.owner)  # we hold the folder's lock, so that run is over
        if session.lease(LEASE, holder.owner, clock.now_ms(), TTL_MS) is None:
            raise SamtaleError(_busy(None))
        _sign(session, holder)


def _sign(session: Session, holder: Holder) -> None:
    session.decide(DecisionRow("engine", "holder", msgspec.to_builtins(holder), holder.since))


def _signed(session: Session) -> Holder | None:
    row = session.decisions("engine").get(("engine", "holder"))
    return None if row is None else _converted(row.answer)


def _read(text: bytes) -> Holder | None:
    try:
        return _converted(msgspec.json.decode(text))
    except msgspec.DecodeError:
        return None


def _converted(value: Any) -> Holder | None:
    try:
        return msgspec.convert(value, Holder)
    except msgspec.ValidationError:
        return None


def _busy(other: Holder | None) -> Problem:
    return Problem(
        code="engine_running",
        summary="Another command is at work on this workspace.",
        why=f"{other.shown if other else 'It did not say who it is'}.",
        remedy="Wait until it is done, or stop it with Ctrl-C where it runs. If its machine is gone, wait a minute.",
        command="samtale status",
    )


class _Keeper:
    """Renews the lease until the work is done."""

    def __init__(self, store: Store, clock: SystemClock, holder: Holder, reporter: Reporter) -> None:
        self._store = store
        self._clock = clock
        self._holder = holder
        self._reporter = reporter
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _renew(self) -> None:
        until = self._clock.monotonic() + TTL_MS / 1000
        while not self._done.wait(RENEW_SECONDS):
            asked = self._clock.monotonic()
            try:
                with self._store.write() as session:
                    kept = session.lease(LEASE, self._holder.owner, self._clock.now_ms(), TTL_MS) is not None
            except SamtaleError as error:
                if asked < until - RENEW_SECONDS:
                    continue  # a busy database; the lease still holds for a while
                self._lost(error.problems[0].why)
                return
            if not kept:
                self._lost("Another run took it over.")
                return
            until = asked + TTL_MS / 1000

    def _lost(self, why: str) -> None:
        self._clock.stop.set()
        self._reporter.trouble(
            Problem(
                code="lease_lost",
                summary="The workspace could not be kept for this run alone, so it stops.",
                why=why,
                remedy="Run the command again; it carries on where this one ended.",
                command=self._holder.command,
            )
        )
