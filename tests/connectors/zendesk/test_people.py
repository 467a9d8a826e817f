"""Zendesk's users: address, direct line and organization change without dropping or doubling anything."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from samtale.core.problems import Gone, Moved, Refused, Retry, Taken, Uncertain
from tests.connectors.zendesk.desk import Help

OLD, NEW = "old@firm.example", "new@firm.example"


def shown(record: bytes | None) -> dict[str, Any]:
    assert record is not None
    found: dict[str, Any] = json.loads(record)
    return found


# -- addresses


def test_a_new_address_becomes_the_primary_and_the_old_one_stays() -> None:
    desk = Help()
    key = desk.person(email=OLD)
    mails = desk.simulator.table.mails
    written = desk.change(key, email=NEW)
    assert shown(written.record)["email"] == desk.user(key)["email"] == NEW
    assert desk.addresses(key) == {OLD: False, NEW: True}
    assert desk.simulator.table.mails == mails
    assert f"PUT users/{key}" not in desk.calls


def test_the_new_address_is_as_verified_as_the_old_one() -> None:
    desk = Help()
    known = desk.person(email=OLD, verified=True)
    unknown = desk.person(email="two@firm.example")
    desk.change(known, email=NEW)
    desk.change(unknown, email="three@firm.example")
    verified = {i.value: i.verified for u in (known, unknown) for i in desk.simulator.table.identities_of(int(u))}
    assert verified[NEW] is True
    assert verified["three@firm.example"] is False


def test_an_address_that_the_user_has_already_only_changes_places() -> None:
    desk = Help()
    key = desk.person(email=OLD)
    desk.change(key, email=NEW)
    desk.change(key, email=OLD.upper())
    assert desk.addresses(key) == {OLD.upper(): True, NEW: False}


def test_somebody_elses_address_is_taken_and_nothing_changes() -> None:
    desk = Help()
    key, _ = desk.person(email=OLD), desk.person(email=NEW)
    with pytest.raises(Taken) as taken:
        desk.change(key, email=NEW)
    assert taken.value.properties == ("email",)
    assert NEW not in str(taken.value)
    assert desk.addresses(key) == {OLD: True}


def test_an_address_that_may_not_be_primary_leaves_nothing_behind() -> None:
    desk = Help(unverified_primary=False)
    key = desk.person(email=OLD)
    with pytest.raises(Refused) as refused:
        desk.change(key, email=NEW)
    assert refused.value.properties == ("email",)
    assert desk.addresses(key) == {OLD: True}


def test_the_only_address_can_be_cleared_and_one_of_several_cannot() -> None:
    desk = Help()
    key = desk.person(email=OLD)
    desk.change(key, email=NEW)
    with pytest.raises(Refused) as refused:
        desk.change(key, email=None)
    assert refused.value.properties == ("email",)
    assert desk.addresses(key) == {OLD: False, NEW: True}
    single = desk.person(email="three@firm.example")
    assert shown(desk.change(single, email=None).record)["email"] is None


def test_an_address_that_does_not_become_the_primary_is_found_out() -> None:
    desk = Help()
    key = desk.person(email=OLD)

    def deaf(request: httpx2.Request) -> httpx2.Response | None:
        return httpx2.Response(200, json={"identities": []}) if "make_primary" in request.url.path else None

    desk.intercept = deaf
    with pytest.raises(Refused) as refused:
        desk.change(key, email=NEW)
    assert refused.value.problems[0].code == "silently_ignored"


# -- direct lines


def test_a_first_number_is_written_plainly() -> None:
    desk = Help()
    key = desk.person()
    assert shown(desk.change(key, phone="+4722000001").record)["phone"] == "+4722000001"
    assert desk.addresses(key, "phone_number") == {"+4722000001": True}


def test_a_direct_line_is_replaced_and_the_old_number_stays_as_a_second_one() -> None:
    desk = Help()
    key = desk.person(phone="+4722000001")
    assert shown(desk.change(key, phone="+4722000002").record)["phone"] == "+4722000002"
    assert desk.addresses(key, "phone_number") == {"+4722000001": False, "+4722000002": True}


def test_a_shared_number_is_no_identity() -> None:
    desk = Help()
    desk.person(phone="+4722000001")
    key = desk.person()
    assert shown(desk.change(key, phone="+4722000001").record)["shared_phone_number"] is True
    assert shown(desk.change(key, phone="+4722000003").record)["phone"] == "+4722000003"


def test_a_number_is_cleared() -> None:
    desk = Help()
    key = desk.person(phone="+4722000001")
    assert shown(desk.change(key, phone=None).record)["phone"] is None


# -- organizations


def test_a_new_organization_is_the_default_and_the_others_stay() -> None:
    desk = Help()
    first, second, third = (desk.company(name) for name in ("A", "B", "C"))
    key = desk.person(organization_id=int(first))
    desk.simulator.door_put("Users", key, {"organization_id": int(second)})
    assert shown(desk.change(key, organization_id=int(third)).record)["organization_id"] == int(third)
    assert desk.organizations(key) == {first: False, second: False, third: True}
    desk.change(key, organization_id=int(first))
    assert desk.organizations(key) == {first: True, second: False, third: False}
    assert all("organization_id" not in (body or {}).get("user", {}) for body in desk.bodies)


def test_a_first_organization_needs_no_second_call() -> None:
    desk = Help()
    company = desk.company("A")
    key = desk.person()
    desk.change(key, organization_id=int(company))
    assert desk.organizations(key) == {company: True}
    assert not any("make_default" in call for call in desk.calls)


def test_the_only_organization_can_be_left_and_one_of_several_cannot() -> None:
    desk = Help()
    first, second = desk.company("A"), desk.company("B")
    key = desk.person(organization_id=int(first))
    assert shown(desk.change(key, organization_id=None).record)["organization_id"] is None
    for company in (first, second):
        desk.change(key, organization_id=int(company))
    with pytest.raises(Refused):
        desk.change(key, organization_id=None)
    assert desk.organizations(key) == {first: False, second: True}


def test_an_organization_that_is_gone_is_refused() -> None:
    desk = Help()
    key = desk.person()
    with pytest.raises(Refused) as refused:
        desk.change(key, organization_id=4711)
    assert refused.value.properties == ("organization_id",)


# -- several at once


def test_all_of_them_at_once() -> None:
    desk = Help()
    company = desk.company("A")
    key = desk.person(email=OLD, phone="+4722000001")
    values = {"email": NEW, "phone": "+4722000002", "organization_id": int(company), "notes": "new"}
    record = shown(desk.change(key, **values).record)
    assert {path: record[path] for path in values} == values


@pytest.mark.parametrize("status", [422, 403, 429])
def test_a_part_that_fails_after_another_took_effect_is_uncertain(status: int) -> None:
    desk = Help()
    key = desk.person(email=OLD)

    def shut(request: httpx2.Request) -> httpx2.Response | None:
        itself = (request.method, request.url.path) == ("PUT", f"/api/v2/users/{key}")
        return httpx2.Response(status, json={}) if itself else None

    desk.intercept = shut
    with pytest.raises(Uncertain) as uncertain:
        desk.change(key, email=NEW, notes="new")
    assert uncertain.value.problems[0].code == "partly_written"
    assert desk.user(key)["email"] == NEW


def test_a_first_part_that_fails_is_what_it_is() -> None:
    desk = Help()
    key = desk.person(email=OLD)
    desk.intercept = lambda r: httpx2.Response(429) if r.method == "POST" else None
    with pytest.raises(Retry):
        desk.change(key, email=NEW, notes="new")
    assert desk.user(key)["notes"] is None


def test_what_moved_or_is_gone_is_not_touched() -> None:
    desk = Help()
    key = desk.person(email=OLD)
    with pytest.raises(Moved):
        desk.connector.update("Users", key, {"email": NEW}, {"email": "other@firm.example"}, None)
    desk.simulator.door_delete("Users", key)
    with pytest.raises(Gone):
        desk.connector.update("Users", key, {"email": NEW}, {"email": OLD}, None)
    assert {call.split()[0] for call in desk.calls} == {"GET"}
