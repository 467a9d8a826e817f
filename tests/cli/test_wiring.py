"""What a project folder keeps for itself: who works on it, the key of the marks, what systems told, and its clock."""

import os
import stat
import threading
import time
from pathlib import Path

import pytest

from samtale.connectors.registry import about_of
from samtale.core.problems import Problem, SamtaleError
from samtale.ports.store import DecisionRow, Store
from samtale.store import open_store
from samtale.wiring import SystemClock, Systems, opened, read_project
from samtale.wiring.key import mark_key
from samtale.wiring.lease import LEASE, alone
from tests.cli.conftest import Call, Company

COMMAND = "samtale sync"


class Heard:
    """A reporter that remembers."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def progress(self, *_: object) -> None:
        return None

    def trouble(self, problem: Problem) -> None:
        self.problems.append(problem)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    (tmp_path / ".samtale").mkdir()
    return open_store(tmp_path / "store.db", "test")


def leave_lease(store: Store, place: str) -> None:
    """As a run that was killed leaves it: leased for a minute, and signed."""
    now = SystemClock().now_ms()
    signed = {"owner": "gone", "place": place, "command": COMMAND, "person": "kari", "process": 1, "since": now}
    with store.write() as session:
        assert session.lease(LEASE, "gone", now, 60_000) is not None
        session.decide(DecisionRow("engine", "holder", signed, now))


def place_of(store: Store, root: Path) -> str:
    with alone(store, SystemClock(), root, COMMAND, Heard()), store.read() as session:
        return str(session.decisions("engine")["engine", "holder"].answer["place"])


def test_the_lease_of_a_killed_run_in_this_folder_is_taken_over(store: Store, tmp_path: Path) -> None:
    leave_lease(store, place_of(store, tmp_path))
    with alone(store, SystemClock(), tmp_path, COMMAND, Heard()), store.write() as session:
        assert session.lease(LEASE, "somebody else", SystemClock().now_ms(), 1) is None


def test_the_lease_of_another_machine_is_respected_and_named(store: Store, tmp_path: Path) -> None:
    leave_lease(store, "elsewhere:/project")
    with pytest.raises(SamtaleError) as caught, alone(store, SystemClock(), tmp_path, COMMAND, Heard()):
        pass
    assert "`samtale sync` of kari (elsewhere:/project, process 1)" in caught.value.problems[0].why


def test_the_lease_is_given_back(store: Store, tmp_path: Path) -> None:
    for _ in range(2):
        with alone(store, SystemClock(), tmp_path, COMMAND, Heard()):
            pass
    with store.write() as session:
        assert session.lease(LEASE, "somebody else", SystemClock().now_ms(), 1) is not None


def test_a_run_that_loses_its_lease_stops(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samtale.wiring.lease.RENEW_SECONDS", 0.05)
    clock, heard = SystemClock(), Heard()
    with alone(store, clock, tmp_path, COMMAND, heard):
        with store.read() as session:
            owner = session.decisions("engine")["engine", "holder"].answer["owner"]
        with store.write() as session:
            session.release(LEASE, owner)
            session.lease(LEASE, "thief", clock.now_ms(), 60_000)
        assert clock.stop.wait(10)
    assert [p.code for p in heard.problems] == ["lease_lost"]


def test_a_long_run_keeps_its_lease(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samtale.wiring.lease.RENEW_SECONDS", 0.05)
    monkeypatch.setattr("samtale.wiring.lease.TTL_MS", 300)
    clock = SystemClock()
    with alone(store, clock, tmp_path, COMMAND, Heard()):
        time.sleep(1.0)
        with store.write() as session:
            assert session.lease(LEASE, "thief", clock.now_ms(), 300) is None
    assert not clock.stop.is_set()


def test_the_key_is_made_once_and_private(store: Store, tmp_path: Path) -> None:
    first = mark_key(tmp_path, store, 1)
    assert mark_key(tmp_path, store, 2) == first
    assert len(first) == 32
    assert stat.S_IMODE((tmp_path / ".samtale" / "key").stat().st_mode) == 0o600


@pytest.mark.parametrize("spoil", [b"", b"x" * 32, None])
def test_another_key_is_refused(spoil: bytes | None, store: Store, tmp_path: Path) -> None:
    mark_key(tmp_path, store, 1)
    file = tmp_path / ".samtale" / "key"
    file.unlink() if spoil is None else file.write_bytes(spoil)
    with pytest.raises(SamtaleError) as caught:
        mark_key(tmp_path, store, 2)
    assert caught.value.problems[0].code == "key_lost"


def test_what_a_system_told_is_remembered_for_when_nobody_asks_it(company: Company) -> None:
    project = read_project(company.root)
    stock = about_of("zohocrm").collection("Account")
    assert "Org_Number" not in {p.path for p in stock.properties}
    with opened(company.root, reach=True) as work:
        assert work.trouble == {}
    for system in company.systems.values():
        system.stop()
    told = Systems(project, SystemClock()).abouts["zohocrm"].collection("Account")
    assert "Org_Number" in {p.path for p in told.properties}
    assert told.mark is None


def test_what_another_version_learned_is_not_believed(company: Company) -> None:
    with opened(company.root, reach=True):
        pass
    file = company.root / ".samtale" / "learned" / "zohocrm.json"
    file.write_text(file.read_text().replace('"stock":"', '"stock":"0'))
    assert Systems(read_project(company.root), SystemClock()).abouts["zohocrm"] == about_of("zohocrm")


def test_long_waits_end_when_the_run_is_to_stop_and_short_ones_do_not() -> None:
    clock = SystemClock()
    threading.Timer(0.2, clock.stop.set).start()
    began = time.monotonic()
    clock.sleep(60)
    assert time.monotonic() - began < 10
    began = time.monotonic()
    clock.sleep(0.2)
    assert time.monotonic() - began >= 0.2


def test_the_state_folder_is_private(company: Company) -> None:
    assert stat.S_IMODE((company.root / ".samtale").stat().st_mode) == 0o700
    assert os.listdir(company.root / ".samtale" / "secrets")


def test_the_store_may_be_any_of_both(
    company: Company, call: Call, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = company.root / "samtale.yaml"
    file.write_text(file.read_text().replace('store: "sqlite:///.samtale/store.db"', "store: env:SAMTALE_STORE"))
    monkeypatch.setenv("SAMTALE_STORE", store_url)
    assert call("sync", "--yes", "--project", company.root, "--json").json["quiet"] is True
    assert call("sync", "--project", company.root, "--json").json["done"] == 0
    assert not (company.root / ".samtale" / "store.db").exists()
