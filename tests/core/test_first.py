"""The quick way through a first link says what the whole decision says, about every detail of the plan."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

import samtale.core.plan as planning
from samtale.core.compare import NO_BASE, Side
from samtale.core.first import agreement
from samtale.core.kinds import Raw, kind_named
from samtale.core.mapping import MemberMap, ModelMap
from samtale.core.model import (
    MISSING,
    Access,
    CreateRule,
    EntityType,
    Field,
    Member,
    Model,
    Part,
    Property,
    View,
    plain,
)
from samtale.core.plan import Circumstances, EntityState, decide

FIELDS = (
    plain("name", "person_name"),
    plain("email", "email"),
    plain("phone", "phone"),
    Field(name="address", parts=(Part(name="", kind=kind_named("text")),), required=True),
)


def _view(field: str, path: str, number: int = 0, part: int = 0) -> View:
    return View(field=field, number=number, accesses=(Access(part=part, properties=(Property(path=path),)),))


def _member(system: str, views: Sequence[View], origin: str = "") -> Member:
    create = ((f"{origin}.Things", CreateRule()),) if origin else ()
    return Member(entity="thing", system=system, collection="Things", label=system, views=tuple(views), create=create)


def _model(followers: bool) -> Model:
    named = [_view(f.name, f.name) for f in FIELDS]
    one = [*named, _view("phone", "mobile", 1)] if followers else named
    members = (_member("one", one, "two"), _member("two", named, "one"), _member("three", named[:2], "one"))
    thing = EntityType(name="thing", fields=FIELDS, members=members)
    return Model(types=(thing,), order=("two", "one"), first_link="newest")


def _side(member: MemberMap, shown: Sequence[Raw], modified: int | None, seen_at: int) -> Side:
    return Side(
        map=member,
        key=f"key of {member.system}",
        shown=shown,
        base=[MISSING] * len(shown),
        revs=[NO_BASE] * len(member.views),
        modified=modified,
        seen_at=seen_at,
    )


RAW = {
    "name": ["Kari", "kari ", "Åse", "", None, 7, MISSING],
    "email": ["a@b.example", "A@B.example", "no address", "", None, MISSING],
    "phone": ["22604500", "+47 22 60 45 00", "12", None, ["22604500"], MISSING],
    "mobile": ["22604500", "98765432", None, MISSING],
    "address": ["Storgata 1", " Storgata 1", "Lillegata 2", None, {"street": 1}, MISSING],
}


@st.composite
def states(draw: st.DrawFn) -> tuple[EntityState, Circumstances]:
    model = _model(followers=draw(st.booleans()))
    maps = ModelMap(model)
    systems = draw(st.lists(st.sampled_from(("one", "two", "three")), min_size=1, max_size=3, unique=True))
    common = {path: draw(st.sampled_from(values)) for path, values in RAW.items()}
    sides = []
    for system in systems:
        member = maps.members["thing", f"{system}.Things"]
        paths = maps.collections[system, "Things"].paths
        own = draw(st.sets(st.sampled_from(sorted(RAW)), max_size=1))
        shown = [draw(st.sampled_from(RAW[p])) if p in own else common[p] for p in paths]
        sides.append(_side(member, shown, draw(st.one_of(st.none(), st.integers(1, 9000))), draw(st.integers(1, 9000))))
    state = EntityState(type=model.types[0], id="e", new=True, agreed={}, sides=sides)
    return state, Circumstances(model=model, collections=maps.collections)


@given(states())
def test_the_quick_way_decides_as_the_whole_decision(given_state: tuple[EntityState, Circumstances]) -> None:
    state, around = given_state
    quick = decide(state, around)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planning, "agreement", lambda *_: {})
        assert decide(state, around) == quick


def test_records_that_show_the_same_in_every_view_go_the_quick_way() -> None:
    model = _model(followers=False)
    maps = ModelMap(model)
    shown = {"name": "Kari", "email": "a@b.example", "phone": None, "address": "Storgata 1"}
    sides = [
        _side(maps.members["thing", f"{s}.Things"], [shown[p] for p in maps.collections[s, "Things"].paths], at, 500)
        for s, at in (("one", 300), ("two", None))
    ]
    agreed = agreement(model.types[0], sides, model)
    assert {name: a.value for name, a in agreed.items()} == {
        "name": ("Kari",), "email": ("a@b.example",), "phone": (None,), "address": ("Storgata 1",)
    }  # fmt: skip
    assert {a.origin for a in agreed.values()} == {"two.Things"}  # the system that comes first in the model's order
    sides[1] = _side(sides[1].map, ["Lillegata 2", *sides[1].shown[1:]], None, 500)
    assert agreement(model.types[0], sides, model).keys() == {"name", "email", "phone"}  # the address is no such field
