"""A client of the simulated Zoho CRM for tests: a token, JSON in, and the reply as it came."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from samtale.simulators.base import FakeClock, Request, Response
from samtale.simulators.faults import Faults, Rule, as_handler
from samtale.simulators.zohocrm import ZohoCrm

CREDENTIALS = {
    "grant_type": "refresh_token",
    "client_id": "demo-client-id",
    "client_secret": "demo-client-secret",
    "refresh_token": "demo-refresh-token",
}


class Calls:
    """An empty organization (unless `records` says otherwise) on a clock that stands still, and calls to it."""

    def __init__(self, *, records: int = 0, **options: Any) -> None:
        self.clock = FakeClock()
        self.simulator = ZohoCrm(seed=1, records=records, clock=self.clock, **options)
        self.handler = as_handler(self.simulator)
        self.token = self.get_token().json()["access_token"]

    def fault(self, kind: Any, **parameters: Any) -> None:
        """Let one fault strike from now on."""
        self.handler = as_handler(self.simulator, Faults([Rule(kind=kind, **parameters)]))

    def get_token(self, **changes: str) -> Response:
        """Ask for an access token with a form."""
        form = urlencode({**CREDENTIALS, **changes})
        return self.send(
            "POST", "/oauth/v2/token", body=form.encode(), **{"content-type": "application/x-www-form-urlencoded"}
        )

    def send(self, method: str, path: str, query: Any = None, body: bytes = b"", **headers: str) -> Response:
        """A request as it is, without a token."""
        pairs = list((query or {}).items())
        return self.handler(Request(method, path, pairs, {"host": "zoho.test", **headers}, body))

    def call(
        self, method: str, path: str, query: Any = None, value: Any = None, headers: dict[str, str] | None = None
    ) -> Response:
        """A request below /crm/v8 with the token and, if given, a JSON body."""
        body = b"" if value is None else json.dumps(value).encode()
        own = {
            "authorization": f"Zoho-oauthtoken {self.token}",
            **({"content-type": "application/json"} if body else {}),
        }
        return self.send(method, f"/crm/v8/{path}", query, body, **own, **(headers or {}))

    def get(self, path: str, headers: dict[str, str] | None = None, **query: Any) -> Response:
        return self.call("GET", path, {name: str(value) for name, value in query.items()}, headers=headers)

    def insert(self, module: str, *items: dict[str, Any], **more: Any) -> Response:
        return self.call("POST", module, value={"data": list(items), **more})

    def added(self, module: str, **item: Any) -> str:
        """The id of a record that was inserted."""
        response = self.insert(module, item)
        assert response.status == 201, response.body
        return str(response.json()["data"][0]["details"]["id"])

    def put(self, module: str, key: str, headers: dict[str, str] | None = None, **item: Any) -> Response:
        return self.call("PUT", f"{module}/{key}", value={"data": [item]}, headers=headers)

    def shown(self, module: str, key: str) -> dict[str, Any]:
        """A record with all its fields."""
        record: dict[str, Any] = self.get(f"{module}/{key}").json()["data"][0]
        return record

    def select(self, query: str) -> Response:
        return self.call("POST", "coql", value={"select_query": query})


def item(response: Response, place: int = 0) -> dict[str, Any]:
    """One result of a batch."""
    result: dict[str, Any] = response.json()["data"][place]
    return result
