"""The simulated PowerOffice Go over real sockets, with faults from the door."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx2
import pytest

from samtale.simulators import build
from samtale.simulators.server import Running, serve


@pytest.fixture
def running() -> Iterator[Running]:
    with serve(build("powerofficego", seed=1, records=60, speed=1000, rate_limit=0)) as running:
        yield running


@pytest.fixture
def client(running: Running) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=f"{running.url}/Demo/v2", timeout=5) as client:
        client.headers["Ocp-Apim-Subscription-Key"] = "demo-subscription-key"
        token = client.post(
            f"{running.url}/Demo/OAuth/Token",
            auth=("demo-application-key", "demo-client-key"),
            data={"grant_type": "client_credentials"},
        )
        client.headers["Authorization"] = f"Bearer {token.json()['access_token']}"
        yield client


def test_the_link_to_the_next_page_can_be_followed(running: Running, client: httpx2.Client) -> None:
    ids, link = [], "/Customers?PageSize=10&OrderBy=Id"
    while link:
        response = client.get(link)
        ids += [row["Id"] for row in response.json()]
        link = json.loads(response.headers["X-Pagination"])["nextPageLink"]
    door = httpx2.get(f"{running.door_url}/records/Customers").json()
    assert ids == [row["Id"] for row in door]


def test_a_lost_reply_leaves_a_record_that_its_reference_finds(running: Running, client: httpx2.Client) -> None:
    rule = {"kind": "lost_reply", "method": "POST", "path": "/Customers", "times": 1}
    httpx2.put(f"{running.door_url}/faults", json={"rules": [rule]})
    body = {"Name": "Nordlys AS", "InvoiceDeliveryType": "Print", "ExternalImportReference": "mark-1"}
    with pytest.raises(httpx2.RemoteProtocolError):
        client.post("/Customers", json=body)
    running.simulator.clock.sleep(2)
    (found,) = client.get("/Customers", params={"externalImportReference": "mark-1"}).json()
    again = client.post("/Customers", json=body)
    assert again.status_code == 400
    assert f"Id = {found['Id']}." in again.json()["detail"]
    blind = client.post("/Customers", json={**body, "ExternalImportReference": None})
    assert blind.json()["Id"] != found["Id"], "a blind retry makes a second customer"


def test_an_empty_reply_keeps_the_connection_in_step(client: httpx2.Client) -> None:
    for _ in range(3):
        assert client.get("/Customers", params={"externalImportReference": "nobody"}).status_code == 204
        assert client.get("/ClientIntegrationInformation").json()["ClientName"]


def test_the_token_is_not_in_the_log(running: Running, client: httpx2.Client) -> None:
    client.get("/Customers", params={"subscription-key": "demo-subscription-key"})
    log = httpx2.get(f"{running.door_url}/requests").text
    assert "/Demo/v2/Customers" in log
    assert client.headers["Authorization"] not in log
    assert "demo-subscription-key" not in log
