"""Edits, conflicts, followers and clearing (design 5.0, 5.4, 5.5, 5.6)."""

from __future__ import annotations

import pytest

from samtale.engine import use_cases
from tests.engine.house import House, entries
from tests.engine.people import ADDRESS, Build, linked_firms

PHONE_RULE = "entity: organization\nfields:\n  phone: {{kind: phone, conflict: {rule}}}\n"


def _both_edit_phone(house: House, a: str, b: str, *, later: str) -> None:
    """Both systems change the phone, two minutes apart: PowerOffice to 22000001, Zoho to 22000002."""
    first, second = ("zoho", "po") if later == "po" else ("po", "zoho")
    for system in (first, second):
        if system == "po":
            house.po.edit("Customers", a, PhoneNumber="22000001")
        else:
            house.zoho.edit("Account", b, Phone="22000002")
        house.wait(120)


@pytest.mark.parametrize(("later", "winner"), [("po", "+4722000001"), ("zoho", "+4722000002")])
def test_the_newer_edit_wins(build: Build, later: str, winner: str) -> None:
    """5.4: times of change decide, and the losing value is kept, shown, and can be chosen later."""
    house, a, b = linked_firms(build)
    _both_edit_phone(house, a, b, later=later)
    house.sync("none")
    assert _phones(house, a, b) == {winner}
    assert house.reason(f"po.Customers:{a}", "phone") == "newest"
    loser = "+4722000002" if later == "po" else "+4722000001"
    verdicts = entries(use_cases.history(house.setting, f"po.Customers:{a}"), "verdict")
    assert [v["losers"][0][1] for v in verdicts if v["losers"]] == [[loser]]
    use_cases.resolve(house.setting, f"po.Customers:{a}", "phone", value=loser)
    house.sync("none")
    assert _phones(house, a, b) == {loser}
    house.assert_quiet()


def test_edits_that_cannot_be_told_apart_are_a_tie(quick: Build) -> None:
    """5.4: the order of systems in the project breaks it, and the verdict says so."""
    house, a, b = linked_firms(quick)
    house.time.sleep(0.3)
    house.po.simulator.door_put("Customers", a, {"PhoneNumber": "22000001"})
    house.zoho.simulator.door_put("Account", b, {"Phone": "22000002"})
    house.sync("none")
    assert _phones(house, a, b) == {"+4722000001"}
    assert house.reason(f"po.Customers:{a}", "phone") == "tie"
    house.assert_quiet()


def test_named_systems_go_first_where_the_field_says_so(quick: Build) -> None:
    """5.4: ``prefer``."""
    house, a, b = linked_firms(quick, models={"organization": PHONE_RULE.format(rule="{prefer: [zoho]}")})
    _both_edit_phone(house, a, b, later="po")
    house.sync("none")
    assert _phones(house, a, b) == {"+4722000002"}
    assert house.reason(f"po.Customers:{a}", "phone") == "preferred"


@pytest.mark.parametrize(("take", "winner"), [("po", "+4722000001"), ("zoho", "+4722000002")])
def test_a_person_decides_where_the_field_says_so(build: Build, take: str, winner: str) -> None:
    """5.4: ``ask``: nothing moves until ``resolve``; other fields do not wait."""
    house, a, b = linked_firms(build, models={"organization": PHONE_RULE.format(rule="ask")})
    _both_edit_phone(house, a, b, later="po")
    house.zoho.edit("Account", b, Website="https://new.example")
    house.sync("none")
    assert house.held() == ["conflict"]
    assert house.po.get("Customers", a, "PhoneNumber") == "22000001"
    assert house.zoho.get("Account", b, "Phone") == "22000002"
    assert house.po.get("Customers", a, "WebsiteUrl") == "https://new.example"
    use_cases.resolve(house.setting, f"zoho.Account:{b}", "phone", take=take)
    house.sync("none")
    assert _phones(house, a, b) == {winner}
    assert house.held() == []
    house.assert_quiet()


def test_an_edit_after_the_question_is_part_of_the_answer(quick: Build) -> None:
    """5.4: an open conflict is about what the systems show now."""
    house, a, b = linked_firms(quick, models={"organization": PHONE_RULE.format(rule="ask")})
    _both_edit_phone(house, a, b, later="po")
    house.sync("none")
    house.zoho.edit("Account", b, Phone="22000001")  # they came to agree
    house.sync("none")
    assert house.held() == []
    assert _phones(house, a, b) == {"+4722000001"}
    house.assert_quiet()


def test_different_fields_of_one_record_both_win(quick: Build) -> None:
    """5.4: merging is per field."""
    house, a, b = linked_firms(quick)
    house.po.edit("Customers", a, PhoneNumber="22000001")
    house.zoho.edit("Account", b, Website="https://new.example")
    house.sync("none")
    assert house.zoho.get("Account", b, "Phone") == "+4722000001"
    assert house.po.get("Customers", a, "WebsiteUrl") == "https://new.example"
    house.assert_quiet()


def test_the_same_edit_on_both_sides_is_no_conflict(quick: Build) -> None:
    """5.4: written in two ways, one value; nothing is written."""
    house, a, b = linked_firms(quick)
    house.po.edit("Customers", a, PhoneNumber="22 00 00 01")
    house.zoho.edit("Account", b, Phone="+47 220 00 001")
    before = len(house.po.writes()), len(house.zoho.writes())
    house.sync("none")
    assert (len(house.po.writes()), len(house.zoho.writes())) == before
    assert house.po.get("Customers", a, "PhoneNumber") == "22 00 00 01"
    house.assert_quiet()


def test_an_address_merges_as_one_value(quick: Build) -> None:
    """5.4: a group is one value: half of one address and half of another is no address."""
    house, a, b = linked_firms(quick, po={"MailAddress": ADDRESS})
    house.po.edit(
        "Customers",
        a,
        **{"MailAddress.AddressLine1": "Nygata 2", "MailAddress.ZipCode": "5003", "MailAddress.City": "Bergen"},
    )
    house.wait(120)
    house.zoho.edit("Account", b, Billing_Street="Torget 9")
    house.sync("none")
    account = house.zoho.one("Account", b)
    assert (account["Billing_Street"], account["Billing_City"]) in (("Torget 9", "Oslo"), ("Nygata 2", "Bergen"))
    assert house.po.get("Customers", a, "MailAddress.AddressLine1") == account["Billing_Street"]
    assert house.po.get("Customers", a, "MailAddress.City") == account["Billing_City"]
    house.assert_quiet()


# followers (5.5)


def test_an_edited_follower_is_an_edit_of_the_field(quick: Build) -> None:
    """5.5, equal: an edit of any is an edit of the field, and all are written."""
    house, a, b = linked_firms(quick, po={"MailAddress": ADDRESS})
    house.zoho.edit("Account", b, Shipping_City="Drammen")
    house.sync("none")
    assert house.po.get("Customers", a, "MailAddress.City") == "Drammen"
    assert house.zoho.get("Account", b, "Billing_City") == "Drammen"
    house.assert_quiet()


def test_a_follower_that_differed_at_first_link_is_never_lost(quick: Build) -> None:
    """5.5: separate billing and shipping addresses stay separate."""
    shipping = {
        "Shipping_Street": "Lageret 4",
        "Shipping_Code": "3015",
        "Shipping_City": "Drammen",
        "Shipping_Country": "Norway",
    }
    billing = {
        "Billing_Street": "Storgata 1",
        "Billing_Code": "0155",
        "Billing_City": "Oslo",
        "Billing_Country": "Norway",
    }
    house, a, b = linked_firms(quick, zoho={**shipping, **billing}, po={"MailAddress": ADDRESS})
    assert _shown(house, b, shipping) == shipping
    house.po.edit("Customers", a, **{"MailAddress.City": "Moss", "MailAddress.ZipCode": "1530"})
    house.sync("none")
    assert house.zoho.get("Account", b, "Billing_City") == "Moss"
    assert _shown(house, b, shipping) == shipping
    house.zoho.edit("Account", b, Shipping_City="Hamar")
    house.sync("none")
    assert house.po.get("Customers", a, "MailAddress.City") == "Moss"
    house.assert_quiet()


def test_emptying_a_follower_clears_nothing(quick: Build) -> None:
    """5.5: it sets that follower apart."""
    house, a, b = linked_firms(quick, po={"MailAddress": ADDRESS})
    assert house.zoho.get("Account", b, "Shipping_City") == "Oslo"
    house.zoho.edit("Account", b, Shipping_Street=None, Shipping_Code=None, Shipping_City=None, Shipping_Country=None)
    house.sync("none")
    assert house.po.get("Customers", a, "MailAddress.City") == "Oslo"
    assert house.zoho.get("Account", b, "Billing_City") == "Oslo"
    assert house.zoho.get("Account", b, "Shipping_City") is None
    house.assert_quiet()


def test_followers_apart(quick: Build) -> None:
    """5.5, apart: a follower edited alone propagates nothing, is not overwritten, and rejoins when equal again."""
    house, a, b = linked_firms(quick, followers="apart", po={"MailAddress": ADDRESS})
    house.zoho.edit("Account", b, Shipping_City="Drammen")
    house.sync("none")
    assert house.po.get("Customers", a, "MailAddress.City") == "Oslo"
    house.po.edit("Customers", a, **{"MailAddress.City": "Moss"})
    house.sync("none")
    assert house.zoho.get("Account", b, "Billing_City") == "Moss"
    assert house.zoho.get("Account", b, "Shipping_City") == "Drammen"
    house.zoho.edit("Account", b, Shipping_City="Moss")
    house.sync("none")
    house.po.edit("Customers", a, **{"MailAddress.City": "Hamar"})
    house.sync("none")
    assert house.zoho.get("Account", b, "Shipping_City") == "Hamar"
    house.assert_quiet()


# clearing (5.6)


def test_clearing_propagates(build: Build) -> None:
    """5.6: a value that was there and is explicitly empty is an edit."""
    house, a, b = linked_firms(build)
    house.po.edit("Customers", a, WebsiteUrl=None)
    house.zoho.edit("Account", b, Phone=None)
    house.sync("none")
    assert house.zoho.get("Account", b, "Website") is None
    assert house.po.get("Customers", a, "PhoneNumber") in (None, "")
    assert house.reason(f"po.Customers:{a}", "website") == "cleared"
    house.assert_quiet()


def test_clearing_is_ignored_where_the_field_says_so(quick: Build) -> None:
    """5.6: ``clear: ignore``: the other systems keep theirs, and later edits still win."""
    model = "entity: organization\nfields:\n  website: {kind: url, clear: ignore}\n"
    house, a, b = linked_firms(quick, models={"organization": model})
    house.po.edit("Customers", a, WebsiteUrl=None)
    house.sync("none")
    assert house.zoho.get("Account", b, "Website") == "https://acme.example"
    house.assert_quiet()
    house.po.edit("Customers", a, WebsiteUrl="https://new.example")
    house.sync("none")
    assert house.zoho.get("Account", b, "Website") == "https://new.example"


def test_a_required_field_is_not_cleared(quick: Build) -> None:
    """5.6: what a system requires cannot be emptied there; it is held with the reason, the rest goes on."""
    model = "entity: person\n"
    house = quick(models={"person": model})
    from tests.engine.people import approve_everything, person

    a = house.po.add("Customers", **person())
    house.sync()
    approve_everything(house)
    (b,) = [c["id"] for c in house.zoho.all("Contact")]
    house.zoho.edit("Contact", b, First_Name=None, Email=None)
    house.sync("none")
    assert house.po.get("Customers", a, "FirstName") == "Kari"
    assert "unwritable" in house.held() or "refused" in house.held()


def test_an_unreadable_value_is_never_propagated_nor_overwritten(quick: Build) -> None:
    """5 (kinds): an unknown edit is shown with its reason."""
    house, a, b = linked_firms(quick)
    house.po.edit("Customers", a, PhoneNumber="ring Ola")
    house.sync("none")
    assert house.zoho.get("Account", b, "Phone") == "+4722334455"
    assert house.held() == ["unreadable"]
    house.zoho.edit("Account", b, Phone="23000000")
    house.sync("none")
    assert house.po.get("Customers", a, "PhoneNumber") == "ring Ola"
    house.po.edit("Customers", a, PhoneNumber="24000000")
    house.sync("none")
    assert house.held() == []
    assert _phones(house, a, b) == {"+4724000000"}
    house.assert_quiet()


def _phones(house: House, a: str, b: str) -> set[str]:
    """Both systems' phones in one form; one value when they agree."""
    shown = (house.po.get("Customers", a, "PhoneNumber"), house.zoho.get("Account", b, "Phone"))
    return {s if s.startswith("+") else f"+47{s.replace(' ', '')}" for s in shown}


def _shown(house: House, key: str, like: dict[str, str]) -> dict[str, str]:
    record = house.zoho.one("Account", key)
    return {name: record[name] for name in like}
