"""Kill -9 of ``samtale sync``: whatever the moment, the next run ends where an undisturbed one would have ended (design 5.12).

A real process, two real HTTP servers, a real file. Seeds say when to kill: as a request comes in, once it has taken effect and before its
answer is sent, or a little later. Five seeds by default; SAMTALE_KILLS=50 runs fifty.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from samtale.simulators import build
from samtale.simulators.base import Request, Response
from samtale.simulators.server import serve
from samtale.store import open_store
from tests.engine.house import PO_KEYS, PROJECT, ZOHO_KEYS

SEEDS = range(int(os.environ.get("SAMTALE_KILLS", "5")))
#: So fast that Zoho's ten tokens in ten minutes and PowerOffice's ten calls a second are in nobody's way.
SPEED = 400.0
RECORDS = 12
#: Runs that are killed before one is left alone.
KILLS = 2

SHOWN = {
    "Customers": ("Name", "FirstName", "LastName", "OrganizationNumber", "EmailAddress", "PhoneNumber", "WebsiteUrl", "MailAddress"),
    "Account": ("Account_Name", "Org_Number", "Phone", "Website", "Billing_Street", "Billing_City", "Billing_Code", "Shipping_City"),
    "Contact": ("First_Name", "Last_Name", "Email", "Phone", "Mobile", "Mailing_Street", "Mailing_City", "Other_City"),
}  # fmt: skip


class Moment(NamedTuple):
    """When to kill: as the so manieth call comes in, after it took effect, or some seconds later; creates or all writes are counted."""

    when: str
    creates: bool
    number: int
    seconds: float


class Executioner:
    """Stands between a simulator and its server, and kills a process at the moment that was chosen."""

    def __init__(self, simulators: list[Any]) -> None:
        self.writes = 0
        self.creates = 0
        self._at: Moment | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._guard = threading.Lock()
        for simulator in simulators:
            self._stand_before(simulator)

    def _stand_before(self, simulator: Any) -> None:
        handle = simulator.handle

        def watched(request: Request) -> Response:
            writes = request.method != "GET" and "oauth" not in request.path.lower()
            creates = writes and request.method == "POST"
            with self._guard:
                self.writes += writes
                self.creates += creates
                at = self._at
                due = at is not None and (self.creates == at.number if at.creates else self.writes == at.number)
            if at is None or not due or not (creates if at.creates else writes):
                response: Response = handle(request)
                return response
            if at.when == "before":
                self._kill()
            response = handle(request)
            if at.when == "after":
                self._kill()
            elif at.when == "later":
                threading.Timer(at.seconds, self._kill).start()
            return response

        simulator.handle = watched

    def _kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def run(self, command: list[str], environment: dict[str, str], at: Moment | None) -> tuple[int, bytes, bytes]:
        """Run a command; ``at``: when to kill it, counted in writes from its beginning."""
        self.writes = self.creates = 0
        self._at = at
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        out, err = self._process.communicate(timeout=120)
        return self._process.returncode, out, err


class Place:
    """A project folder between two simulators that are being served."""

    def __init__(self, folder: Path, stack: ExitStack, *, mark: bool) -> None:
        self.folder = folder
        self.po = build("powerofficego", seed=3, records=RECORDS, speed=SPEED)
        self.zoho = build("zohocrm", seed=3, records=RECORDS, speed=SPEED, mark=mark)
        self.executioner = Executioner([self.po, self.zoho])
        self.urls = [stack.enter_context(serve(s)).url for s in (self.po, self.zoho)]
        folder.mkdir()
        text = PROJECT.format(first_link="newest", followers="equal").replace(
            "http://127.0.0.1:1/Demo", f"{self.urls[0]}/Demo"
        )
        text = text.replace("http://127.0.0.1:1\n", f"{self.urls[1]}\n")
        text = text.replace(
            "    connector: powerofficego\n", "    connector: powerofficego\n    options: {requests_per_second: 400}\n"
        )
        (folder / "samtale.yaml").write_text(text, encoding="utf-8")

    def sync(self, at: Moment | None = None, command: str = "sync") -> tuple[int, dict[str, Any]]:
        keys = {
            **{f"{k}": v for k, v in zip("ABC", PO_KEYS.values(), strict=True)},
            **dict(zip("DEF", ZOHO_KEYS.values(), strict=True)),
        }
        options = ["--yes"] if command == "sync" else []
        arguments = [sys.executable, "-m", "samtale", command, *options, "--json", "--project", str(self.folder)]
        code, out, err = self.executioner.run(arguments, {**os.environ, **keys}, at)
        assert b"Traceback" not in err, err.decode()
        return code, json.loads(out) if code in (0, 1) else {}

    def state(self) -> dict[str, list[Any]]:
        """What both systems show, and what belongs together, by what people would recognize."""
        found: dict[str, list[Any]] = {}
        names: dict[tuple[str, str], str] = {}
        for simulator in (self.po, self.zoho):
            for collection in SHOWN.keys() & set(simulator.collections()):
                rows = []
                for record in simulator.door_get(collection):
                    row = [_plain(record.get(name)) for name in SHOWN[collection]]
                    rows.append(row)
                    names[collection, str(record.get("Id") or record["id"])] = json.dumps(row)
                found[collection] = sorted(rows, key=json.dumps)
        found["links"] = sorted(self._links(names))
        return found

    def _links(self, names: dict[tuple[str, str], str]) -> Iterator[list[str]]:
        store = open_store(f"sqlite:///{self.folder}/.samtale/store.db", "test")
        with store.read() as session:
            collections = {row.id: row.name for row in session.collections().values()}
            for kind in ("organization", "person"):
                for entity in session.scan_entities(kind, limit=10_000):
                    links = [x for x in session.links_in([entity.id]) if x.state == "active"]
                    if len(links) > 1:
                        yield sorted(names.get((collections[x.collection], x.key), x.key) for x in links)
        store.close()


def _plain(value: Any) -> Any:
    """An address without what belongs to the vendor."""
    return (
        {k: v for k, v in value.items() if k not in ("Id", "LastChangedDateTimeOffset")}
        if isinstance(value, dict)
        else value
    )


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, tuple[dict[str, list[Any]], int]]:
    """The state in which a run ends that nobody kills, and the number of its writes; with and without Zoho's mark property."""
    found = {}
    for mark in (True, False):
        with ExitStack() as stack:
            place = Place(tmp_path_factory.mktemp("undisturbed") / "project", stack, mark=mark)
            code, _ = place.sync()
            assert code in (0, 1)
            found[mark] = (place.state(), place.executioner.writes)
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_runs_end_where_an_undisturbed_one_does(
    seed: int, tmp_path: Path, undisturbed: dict[bool, tuple[dict[str, list[Any]], int]]
) -> None:
    dice = Random(seed)
    mark = seed % 2 == 0
    expected, writes = undisturbed[mark]
    with ExitStack() as stack:
        place = Place(tmp_path / "project", stack, mark=mark)
        killed = 0
        for _ in range(KILLS):
            creates = dice.random() < 0.5
            number = dice.randint(1, 2 if creates else max(2, writes // 2))
            code, _ = place.sync(
                Moment(dice.choice(("before", "after", "later")), creates, number, dice.random() * 0.1)
            )
            killed += code == -signal.SIGKILL
        assert killed, "no run was killed: the seed is of no use"
        code, told = place.sync()
        assert code in (0, 1)
        assert told["unknown"] == 0
        assert place.state() == expected
        code, plan = place.sync(command="plan")
        assert code in (0, 1)
        assert plan["writes"] == []
