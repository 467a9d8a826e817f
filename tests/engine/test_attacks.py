"""Attacks on goals 1 and 2: writes whose outcome is not known (design 5.11, 5.12).

Nothing a person typed is lost or garbled, and nothing is created twice. Each test is one interleaving that could do harm: who does what
between which two of our steps.
"""

from __future__ import annotations

import httpx2
import pytest

from samtale.core.problems import SamtaleError
from samtale.engine import use_cases
from samtale.engine.unknown import recover, resolve_unknown
from samtale.simulators.zohocrm.answers import Refusal
from tests.engine.attacking import (
    ACCOUNTS,
    BOTH_WAYS,
    CONTACTS,
    UNKNOWN_TO_ALL,
    Died,
    die,
    die_after_create,
    names,
    runs,
)
from tests.engine.house import Desk, House
from tests.engine.people import (
    NUMBERS,
    Build,
    account,
    approve_everything,
    contact,
    firm,
    linked_firms,
    person,
)

# creates whose outcome is not known (5.12)


@pytest.mark.parametrize("mark", [True, False])
@pytest.mark.parametrize("deaths", [1, 2])
def test_death_right_after_a_create(quick: Build, mark: bool, deaths: int) -> None:
    """Between call and settle, and once more while it is looked into."""
    house = quick(mark=mark)
    a = house.po.add("Customers", **firm(number=None))
    die_after_create(house)
    if deaths == 2:
        house.zoho.before_call = lambda _: die()
        with pytest.raises(Died):
            house.sync()
        house.zoho.before_call = lambda _: None
        house.restart()
    runs(house)
    assert names(house) == ["Acme AS"]
    assert house.partner("po.Customers", a, "zoho.Account")
    house.assert_quiet()


def test_a_broken_look_does_not_count_as_not_found(quick: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """The read that looks for an unknown create breaks off before its last page: nothing was found out, nothing is created again."""
    monkeypatch.setattr("samtale.connectors.zohocrm.reading.PER_PAGE", 1)
    house = quick(mark=False)
    others = [house.zoho.add("Contact", **contact("Ola", f"Nummer{n}", f"ola{n}@x.example")) for n in range(4)]
    house.po.add("Customers", **UNKNOWN_TO_ALL)
    house.sync("none")
    die_after_create(house, CONTACTS)
    (ours,) = [c for c in house.zoho.all("Contact") if c["Last_Name"] == "Nordmann"]
    recover(house.setting)
    house.wait(5)
    for other in others:
        house.zoho.edit("Contact", other, Description="edited")
    house.zoho.fault("status", status=500, method="GET", path=rf"{CONTACTS}\?", after=2, times=50)
    resolve_unknown(house.setting)
    assert [a.state for a in use_cases.status(house.setting).unknown] == ["unknown"]
    house.zoho.calm()
    runs(house)
    assert len(house.zoho.all("Contact")) == 5
    assert house.links("person")[0]["zoho.Contact"] == ours["id"]
    house.assert_quiet()


@pytest.mark.parametrize("mark", [True, False])
def test_an_unknown_create_founds_nothing_of_its_own(quick: Build, mark: bool) -> None:
    """Both members create each other's records: what our unfinished create made must not come back as a new record."""
    house = quick(mark=mark, models={"person": BOTH_WAYS})
    a = house.po.add("Customers", **UNKNOWN_TO_ALL)
    house.zoho.fault("lost_reply", method="POST", path=CONTACTS, times=1)
    house.sync()
    house.zoho.calm()
    runs(house)
    assert len(house.po.all("Customers")) == 1
    (c,) = house.zoho.all("Contact")
    assert house.partner("po.Customers", a, "zoho.Contact", "person") == c["id"]
    house.assert_quiet()


@pytest.mark.parametrize("mark", [True, False])
def test_an_edit_of_the_created_record_before_it_is_adopted_is_an_edit(quick: Build, mark: bool) -> None:
    """Adopted is what we sent: what a person typed over it since is theirs, and goes where edits go."""
    house = quick(mark=mark)
    a = house.po.add("Customers", **firm(PhoneNumber="22334455"))
    approve_everything(house)
    die_after_create(house)
    (b,) = [r["id"] for r in house.zoho.all("Account")]
    house.wait(60)
    house.zoho.edit("Account", b, Phone="+4799999999")
    runs(house)
    assert house.partner("po.Customers", a, "zoho.Account") == b
    assert house.zoho.get("Account", b, "Phone") == "+4799999999"
    assert house.po.get("Customers", a, "PhoneNumber") == "+4799999999"
    house.assert_quiet()


@pytest.mark.parametrize("mark", [True, False])
def test_an_edit_of_the_origin_before_adoption_reaches_the_created_record(quick: Build, mark: bool) -> None:
    """What was sent is not what is agreed by now: the new record is behind, not in step."""
    house = quick(mark=mark)
    a = house.po.add("Customers", **firm(PhoneNumber="22334455"))
    approve_everything(house)
    die_after_create(house)
    house.po.edit("Customers", a, PhoneNumber="23000000")
    runs(house)
    (b,) = [r["id"] for r in house.zoho.all("Account")]
    assert house.zoho.get("Account", b, "Phone") == "+4723000000"
    assert house.po.get("Customers", a, "PhoneNumber") == "23000000"
    house.assert_quiet()


@pytest.mark.parametrize("mark", [True, False])
def test_a_created_record_seen_and_then_edited_is_still_found(quick: Build, mark: bool) -> None:
    """First seen, then edited by somebody, then looked for: its last change is not its birth."""
    house = quick(mark=mark)
    a = house.po.add("Customers", **UNKNOWN_TO_ALL)
    approve_everything(house)
    die_after_create(house, CONTACTS)
    (b,) = [r["id"] for r in house.zoho.all("Contact")]
    house.plan()
    house.zoho.edit("Contact", b, Phone="+4799999999")
    house.plan()
    runs(house)
    assert [r["id"] for r in house.zoho.all("Contact")] == [b]
    assert house.partner("po.Customers", a, "zoho.Contact", "person") == b
    house.assert_quiet()


@pytest.mark.parametrize("mark", [True, False])
def test_a_link_by_hand_while_a_create_is_unknown(quick: Build, mark: bool) -> None:
    """The entity has a record of that member by then: what the create made is shown to a person, and nothing breaks."""
    house = quick(mark=mark)
    other = house.zoho.add("Account", **account("Somebody Else AS", NUMBERS[1]))
    a = house.po.add("Customers", **firm(number=None))
    die_after_create(house)
    use_cases.link(house.setting, f"po.Customers:{a}", f"zoho.Account:{other}")
    runs(house)
    assert len(house.zoho.all("Account")) == 2
    linked = [pair["zoho.Account"] for pair in house.links("organization") if "zoho.Account" in pair]
    assert len(linked) == len(set(linked))
    house.assert_quiet()


def test_a_person_cannot_settle_an_unknown_create_with_a_linked_record(quick: Build) -> None:
    """One record belongs to one entity: naming another's record is refused, and takes nothing from it."""
    house = quick(mark=False)
    c = house.po.add("Customers", **firm("Other AS", NUMBERS[1]))
    house.sync()
    taken = house.partner("po.Customers", c, "zoho.Account")
    house.po.add("Customers", **firm(number=None))
    die_after_create(house)
    recover(house.setting)
    (attempt,) = use_cases.status(house.setting).unknown
    with pytest.raises(SamtaleError):
        use_cases.settle_unknown(house.setting, attempt.id, taken)
    assert house.partner("po.Customers", c, "zoho.Account") == taken
    runs(house)
    assert len(house.zoho.all("Account")) == 2
    house.assert_quiet()


def test_unlinking_while_a_create_is_unknown(quick: Build) -> None:
    """Neither record creates anything until told."""
    house = quick(mark=False)
    a = house.po.add("Customers", **firm(number=None))
    die_after_create(house)
    use_cases.unlink(house.setting, f"po.Customers:{a}")
    runs(house)
    assert names(house) == ["Acme AS"]
    house.assert_quiet()


def test_merging_two_things_while_a_create_is_unknown(quick: Build) -> None:
    """Refused until it is known what became of it: the merged thing could get a second record."""
    house = quick(mark=False)
    a = house.po.add("Customers", **firm("Nord AS", None))
    die_after_create(house)
    d = house.po.add("Departments", Name="Nord avdeling", Code="7", IsActive=True)
    house.zoho.fault("status", status=401, method="POST")
    house.sync()
    house.zoho.calm()
    house.restart()
    recover(house.setting)
    with pytest.raises(SamtaleError):
        use_cases.link(house.setting, f"po.Customers:{a}", f"po.Departments:{d}")
    runs(house)
    assert names(house) == ["Nord AS", "Nord avdeling"]
    house.assert_quiet()


@pytest.mark.parametrize("mark", [True, False])
def test_the_origin_is_deleted_before_adoption(quick: Build, mark: bool) -> None:
    house = quick(mark=mark)
    a = house.po.add("Customers", **firm())
    die_after_create(house)
    house.po.remove("Customers", a)
    runs(house, 4)
    assert names(house) == ["Acme AS"]
    assert house.po.all("Customers") == []
    house.assert_quiet()


@pytest.mark.parametrize("mark", [True, False])
def test_a_batch_with_refused_items_whose_reply_is_lost(quick: Build, mark: bool) -> None:
    """Three of five fail, and nobody told us which: the two are adopted, the three are tried again and refused."""
    house = quick(mark=mark)
    keys = [house.po.add("Customers", **firm(f"Firm {n} AS", number)) for n, number in enumerate(NUMBERS[:5])]
    insert = house.zoho.simulator._writer.add  # type: ignore[attr-defined]

    def picky(module: object, item: dict[str, object], *more: object, **options: object) -> object:
        if item.get("Account_Name") in ("Firm 1 AS", "Firm 2 AS", "Firm 4 AS"):
            raise Refusal("INVALID_DATA", "invalid data", {"api_name": "Account_Name"})
        return insert(module, item, *more, **options)

    house.zoho.simulator._writer.add = picky  # type: ignore[attr-defined]
    house.zoho.fault("lost_reply", method="POST", path=ACCOUNTS, times=1)
    house.sync()
    house.zoho.calm()
    runs(house)
    assert names(house) == ["Firm 0 AS", "Firm 3 AS"]
    assert house.held() == ["refused"] * 3
    house.zoho.simulator._writer.add = insert  # type: ignore[attr-defined]
    for key in keys:
        house.po.edit("Customers", key, PhoneNumber="22334455")
    runs(house)
    assert names(house) == [f"Firm {n} AS" for n in range(5)]
    house.assert_quiet()


def test_somebody_makes_the_very_same_contact_by_hand(quick: Build) -> None:
    """While the outcome of ours is unknown: two resemble it, a person says which, and no third is made."""
    house = quick(mark=False)
    a = house.po.add("Customers", **person())
    die_after_create(house, CONTACTS)
    (ours,) = house.zoho.all("Contact")
    house.zoho.add("Contact", First_Name="Kari", Last_Name="Nordmann")
    house.zoho.edit("Contact", house.zoho.all("Contact")[-1]["id"], Secondary_Email="kari@nordmann.example")
    runs(house)
    assert len(house.zoho.all("Contact")) == 2
    if use_cases.status(house.setting).unknown:
        (attempt,) = use_cases.status(house.setting).unknown
        use_cases.settle_unknown(house.setting, attempt.id, ours["id"])
        runs(house)
    assert len(house.zoho.all("Contact")) == 2
    assert house.partner("po.Customers", a, "zoho.Contact", "person") == ours["id"]
    house.assert_quiet()


def test_two_twins_created_in_one_batch(quick: Build) -> None:
    """Two origins with one organization number: one record is made; the other twin is held."""
    house = quick(mark=False)
    house.po.add("Customers", **firm("Acme AS"))
    house.po.add("Customers", **firm("Acme Norge AS"))
    house.zoho.fault("lost_reply", method="POST", path=ACCOUNTS, times=1)
    house.sync()
    house.zoho.calm()
    runs(house)
    assert len(house.zoho.all("Account")) == 1
    assert house.held() == ["suggested"]
    house.assert_quiet()


# updates whose outcome is not known (5.11)


def die_after_update(house: House, desk: Desk, method: str) -> None:
    """The next update takes effect, and the process dies before the answer comes."""

    def after(request: httpx2.Request) -> None:
        if request.method == method:
            desk.after_call = lambda _: None
            die()

    desk.after_call = after
    with pytest.raises(Died):
        house.sync()
    house.restart()


@pytest.mark.parametrize("outage", [False, True])
@pytest.mark.parametrize("lost", ["death", "lost_reply"])
@pytest.mark.parametrize("conflict", ["newest", "ask", "{prefer: [zoho]}"])
def test_our_own_unanswered_write_is_nobodys_edit(quick: Build, lost: str, conflict: str, outage: bool) -> None:
    """Edited, written (the reply is lost), edited again: our own first write must not win over the second edit, nor ask about it."""
    model = f"entity: organization\nfields:\n  phone: {{kind: phone, conflict: {conflict}}}\n"
    house, a, b = linked_firms(quick, models={"organization": model})
    house.po.edit("Customers", a, PhoneNumber="23000001")

    def again(request: httpx2.Request) -> None:
        if request.method == "PUT":
            house.zoho.before_call = lambda _: None
            house.po.edit("Customers", a, PhoneNumber="23000002")

    house.zoho.before_call = again
    if lost == "death":
        die_after_update(house, house.zoho, "PUT")
    else:
        house.zoho.fault("lost_reply", method="PUT", times=1)
        house.sync("none")
    if outage:
        house.zoho.fault("down")
        house.sync("none")
        house.restart()
    house.zoho.calm()
    runs(house)
    assert house.po.get("Customers", a, "PhoneNumber") == "23000002"
    assert house.zoho.get("Account", b, "Phone") == "+4723000002"
    assert house.held() == []
    house.assert_quiet()


def test_a_real_edit_after_our_unanswered_write_is_an_edit(quick: Build) -> None:
    house, a, b = linked_firms(quick)
    house.po.edit("Customers", a, PhoneNumber="23000001")
    die_after_update(house, house.zoho, "PUT")
    house.wait(60)
    house.zoho.edit("Account", b, Phone="+4724000000")
    runs(house)
    assert house.po.get("Customers", a, "PhoneNumber") == "+4724000000"
    assert house.zoho.get("Account", b, "Phone") == "+4724000000"
    house.assert_quiet()
