"""Deletions, restored records, records that leave their member, merges inside a system, references (design 5.7, 5.8)."""

from __future__ import annotations

from samtale.engine import use_cases
from tests.engine.house import House
from tests.engine.people import (
    ADDRESS,
    NUMBERS,
    Build,
    account,
    approve_everything,
    contact,
    firm,
    linked_firms,
    person,
)


def _let_deletions_show(house: House) -> None:
    for _ in range(3):
        house.wait(10)
        house.sync("none")


def test_a_deletion_changes_nothing_elsewhere_and_is_never_undone(build: Build) -> None:
    """5.7: keep: it ends the link and leaves a tombstone; edits of what remains go nowhere, and create nothing."""
    house, a, b = linked_firms(build)
    house.zoho.remove("Account", b)
    _let_deletions_show(house)
    assert house.zoho.all("Account") == []
    assert house.po.one("Customers", a)["Name"] == "Acme AS"
    house.po.edit("Customers", a, PhoneNumber="23000000", Name="Acme Again AS")
    _let_deletions_show(house)
    assert house.zoho.all("Account") == []
    assert not any("DELETE" in w for w in house.po.writes() + house.zoho.writes())
    house.assert_quiet()


def test_a_deletion_in_poweroffice_is_found_by_absence(quick: Build) -> None:
    """5.7: no feed tells of it: absence counts after a complete pass and two fetches."""
    house, a, b = linked_firms(quick)
    house.po.remove("Customers", a)
    _let_deletions_show(house)
    assert house.links("organization")[0] == {"zoho.Account": b}
    assert house.zoho.one("Account", b)["Account_Name"] == "Acme AS"
    house.zoho.edit("Account", b, Phone="23000000")
    _let_deletions_show(house)
    assert house.po.all("Customers") == []
    house.assert_quiet()


def test_a_restored_record_regains_its_link_and_base(build: Build) -> None:
    """5.7: what was edited meanwhile on either side is an edit as always."""
    house, a, b = linked_firms(build)
    house.zoho.remove("Account", b)
    _let_deletions_show(house)
    house.po.edit("Customers", a, PhoneNumber="23000000")
    _let_deletions_show(house)
    house.zoho.edit("Account", b, Restored=True)
    house.zoho.edit("Account", b, Website="https://back.example")
    _let_deletions_show(house)
    assert house.partner("po.Customers", a, "zoho.Account") == b
    assert house.zoho.get("Account", b, "Phone") == "+4723000000"
    assert house.po.get("Customers", a, "WebsiteUrl") == "https://back.example"
    house.assert_quiet()


def test_a_record_created_by_us_and_deleted_is_not_created_again(quick: Build) -> None:
    """5.7: never again, though its origin is still there and edited."""
    house = quick()
    a = house.po.add("Customers", **firm())
    house.sync()
    (b,) = [r["id"] for r in house.zoho.all("Account")]
    house.zoho.remove("Account", b)
    house.po.edit("Customers", a, Name="Edited AS")
    _let_deletions_show(house)
    assert house.zoho.all("Account") == []
    house.assert_quiet()


def test_archiving_is_opt_in(quick: Build) -> None:
    """5.7: ``on_delete: archive``."""
    model = "entity: organization\nmembers:\n  po.Customers:\n    on_delete: archive\n"
    house, a, b = linked_firms(quick, models={"organization": model})
    house.zoho.remove("Account", b)
    _let_deletions_show(house)
    assert house.po.get("Customers", a, "IsArchived") is True
    house.assert_quiet()


def test_a_deletion_that_meets_an_edit_is_a_conflict(quick: Build) -> None:
    """5.7: with an opt-in, an edit elsewhere holds it."""
    model = "entity: organization\nmembers:\n  po.Customers:\n    on_delete: archive\n"
    house, a, b = linked_firms(quick, models={"organization": model})
    house.zoho.remove("Account", b)
    house.po.edit("Customers", a, PhoneNumber="23000000")
    _let_deletions_show(house)
    assert house.po.get("Customers", a, "IsArchived") is False
    assert house.held() == ["delete"]


def test_leaving_where_suspends_the_link(build: Build) -> None:
    """5.7: IsPerson flips: the link is suspended, the other type takes the record only by a person's decision."""
    house, a, b = linked_firms(build)
    house.po.edit("Customers", a, IsPerson=True, FirstName="Acme", LastName="Hansen")
    house.sync()
    house.po.edit("Customers", a, PhoneNumber="23000000")
    house.sync()
    assert house.zoho.get("Account", b, "Phone") == "+4722334455"
    assert house.zoho.all("Contact") == []
    house.po.edit("Customers", a, IsPerson=False)
    house.sync()
    assert house.zoho.get("Account", b, "Phone") == "+4723000000"
    assert house.zoho.all("Contact") == []
    house.assert_quiet()


def test_a_merge_inside_a_system_leaves_one_record_and_no_duplicate(quick: Build) -> None:
    """5.1: the loser is gone; the survivor keeps its own link; nothing is created anew."""
    house, a, b = linked_firms(quick)
    c = house.po.add("Customers", **firm("Second AS", NUMBERS[1]))
    house.sync()
    d = house.partner("po.Customers", c, "zoho.Account")
    house.zoho.simulator.door_merge("Account", d, b)  # type: ignore[attr-defined]
    _let_deletions_show(house)
    assert [r["id"] for r in house.zoho.all("Account")] == [b]
    assert house.partner("po.Customers", a, "zoho.Account") == b
    house.po.edit("Customers", c, PhoneNumber="23000000")
    _let_deletions_show(house)
    assert [r["id"] for r in house.zoho.all("Account")] == [b]
    house.assert_quiet()


# references (5.8)

WORKS_AT = """
entity: person
members:
  zoho.Contact:
    create: {po.Contactperson: always, po.Customers: always}
"""


def test_a_contact_persons_company_is_translated_through_links(build: Build) -> None:
    """5.8: ContactId and Account_Name.id are never copied, always translated; parents are created before children."""
    house = build(models={"person": WORKS_AT})
    a = house.po.add("Customers", **firm())
    house.po.add(
        "Contactperson",
        ContactId=int(a),
        FirstName="Per",
        LastName="Ås",
        EmailAddress="per@acme.example",
        IsActive=True,
    )
    house.sync()
    b = house.partner("po.Customers", a, "zoho.Account")
    (c,) = house.zoho.all("Contact")
    assert c["Last_Name"] == "Ås"
    assert c["Account_Name"]["id"] == b
    house.assert_quiet()


def test_a_reference_waits_for_its_record(quick: Build) -> None:
    """5.8: an optional reference that cannot be resolved yet follows when the link appears."""
    house = quick(models={"person": WORKS_AT})
    a = house.po.add("Customers", **firm("Acme AS", None))
    b = house.zoho.add("Account", **account("Acme AS", None))  # a suggestion: not linked until a person says so
    house.po.add(
        "Contactperson",
        ContactId=int(a),
        FirstName="Per",
        LastName="Ås",
        EmailAddress="per@acme.example",
        IsActive=True,
    )
    house.sync()
    (c,) = house.zoho.all("Contact")
    assert c["Account_Name"] is None
    assert "waiting" in house.held()
    use_cases.link(house.setting, f"po.Customers:{a}", f"zoho.Account:{b}")
    house.sync()
    assert house.zoho.get("Contact", c["id"], "Account_Name.id") == b
    assert "waiting" not in house.held()
    house.assert_quiet()


def test_a_contacts_account_moves_no_create_only_property(quick: Build) -> None:
    """5.8: ContactId can be given at creation only: one way; a new account in Zoho is shown, never written."""
    house = quick(models={"person": WORKS_AT})
    a = house.po.add("Customers", **firm())
    p = house.po.add(
        "Contactperson",
        ContactId=int(a),
        FirstName="Per",
        LastName="Ås",
        EmailAddress="per@acme.example",
        IsActive=True,
    )
    house.sync()
    approve_everything(house)
    (c,) = house.zoho.all("Contact")
    other = house.po.add("Customers", **firm("Other AS", NUMBERS[1]))
    house.sync("none")
    elsewhere = house.partner("po.Customers", other, "zoho.Account")
    before = house.po.writes()
    house.zoho.edit("Contact", c["id"], Account_Name={"id": elsewhere})
    house.sync("none")
    assert house.po.writes() == before
    assert str(house.po.get("Contactperson", p, "ContactId")) == a
    assert house.zoho.get("Contact", c["id"], "Account_Name.id") == elsewhere
    house.assert_quiet()


def test_a_reference_to_a_person_is_impossible_not_waiting(quick: Build) -> None:
    """5.8: a private customer's contact person: no organization will ever come of that; shown with the reason, waited for by nobody."""
    house = quick(models={"person": WORKS_AT})
    a = house.po.add("Customers", **person("Kari", "Nordmann", "kari@nordmann.example", MailAddress=ADDRESS))
    house.po.add(
        "Contactperson",
        ContactId=int(a),
        FirstName="Per",
        LastName="Ås",
        EmailAddress="per@acme.example",
        IsActive=True,
    )
    house.sync()
    names = sorted(c["Last_Name"] for c in house.zoho.all("Contact"))
    assert names == ["Nordmann", "Ås"]
    assert "waiting" not in house.held()
    house.assert_quiet()


def test_the_company_of_a_linked_contact_is_filled(quick: Build) -> None:
    """5.2, 5.8: a contact that is linked by e-mail and name gets its company."""
    house = quick(models={"person": WORKS_AT})
    a = house.po.add("Customers", **firm())
    c = house.zoho.add("Contact", **contact("Per", "Ås", "per@acme.example"))
    house.po.add(
        "Contactperson",
        ContactId=int(a),
        FirstName="Per",
        LastName="Ås",
        EmailAddress="per@acme.example",
        IsActive=True,
    )
    house.sync()
    b = house.partner("po.Customers", a, "zoho.Account")
    assert house.zoho.get("Contact", c, "Account_Name.id") == b
    house.assert_quiet()
