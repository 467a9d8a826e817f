"""Every request of the Zendesk connector is one that the vendor's own OpenAPI file knows, and is answered as it says."""

from __future__ import annotations

import httpx2
import pytest

from samtale.connectors.zendesk.connector import Zendesk
from samtale.core.problems import Refused, Taken
from samtale.ports.connector import Draft, Written
from samtale.simulators.zendesk import Zendesk as Simulated
from tests.connectors.zendesk.desk import SharedClock
from tests.contract import prune_zendesk
from tests.contract.test_connectors import Watched, lives
from tests.contract.validate import ContractBroken
from tests.simulators.zendesk.test_traps import Calls

pytestmark = pytest.mark.skipif(
    not prune_zendesk.FILE.exists(), reason="the vendor's OpenAPI file is not there (SAMTALE_SHARED)"
)
KEYS = {name: f"demo-{name.replace('_', '-')}" for name in ("client_id", "client_secret", "refresh_token")}


def watched_desk(records: int = 60) -> tuple[Zendesk, Watched, Simulated]:
    calls = Calls(records=records, search_lag=0)
    watched = Watched(calls.desk, prune_zendesk.zendesk_contract(), lambda path: False)
    connector = Zendesk(
        system="desk",
        base_url="https://demo.zendesk.com",
        credentials=KEYS,
        options={},
        clock=SharedClock(calls.clock),
        transport=httpx2.MockTransport(watched),
    )
    return connector, watched, calls.desk


def test_all_verbs() -> None:
    connector, watched, desk = watched_desk()
    assert connector.check() == []
    lives(
        connector,
        "Organizations",
        {"name": "Contract AS", "organization_fields.website": "a.example"},
        "notes",
        watched,
    )
    desk.clock.sleep(120)
    lives(connector, "Users", {"name": "Kari", "email": "kari@contract.example"}, "notes", watched)
    desk.clock.sleep(120)


def test_addresses_lines_and_organizations() -> None:
    connector, _, desk = watched_desk()
    companies = [r["id"] for r in desk.door_get("Organizations")[:2]]
    first = {"name": "Kari", "email": "kari@contract.example", "phone": "+4722000001", "organization_id": companies[0]}
    (written,) = connector.create("Users", [Draft(values=first, mark="contract-1")])
    assert isinstance(written, Written)
    after = {"email": "anne@contract.example", "phone": "+4722000002", "organization_id": companies[1]}
    before = {path: first[path] for path in after}
    connector.update("Users", written.key, after, before, None)
    connector.update("Users", written.key, {"organization_id": companies[0]}, {}, None)
    with pytest.raises(Refused):
        connector.update("Users", written.key, {"email": "nonsense"}, {}, None)
    (taken,) = connector.create("Users", [Draft(values={**first, "email": after["email"]}, mark="contract-2")])
    assert isinstance(taken, Taken)
    assert taken.key == written.key


def test_merged_organizations() -> None:
    connector, _, desk = watched_desk()
    lost, kept = (str(r["id"]) for r in desk.door_get("Organizations")[:2])
    desk.door_merge("Organizations", lost, kept)
    assert connector.merged_into("Organizations", lost) == kept
    assert connector.fetch("Organizations", [lost]).records == []


def test_the_contract_can_be_broken() -> None:
    _, watched, _ = watched_desk(records=0)
    client = httpx2.Client(transport=httpx2.MockTransport(watched), base_url="https://demo.zendesk.com/api/v2")
    for method, path, body in (
        ("GET", "/users?sort=name", None),
        ("GET", "/contacts", None),
        ("POST", "/organizations", {"organization": {"name": "A", "domain_names": ["a.example"]}}),
        ("POST", "/organizations", {"name": "A"}),
    ):
        with pytest.raises(ContractBroken):
            client.request(method, path, json=body)
