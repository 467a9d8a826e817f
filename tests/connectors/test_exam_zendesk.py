"""Zendesk sits the exam, over HTTP, with its simulator on the other side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from samtale.connectors.zendesk.connector import Zendesk
from samtale.testing.exam import ConnectorExam, Values
from samtale.testing.world import World, simulated

KEYS = {name: f"demo-{name.replace('_', '-')}" for name in ("client_id", "client_secret")}
#: Seconds that the exports of the exam's simulator leave out, so that it need not wait for the vendor's sixty.
RECENT = 4.0


class ZendeskExam(ConnectorExam):
    unknown = "190000999999"
    updates = "PUT"
    read_only = "created_at"
    secrets = tuple(KEYS.values())

    @pytest.fixture
    def world(self) -> Iterator[World]:
        with simulated("zendesk", recent=RECENT) as world:
            yield world

    def connect(self, world: World, transport: Any = None, **options: Any) -> Zendesk:
        options = {"exports_per_minute": 200, "lag": RECENT + 0.5, **options}
        return Zendesk(
            system="desk", base_url=world.url, credentials=KEYS, options=options, clock=world.clock, transport=transport
        )

    def without_effect(self, body: Any) -> Any:
        return {name: {} for name in body}


class TestUsers(ZendeskExam):
    collection, calls = "Users", "/api/v2/(incremental/)?users"
    draft: ClassVar[Values] = {"name": "Kari Exam {n}", "email": "kari{n}@exam.example", "notes": "new"}
    bad: ClassVar[Values] = {"name": "Kandidat", "email": "not-an-address"}
    path, values = "notes", ("one", "two", "three")


class TestOrganizations(ZendeskExam):
    collection, calls = "Organizations", "/api/v2/(incremental/)?organizations"
    draft: ClassVar[Values] = {"name": "Exam {n} AS", "organization_fields.website": "https://exam{n}.example"}
    bad: ClassVar[Values] = {"name": "Kandidat AS", "organization_fields.segment": "huge-segment"}
    path, values = "organization_fields.website", ("https://a.example", "https://b.example", "https://c.example")


del ZendeskExam
