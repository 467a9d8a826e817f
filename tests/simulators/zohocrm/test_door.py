"""What people do at the door, and faults that only this vendor's code can act out; some of it over real sockets."""

from __future__ import annotations

import threading
from typing import Any

import httpx2
import pytest

from samtale.simulators import build
from samtale.simulators.base import DoorError
from samtale.simulators.server import serve
from tests.simulators.zohocrm.calls import CREDENTIALS, Calls, item


def test_a_person_makes_changes_and_deletes_records() -> None:
    calls = Calls()
    door = calls.simulator
    account = door.door_put("Account", None, {"Account_Name": "Fjord AS"})
    contact = door.door_put("Contact", None, {"Last_Name": "Berg", "Account_Name": account["id"]})
    assert contact["Account_Name"] == {"name": "Fjord AS", "id": account["id"]}
    calls.clock.advance(5)
    changed = door.door_put("Contact", contact["id"], {"Phone": "22 33 44 55", "Account_Name": None})
    assert (changed["Phone"], changed["Account_Name"]) == ("22 33 44 55", None)
    assert changed["Modified_Time"] > contact["Modified_Time"]
    assert door.door_get_one("Contact", contact["id"]) == changed
    door.door_delete("Contact", contact["id"])
    assert door.door_get("Contact") == []
    assert door.door_get_one("Contact", contact["id"]) is None
    assert calls.get("Contacts/deleted").json()["data"][0]["type"] == "recycle"
    back = door.door_put("Contact", contact["id"], {"Restored": True})
    assert back["id"] == contact["id"]
    door.door_delete("Contact", contact["id"])
    door.door_delete("Contact", contact["id"])
    assert calls.get("Contacts/deleted").json()["data"][0]["type"] == "permanent"


def test_the_door_says_what_is_wrong_without_showing_values() -> None:
    door = Calls().simulator
    with pytest.raises(DoorError, match="no collection Leads"):
        door.door_get("Leads")
    with pytest.raises(DoorError, match="no field Full_Name"):
        door.door_put("Contact", None, {"Last_Name": "Berg", "Full_Name": "Someone"})
    with pytest.raises(DoorError, match="INVALID_DATA Email") as refused:
        door.door_put("Contact", None, {"Last_Name": "Berg", "Email": "secret-person"})
    assert "secret-person" not in refused.value.summary + refused.value.remedy
    with pytest.raises(DoorError, match="no record 31"):
        door.door_delete("Contact", "31")


def test_merging_keeps_the_survivor_fills_its_gaps_and_moves_what_refers() -> None:
    calls = Calls()
    survivor = calls.added("Accounts", Account_Name="Fjord AS", Phone="22")
    loser = calls.added("Accounts", Account_Name="Fjord A/S", Phone="33", Website="fjord.example")
    contact = calls.added("Contacts", Last_Name="Berg", Account_Name={"id": loser})
    merged = calls.simulator.door_merge("Account", loser, survivor)
    assert (merged["Account_Name"], merged["Phone"], merged["Website"]) == ("Fjord AS", "22", "fjord.example")
    assert calls.get(f"Accounts/{loser}").status == 204
    assert calls.shown("Contacts", contact)["Account_Name"]["id"] == survivor
    assert calls.get("Accounts/deleted").json()["data"][0]["id"] == loser
    silent = Calls(merge_leaves_trace=False)
    keys = [silent.added("Accounts", Account_Name="Fjord AS") for _ in range(2)]
    silent.simulator.door_merge("Account", keys[0], keys[1])
    assert silent.get("Accounts/deleted").status == 204
    with pytest.raises(DoorError, match="itself"):
        silent.simulator.door_merge("Account", keys[1], keys[1])


def accounts(calls: Calls, number: int) -> list[str]:
    return [calls.added("Accounts", Account_Name=f"Firm {n}") for n in range(number)]


def test_an_empty_list_where_there_are_records() -> None:
    calls = Calls()
    accounts(calls, 3)
    calls.fault("empty_list", path="/Accounts")
    assert calls.get("Accounts", fields="Account_Name").status == 204


def test_pages_without_end() -> None:
    calls = Calls()
    accounts(calls, 3)
    calls.fault("endless_pages")
    query: dict[str, Any] = {"fields": "Account_Name", "per_page": 2}
    info = calls.get("Accounts", **query).json()["info"]
    for _ in range(5):
        assert info["more_records"]
        page = calls.get("Accounts", **query, page_token=info["next_page_token"])
        info = page.json()["info"]
        assert page.json()["data"]
    assert calls.get("Accounts", **query, page=5_000).json()["data"]


def test_a_row_shown_again_on_the_next_page() -> None:
    calls = Calls()
    keys = accounts(calls, 4)
    calls.fault("duplicate_between_pages")
    query: dict[str, Any] = {"fields": "Account_Name", "per_page": 2, "sort_order": "asc"}
    first = calls.get("Accounts", **query).json()
    by_token = calls.get("Accounts", **query, page_token=first["info"]["next_page_token"]).json()
    by_number = calls.get("Accounts", **query, page=2).json()
    assert [r["id"] for r in first["data"]] == keys[:2]
    assert [r["id"] for r in by_token["data"]] == [r["id"] for r in by_number["data"]] == keys[1:]


def test_reads_from_a_replica_that_lags() -> None:
    calls = Calls()
    key = calls.added("Accounts", Account_Name="Fjord AS", Phone="11")
    calls.clock.advance(10)
    calls.put("Accounts", key, Phone="22")
    new = calls.added("Accounts", Account_Name="Dal AS")
    calls.fault("stale_read", seconds=5)
    assert calls.shown("Accounts", key)["Phone"] == "11"
    assert calls.get(f"Accounts/{new}").status == 204
    assert len(calls.get("Accounts", fields="Phone").json()["data"]) == 1
    assert calls.select("select Phone from Accounts where id is not null").json()["data"][0]["Phone"] == "11"
    calls.clock.advance(6)
    assert calls.shown("Accounts", key)["Phone"] == "22"


def test_text_stored_in_another_form() -> None:
    calls = Calls()
    calls.fault("reformat", property="Phone", form="strip_spaces")
    key = calls.added("Accounts", Account_Name="Fjord AS", Phone="22 33 44 55")
    record = calls.shown("Accounts", key)
    assert (record["Account_Name"], record["Phone"]) == ("Fjord AS", "22334455")
    calls.fault("reformat", form="upper")
    calls.put("Accounts", key, Account_Name="Dal AS", Account_Type="Customer")
    record = calls.shown("Accounts", key)
    assert (record["Account_Name"], record["Account_Type"]) == ("DAL AS", "Customer")


def test_over_sockets_the_domain_of_the_token_is_this_server_and_empties_have_no_body() -> None:
    with serve(build("zohocrm", records=30, speed=60.0)) as running, httpx2.Client(base_url=running.url) as client:
        granted = client.post("/oauth/v2/token", data=CREDENTIALS).json()
        assert (granted["api_domain"], granted["expires_in"]) == (running.url, 60)
        client.headers["Authorization"] = f"Zoho-oauthtoken {granted['access_token']}"
        page = client.get("/crm/v8/Contacts", params={"fields": "Last_Name", "per_page": 3})
        assert (page.status_code, len(page.json()["data"])) == (200, 3)
        when = {"If-Modified-Since": "2030-01-01T00:00:00+02:00"}
        unchanged = client.get("/crm/v8/Contacts", params={"fields": "Last_Name"}, headers=when)
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        missing = client.get("/crm/v8/Contacts/3")
        assert (missing.status_code, missing.content) == (204, b"")
        assert client.get("/crm/v8/Contacts", params={"fields": "Last_Name", "per_page": 1}).status_code == 200
        made = client.put(f"{running.door_url}/records/Account", json={"Account_Name": "Fjord AS"}).json()
        assert client.get(f"/crm/v8/Accounts/{made['id']}").json()["data"][0]["Account_Name"] == "Fjord AS"
        asked = client.get(f"{running.door_url}/requests").json()
        assert granted["access_token"] not in str(asked)


def test_over_sockets_many_threads_write_and_a_unique_value_is_taken_once() -> None:
    with serve(build("zohocrm", records=0, mark=True, concurrency=None)) as running:
        token = httpx2.post(f"{running.url}/oauth/v2/token", data=CREDENTIALS).json()["access_token"]
        codes: list[str] = []

        def write() -> None:
            with httpx2.Client(base_url=running.url, headers={"Authorization": f"Zoho-oauthtoken {token}"}) as client:
                for number in range(10):
                    body = {"data": [{"Account_Name": "Fjord AS", "Samtale_Mark": f"m-{number}"}]}
                    codes.append(client.post("/crm/v8/Accounts", json=body).json()["data"][0]["code"])

        threads = [threading.Thread(target=write) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(codes) == ["DUPLICATE_DATA"] * 30 + ["SUCCESS"] * 10
        assert len(running.simulator.door_get("Account")) == 10


def test_over_sockets_a_reply_lost_after_the_record_was_made() -> None:
    with serve(build("zohocrm", records=0)) as running, httpx2.Client(base_url=running.url) as client:
        granted = client.post("/oauth/v2/token", data=CREDENTIALS).json()
        client.headers["Authorization"] = f"Zoho-oauthtoken {granted['access_token']}"
        rule = {"kind": "lost_reply", "method": "POST", "path": "/crm/v8/Accounts", "times": 1}
        client.put(f"{running.door_url}/faults", json={"rules": [rule]})
        with pytest.raises(httpx2.TransportError):
            client.post("/crm/v8/Accounts", json={"data": [{"Account_Name": "Fjord AS"}]})
        assert len(running.simulator.door_get("Account")) == 1


def test_a_clock_that_is_off_shows_in_timestamps_alone() -> None:
    calls = Calls()
    calls.clock.skew = 3600
    told = item(calls.insert("Accounts", {"Account_Name": "Fjord AS"}))["details"]
    assert told["Modified_Time"] == "2026-01-05T11:00:00+02:00"
    calls.clock.advance(3599)
    assert calls.get("org").status == 200
