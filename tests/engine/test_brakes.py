"""Brakes, approval, switches and model changes (design 5.9, 5.14, 4)."""

from __future__ import annotations

from samtale.core.brakes import Limit, Limits
from samtale.core.model import Switches
from samtale.engine import use_cases
from samtale.engine.proposal import Proposal
from tests.engine.house import House, codes
from tests.engine.people import NUMBERS, Build, account, approve_everything, contact, firm, linked_firms, person

#: So small that a handful of records sets them off.
TIGHT = Limits(
    create=Limit(number=2),
    update=Limit(number=3),
    clear=Limit(number=1),
    archive=Limit(number=1),
    delete=Limit(number=1),
)


def many(build: Build, count: int = 12, **options: object) -> tuple[House, list[str]]:
    """A house with so many customers who have accounts, all quiet."""
    house = build(**options)
    names = [f"Firm {n} AS" for n in range(count)]
    keys = [
        house.po.add("Customers", **firm(n, None, PhoneNumber=f"2200{i:04d}", WebsiteUrl=f"https://w{i}.example"))
        for i, n in enumerate(names)
    ]
    house.sync()
    assert len(house.zoho.all("Account")) == count
    approve_everything(house)
    house.wait(25 * 3600)  # the first run is out of the window of the brakes
    house.sync("none")
    return house, keys


def test_a_first_run_needs_an_approved_plan(build: Build) -> None:
    """5.9: nothing is written, and everything that would be is held as such; linking needs no approval."""
    house = build()
    house.po.add("Customers", **firm(PhoneNumber="22334455"))
    b = house.zoho.add("Account", **account())
    house.po.add("Customers", **firm("Other AS", NUMBERS[1]))
    result = house.sync("none")
    assert result.outcome.done == 0
    assert house.zoho.writes() == house.po.writes() == []
    assert set(house.held()) == {"first_run"}
    house.sync()
    assert house.zoho.get("Account", b, "Phone") == "+4722334455"
    assert len(house.zoho.all("Account")) == 2
    house.assert_quiet()


def test_only_what_was_approved_is_written(quick: Build) -> None:
    """5.9: approval covers each listed write that recomputes identically; what recomputes differently is left out."""
    house = quick()
    keys = [house.po.add("Customers", **firm(f"Firm {n} AS", None)) for n in range(3)]
    house.wait(3)
    writes, _ = house.plan()
    listed = {w.id for w in writes if w.origin and w.origin[2] != keys[2]}
    house.po.edit("Customers", keys[0], PhoneNumber="22000001")  # so that its create is another one now
    left: list[int] = []

    def as_saved(proposal: Proposal) -> frozenset[str]:
        found = {w.id for w in proposal.writes}
        left.append(len(found - listed))
        return frozenset(found & listed)

    house.sync(as_saved)
    assert left[0] == 2
    assert [a["Account_Name"] for a in house.zoho.all("Account")] == ["Firm 1 AS"]


def test_many_clears_trip_a_brake_and_nothing_else(build: Build) -> None:
    """5.9, 5.6: only clears are held; other writes to the same member pass; approval lets them pass."""
    house, keys = many(build, limits=Limits(clear=Limit(number=2)))
    for key in keys[:5]:
        house.po.edit("Customers", key, WebsiteUrl=None)
    house.po.edit("Customers", keys[6], PhoneNumber="23000000")
    house.sync("none")
    assert sum(1 for a in house.zoho.all("Account") if a["Website"]) == 12
    assert [a["Phone"] for a in house.zoho.all("Account")].count("+4723000000") == 1
    assert house.held() == ["brake"] * 5
    house.sync()
    assert sum(1 for a in house.zoho.all("Account") if a["Website"]) == 7
    house.assert_quiet()


def test_many_updates_trip_a_brake(quick: Build) -> None:
    """5.9: decided before any write: not one of them is written."""
    house, keys = many(quick, limits=TIGHT)
    before = house.zoho.writes()
    for n, key in enumerate(keys[:5]):
        house.po.edit("Customers", key, PhoneNumber=f"2300000{n}")
    house.sync("none")
    assert house.zoho.writes() == before
    assert house.held() == ["brake"] * 5


def test_brakes_count_over_a_window(quick: Build) -> None:
    """5.9: cumulative: a few at a time pass no further than all at once; approved writes leave the window; time lets them go."""
    house, keys = many(quick, limits=TIGHT)
    for n, key in enumerate(keys[:5]):
        house.po.edit("Customers", key, PhoneNumber=f"2300000{n}")
        house.sync("none")
    written = [a["Phone"] for a in house.zoho.all("Account") if str(a["Phone"]).startswith("+4723")]
    assert len(written) == 3
    assert house.held() == ["brake"] * 2
    house.wait(25 * 3600)
    house.sync("none")
    assert house.held() == []
    house.assert_quiet()


def test_creates_are_braked(quick: Build) -> None:
    """5.9: per kind of write."""
    house, _ = many(quick, limits=TIGHT, count=2)
    for n in range(4):
        house.po.add("Customers", **firm(f"New {n} AS", None))
    house.sync("none")
    assert len(house.zoho.all("Account")) == 2
    assert house.held() == ["brake"] * 4


def test_an_emptied_collection_is_not_believed(build: Build) -> None:
    """5.9: an empty list where there were records: absences mean nothing until a person says so, or it fills again."""
    house, keys = many(build)
    house.po.fault("empty_list", path="/Customers")
    for _ in range(3):
        house.sync("none", full=True)
        house.wait(10)
    assert len(house.links("organization")[0]) == 2
    assert any(p.code == "collection_emptied" for p in house.ear.problems)
    house.po.calm()
    house.sync("none")
    assert all("zoho.Account" in x and "po.Customers" in x for x in house.links("organization"))
    house.po.edit("Customers", keys[0], PhoneNumber="23000000")
    house.sync("none")
    assert "+4723000000" in [a["Phone"] for a in house.zoho.all("Account")]
    house.assert_quiet()


def test_a_shrunk_collection_is_believed_when_a_person_says_so(quick: Build) -> None:
    """5.9: 8 of 12 records deleted at once; ``believe`` lets the absences count, and still nothing is deleted elsewhere."""
    house, keys = many(quick)
    for key in keys[:8]:
        house.po.remove("Customers", key)
    for _ in range(3):
        house.wait(10)
        house.sync("none")
    assert sum("po.Customers" in x for x in house.links("organization")) == 12
    use_cases.believe(house.setting, "po.Customers")
    for _ in range(3):
        house.wait(10)
        house.sync("none")
    assert sum("po.Customers" in x for x in house.links("organization")) == 4
    assert len(house.zoho.all("Account")) == 12
    house.assert_quiet()


# switches (5.14)


def test_a_system_that_does_not_share_is_read_and_never_written(build: Build) -> None:
    """5.14 and 5.0: it just stays behind, and is written when sharing is switched on again."""
    house, a, b = linked_firms(build)
    house.setting.systems["zoho"].switches = Switches(share=False)
    before = house.zoho.writes()
    house.po.edit("Customers", a, PhoneNumber="23000000")
    house.zoho.edit("Account", b, Website="https://still-read.example")
    house.po.add("Customers", **firm("New AS", NUMBERS[1]))
    house.sync("none")
    assert house.zoho.writes() == before
    assert house.po.get("Customers", a, "WebsiteUrl") == "https://still-read.example"
    house.setting.systems["zoho"].switches = Switches(share=True)
    house.sync("none")
    assert house.zoho.get("Account", b, "Phone") == "+4723000000"
    assert len(house.zoho.all("Account")) == 2
    house.assert_quiet()


def test_an_edit_by_a_system_that_is_behind_meets_what_was_agreed(quick: Build) -> None:
    """5.0: its edit does not know the agreed value: a conflict, decided as always."""
    house, a, b = linked_firms(quick)
    house.setting.systems["zoho"].switches = Switches(share=False)
    house.po.edit("Customers", a, PhoneNumber="22000001")
    house.sync("none")
    house.wait(120)
    house.zoho.edit("Account", b, Phone="22000002")
    house.sync("none")
    assert house.po.get("Customers", a, "PhoneNumber") == "+4722000002"
    assert house.reason(f"po.Customers:{a}", "phone") == "newest"
    verdicts = [h.data for h in use_cases.history(house.setting, f"po.Customers:{a}") if h.kind == "verdict"]
    assert verdicts[-1]["losers"] == [["po.Customers", ["+4722000001"]]]


def test_a_paused_system_is_neither_read_nor_written(quick: Build) -> None:
    """5.14: and never blocks what goes on between others; afterwards it catches up."""
    house, a, b = linked_firms(quick)
    house.setting.systems["zoho"].switches = Switches(pause=True)
    calls = len(house.zoho.log.entries())
    house.po.edit("Customers", a, PhoneNumber="23000000")
    house.zoho.edit("Account", b, Website="https://later.example")
    house.sync("none")
    assert len(house.zoho.log.entries()) == calls
    house.setting.systems["zoho"].switches = Switches(pause=False)
    house.sync("none")
    assert house.zoho.get("Account", b, "Phone") == "+4723000000"
    assert house.po.get("Customers", a, "WebsiteUrl") == "https://later.example"
    house.assert_quiet()


def test_old_records_stay_where_they_are_without_full_sync(quick: Build) -> None:
    """5.14, 5.3: only records created after the system was connected are created elsewhere; matches link all the same."""
    house = quick()
    house.po.add("Customers", **firm("Old AS", NUMBERS[1]))
    matched = house.po.add("Customers", **firm("Matched AS", NUMBERS[2]))
    b = house.zoho.add("Account", **account("Matched AS", NUMBERS[2]))
    house.wait(60)
    house.setting.systems["po"].switches = Switches(full_sync=False)
    house.sync()
    house.wait(60)
    house.po.add("Customers", **firm("New AS", NUMBERS[3]))
    house.sync()
    assert sorted(a["Account_Name"] for a in house.zoho.all("Account")) == ["Matched AS", "New AS"]
    assert house.partner("po.Customers", matched, "zoho.Account") == b
    house.assert_quiet()


# model changes (4)


def test_a_remapped_property_is_not_an_edit_of_everything(quick: Build) -> None:
    """4, 5.2, 5.9: it has no base, so it joins: it takes what was agreed, edits nothing, and its first writes need approval."""
    house, keys = many(quick, count=4)
    accounts = {a["Account_Name"]: a["id"] for a in house.zoho.all("Account")}
    house.zoho.edit("Account", accounts["Firm 0 AS"], Fax="24000000")
    house.zoho.edit("Account", accounts["Firm 1 AS"], Fax="2200 0001")  # what the phone is anyway
    house.sync("none")
    before = house.po.writes(), house.zoho.writes()
    model = "entity: organization\nmembers:\n  zoho.Account:\n    properties:\n      phone: Fax\n"
    house.write_models({"organization": model})
    writes, held = house.plan()
    assert {w.system for w in writes} == {"zoho"}
    assert codes(held) == ["first_run"] * 3  # one Fax shows the very phone already
    house.sync("none")
    assert (house.po.writes(), house.zoho.writes()) == before
    shown = {r["Account_Name"]: r["Fax"] for r in house.zoho.all("Account")}
    assert shown["Firm 0 AS"] == "24000000"
    house.sync()
    assert [house.po.get("Customers", k, "PhoneNumber") for k in keys] == [
        "22000000",
        "22000001",
        "22000002",
        "22000003",
    ]
    house.assert_quiet()


def test_a_new_field_needs_approval_and_fills_what_is_empty(quick: Build) -> None:
    """4, 5.9: a new field counts as a first run for the writes it causes."""
    house, _, b = linked_firms(quick)
    house.zoho.edit("Account", b, Fax="24000000")
    house.sync("none")
    model = (
        "entity: organization\nfields:\n  fax: {kind: phone}\nmembers:\n  zoho.Account:\n    properties:\n      fax: Fax\n"
        "  po.Customers:\n    properties:\n      fax: InvoiceEmailAddress\n"
    )
    model = model.replace("kind: phone", "kind: text")
    house.write_models({"organization": model})
    before = house.po.writes(), house.zoho.writes()
    house.sync("none")
    assert (house.po.writes(), house.zoho.writes()) == before
    assert "first_run" in house.held()


def test_a_new_rule_links_what_was_read_before(quick: Build) -> None:
    """4, 5.1: records that did not change since are found by a rule that is new."""
    house = quick()
    a = house.po.add("Customers", **firm("Acme AS", None, WebsiteUrl="https://acme.example"))
    house.sync(lambda proposal: None)
    b = house.zoho.add("Account", **account("Acme Norge AS", None, Website="https://acme.example"))
    house.sync("none")
    house.write_models(
        {"organization": "entity: organization\nmatch:\n  - fields: [org_number]\n  - fields: [website]\n"}
    )
    house.sync()
    assert house.partner("po.Customers", a, "zoho.Account") == b
    assert len(house.zoho.all("Account")) == 1
    house.assert_quiet()


def test_an_answer_outlives_a_change_of_the_rules(quick: Build) -> None:
    """5.1: "this value identifies nobody" is said of a rule's fields, not of its place in the list."""
    house = quick()
    house.po.add("Customers", **person("Kari", "Nordmann", "post@firm.example"))
    house.zoho.add("Contact", **contact("Ola", "Nordmann", "post@firm.example"))
    house.zoho.add("Contact", **contact("Per", "Nordmann", "post@firm.example"))
    house.sync("none")
    assert set(house.held()) == {"ambiguous"}
    rules = [rule.fields for rule in house.model.type("person").match]
    for fields, value in (
        (("email", "name.family"), "post@firm.example\x1fnordmann"),
        (("email",), "post@firm.example"),
    ):
        use_cases.nobody(house.setting, "person", rules.index(fields), value)
    text = "entity: person\nmatch:\n  - {fields: [name, mobile]}\n  - {fields: [email], trust: suggest}\n  - fields: [email, name.family]\n"
    house.write_models({"person": text})
    house.sync()
    assert len(house.zoho.all("Contact")) == 3
    assert house.held() == []


def test_a_removed_member_sleeps_and_its_return_is_a_joining(quick: Build) -> None:
    """4: its links sleep; back again, it takes what was agreed meanwhile, and nothing is created anew."""
    house = quick()
    d = house.po.add("Departments", Name="Nord", Code="7", IsActive=True)
    house.sync()
    approve_everything(house)
    (b,) = [r["id"] for r in house.zoho.all("Account")]
    house.write_models({"organization": "entity: organization\nmembers:\n  po.Departments:\n"})
    house.zoho.edit("Account", b, Account_Name="Nordvest")
    house.sync("none")
    assert house.po.get("Departments", d, "Name") == "Nord"
    house.write_models({})
    house.sync()
    assert house.po.get("Departments", d, "Name") == "Nordvest"
    assert len(house.zoho.all("Account")) == 1
    house.assert_quiet()
