"""Insert, update, upsert and delete: results in input order, refusals, unique fields, conditions, automation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulators.zohocrm.calls import Calls, item


def codes(response: Any) -> list[str]:
    return [result["code"] for result in response.json()["data"]]


def test_results_come_in_input_order_and_the_status_tells_of_all_of_them() -> None:
    calls = Calls()
    good, bad = {"Account_Name": "Fjord AS"}, {"Phone": "22 33 44 55"}
    mixed = calls.insert("Accounts", good, bad, good)
    assert (mixed.status, codes(mixed)) == (207, ["SUCCESS", "MANDATORY_NOT_FOUND", "SUCCESS"])
    assert item(mixed, 1)["details"] == {"api_name": "Account_Name", "json_path": "$.data[1].Account_Name"}
    assert calls.insert("Accounts", good).status == 201
    assert calls.insert("Accounts", bad).status == 400
    details = item(mixed)["details"]
    assert {"id", "Created_Time", "Modified_Time", "Created_By", "Modified_By", "$approval_state"} <= set(details)
    assert item(mixed)["message"] == "record added"


def test_a_hundred_items_and_not_one_more() -> None:
    calls = Calls()
    items = [{"Account_Name": f"Firm {n}"} for n in range(101)]
    refused = calls.insert("Accounts", *items)
    assert (refused.status, refused.json()["code"]) == (400, "LIMIT_EXCEEDED")
    assert calls.get("Accounts", fields="Account_Name").status == 204
    assert calls.insert("Accounts", *items[:100]).status == 201


@pytest.mark.parametrize(
    ("value", "code"),
    [([], "INVALID_DATA"), ({}, "MANDATORY_NOT_FOUND"), ({"data": {}}, "INVALID_DATA"),
     ({"data": []}, "MANDATORY_NOT_FOUND"), ({"data": ["x"]}, None),
     ({"data": [{"Account_Name": "A"}], "trigger": ["all"]}, "INVALID_DATA")],
)  # fmt: skip
def test_a_body_of_the_wrong_shape_is_refused_as_a_whole(value: Any, code: str | None) -> None:
    response = Calls().call("POST", "Accounts", value=value)
    assert response.status == 400
    assert (response.json()["code"] if code else item(response)["code"]) == (code or "INVALID_DATA")


WRONG = [
    ("Accounts", "Account_Name", "x" * 201, {"maximum_length": 200}),
    ("Accounts", "Account_Name", 7, {"expected_data_type": "text"}),
    ("Accounts", "Phone", "ring me!", {"expected_data_type": "phone"}),
    ("Accounts", "Phone", "1" * 31, {"maximum_length": 30}),
    ("Accounts", "Employees", "7", {"expected_data_type": "integer"}),
    ("Accounts", "Employees", 7.5, {"expected_data_type": "integer"}),
    ("Accounts", "Employees", True, {"expected_data_type": "integer"}),
    ("Accounts", "Annual_Revenue", "12.50", {"expected_data_type": "currency"}),
    ("Accounts", "Website", "two words", {"expected_data_type": "website"}),
    ("Contacts", "Email", "nobody", {"expected_data_type": "email"}),
    ("Contacts", "Email_Opt_Out", "true", {"expected_data_type": "boolean"}),
    ("Contacts", "Date_of_Birth", "2026-02-30", {"expected_data_type": "date"}),
    ("Contacts", "Account_Name", "3100000000000000001", {"expected_data_type": "jsonobject"}),
    ("Contacts", "Account_Name", {"id": "3100000000000000001"}, {"id": "3100000000000000001"}),
    ("Contacts", "Owner", {"id": "3100000000000000001"}, {"id": "3100000000000000001"}),
    ("Deals", "Closing_Date", "2026-05-01T00:00:00Z", {"expected_data_type": "date"}),
    ("Deals", "Probability", 101, {}),
]
VALID = {
    "Accounts": {"Account_Name": "Fjord AS"},
    "Contacts": {"Last_Name": "Berg"},
    "Deals": {"Deal_Name": "Pilot", "Stage": "Qualification"},
}


@pytest.mark.parametrize(("module", "name", "value", "details"), WRONG)
def test_a_wrong_value_is_refused_with_its_field_and_reason(
    module: str, name: str, value: Any, details: dict[str, Any]
) -> None:
    calls = Calls()
    response = calls.insert(module, {**VALID[module], name: value})
    refused = item(response)
    assert (response.status, refused["code"]) == (400, "INVALID_DATA")
    assert refused["details"]["api_name"] == name
    assert refused["details"]["json_path"] == f"$.data[0].{name}"
    assert details.items() <= refused["details"].items()
    key = calls.added(module, **VALID[module])
    assert item(calls.put(module, key, **{name: value}))["code"] == "INVALID_DATA"


def test_an_unknown_stage_is_refused_with_the_known_ones() -> None:
    refused = item(Calls().insert("Deals", {"Deal_Name": "Pilot", "Stage": "Won"}))
    assert refused["message"] == "Pipeline doesn't contain the Stage"
    assert "Closed Won" in refused["details"]["supported_values"]


def test_several_faults_of_one_item_come_together() -> None:
    refused = item(Calls().insert("Contacts", {"Email": "nobody", "Phone": 1}))
    assert refused["code"] == "MULTIPLE_OR_MULTI_ERRORS"
    assert {e["details"]["api_name"] for e in refused["details"]["errors"]} == {"Email", "Phone", "Last_Name"}


def test_read_only_and_unknown_fields_are_passed_over_in_silence() -> None:
    calls = Calls()
    key = calls.added("Contacts", Last_Name="Berg", Full_Name="Someone", Created_Time="2000-01-01T00:00:00Z", Nope=1)
    record = calls.shown("Contacts", key)
    assert (record["Full_Name"], record["Created_Time"][:4]) == ("Berg", "2026")
    assert "Nope" not in record


def test_an_update_leaves_alone_what_is_omitted_and_clears_what_is_null_or_empty() -> None:
    calls = Calls()
    key = calls.added("Accounts", Account_Name="Fjord AS", Phone="22 33", Fax="44 55", Website="fjord.example")
    calls.clock.advance(2)
    updated = item(calls.put("Accounts", key, Phone=None, Fax=""))
    assert (updated["message"], updated["details"]["id"]) == ("record updated", key)
    record = calls.shown("Accounts", key)
    assert (record["Phone"], record["Fax"], record["Website"]) == (None, None, "fjord.example")
    assert record["Modified_Time"] > record["Created_Time"]
    cleared = item(calls.put("Accounts", key, Account_Name=None))
    assert cleared["code"] == "MANDATORY_NOT_FOUND"


def test_a_batch_update_needs_an_id_in_every_item() -> None:
    calls = Calls()
    key = calls.added("Accounts", Account_Name="Fjord AS")
    items = [{"id": key, "Phone": "22"}, {"Phone": "33"}, {"id": "31", "Phone": "44"}]
    response = calls.call("PUT", "Accounts", value={"data": items})
    assert (response.status, codes(response)) == (207, ["SUCCESS", "MANDATORY_NOT_FOUND", "INVALID_DATA"])
    assert calls.put("Accounts", "31", Phone="44").status == 400


def test_a_unique_field_names_the_record_that_has_the_value() -> None:
    calls = Calls(mark=True)
    first = calls.added("Accounts", Account_Name="Fjord AS", Samtale_Mark="m-1")
    response = calls.insert(
        "Accounts",
        {"Account_Name": "Other", "Samtale_Mark": "M-1"},
        {"Account_Name": "Third", "Samtale_Mark": "m-2"},
        {"Account_Name": "Fourth", "Samtale_Mark": "m-2"},
    )
    assert (response.status, codes(response)) == (207, ["DUPLICATE_DATA", "SUCCESS", "DUPLICATE_DATA"])
    details = item(response)["details"]
    assert (details["api_name"], details["duplicate_record"]["id"]) == ("Samtale_Mark", first)
    assert details["duplicate_record"]["module"]["api_name"] == "Accounts"
    assert calls.put("Accounts", first, Samtale_Mark="m-1", Phone="22").status == 200
    assert calls.insert("Contacts", {"Last_Name": "Berg", "Samtale_Mark": "m-1"}).status == 201


def test_a_plain_insert_does_not_mind_a_known_email_or_name() -> None:
    calls = Calls()
    for _ in range(2):
        assert calls.insert("Contacts", {"Last_Name": "Berg", "Email": "post@fjord.example"}).status == 201
        assert calls.insert("Accounts", {"Account_Name": "Fjord AS"}).status == 201


def upsert(calls: Calls, module: str, value: dict[str, Any], **more: Any) -> dict[str, Any]:
    response = calls.call("POST", f"{module}/upsert", value={"data": [value], **more})
    assert response.status in {200, 400}
    return item(response)


def test_upsert_without_more_takes_another_record_with_the_same_name_for_the_one_meant() -> None:
    calls = Calls(mark=True)
    deal = calls.added("Deals", Deal_Name="Renewal", Stage="Qualification")
    result = upsert(calls, "Deals", {"Deal_Name": "renewal", "Stage": "Closed Won"})
    assert (result["action"], result["duplicate_field"], result["details"]["id"]) == ("update", "Deal_Name", deal)
    contact = calls.added("Contacts", Last_Name="Berg", Email="post@fjord.example", Samtale_Mark="c")
    result = upsert(calls, "Contacts", {"Last_Name": "Dahl", "Email": "post@fjord.example"})
    assert (result["action"], result["details"]["id"]) == ("update", contact)
    assert calls.shown("Contacts", contact)["Last_Name"] == "Dahl"
    result = upsert(calls, "Contacts", {"Last_Name": "Vik"})
    assert (result["action"], result["duplicate_field"]) == ("insert", None)


def test_upsert_with_only_unique_fields_listed_leaves_the_system_field_out() -> None:
    calls = Calls(mark=True)
    marked = calls.added("Contacts", Last_Name="Berg", Email="post@fjord.example", Samtale_Mark="m-1")
    listed = {"duplicate_check_fields": ["Samtale_Mark"]}
    other = upsert(
        calls, "Contacts", {"Last_Name": "Vik", "Email": "post@fjord.example", "Samtale_Mark": "n"}, **listed
    )
    assert other["action"] == "insert"
    same = upsert(calls, "Contacts", {"Last_Name": "Vik", "Samtale_Mark": "m-1"}, **listed)
    assert (same["action"], same["duplicate_field"], same["details"]["id"]) == ("update", "Samtale_Mark", marked)
    refused = calls.call(
        "POST", "Contacts/upsert", value={"data": [{"Last_Name": "X"}], "duplicate_check_fields": ["Phone"]}
    )
    assert (refused.status, refused.json()["code"]) == (400, "INVALID_DATA")


def test_unique_fields_still_count_when_only_others_are_listed() -> None:
    calls = Calls(mark=True)
    marked = calls.added("Accounts", Account_Name="Fjord AS", Samtale_Mark="m-1")
    result = upsert(
        calls, "Accounts", {"Account_Name": "New", "Samtale_Mark": "m-1"}, duplicate_check_fields=["Account_Name"]
    )
    assert (result["action"], result["details"]["id"]) == ("update", marked)


def test_a_conditional_update_is_refused_with_the_current_version_when_the_record_moved() -> None:
    calls = Calls()
    key = calls.added("Accounts", Account_Name="Fjord AS")
    seen = calls.shown("Accounts", key)["Modified_Time"]
    assert calls.put("Accounts", key, {"if-unmodified-since": seen}, Phone="11").status == 200
    calls.clock.advance(3)
    calls.simulator.door_put("Account", key, {"Phone": "22"})
    refused = calls.put("Accounts", key, {"if-unmodified-since": seen}, Phone="33")
    assert (refused.status, codes(refused)) == (412, ["ALREADY_MODIFIED"])
    current = calls.shown("Accounts", key)
    assert item(refused)["details"]["Modified_Time"] == current["Modified_Time"]
    assert item(refused)["details"]["id"] == key
    assert current["Phone"] == "22"
    body = {"data": [{"Account_Name": "Fjord AS", "Phone": "44"}]}
    assert calls.call("POST", "Accounts/upsert", value=body, headers={"if-unmodified-since": seen}).status == 412
    http_date = {"if-unmodified-since": "Mon, 05 Jan 2026 08:00:00 GMT"}
    assert calls.put("Accounts", key, http_date, Phone="33").json()["code"] == "INVALID_DATA"


def test_two_edits_within_one_second_cannot_be_told_apart() -> None:
    calls = Calls()
    key = calls.added("Accounts", Account_Name="Fjord AS")
    seen = calls.shown("Accounts", key)["Modified_Time"]
    calls.clock.advance(0.4)
    calls.simulator.door_put("Account", key, {"Phone": "22"})
    assert calls.put("Accounts", key, {"if-unmodified-since": seen}, Phone="33").status == 200


def test_deleting_tells_of_each_record_and_a_second_time_that_it_did_not() -> None:
    calls = Calls()
    keys = [calls.added("Accounts", Account_Name=f"Firm {n}") for n in range(2)]
    assert calls.call("DELETE", f"Accounts/{keys[0]}").status == 200
    mixed = calls.call("DELETE", "Accounts", {"ids": ",".join(keys)})
    assert (mixed.status, codes(mixed)) == (207, ["INVALID_DATA", "SUCCESS"])
    assert item(mixed)["message"] == "record not deleted"
    assert calls.call("DELETE", f"Accounts/{keys[0]}").status == 400
    assert calls.call("DELETE", "Accounts").json()["code"] == "REQUIRED_PARAM_MISSING"


def test_a_deletion_knows_no_condition() -> None:
    calls = Calls()
    key = calls.added("Accounts", Account_Name="Fjord AS")
    old = {"if-unmodified-since": "2000-01-01T00:00:00+00:00"}
    assert calls.call("DELETE", f"Accounts/{key}", headers=old).status == 200


@pytest.mark.parametrize(("trigger", "moved"), [(None, True), (["workflow"], True), ([], False), (["approval"], False)])
def test_a_workflow_touches_a_written_record_again_unless_the_trigger_leaves_it_out(
    trigger: list[str] | None, moved: bool
) -> None:
    calls = Calls(workflow_after=5)
    more = {} if trigger is None else {"trigger": trigger}
    told = item(calls.insert("Accounts", {"Account_Name": "Fjord AS"}, **more))["details"]
    calls.clock.advance(4)
    assert calls.shown("Accounts", told["id"])["Modified_Time"] == told["Modified_Time"]
    calls.clock.advance(60)
    shown = calls.shown("Accounts", told["id"])
    assert (shown["Modified_Time"] > told["Modified_Time"]) == moved
    if moved:
        assert shown["Modified_Time"] == "2026-01-05T10:00:05+02:00"


def test_locked_records_and_those_waiting_for_approval_take_no_writes() -> None:
    calls = Calls()
    key = calls.added("Accounts", Account_Name="Fjord AS")
    calls.simulator.door_put("Account", key, {"Locked__s": True})
    assert item(calls.put("Accounts", key, Phone="22"))["code"] == "RECORD_LOCKED"
    assert item(calls.call("DELETE", f"Accounts/{key}"))["code"] == "RECORD_LOCKED"
    calls.simulator.door_put("Account", key, {"Locked__s": False, "$approval_state": "waiting"})
    assert item(calls.put("Accounts", key, Phone="22"))["code"] == "NOT_APPROVED"
    calls.simulator.door_put("Account", key, {"$approval_state": "approved"})
    assert calls.put("Accounts", key, Phone="22").status == 200


def test_a_stage_in_a_blueprint_moves_by_people_alone() -> None:
    calls = Calls(blueprint=True)
    key = calls.added("Deals", Deal_Name="Pilot", Stage="Qualification", Amount=100)
    refused = item(calls.put("Deals", key, Stage="Closed Won"))
    assert (refused["code"], refused["message"]) == ("RECORD_IN_BLUEPRINT", "The record is in blue print")
    assert calls.put("Deals", key, Amount=200.5).status == 200
    calls.simulator.door_put("Deal", key, {"Stage": "Closed Won"})
    record = calls.shown("Deals", key)
    assert (record["Stage"], record["Probability"], record["Expected_Revenue"]) == ("Closed Won", 100, 200.5)


def test_upsert_with_the_id_of_a_record_that_is_there_updates_that_one() -> None:
    calls = Calls()
    one, other = (calls.added("Accounts", Account_Name=name) for name in ("Fjord AS", "Dal AS"))
    result = upsert(calls, "Accounts", {"id": one, "Account_Name": "Dal AS"})
    assert (result["action"], result["duplicate_field"], result["details"]["id"]) == ("update", None, one)
    assert calls.shown("Accounts", other)["Account_Name"] == "Dal AS"
