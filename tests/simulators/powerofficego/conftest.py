"""A client of the simulated PowerOffice Go with a token, in the same process, on a clock that tests move."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from samtale.simulators.base import FakeClock, Request, Response
from samtale.simulators.faults import Rule
from samtale.simulators.powerofficego import PowerOfficeGo

SUBSCRIPTION = {"ocp-apim-subscription-key": "demo-subscription-key"}
LAG = 1.6
"""A little more than the replica needs."""


class Caller:
    """Speaks to the simulator as an integration does."""

    def __init__(self, **options: Any) -> None:
        self.clock = FakeClock()
        given = {"seed": 1, "records": 60, "rate_limit": 0, "odd_dates": False, **options}
        self.go = PowerOfficeGo(clock=self.clock, **given)
        self.token = self.sign_in().json()["access_token"]

    def sign_in(
        self, user: str = "demo-application-key", password: str = "demo-client-key", grant: str = "client_credentials"
    ) -> Response:
        basic = base64.b64encode(f"{user}:{password}".encode()).decode()
        form = {"content-type": "application/x-www-form-urlencoded", "authorization": f"Basic {basic}", **SUBSCRIPTION}
        return self.go.handle(Request("POST", "/Demo/OAuth/Token", [], form, f"grant_type={grant}".encode()))

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Sequence[tuple[str, str]] = (),
        hooks: dict[str, Rule] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        content_type = "application/json-patch+json" if method == "PATCH" else "application/json"
        given = {
            "authorization": f"Bearer {self.token}",
            "content-type": content_type,
            **SUBSCRIPTION,
            **(headers or {}),
        }
        sent = b"" if body is None else json.dumps(body).encode()
        return self.go.handle(Request(method, f"/Demo/v2{path}", list(query), given, sent, hooks or {}))

    def rows(self, path: str, **query: str) -> list[dict[str, Any]]:
        """What a list shows now."""
        response = self("GET", path, query=list(query.items()))
        assert response.status in (200, 204), response.body
        return response.json() if response.body else []

    def later(self, path: str, **query: str) -> list[dict[str, Any]]:
        """What a list shows once the replica has caught up."""
        self.clock.advance(LAG)
        return self.rows(path, **query)

    def customer(self, **values: Any) -> dict[str, Any]:
        """A new company."""
        response = self("POST", "/Customers", {"Name": "Ny AS", "InvoiceDeliveryType": "Print", **values})
        assert response.status == 201, response.body
        created: dict[str, Any] = response.json()
        self.clock.advance(0.1)
        return created

    def patch(self, path: str, **values: Any) -> Response:
        """Replace properties; `MailAddress__City` stands for a path below."""
        return self(
            "PATCH",
            path,
            [{"op": "replace", "path": f"/{k.replace('__', '/')}", "value": v} for k, v in values.items()],
        )


@pytest.fixture
def call() -> Caller:
    return Caller()


@pytest.fixture
def caller() -> Callable[..., Caller]:
    """What makes a caller of a simulator with options."""
    return Caller
