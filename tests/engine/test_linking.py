"""Linking, joining and creating (design 5.1, 5.2, 5.3, 5.12 where marks link, 5.17)."""

from __future__ import annotations

import pytest

from samtale.core.problems import SamtaleError
from samtale.engine import use_cases
from tests.engine.house import House
from tests.engine.people import NUMBERS, Build, account, approve_everything, contact, firm, linked_firms, person


def test_a_rule_links_and_empty_fields_are_filled(build: Build) -> None:
    """5.1, 5.2: linked by organization number; what one lacks it gets from the other."""
    house, a, b = linked_firms(build)
    assert house.zoho.get("Account", b, "Phone") == "+4722334455"
    assert house.po.get("Customers", a, "WebsiteUrl") == "https://acme.example"
    assert len(house.zoho.all("Account")) == 1
    house.assert_quiet()


def test_a_suggestion_neither_links_nor_creates(quick: Build) -> None:
    """5.1, 5.3: the same name alone is a question, and until it is answered nothing is created."""
    house = quick()
    a = house.po.add("Customers", **firm(number=None))
    b = house.zoho.add("Account", **account(number=None))
    house.sync()
    assert len(house.zoho.all("Account")) == 1
    assert house.links("organization") == []
    assert set(house.held()) == {"suggested"}
    house.zoho.edit("Account", b, Account_Name="Quite Another AS")  # no longer suggested, so it was another firm
    house.sync()
    assert len(house.zoho.all("Account")) == 2
    assert house.partner("po.Customers", a, "zoho.Account") != b


def test_a_person_links_what_was_suggested(quick: Build) -> None:
    """5.1: a person's word links, and the link outlives the keys."""
    house = quick()
    a = house.po.add("Customers", **firm(number=None))
    b = house.zoho.add("Account", **account(number=None))
    house.sync()
    use_cases.link(house.setting, f"po.Customers:{a}", f"zoho.Account:{b}")
    house.sync()
    assert house.partner("po.Customers", a, "zoho.Account") == b
    house.po.edit("Customers", a, Name="Renamed AS")
    house.sync()
    assert house.zoho.get("Account", b, "Account_Name") == "Renamed AS"
    assert len(house.zoho.all("Account")) == 1
    house.assert_quiet()


def test_distinct_records_create_their_own(quick: Build) -> None:
    """5.1: "these two are not the same" is remembered."""
    house = quick()
    a = house.po.add("Customers", **firm(number=None))
    b = house.zoho.add("Account", **account(number=None))
    house.sync()
    use_cases.distinct(house.setting, f"po.Customers:{a}", f"zoho.Account:{b}")
    house.sync()
    assert len(house.zoho.all("Account")) == 2
    assert house.partner("po.Customers", a, "zoho.Account") != b
    house.assert_quiet()


def test_two_records_of_one_member_are_ambiguous(quick: Build) -> None:
    """5.1: the whole connected set is judged; it is held, and freezes nobody else."""
    house = quick()
    house.po.add("Customers", **firm())
    house.zoho.add("Account", **account())
    house.zoho.add("Account", **account(name="Acme Again AS"))
    other = house.po.add("Customers", **firm("Other AS", NUMBERS[1]))
    house.sync()
    assert house.held().count("ambiguous") == 3
    assert len(house.zoho.all("Account")) == 3
    assert house.partner("po.Customers", other, "zoho.Account")


def test_a_twin_of_a_linked_record_is_held_alone(quick: Build) -> None:
    """5.1: a linked record's new twin is held; the linked ones go on."""
    house, a, b = linked_firms(quick)
    house.zoho.add("Account", **account(name="Acme Twin AS"))
    house.po.edit("Customers", a, PhoneNumber="23000000")
    house.sync()
    assert house.zoho.get("Account", b, "Phone") == "+4723000000"
    assert house.held() == ["twin"]
    assert len(house.zoho.all("Account")) == 2


def test_a_shared_mailbox_identifies_nobody(quick: Build) -> None:
    """5.1: several contacts share post@company.no; "this value identifies nobody" is remembered."""
    house = quick()
    house.po.add("Customers", **person("Kari", "Nordmann", "post@firm.example"))
    house.zoho.add("Contact", **contact("Ola", "Nordmann", "post@firm.example"))
    house.zoho.add("Contact", **contact("Per", "Nordmann", "post@firm.example"))
    house.sync()
    assert set(house.held()) == {"ambiguous"}
    rules = [rule.fields for rule in house.model.type("person").match]
    use_cases.nobody(house.setting, "person", rules.index(("email", "name.family")), "post@firm.example\x1fnordmann")
    use_cases.nobody(house.setting, "person", rules.index(("email",)), "post@firm.example")
    house.sync()
    assert [c["First_Name"] for c in house.zoho.all("Contact")].count("Kari") == 1
    assert house.held() == []


@pytest.mark.parametrize(
    ("choice", "winner"), [("newest", "Newer AS"), ("{prefer: [zoho, po]}", "Older AS"), ("{prefer: [po]}", "Newer AS")]
)
def test_differing_values_at_first_link(quick: Build, choice: str, winner: str) -> None:
    """5.2: decided by the project's ``first_link``."""
    house = quick(first_link=choice)
    b = house.zoho.add("Account", **account("Older AS"))
    house.wait(100)
    a = house.po.add("Customers", **firm("Newer AS"))
    house.sync()
    assert house.po.get("Customers", a, "Name") == house.zoho.get("Account", b, "Account_Name") == winner
    house.assert_quiet()


def test_differing_values_are_asked_about(build: Build) -> None:
    """5.2: ``ask``: both stay as they are until one answer settles the field for all."""
    house = build()
    b = house.zoho.add("Account", **account("Older AS", Phone="22000001"))
    a = house.po.add("Customers", **firm("Newer AS", PhoneNumber="22000002", WebsiteUrl="https://acme.example"))
    house.sync()
    assert house.held() == ["first_link", "first_link"]
    assert house.zoho.get("Account", b, "Account_Name") == "Older AS"
    assert house.zoho.get("Account", b, "Website") == "https://acme.example"  # other fields do not wait
    use_cases.answer_first_link(house.setting, "organization", "name", ["zoho"])
    house.sync()
    assert house.po.get("Customers", a, "Name") == "Older AS"
    assert house.held() == ["first_link"]
    use_cases.resolve(house.setting, f"po.Customers:{a}", "phone", take="po")
    house.sync()
    assert house.zoho.get("Account", b, "Phone") == "+4722000002"
    assert house.held() == []
    house.assert_quiet()


def test_the_finer_value_wins_at_first_link(quick: Build) -> None:
    """5.2: what a property made of a value (re-cased here) does not contradict it."""
    house = quick()
    b = house.zoho.add("Account", **account(Website="HTTPS://ACME.EXAMPLE/"))
    house.po.add("Customers", **firm(WebsiteUrl="https://acme.example"))
    house.sync()
    assert house.held() == []
    assert house.zoho.get("Account", b, "Website") == "HTTPS://ACME.EXAMPLE/"
    house.assert_quiet()


def test_a_record_that_joins_takes_what_was_agreed(quick: Build) -> None:
    """5.2: joining an entity with agreed values; here by a person, after the keys had drifted apart."""
    house = quick()
    a = house.po.add("Customers", **firm(PhoneNumber="22334455"))
    house.sync()
    (b,) = [r["id"] for r in house.zoho.all("Account")]
    d = house.po.add("Departments", Name="Acme Dept", Code="7", IsActive=True)
    house.sync()
    (created,) = [r["id"] for r in house.zoho.all("Account") if r["id"] != b]
    house.zoho.remove("Account", created)
    house.sync()
    house.wait(10)
    house.sync()
    use_cases.link(house.setting, f"po.Customers:{a}", f"po.Departments:{d}")
    house.sync()
    assert house.po.get("Departments", d, "Name") == "Acme AS"
    house.assert_quiet()


def test_a_record_we_created_stays_linked_whatever_its_keys_say(quick: Build) -> None:
    """5.1: a changed key does not end a link."""
    house = quick()
    a = house.po.add("Customers", **firm())
    house.sync()
    (b,) = [r["id"] for r in house.zoho.all("Account")]
    house.zoho.edit("Account", b, Org_Number=NUMBERS[1], Account_Name="Turned Around AS")
    house.sync()
    assert house.partner("po.Customers", a, "zoho.Account") == b
    assert house.po.get("Customers", a, "OrganizationNumber") == NUMBERS[1]
    house.assert_quiet()


def test_linked_things_that_come_to_match_are_a_suggestion(quick: Build) -> None:
    """5.1: two entities that could be one are suggested to a person, and merge only by one."""
    house = quick()
    a = house.po.add("Customers", **firm("Nord AS", None))
    d = house.po.add("Departments", Name="Syd", Code="7", IsActive=True)
    house.sync()
    accounts = {r["Account_Name"]: r["id"] for r in house.zoho.all("Account")}
    assert len(accounts) == 2
    house.po.edit("Departments", d, Name="Nord AS")
    house.sync()
    assert len(house.zoho.all("Account")) == 2
    assert house.partner("po.Departments", d, "zoho.Account") == accounts["Syd"]
    assert house.partner("po.Customers", a, "zoho.Account") == accounts["Nord AS"]


def test_unlink_creates_nothing_until_told(build: Build) -> None:
    """5.1: after ``unlink``, neither record links again by rule nor creates."""
    house, a, b = linked_firms(build)
    parted = use_cases.unlink(house.setting, f"zoho.Account:{b}")
    assert parted == [("po", "Customers", a)]
    house.sync()
    assert len(house.zoho.all("Account")) == 1
    house.po.edit("Customers", a, PhoneNumber="23456789")
    house.sync()
    assert house.zoho.get("Account", b, "Phone") == "+4722334455"
    house.assert_quiet()
    use_cases.create_again(house.setting, f"po.Customers:{a}")
    house.sync()
    assert len(house.zoho.all("Account")) == 2
    house.assert_quiet()


def test_unlinked_records_can_be_linked_again(quick: Build) -> None:
    house, a, b = linked_firms(quick)
    use_cases.unlink(house.setting, f"po.Customers:{a}")
    house.sync()
    use_cases.link(house.setting, f"po.Customers:{a}", f"zoho.Account:{b}")
    house.sync()
    assert house.partner("po.Customers", a, "zoho.Account") == b
    house.po.edit("Customers", a, PhoneNumber="23456789")
    house.sync()
    assert house.zoho.get("Account", b, "Phone") == "+4723456789"


def test_two_records_of_one_collection_are_not_linked_by_a_person(quick: Build) -> None:
    """5.1: one entity has at most one record per member."""
    house, a, _ = linked_firms(quick)
    c = house.po.add("Customers", **firm("Other AS", NUMBERS[1]))
    house.sync()
    with pytest.raises(SamtaleError, match="at most one record"):
        use_cases.link(house.setting, f"po.Customers:{a}", f"po.Customers:{c}")


def test_a_mark_links_before_any_rule(quick: Build) -> None:
    """5.12: the store is lost; records created before are recognized by their marks, whatever they show now."""
    house = quick()
    a = house.po.add("Customers", **firm("Acme AS", None))
    house.sync()
    (b,) = [r["id"] for r in house.zoho.all("Account")]
    house.zoho.edit("Account", b, Account_Name="Renamed Since AS")
    lost = _with_empty_store(house)
    lost.sync()
    assert len(lost.zoho.all("Account")) == 1
    assert lost.partner("po.Customers", a, "zoho.Account") == b


def test_a_mark_of_unknown_origin_is_held(quick: Build) -> None:
    """5.12: a record that we made for something unknown creates nothing and is shown."""
    house = quick(
        models={"organization": "entity: organization\nmembers:\n  po.Customers:\n    create: {zoho.Account: always}\n"}
    )
    house.zoho.add("Account", **account(number=None, Samtale_Mark="samtale-0123456789abcdef0123456789abcdef"))
    house.sync()
    assert house.po.all("Customers") == []
    assert house.held() == ["marked"]


def test_linking_comes_first_when_asked_for(quick: Build) -> None:
    """5.17: before linking is done creates are held."""
    house = quick()
    use_cases.linking(house.setting, done=False)
    house.po.add("Customers", **firm())
    b = house.zoho.add("Account", **account("Acme AS", None))
    house.sync()
    assert len(house.zoho.all("Account")) == 1
    house.zoho.edit("Account", b, Org_Number=NUMBERS[0])
    other = house.po.add("Customers", **firm("Other AS", NUMBERS[1]))
    house.sync()
    assert house.held() == ["linking"]
    use_cases.linking(house.setting, done=True)
    house.sync()
    assert len(house.zoho.all("Account")) == 2
    assert house.partner("po.Customers", other, "zoho.Account")
    house.assert_quiet()


def test_required_fields_are_never_left_out(quick: Build) -> None:
    """5.3: never without the required fields."""
    model = "entity: person\nfields:\n  email: {kind: email, required: true}\n"
    house = quick(models={"person": model})
    house.po.add("Customers", **person(email=None, InvoiceDeliveryType="Print"))
    house.sync()
    assert house.zoho.all("Contact") == []
    assert house.held() == ["required"]


def test_a_condition_decides_about_creation(quick: Build) -> None:
    """5.3: ``when`` is asked of the origin record, again whenever that changes."""
    model = (
        "entity: organization\nmembers:\n  zoho.Account:\n"
        "    create: {po.Customers: {when: 'IsActive == true && IsArchived == false'}}\n"
    )
    house = quick(models={"organization": model})
    a = house.po.add("Customers", **firm(IsArchived=True))
    house.sync()
    assert house.zoho.all("Account") == []
    house.po.edit("Customers", a, IsArchived=False)
    house.sync()
    assert len(house.zoho.all("Account")) == 1
    house.po.edit("Customers", a, IsArchived=True)
    house.sync()
    assert len(house.zoho.all("Account")) == 1  # what was created stays
    house.assert_quiet()


def _with_empty_store(house: House) -> House:
    """The same house, its store gone."""
    from samtale.store import open_store

    house.store.close()
    house.store = open_store(f"sqlite:///{house.folder}-new.sqlite", "test")
    house.restart()
    approve_everything(house)
    return house
