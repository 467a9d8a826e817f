"""A help desk for tests: the simulator and its connector in one process, on one clock that moves by waiting alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx2

from samtale.connectors.auth import Secret
from samtale.connectors.zendesk.connector import Zendesk
from samtale.connectors.zendesk.tokens import SecretStore
from samtale.ports.connector import Cursor, Page, Written
from samtale.simulators.base import FakeClock, Request
from samtale.simulators.zendesk import Zendesk as Simulated

KEYS = {"client_id": "demo-client-id", "client_secret": "demo-client-secret"}


class SharedClock:
    """The simulator's clock as a connector sees it: whoever waits lets time pass for both."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    def now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)

    def monotonic(self) -> float:
        return self._clock.elapsed()

    def sleep(self, seconds: float) -> None:
        self._clock.advance(seconds)


class Help:
    """One account. ``calls`` are the requests so far, tokens apart; ``intercept`` may answer in the simulator's place."""

    def __init__(
        self,
        *,
        records: int = 0,
        credentials: Mapping[str, Secret] = KEYS,
        options: Mapping[str, Any] | None = None,
        store: SecretStore | None = None,
        **simulated: Any,
    ) -> None:
        self.clock = FakeClock()
        self.simulator = Simulated(seed=3, records=records, clock=self.clock, **simulated)
        self.calls: list[str] = []
        self.bodies: list[Any] = []
        self.intercept: Callable[[httpx2.Request], httpx2.Response | None] = lambda request: None
        self.connector = self.connect(credentials, options or {}, store)

    def connect(
        self, credentials: Mapping[str, Secret], options: Mapping[str, Any], store: SecretStore | None = None
    ) -> Zendesk:
        return Zendesk(
            system="desk",
            base_url="https://demo.zendesk.com",
            credentials=credentials,
            options=options,
            clock=SharedClock(self.clock),
            transport=httpx2.MockTransport(self._handle),
            secret_store=store,
        )

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        if not request.url.path.startswith("/oauth"):
            self.calls.append(f"{request.method} {request.url.path.removeprefix('/api/v2/')}")
            self.bodies.append(json.loads(request.read() or b"null"))
        answer = self.intercept(request)
        if answer is not None:
            return answer
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Request(
            request.method, request.url.path, list(request.url.params.multi_items()), headers, request.read()
        )
        said = self.simulator.handle(asked)
        return httpx2.Response(said.status, headers=dict(said.headers), content=said.body)

    # people

    def person(self, **values: Any) -> str:
        return str(self.simulator.door_put("Users", None, {"name": "Kari", **values})["id"])

    def company(self, name: str, **values: Any) -> str:
        return str(self.simulator.door_put("Organizations", None, {"name": name, **values})["id"])

    def user(self, key: str) -> dict[str, Any]:
        found = self.simulator.door_get_one("Users", key)
        assert found is not None
        return found

    def addresses(self, key: str, type_: str = "email") -> dict[str, bool]:
        """The user's addresses or lines, with whether each is the primary."""
        return {i.value: i.primary for i in self.simulator.table.identities_of(int(key), type_)}

    def organizations(self, key: str) -> dict[str, bool]:
        """The user's organizations, with whether each is the default."""
        return {str(m.organization): m.default for m in self.simulator.table.memberships_of(int(key))}

    # the connector

    def change(self, key: str, **values: Any) -> Written:
        """Update a user from what it shows now."""
        before = self.user(key)
        return self.connector.update("Users", key, values, {path: before[path] for path in values}, None)

    def read(self, collection: str, since: Cursor | None = None) -> tuple[dict[str, dict[str, Any]], set[str], Cursor]:
        """Records by key, keys that are told as deleted, and the cursor."""
        pages: list[Page] = list(self.connector.read(collection, since))
        assert pages[-1].last
        assert pages[-1].cursor is not None
        records = [json.loads(record) for page in pages for record in page.records]
        return {str(r["id"]): r for r in records}, {k for page in pages for k in page.deleted}, pages[-1].cursor
