"""The simulated Zoho CRM answers as Zoho's own OpenAPI files say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from samtale.simulators.base import Request, Response, json_response
from tests.contract.prune_zoho import FOLDER, OPERATIONS, REPAIRS, joined, zoho_contract
from tests.contract.validate import Contract, ContractBroken, pruned
from tests.simulators.zohocrm.calls import CREDENTIALS, Calls

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="the vendor's files are not there")


@pytest.fixture(scope="module")
def contract() -> Contract:
    return zoho_contract()


@pytest.fixture
def calls(contract: Contract) -> Calls:
    """An organization with the made-up world in it; every exchange with it is checked."""
    calls = Calls(records=150, mark=True, search_lag=1)
    calls.handler = contract.watching(calls.handler)
    return calls


@pytest.mark.parametrize("module", ["Accounts", "Contacts", "Deals"])
def test_reads(calls: Calls, module: str) -> None:
    fields = "Owner,Created_By,Modified_By,Created_Time,Modified_Time,Description"
    page = calls.get(module, fields=fields, per_page=5).json()
    assert len(page["data"]) == 5
    token = page["info"]["next_page_token"]
    following = calls.get(module, fields=fields, per_page=5, page_token=token).json()["data"]
    assert not {r["id"] for r in following} & {r["id"] for r in page["data"]}
    key = page["data"][0]["id"]
    assert calls.shown(module, key)["id"] == key
    assert calls.get(module, fields="Owner", ids=key).status == 200
    future = {"if-modified-since": "2030-01-01T00:00:00+00:00"}
    assert calls.get(module, future, fields="Owner").status == 304
    assert calls.get(f"{module}/3").status == 204
    assert calls.get(module).status == 400
    assert calls.get(f"{module}/deleted").status == 204


def test_writes(calls: Calls) -> None:
    good, bad = {"Account_Name": "Fjord AS", "Samtale_Mark": "m-1"}, {"Phone": "x" * 31}
    assert calls.insert("Accounts", good, trigger=["workflow"]).status == 201
    assert calls.insert("Accounts", bad, {"Account_Name": "Dal AS"}).status == 207
    assert calls.insert("Accounts", good, bad).status == 400
    key = calls.added("Accounts", Account_Name="Vik AS")
    assert calls.put("Accounts", key, Phone="22 33 44 55").status == 200
    old = {"if-unmodified-since": "2000-01-01T00:00:00+00:00"}
    assert calls.put("Accounts", key, old, Phone="22 33 44 56").status == 412
    assert calls.call("PUT", "Accounts", value={"data": [{"id": key}, {"Phone": "1"}]}).status == 207
    body = {"data": [{"Account_Name": "Vik AS"}, {"Account_Name": "Ny AS"}], "duplicate_check_fields": ["Account_Name"]}
    assert calls.call("POST", "Accounts/upsert", value=body).status == 200
    calls.simulator.door_put("Account", key, {"Locked__s": True})
    assert calls.put("Accounts", key, Phone="1").status == 400
    calls.simulator.door_put("Account", key, {"Locked__s": False, "$approval_state": "waiting"})
    assert calls.put("Accounts", key, Phone="1").status == 400


def test_deleting_and_bringing_back(calls: Calls) -> None:
    keys = [calls.added("Accounts", Account_Name=f"Firm {n}") for n in range(3)]
    assert calls.call("DELETE", f"Accounts/{keys[0]}").status == 200
    assert calls.call("DELETE", f"Accounts/{keys[0]}").status == 400
    assert calls.call("DELETE", "Accounts", {"ids": ",".join(keys[:2])}).status == 207
    assert calls.get("settings/recycle_bin").status == 200
    assert calls.call("POST", f"settings/recycle_bin/{keys[0]}/actions/restore").status == 200
    assert calls.call("POST", "settings/recycle_bin/actions/restore", value={"ids": [keys[1], "1"]}).status == 207
    calls.call("DELETE", f"Accounts/{keys[2]}")
    assert calls.call("DELETE", f"settings/recycle_bin/{keys[2]}").status == 200
    assert calls.get("Accounts/deleted", type="permanent").json()["data"][0]["id"] == keys[2]


def test_searches(calls: Calls) -> None:
    calls.clock.advance(2)
    assert calls.get("Contacts/search", criteria="(Email:starts_with:a)").status in {200, 204}
    assert calls.get("Contacts/search", word="example").status == 200
    assert calls.get("Contacts/search").status == 400
    assert calls.get("Contacts/search", criteria="(Nope:equals:a)").status == 400
    assert calls.get("Contacts/search", word="example", page=11).status == 400
    assert calls.select("select Last_Name, Account_Name from Contacts where id is not null").status == 200
    assert calls.select("select Last_Name from Contacts where id is null").status == 204
    for wrong in ("select", "select Nope from Contacts where id is null", "select id from Nope where id is null",
                  "select id, id from Deals where id is null", "select id from Deals where id is null limit 300",
                  "select id from Deals where Modified_Time > 'x'", "select id from Deals"):  # fmt: skip
        assert calls.select(wrong).status == 400


@pytest.mark.parametrize("module", ["Accounts", "Contacts", "Deals"])
def test_fields(calls: Calls, module: str) -> None:
    fields = calls.get("settings/fields", module=module).json()["fields"]
    key = fields[0]["id"]
    assert calls.get(f"settings/fields/{key}", module=module).json()["fields"] == [fields[0]]
    assert calls.get("settings/fields", module="Nope").status == 400
    new = {"field_label": "Customer Code", "data_type": "text", "length": 40, "unique": {"case_sensitive": False}}
    created = calls.call("POST", "settings/fields", {"module": module}, {"fields": [new]})
    assert created.status == 201
    assert calls.call("POST", "settings/fields", {"module": module}, {"fields": [new]}).status == 400


def test_organization_and_users(calls: Calls) -> None:
    assert calls.get("org").status == 200
    assert calls.get("users", type="CurrentUser").status == 200
    assert calls.get("users", type="DeletedUsers").status == 204
    assert calls.get("users/1").status == 204


def test_tokens_and_refusals(calls: Calls) -> None:
    assert calls.get_token().status == 200
    assert calls.send("POST", "/oauth/v2/token", CREDENTIALS).status == 200
    assert "error" in calls.get_token(client_secret="other").json()
    calls.token = "1000.unknown"
    assert calls.get("Accounts", fields="Owner").status == 401
    assert calls.get("org").status == 401


def ask(method: str, path: str, query: Any = (), body: Any = None, **headers: str) -> Request:
    sent = b"" if body is None else json.dumps(body).encode()
    typed = {"content-type": "application/json"} if body is not None else {}
    return Request(method, path, list(query), {"authorization": "Zoho-oauthtoken t", **typed, **headers}, sent)


@pytest.mark.parametrize(
    "request_",
    [
        ask("GET", "/crm/v7/Accounts"),
        ask("PATCH", "/crm/v8/Accounts"),
        ask("GET", "/crm/v8/Accounts", [("sort_on", "Modified_Time")]),
        ask("GET", "/crm/v8/Accounts", [("sort_by", "Account_Name")]),
        ask("GET", "/crm/v8/Accounts", authorization="Bearer t"),
        ask("POST", "/crm/v8/Accounts", body={"data": [{}] * 101}),
        ask("POST", "/crm/v8/Accounts", body={"records": []}),
        ask("POST", "/crm/v8/Accounts", body={"data": [{}], "trigger": ["all"]}),
        ask("GET", "/crm/v8/settings/fields"),
    ],
    ids=lambda r: f"{r.method} {r.path}",
)
def test_the_contract_notices_a_wrong_request(contract: Contract, request_: Request) -> None:
    with pytest.raises(ContractBroken):
        contract.check_request(request_)


@pytest.mark.parametrize(
    "response",
    [
        json_response(202, {"data": []}),
        json_response(201, {"data": [{"code": "SUCCESS", "status": "success", "message": "m", "details": {}}]}),
        json_response(201, {"items": []}),
        json_response(400, {"code": "INVALID_DATA"}),
        json_response(400, {"data": [{"code": "NO_SUCH_CODE", "status": "error", "message": "m", "details": {}}]}),
    ],
)
def test_the_contract_notices_a_wrong_answer(contract: Contract, response: Response) -> None:
    with pytest.raises(ContractBroken):
        contract.check_response(ask("POST", "/crm/v8/Accounts", body={"data": [{}]}), response)


def test_every_repair_changes_something_and_says_why() -> None:
    for number, repair in enumerate(REPAIRS):
        before = pruned(joined(), OPERATIONS, REPAIRS[:number])
        after = pruned(joined(), OPERATIONS, REPAIRS[: number + 1])
        assert before != after
        assert repair.reason.endswith(".")
