"""Every request of our connectors is one that the vendor's own OpenAPI file knows, and is answered as it says."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

import httpx2
import pytest

from samtale.connectors.powerofficego.connector import PowerOfficeGo
from samtale.connectors.zohocrm.connector import ZohoCrm
from samtale.core.kinds import Raw
from samtale.core.problems import Moved
from samtale.ports.connector import Connector, Draft, Written
from samtale.simulators.base import FakeClock, Request, Response, Simulator
from samtale.simulators.powerofficego import PowerOfficeGo as SimulatedPowerOffice
from samtale.simulators.zohocrm.simulator import ZohoCrm as SimulatedZoho
from samtale.testing.clocks import StillClock
from tests.contract import prune_poweroffice, prune_zoho
from tests.contract.validate import Contract

#: Query parameters that Zoho's page "Delete Records" describes and its OpenAPI file leaves out.
BEYOND = frozenset({"wf_trigger"})
POWEROFFICE = {"application_key": "demo-application-key", "client_key": "demo-client-key"}


class Watched:
    """A transport that leads straight into a simulator, and holds what passes to the contract. Counts the calls."""

    def __init__(self, simulator: Simulator, contract: Contract, exempt: Callable[[str], bool]) -> None:
        self._handle = simulator.handle
        self._contract = contract
        self._exempt = exempt
        self.calls: list[str] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.calls.append(f"{request.method} {request.url.path}")
        asked = Request(
            method=request.method,
            path=request.url.path,
            query=list(request.url.params.multi_items()),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=request.read(),
        )
        if not self._exempt(asked.path):
            known = [(name, value) for name, value in asked.query if name not in BEYOND]
            self._contract.check_request(replace(asked, query=known))
        answer: Response = self._handle(asked)
        if not self._exempt(asked.path):
            self._contract.check_response(asked, answer)
        return httpx2.Response(answer.status, headers=dict(answer.headers), content=answer.body)


def lives(connector: Connector, collection: str, values: Mapping[str, Raw], path: str, watched: Watched) -> None:
    """All verbs on one record, from its creation to its end; costs are as the connector's docstring says."""
    spec = connector.about().collection(collection)
    pages = list(connector.read(collection, None))
    (written,) = connector.create(collection, [Draft(values=values, mark="contract-1")])
    assert isinstance(written, Written)
    assert written.record is not None
    shown = json.loads(written.record)
    version = None if spec.version is None else str(shown[spec.version])
    before = {path: shown.get(path)}
    updated = connector.update(collection, written.key, {path: "Contract"}, before, version)
    with pytest.raises(Moved):
        connector.update(collection, written.key, {path: "Again"}, {path: "Something else"}, version)
    assert json.loads(updated.record or b"{}")[path] == "Contract"
    assert connector.fetch(collection, [written.key]).records
    connector.delete(collection, written.key, None)
    list(connector.read(collection, pages[-1].cursor))
    assert watched.calls


@pytest.mark.skipif(
    not prune_poweroffice.FILE.exists(), reason="the vendor's OpenAPI file is not there (SAMTALE_SHARED)"
)
def test_poweroffice_go() -> None:
    simulator = SimulatedPowerOffice(
        seed=1, records=60, clock=FakeClock(), rate_limit=0, odd_dates=False, replica_lag=0
    )
    watched = Watched(simulator, prune_poweroffice.poweroffice_contract(), lambda path: False)
    connector = PowerOfficeGo(
        system="books",
        base_url="https://goapi.poweroffice.net/Demo",
        credentials={**POWEROFFICE, "subscription_key": "demo-subscription-key"},
        options={"page_size": 20},
        clock=StillClock(),
        transport=httpx2.MockTransport(watched),
    )
    assert connector.check() == []
    company = next(c for c in simulator.door_get("Customers") if not c["IsPerson"])
    address = {"MailAddress.City": "Oslo", "MailAddress.ZipCode": "0150"}
    person = {"FirstName": "Kari", "LastName": "Contract"}
    lives(connector, "Customers", {"Name": "Contract AS", "IsPerson": False, **address}, "WebsiteUrl", watched)
    lives(connector, "Customers", {"IsPerson": True, **person, **address}, "LastName", watched)
    lives(connector, "Suppliers", {"IsPerson": True, **person}, "LastName", watched)
    lives(connector, "Employees", person, "JobTitle", watched)
    lives(connector, "Contactperson", {**person, "ContactId": company["Id"]}, "Title", watched)
    lives(connector, "Departments", {"Name": "Contract"}, "Name", watched)
    lives(connector, "Product", {"Name": "Contract"}, "Description", watched)
    lives(connector, "Projects", {"Name": "Contract"}, "ContractNo", watched)


@pytest.mark.skipif(not prune_zoho.FOLDER.exists(), reason="the vendor's OpenAPI files are not there (SAMTALE_SHARED)")
def test_zoho_crm() -> None:
    simulator = SimulatedZoho(seed=1, records=400, clock=FakeClock(), mark=False)
    watched = Watched(simulator, prune_zoho.zoho_contract(), lambda path: path.startswith("/oauth"))
    connector = ZohoCrm(
        system="crm",
        base_url="https://accounts.zoho.eu",
        credentials={
            name: f"demo-{name.replace('_', '-')}" for name in ("client_id", "client_secret", "refresh_token")
        },
        options={},
        clock=StillClock(),
        transport=httpx2.MockTransport(lambda request: elsewhere(watched(request))),
    )
    assert connector.check() == []
    assert connector.about().collection("Account").mark is None
    for collection in ("Account", "Contact", "Deal"):
        connector.create_mark(collection)
    assert connector.check() == []
    assert {spec.mark for spec in connector.about().collections} == {"Samtale_Mark"}
    lives(connector, "Account", {"Account_Name": "Contract AS", "Org_Number": "923609016"}, "Website", watched)
    lives(connector, "Contact", {"Last_Name": "Contract"}, "Title", watched)
    lives(connector, "Deal", {"Deal_Name": "Contract", "Stage": "Qualification"}, "Next_Step", watched)


def elsewhere(answer: httpx2.Response) -> httpx2.Response:
    """The token's answer names the host of the API; here it has to be one that may be spoken to."""
    if b"api_domain" not in answer.content:
        return answer
    token = {**answer.json(), "api_domain": "https://www.zohoapis.eu"}
    return httpx2.Response(answer.status_code, json=token)
