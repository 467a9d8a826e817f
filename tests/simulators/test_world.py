"""The made-up world: the same for the same seed, believable, and told differently by each system."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samtale.simulators.world import World, org_number, slug

SYSTEMS = ("powerofficego", "zohocrm", "zendesk")


def test_the_same_seed_gives_the_same_world() -> None:
    assert World(3, 100).companies_for("zohocrm") == World(3, 100).companies_for("zohocrm")
    assert World(3, 100).persons_for("zohocrm") == World(3, 100).persons_for("zohocrm")
    assert World(3, 100).companies != World(4, 100).companies


@pytest.mark.parametrize("records", [10, 400, 4000])
@pytest.mark.parametrize("system", SYSTEMS)
def test_a_system_holds_about_as_many_records_as_asked(records: int, system: str) -> None:
    world = World(1, records)
    held = len(world.companies_for(system)) + len(world.persons_for(system))
    assert 0.6 * records <= held <= 1.3 * records + 5


def test_systems_overlap_and_each_has_records_of_its_own() -> None:
    world = World(1, 400)
    one, other = ({c.key for c in world.companies_for(system)} for system in SYSTEMS[:2])
    assert len(one & other) > 80
    assert one - other
    assert other - one


def test_what_people_typed_differs_a_little() -> None:
    world = World(1, 400)
    one, other = ({c.key: c for c in world.companies_for(system)} for system in SYSTEMS[:2])
    both = one.keys() & other.keys()
    same_names = sum(one[key].name == other[key].name for key in both)
    assert 0.6 < same_names / len(both) < 1
    assert any(one[key].phone != other[key].phone for key in both)
    assert any(not one[key].place.postal_code and other[key].place.postal_code for key in both)
    assert len({person.place.country_name for person in world.persons_for("zohocrm")}) > 4


def test_there_are_twins_shared_mailboxes_and_second_spellings() -> None:
    world = World(1, 400)
    assert any(c.twin_of for system in SYSTEMS for c in world.companies_for(system))
    assert any(p.twin_of for system in SYSTEMS for p in world.persons_for(system))
    mailboxes = Counter(p.email for p in world.persons)
    firms = {c.email for c in world.companies}
    assert any(email in firms for email in mailboxes)
    one, other = ({p.key: p for p in world.persons_for(system)} for system in SYSTEMS[:2])
    assert any(one[key].given != other[key].given for key in one.keys() & other.keys())


def test_a_person_works_only_for_a_firm_that_the_system_shows() -> None:
    world = World(1, 400)
    for system in SYSTEMS:
        shown = {c.key for c in world.companies_for(system)}
        assert all(p.company is None or p.company in shown for p in world.persons_for(system))


def test_the_truth_has_no_two_alike() -> None:
    world = World(1, 4000)
    for values in (
        [c.name for c in world.companies],
        [c.org_number for c in world.companies if c.org_number],
        [c.email for c in world.companies],
        [c.phone for c in world.companies] + [p.mobile for p in world.persons] + [p.phone for p in world.persons],
    ):
        assert len(values) == len(set(values))
    assert all(c.email.endswith(".example") for c in world.companies)


@given(st.integers(min_value=0, max_value=10**9))
def test_organization_numbers_have_a_right_check_digit(serial: int) -> None:
    number = org_number(serial)
    assert len(number) == 9
    weighted = sum(int(d) * w for d, w in zip(number, (3, 2, 7, 6, 5, 4, 3, 2, 1), strict=True))
    assert weighted % 11 == 0


@given(st.text())
def test_a_slug_fits_into_an_address(text: str) -> None:
    assert slug(text).replace("-", "").isalnum()
    assert slug(text).isascii()
