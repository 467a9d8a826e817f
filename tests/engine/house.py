"""A house for tests of the engine: two simulated systems, the people who type into them, and a project that keeps them in step.

Everything shares one clock that moves only when somebody waits, types or calls. Systems are spoken to in this process, or, where a test
asks for it, over real HTTP on this machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx2

from samtale.config.load import load_model
from samtale.config.project import load_project
from samtale.connectors.powerofficego.connector import PowerOfficeGo
from samtale.connectors.zohocrm.connector import ZohoCrm
from samtale.core.brakes import Limits
from samtale.core.plan import Held, Write
from samtale.core.problems import Problem
from samtale.engine import use_cases
from samtale.engine.cycle import Result
from samtale.engine.proposal import Proposal
from samtale.engine.setting import Setting, System
from samtale.ports.store import Store
from samtale.simulators import SIMULATORS
from samtale.simulators.base import ConnectionCut, DoorError, Request, Response, SimClock, Simulator
from samtale.simulators.faults import FaultPlan, Faults, RequestLog, Rule, as_handler
from samtale.simulators.server import Running
from samtale.store import open_store

PO_KEYS = {name: f"demo-{name.replace('_', '-')}" for name in ("application_key", "client_key", "subscription_key")}
ZOHO_KEYS = {name: f"demo-{name.replace('_', '-')}" for name in ("client_id", "client_secret", "refresh_token")}
#: How long a call takes, each way.
TRAVEL = 0.005

PROJECT = """
workspace: test
timezone: Europe/Oslo
first_link: {first_link}
followers: {followers}
order: [po, zoho]
systems:
  po:
    connector: powerofficego
    base_url: http://127.0.0.1:1/Demo
    auth: {{application_key: "env:A", client_key: "env:B", subscription_key: "env:C"}}
  zoho:
    connector: zohocrm
    base_url: http://127.0.0.1:1
    auth: {{client_id: "env:D", client_secret: "env:E", refresh_token: "env:F"}}
"""


class Time:
    """The one clock of a house. It is also the engine's."""

    def __init__(self, start: datetime = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)) -> None:
        self.start = start
        self.passed = 0.0

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.passed)

    def now_ms(self) -> int:
        return round(self.start.timestamp() * 1000 + self.passed * 1000)

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.passed += max(0.0, seconds)


class VendorClock(SimClock):
    """A vendor's view of the house's clock; only its skew is its own."""

    def __init__(self, time: Time) -> None:
        super().__init__()
        self._time = time

    def now(self) -> datetime:
        return self._time.now() + timedelta(seconds=self.skew)

    def elapsed(self) -> float:
        return self._time.passed

    def sleep(self, seconds: float) -> None:
        self._time.sleep(seconds)


class Desk:
    """One system and the people who work in it."""

    def __init__(self, name: str, time: Time, *, seed: int, records: int, http: bool, **options: Any) -> None:
        self.name = name
        self.time = time
        self.simulator: Simulator = SIMULATORS[name](seed=seed, records=records, clock=VendorClock(time), **options)
        self.running = Running(self.simulator, 0, 0) if http else None
        self.faults = self.running.faults if self.running else Faults()
        self.log = self.running.log if self.running else RequestLog()
        self._handler = as_handler(self.simulator, self.faults, self.log)
        self.before_call: Callable[[httpx2.Request], None] = lambda request: None
        self.after_call: Callable[[httpx2.Request], None] = lambda request: None
        if records == 0:
            self._empty()

    def _empty(self) -> None:
        for _ in range(3):  # what is referred to goes after what refers to it
            for collection in reversed(self.simulator.collections()):
                for record in self.simulator.door_get(collection):
                    with suppress(DoorError):
                        self.simulator.door_delete(collection, self.key(record))
        assert not any(self.simulator.door_get(c) for c in self.simulator.collections())
        self.time.sleep(30)

    # people

    @staticmethod
    def key(record: Mapping[str, Any]) -> str:
        return str(record.get("Id") or record["id"])

    def add(self, collection: str, **values: Any) -> str:
        """Somebody creates a record; its key. A second goes by."""
        self.time.sleep(1)
        return self.key(self.simulator.door_put(collection, None, values))

    def edit(self, collection: str, key: str, **values: Any) -> None:
        """Somebody changes a record; None clears. A second goes by."""
        self.time.sleep(1)
        self.simulator.door_put(collection, key, values)

    def remove(self, collection: str, key: str) -> None:
        self.time.sleep(1)
        self.simulator.door_delete(collection, key)

    def one(self, collection: str, key: str) -> dict[str, Any]:
        record = self.simulator.door_get_one(collection, key)
        assert record is not None, f"{collection} has no {key}"
        return record

    def all(self, collection: str) -> list[dict[str, Any]]:
        return self.simulator.door_get(collection)

    def get(self, collection: str, key: str, path: str) -> Any:
        """One property, by its path."""
        value: Any = self.one(collection, key)
        for segment in path.split("."):
            value = None if value is None else value[segment]
        return value

    # trouble and traces

    def fault(self, kind: Any, **parameters: Any) -> None:
        """From now on this strikes, and nothing else."""
        self.faults.set(FaultPlan(rules=(Rule(kind=kind, **parameters),)))

    def calm(self) -> None:
        self.faults.set(FaultPlan())

    def writes(self) -> list[str]:
        """Calls so far that could change something, as ``PATCH /v2/Customers/7: 200``."""
        return [
            f"{e['method']} {e['path']}: {e['status']}"
            for e in self.log.entries()
            if e["method"] != "GET" and "oauth" not in e["path"].lower()
        ]

    # the way in

    def transport(self) -> httpx2.BaseTransport:
        """How the connector reaches the system."""
        if self.running is not None:
            return _Travelling(self, httpx2.HTTPTransport())
        return _Travelling(self, httpx2.MockTransport(self._answer))

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        asked = Request(
            method=request.method,
            path=request.url.path,
            query=list(request.url.params.multi_items()),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=request.read(),
        )
        try:
            response: Response = self._handler(asked)
        except ConnectionCut:
            raise httpx2.RemoteProtocolError("the connection was closed", request=request) from None
        headers = {name.lower(): value for name, value in response.headers.items() if name.lower() != "content-length"}
        headers.setdefault("date", format_datetime(self.simulator.clock.now(), usegmt=True))
        return httpx2.Response(response.status, headers=headers, content=response.body)

    def close(self) -> None:
        if self.running is not None:
            self.running.stop()


class _Travelling(httpx2.BaseTransport):
    """Calls take time, and tests may step in before and after."""

    def __init__(self, desk: Desk, inner: httpx2.BaseTransport) -> None:
        self.desk = desk
        self.inner = inner

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.desk.before_call(request)
        self.desk.time.sleep(TRAVEL)
        response = self.inner.handle_request(request)
        self.desk.time.sleep(TRAVEL)
        self.desk.after_call(request)
        return response

    def close(self) -> None:
        self.inner.close()


class Ear:
    """A reporter that remembers what went wrong."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def progress(self, stage: str, label: str, done: int, total: int | None = None) -> None:
        return None

    def trouble(self, problem: Problem) -> None:
        self.problems.append(problem)


class House:
    """Both systems, and a project between them. ``models``: files of the project's own ``models/`` by name."""

    def __init__(
        self,
        folder: Path,
        store_url: str,
        *,
        records: int = 0,
        seed: int = 1,
        http: bool = False,
        mark: bool = True,
        first_link: str = "ask",
        followers: str = "equal",
        models: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        zoho: Mapping[str, Any] | None = None,
        po: Mapping[str, Any] | None = None,
    ) -> None:
        self.folder = folder
        self.store_url = store_url
        self.time = Time()
        self.po = Desk("powerofficego", self.time, seed=seed, records=records, http=http, **(po or {}))
        self.zoho = Desk("zohocrm", self.time, seed=seed, records=records, http=http, mark=mark, **(zoho or {}))
        self.ear = Ear()
        self.limits = limits
        self._http = http
        self._choices = {"first_link": first_link, "followers": followers}
        self.time.sleep(30)
        self.connectors: dict[str, Any] = {}
        self._connect()
        self.store: Store = open_store(store_url, "test")
        self.write_models(models or {})

    def _connect(self) -> None:
        po_url = self.po.running.url if self.po.running else "http://127.0.0.1:1"
        zoho_url = self.zoho.running.url if self.zoho.running else "http://127.0.0.1:1"
        self.connectors = {
            "po": PowerOfficeGo(
                system="po", base_url=f"{po_url}/Demo", credentials=PO_KEYS, options={}, clock=self.time,
                transport=self.po.transport(),
            ),
            "zoho": ZohoCrm(
                system="zoho", base_url=zoho_url, credentials=ZOHO_KEYS, options={}, clock=self.time,
                transport=self.zoho.transport(),
            ),
        }  # fmt: skip
        for connector in self.connectors.values():
            assert connector.check() == []

    def write_models(self, models: Mapping[str, str] | None = None, **choices: str) -> None:
        """Replace the project's own models, and begin a new run with them."""
        own = self.folder / "models"
        own.mkdir(exist_ok=True, parents=True)
        self._choices |= choices
        (self.folder / "samtale.yaml").write_text(PROJECT.format(**self._choices), encoding="utf-8")
        if models is not None:
            for file in own.glob("*.yaml"):
                file.unlink()
            for name, text in models.items():
                (own / f"{name}.yaml").write_text(text, encoding="utf-8")
        abouts = {name: connector.about() for name, connector in self.connectors.items()}
        self.model, self.warnings = load_model(load_project(self.folder), abouts)
        self.restart()

    def restart(self) -> Setting:
        """As if the process had ended and begun again; switches are back where they were at first."""
        self.setting = Setting(
            model=self.model,
            systems={name: System(name=name, connector=c) for name, c in self.connectors.items()},
            store=self.store,
            clock=self.time,
            secret=b"k" * 32,
            reporter=self.ear,
            limits=self.limits,
        )
        return self.setting

    def wait(self, seconds: float) -> None:
        self.time.sleep(seconds)

    # what a person does with the project

    def sync(self, approve: str | Callable[[Proposal], frozenset[str] | None] = "all", **more: Any) -> Result:
        """Some seconds later, run until quiet. ``approve``: ``all`` writes, ``none``, or what a function says."""
        self.wait(3)

        def approval(proposal: Proposal, first: bool) -> use_cases.Approval | None:
            if callable(approve):
                listed = approve(proposal)
                return None if listed is None else use_cases.Approval(listed, only=True)
            return use_cases.Approval(frozenset(w.id for w in proposal.writes)) if approve == "all" else None

        for system in self.setting.systems.values():
            system.reachable = True
        return use_cases.sync(self.setting, approval=approval, **more)

    def plan(self, **more: Any) -> tuple[list[Write], list[Held]]:
        """What would be written, and what is held."""
        for system in self.setting.systems.values():
            system.reachable = True
        proposal = use_cases.propose(self.setting, **more)
        try:
            return list(proposal.writes), list(proposal.held)
        finally:
            proposal.close()

    def held(self) -> list[str]:
        """Codes of what is held, sorted."""
        return sorted(h.code for h in self.plan()[1])

    def assert_quiet(self) -> None:
        """A further run, well after every lag, writes nothing."""
        before = (self.po.writes(), self.zoho.writes())
        self.wait(60)
        result = self.sync("none")
        assert result.quiet
        assert (self.po.writes(), self.zoho.writes()) == before
        assert self.plan()[0] == []

    # what the store knows

    def links(self, entity_type: str) -> list[dict[str, str]]:
        """Active links, as ``{"po.Customers": key, ...}`` for each entity."""
        with self.store.read() as session:
            names = {row.id: f"{row.system}.{row.name}" for row in session.collections().values()}
            found = []
            after = ""
            while page := session.scan_entities(entity_type, after):
                after = page[-1].id
                for entity in page:
                    links = [x for x in session.links_in([entity.id]) if x.state == "active"]
                    if links:
                        found.append({names[x.collection]: x.key for x in links})
        return found

    def partner(self, place: str, key: str, other: str, entity_type: str = "organization") -> str:
        """The key of the linked record in another collection."""
        (found,) = [links[other] for links in self.links(entity_type) if links.get(place) == key]
        return found

    def reason(self, record: str, field: str) -> str:
        """Why a field is what it is."""
        explanation = use_cases.explain(self.setting, record)
        (found,) = [f.verdict for f in explanation.fields if f.field == field]
        assert found is not None
        return str(found["reason"])

    def close(self) -> None:
        self.store.close()
        for connector in self.connectors.values():
            connector.close()
        self.po.close()
        self.zoho.close()


def codes(held: Sequence[Held]) -> list[str]:
    return sorted(h.code for h in held)


def entries(history: Sequence[Any], kind: str) -> Iterator[Any]:
    return (row.data for row in history if row.kind == kind)
