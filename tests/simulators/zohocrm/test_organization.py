"""Fields, users, the organization, limits, addresses, and what people typed in before."""

from __future__ import annotations

import json
from typing import Any

import pytest

from samtale.simulators.base import FakeClock
from samtale.simulators.zohocrm import ZohoCrm
from samtale.simulators.zohocrm.answers import Refusal
from samtale.simulators.zohocrm.limits import Limits
from tests.simulators.zohocrm.calls import Calls


def fields(calls: Calls, module: str) -> dict[str, dict[str, Any]]:
    return {field["api_name"]: field for field in calls.get("settings/fields", module=module).json()["fields"]}


def test_the_fields_api_tells_types_lengths_and_rights() -> None:
    calls = Calls(mark=True)
    account, contact, deal = (fields(calls, module) for module in ("Accounts", "Contacts", "Deals"))
    assert {"Billing_Code", "Shipping_Code", "Org_Number"} <= set(account)
    assert {"Mailing_Zip", "Other_Zip", "Secondary_Email", "Other_Phone"} <= set(contact)
    assert (account["Account_Name"]["length"], account["Account_Name"]["system_mandatory"]) == (200, True)
    assert (contact["Full_Name"]["field_read_only"], contact["Last_Name"]["field_read_only"]) == (True, False)
    assert contact["Full_Name"]["operation_type"]["api_update"] is False
    assert contact["Account_Name"]["lookup"]["module"]["api_name"] == "Accounts"
    assert [v["actual_value"] for v in deal["Stage"]["pick_list_values"]][-2:] == [
        "Closed Lost", "Closed Lost to Competition"
    ]  # fmt: skip
    assert account["Samtale_Mark"]["unique"] == {"case_sensitive": False}
    assert account["Account_Name"]["unique"] == {}
    assert (account["Annual_Revenue"]["data_type"], account["Annual_Revenue"]["json_type"]) == ("currency", "double")
    assert (contact["Email_Opt_Out"]["json_type"], contact["Account_Name"]["json_type"]) == ("boolean", "jsonobject")


def test_custom_fields_are_there_by_option() -> None:
    assert "Samtale_Mark" not in fields(Calls(), "Contacts")
    assert "Org_Number" not in fields(Calls(org_number=False), "Accounts")


def test_a_unique_field_can_be_made_and_is_unique_from_then_on() -> None:
    calls = Calls()
    wanted = {"field_label": "Samtale Mark", "data_type": "text", "length": 100, "unique": {"case_sensitive": False}}
    created = calls.call("POST", "settings/fields", {"module": "Accounts"}, {"fields": [wanted]})
    assert (created.status, created.json()["fields"][0]["code"]) == (201, "SUCCESS")
    made = fields(calls, "Accounts")["Samtale_Mark"]
    assert (made["id"], made["custom_field"], made["length"]) == (
        created.json()["fields"][0]["details"]["id"],
        True,
        100,
    )
    assert "Samtale_Mark" not in fields(calls, "Contacts")
    key = calls.added("Accounts", Account_Name="Fjord AS", Samtale_Mark="m-1")
    assert calls.shown("Accounts", key)["Samtale_Mark"] == "m-1"
    again = calls.insert("Accounts", {"Account_Name": "Dal AS", "Samtale_Mark": "m-1"})
    assert again.json()["data"][0]["code"] == "DUPLICATE_DATA"
    twice = calls.call("POST", "settings/fields", {"module": "Accounts"}, {"fields": [wanted]})
    assert (twice.status, twice.json()["code"]) == (400, "DUPLICATE_DATA")


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ([], "MANDATORY_NOT_FOUND"),
        ([{"data_type": "text"}], "MANDATORY_NOT_FOUND"),
        ([{"field_label": "Mark"}], "MANDATORY_NOT_FOUND"),
        ([{"field_label": "Mark", "data_type": "poem"}], "INVALID_DATA"),
        ([{"field_label": "x" * 26, "data_type": "text"}], "INVALID_DATA"),
        ([{"field_label": "Mark", "data_type": "text", "length": 256}], "INVALID_DATA"),
        ([{"field_label": "Mark", "data_type": "boolean", "unique": {"case_sensitive": True}}], "NOT_ALLOWED"),
        ([{"field_label": f"Mark {n}", "data_type": "text"} for n in range(6)], "LIMIT_EXCEEDED"),
    ],
)
def test_a_field_that_cannot_be_made_is_refused(wanted: Any, code: str) -> None:
    response = Calls().call("POST", "settings/fields", {"module": "Accounts"}, {"fields": wanted})
    assert (response.status, response.json()["code"]) == (400, code)


def test_the_current_user_is_who_the_token_belongs_to_and_who_modified() -> None:
    calls = Calls()
    user = calls.get("users", type="CurrentUser").json()["users"][0]
    key = calls.added("Accounts", Account_Name="Fjord AS")
    assert calls.shown("Accounts", key)["Modified_By"]["id"] == user["id"]
    calls.simulator.door_put("Account", key, {"Phone": "22"})
    assert calls.shown("Accounts", key)["Modified_By"]["id"] != user["id"]
    assert calls.get("org").json()["org"][0]["id"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/crm/v8/Leads", 400, "INVALID_MODULE"),
        ("GET", "/crm/v7/Accounts", 400, "API_NOT_SUPPORTED"),
        ("PATCH", "/crm/v8/Accounts", 400, "INVALID_REQUEST_METHOD"),
        ("PUT", "/crm/v8/settings/fields", 400, "INVALID_REQUEST_METHOD"),
        ("GET", "/crm/v8", 404, "INVALID_URL_PATTERN"),
        ("GET", "/crm/v8/Accounts/1/2/3", 404, "INVALID_URL_PATTERN"),
        ("GET", "/somewhere", 404, "INVALID_URL_PATTERN"),
    ],
)
def test_an_address_that_is_none(method: str, path: str, status: int, code: str) -> None:
    calls = Calls()
    response = calls.send(method, path, authorization=f"Zoho-oauthtoken {calls.token}")
    body = response.json()
    assert (response.status, body["code"], body["status"]) == (status, code, "error")
    assert set(body) == {"code", "message", "status", "details"}


def test_credits_run_out_and_come_back_after_a_day() -> None:
    calls = Calls(credits=10)
    for used in range(1, 11):
        response = calls.get("org")
        assert response.status == 200
        assert response.headers.get("X-API-CREDITS-REMAINING") == (str(10 - used) if used >= 5 else None)
    refused = calls.get("org")
    assert (refused.status, refused.json()["code"]) == (429, "TOO_MANY_REQUESTS")
    assert "retry-after" not in {name.lower() for name in refused.headers}
    calls.clock.advance(86_400)
    calls.token = calls.get_token().json()["access_token"]
    assert calls.get("org").status == 200


def test_a_write_costs_one_credit_for_every_ten_records() -> None:
    calls = Calls(credits=10)
    response = calls.insert("Accounts", *({"Account_Name": f"Firm {n}"} for n in range(51)))
    assert response.headers["X-API-CREDITS-REMAINING"] == "4"


def test_calls_at_the_same_time_are_limited() -> None:
    limits = Limits(clock=FakeClock(), credits=None, concurrency=2)

    def enter(depth: int) -> None:
        if depth:
            with limits.inside():
                enter(depth - 1)

    enter(2)
    with pytest.raises(Refusal) as refused:
        enter(3)
    assert (refused.value.status, refused.value.code) == (429, "TOO_MANY_REQUESTS")
    enter(2)


def world(seed: int) -> list[str]:
    simulator = ZohoCrm(seed=seed, records=120, clock=FakeClock())
    return [json.dumps(simulator.door_get(name), sort_keys=True) for name in simulator.collections()]


def test_the_same_seed_gives_the_same_records() -> None:
    assert world(3) == world(3)
    assert world(3) != world(4)


def test_the_seeded_records_are_valid_old_and_in_order() -> None:
    calls = Calls(records=400)
    for collection, module, least in (
        ("Account", "Accounts", 100),
        ("Contact", "Contacts", 150),
        ("Deal", "Deals", 10),
    ):
        records = calls.simulator.door_get(collection)
        assert len(records) >= least
        assert [r["id"] for r in sorted(records, key=lambda r: r["Created_Time"])] == [r["id"] for r in records]
        assert all(r["Created_Time"] <= r["Modified_Time"] < "2026-01-05" for r in records)
        writable = [name for name, field in fields(calls, module).items() if not field["field_read_only"]]
        for record in records:
            again = {name: record[name] for name in writable if name != "Owner"}
            assert calls.put(module, record["id"], **again).status == 200
    assert calls.get("Accounts/search", word="example").status == 200
