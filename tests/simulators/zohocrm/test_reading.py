"""Get Records, Get a Record, Get Deleted Records: parameters, paging, empties."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from samtale.simulators.base import Response
from tests.simulators.zohocrm.calls import Calls, item


@pytest.fixture(scope="module")
def big() -> Calls:
    """450 accounts, one more every second."""
    calls = Calls()
    for start in range(0, 450, 50):
        for number in range(start, start + 50):
            calls.simulator.door_put("Account", None, {"Account_Name": f"Firm {number:04d}"})
            calls.clock.advance(1)
    return calls


def names(response: Response) -> list[str]:
    return [record["Account_Name"] for record in response.json()["data"]]


def test_fields_are_required_and_at_most_fifty(big: Calls) -> None:
    missing = big.get("Accounts")
    assert (missing.status, missing.json()["code"]) == (400, "REQUIRED_PARAM_MISSING")
    assert missing.json()["details"] == {"param_name": "fields"}
    many = big.get("Accounts", fields=",".join(f"F{n}" for n in range(51)))
    assert (many.status, many.json()["code"]) == (400, "LIMIT_EXCEEDED")


def test_only_the_fields_asked_for_come_back_and_the_id(big: Calls) -> None:
    record = big.get("Accounts", fields="Account_Name,Nonsense", per_page=1).json()["data"][0]
    assert set(record) == {"id", "Account_Name"}


def test_the_default_order_is_by_id_descending(big: Calls) -> None:
    page = big.get("Accounts", fields="Account_Name")
    assert names(page) == [f"Firm {n:04d}" for n in range(449, 249, -1)]
    info = page.json()["info"]
    assert (info["per_page"], info["count"], info["page"], info["more_records"]) == (200, 200, 1, True)
    assert (info["sort_by"], info["sort_order"]) == ("id", "desc")


def test_ids_are_strings_of_nineteen_digits(big: Calls) -> None:
    key = big.get("Accounts", fields="Account_Name", per_page=1).json()["data"][0]["id"]
    assert isinstance(key, str)
    assert key.isdecimal()
    assert len(key) == 19


def test_numbered_pages_reach_all_and_end(big: Calls) -> None:
    found: list[str] = []
    for page in (1, 2, 3):
        found += names(big.get("Accounts", fields="Account_Name", page=page, sort_order="asc"))
    assert found == [f"Firm {n:04d}" for n in range(450)]
    beyond = big.get("Accounts", fields="Account_Name", page=4)
    assert (beyond.status, beyond.body) == (204, b"")


def test_a_numbered_page_beyond_two_thousand_rows_is_refused(big: Calls) -> None:
    assert big.get("Accounts", fields="Account_Name", page=10).status == 204
    response = big.get("Accounts", fields="Account_Name", page=11)
    assert response.json()["code"] == "DISCRETE_PAGINATION_LIMIT_EXCEEDED"
    assert response.json()["details"] == {"limit": 2000}


def walk(calls: Calls, **query: Any) -> list[str]:
    found: list[str] = []
    response = calls.get("Accounts", **query)
    while True:
        found += names(response)
        token = response.json()["info"]["next_page_token"]
        assert response.json()["info"]["more_records"] == (token is not None)
        if token is None:
            return found
        response = calls.get("Accounts", **query, page_token=token)


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort_by", ["id", "Created_Time", "Modified_Time"])
def test_page_tokens_reach_all(big: Calls, sort_by: str, order: str) -> None:
    found = walk(big, fields="Account_Name", sort_by=sort_by, sort_order=order, per_page=150)
    assert found == sorted(found, reverse=order == "desc")
    assert len(found) == 450


def test_page_tokens_reach_beyond_two_thousand() -> None:
    calls = Calls()
    for number in range(0, 2200, 100):
        calls.insert("Accounts", *({"Account_Name": f"Firm {number + n:04d}"} for n in range(100)))
    assert len(set(walk(calls, fields="Account_Name"))) == 2200


def test_a_page_token_is_bound_to_the_other_parameters_and_lives_a_day(big: Calls) -> None:
    query: dict[str, Any] = {"fields": "Account_Name", "per_page": 100}
    token = big.get("Accounts", **query).json()["info"]["next_page_token"]
    for changed in ({"fields": "Phone"}, {"per_page": 99}, {"sort_by": "Modified_Time"}):
        response = big.get("Accounts", **{**query, **changed}, page_token=token)
        assert response.json()["code"] == "TOKEN_BOUND_DATA_MISMATCH"
    since = {"if-modified-since": "2020-01-01T00:00:00+00:00"}
    assert big.get("Accounts", since, **query, page_token=token).json()["code"] == "TOKEN_BOUND_DATA_MISMATCH"
    assert big.get("Accounts", **query, page_token=token, page=2).json()["code"] == "AMBIGUITY_DURING_PROCESSING"
    assert big.get("Accounts", **query, page_token="made-up").json()["code"] == "INVALID_DATA"
    assert big.get("Accounts", **query, page_token=token).status == 200
    calls = Calls()
    calls.insert("Accounts", {"Account_Name": "One"}, {"Account_Name": "Two"})
    token = calls.get("Accounts", fields="Account_Name", per_page=1).json()["info"]["next_page_token"]
    calls.clock.advance(86_400)
    calls.token = calls.get_token().json()["access_token"]
    response = calls.get("Accounts", fields="Account_Name", per_page=1, page_token=token)
    assert response.json()["code"] == "EXPIRED_VALUE"


def test_what_is_unknown_in_a_parameter_is_refused_with_what_is_known(big: Calls) -> None:
    response = big.get("Accounts", fields="Account_Name", sort_by="Account_Name")
    assert (response.status, response.json()["code"]) == (400, "INVALID_DATA")
    assert response.json()["details"]["supported_values"] == ["id", "Created_Time", "Modified_Time"]
    assert big.get("Accounts", fields="Account_Name", per_page=201).status == 400
    assert big.get("Accounts", fields="Account_Name", page=0).status == 400
    both = big.get("Accounts", fields="Account_Name", sort_by="id", cvid="1")
    assert both.json()["code"] == "AMBIGUITY_DURING_PROCESSING"


def test_changed_since_leaves_out_the_very_second_and_answers_304_when_nothing_is() -> None:
    calls = Calls()
    calls.added("Accounts", Account_Name="Old")
    calls.clock.advance(10)
    key = calls.added("Accounts", Account_Name="New")
    when = calls.shown("Accounts", key)["Modified_Time"]
    before = (calls.clock.now() - timedelta(seconds=1)).isoformat()
    assert names(calls.get("Accounts", {"if-modified-since": before}, fields="Account_Name")) == ["New"]
    same = calls.get("Accounts", {"if-modified-since": when}, fields="Account_Name")
    assert (same.status, same.body) == (304, b"")
    wide = Calls(since_inclusive=True)
    when = wide.shown("Accounts", wide.added("Accounts", Account_Name="New"))["Modified_Time"]
    assert names(wide.get("Accounts", {"if-modified-since": when}, fields="Account_Name")) == ["New"]


@pytest.mark.parametrize("header", ["Mon, 05 Jan 2026 08:00:00 GMT", "2026-01-05T08:00:00", "yesterday"])
def test_changed_since_takes_iso_8601_with_an_offset_alone(header: str) -> None:
    response = Calls().get("Accounts", {"if-modified-since": header}, fields="Account_Name")
    assert (response.status, response.json()["code"]) == (400, "INVALID_DATA")


def test_times_have_the_offset_of_the_organization_and_whole_seconds() -> None:
    calls = Calls()
    calls.clock.advance(0.75)
    record = calls.shown("Accounts", calls.added("Accounts", Account_Name="Fjord AS"))
    assert record["Created_Time"] == record["Modified_Time"] == "2026-01-05T10:00:00+02:00"


def test_records_by_id_in_one_call() -> None:
    calls = Calls()
    keys = [calls.added("Accounts", Account_Name=f"Firm {n}") for n in range(4)]
    response = calls.get("Accounts", fields="Account_Name", ids=f"{keys[2]},{keys[0]},1")
    assert {record["id"] for record in response.json()["data"]} == {keys[0], keys[2]}
    assert calls.get("Accounts", fields="Account_Name", ids="1,2").status == 204
    many = ",".join(str(n) for n in range(101))
    assert calls.get("Accounts", fields="Account_Name", ids=many).json()["code"] == "LIMIT_EXCEEDED"


@pytest.mark.parametrize(("status", "code"), [(204, None), (400, "INVALID_DATA")])
def test_a_record_that_is_not_there(status: int, code: str | None) -> None:
    response = Calls(unknown_id_status=status).get("Accounts/3100000000000000001")
    assert response.status == status
    assert (response.json()["code"] if response.body else None) == code


def test_a_lookup_shows_the_name_that_is_current_and_goes_blank_while_its_record_is_away() -> None:
    calls = Calls()
    account = calls.added("Accounts", Account_Name="Fjord AS")
    contact = calls.added("Contacts", Last_Name="Berg", First_Name="Åse", Account_Name={"id": account})
    before = calls.shown("Contacts", contact)
    assert before["Account_Name"] == {"name": "Fjord AS", "id": account}
    assert before["Full_Name"] == "Åse Berg"
    calls.clock.advance(5)
    calls.put("Accounts", account, Account_Name="Fjord Holding AS")
    after = calls.shown("Contacts", contact)
    assert after["Account_Name"] == {"name": "Fjord Holding AS", "id": account}
    assert after["Modified_Time"] == before["Modified_Time"]
    calls.call("DELETE", f"Accounts/{account}")
    assert calls.shown("Contacts", contact)["Account_Name"] is None


def test_a_deletion_is_told_with_its_time_then_as_permanent_and_at_last_not_at_all() -> None:
    calls = Calls()
    assert calls.get("Accounts/deleted").status == 204
    key = calls.added("Accounts", Account_Name="Fjord AS")
    assert item(calls.call("DELETE", f"Accounts/{key}"))["message"] == "record deleted"
    told = calls.get("Accounts/deleted").json()["data"][0]
    assert (told["id"], told["type"], told["display_name"]) == (key, "recycle", "Fjord AS")
    assert calls.get("Accounts", fields="Account_Name").status == 204
    since = {"if-modified-since": told["deleted_time"]}
    assert calls.get("Accounts/deleted", since).status == 204
    day = 86_400

    def later(days: int) -> Response:
        calls.clock.advance(days * day)
        calls.token = calls.get_token().json()["access_token"]
        return calls.get("Accounts/deleted", type="permanent")

    assert later(59).status == 204
    gone = later(2).json()["data"][0]
    assert (gone["id"], gone["type"], gone["display_name"], gone["deleted_by"]) == (key, "permanent", None, None)
    assert later(119).status == 200
    assert later(2).status == 204


def test_deleted_records_come_in_pages_and_kinds() -> None:
    calls = Calls()
    keys = [calls.added("Accounts", Account_Name=f"Firm {n}") for n in range(5)]
    calls.call("DELETE", "Accounts", {"ids": ",".join(keys)})
    calls.call("DELETE", f"settings/recycle_bin/{keys[0]}")
    page = calls.get("Accounts/deleted", type="recycle", per_page=3).json()
    assert (len(page["data"]), page["info"]["more_records"]) == (3, True)
    rest = calls.get("Accounts/deleted", type="recycle", per_page=3, page=2).json()
    assert (len(rest["data"]), rest["info"]["more_records"]) == (1, False)
    assert [one["id"] for one in calls.get("Accounts/deleted", type="permanent").json()["data"]] == [keys[0]]
    assert calls.get("Accounts/deleted", type="lost").json()["code"] == "PATTERN_NOT_MATCHED"


def test_a_restored_record_has_its_id_again_and_is_no_longer_told_as_deleted() -> None:
    calls = Calls()
    key = calls.added("Accounts", Account_Name="Fjord AS")
    calls.call("DELETE", f"Accounts/{key}")
    calls.clock.advance(3)
    restored = calls.call("POST", f"settings/recycle_bin/{key}/actions/restore").json()["recycle_bin"][0]
    assert (restored["code"], restored["details"]) == ("SUCCESS", {"id": key})
    assert calls.shown("Accounts", key)["Account_Name"] == "Fjord AS"
    assert calls.get("Accounts/deleted").status == 204
    again = calls.call("POST", "settings/recycle_bin/actions/restore", value={"ids": [key]})
    assert (again.status, again.json()["recycle_bin"][0]["code"]) == (400, "INVALID_DATA")


def test_with_cascade_the_children_go_and_come_with_their_account() -> None:
    calls = Calls(cascade=True)
    account = calls.added("Accounts", Account_Name="Fjord AS")
    contact = calls.added("Contacts", Last_Name="Berg", Account_Name={"id": account})
    calls.call("DELETE", f"Accounts/{account}")
    assert calls.get(f"Contacts/{contact}").status == 204
    alone = calls.call("POST", f"settings/recycle_bin/{contact}/actions/restore").json()["recycle_bin"][0]
    assert alone["code"] == "CANNOT_RESTORE_WITHOUT_PARENT"
    calls.call("POST", f"settings/recycle_bin/{account}/actions/restore")
    assert calls.shown("Contacts", contact)["Account_Name"]["id"] == account
