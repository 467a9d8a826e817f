"""Linking, braking and conditions by example: every case says what is known, and all that follows from it."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pytest

from samtale.core.brakes import Counted, Limits, Place, brakes, shrunk
from samtale.core.conditions import BadCondition, compiles, holds
from samtale.core.kinds import kind_named
from samtale.core.link import BY_MARK, BY_PERSON, Answers, Node, Pairing, RuleSet, judge
from samtale.core.mapping import MemberMap
from samtale.core.model import Access, EntityType, Field, MatchRule, Member, Part, Property, View, plain
from tests.core.casebook import cases, raw
from tests.core.life import compiled

PARTS = (Part(name="given", kind=kind_named("person_name")), Part(name="family", kind=kind_named("person_name")))
FIELDS = (
    plain("number", "org_number"),
    plain("email", "email"),
    plain("name", "text"),
    Field(name="person", parts=PARTS),
)
PLACES = {"p": ("poweroffice", "Customers"), "z": ("zoho", "Account"), "d": ("zendesk", "Users")}


def _member(system: str, collection: str) -> Member:
    views = [
        View(field=name, number=0, accesses=(Access(part=0, properties=(Property(path=name),)),))
        for name in ("number", "email", "name")
    ]
    views.append(View(field="person", number=0, accesses=(Access(part=1, properties=(Property(path="family"),)),)))
    return Member(entity="thing", system=system, collection=collection, label=system, views=tuple(views))


THING = EntityType(
    name="thing",
    fields=FIELDS,
    match=(
        MatchRule(fields=("number",)),
        MatchRule(fields=("email",)),
        MatchRule(fields=("name",), trust="suggest"),
    ),
    members=tuple(_member(*place) for place in PLACES.values()),
)
COLLECTIONS = compiled(THING)
RULES = RuleSet(THING)


class Records:
    """The records of a case, by their short names."""

    def __init__(self, case: Mapping[str, Any]) -> None:
        self.case = case
        linked = {name: f"e{number}" for number, group in enumerate(case.get("linked", [])) for name in group}
        self.nodes = {name: self._node(name, given, linked.get(name)) for name, given in case["records"].items()}
        self.short = {node.name: name for name, node in self.nodes.items()}

    def _node(self, name: str, given: Mapping[str, Any], entity: str | None) -> Node:
        place = PLACES[name[0]]
        collection = COLLECTIONS[place]
        record: MemberMap = collection.members[0]
        keys, guards = RULES.keys(record, [raw(given.get(path)) for path in collection.paths])
        marks = ((BY_MARK, given["mark"]),) if "mark" in given else ()
        person = tuple((BY_PERSON, "+".join(pair)) for pair in self.case.get("same", []) if name in pair)
        return Node(
            name=(*place, name), member=".".join(place), keys=(*keys, *marks, *person), guards=guards, entity=entity
        )

    def answers(self) -> Answers:
        distinct = frozenset(frozenset(self.nodes[n].name for n in pair) for pair in self.case.get("distinct", []))
        return Answers(distinct=distinct, nobody=frozenset((1, value) for value in self.case.get("nobody", [])))

    def complete(self) -> set[str]:
        return {".".join(place) for letter, place in PLACES.items() if letter not in self.case.get("incomplete", [])}

    def called(self, nodes: Sequence[Node]) -> list[str]:
        return sorted(self.short[n.name] for n in nodes)

    def pair(self, pairing: Pairing) -> list[str]:
        return sorted((self.short[pairing.a], self.short[pairing.b]))


@pytest.mark.parametrize("case", cases("link"))
def test_link(case: Mapping[str, Any]) -> None:
    records = Records(case)
    judgement = judge(list(records.nodes.values()), RULES, records.complete(), records.answers())
    groups = [(entity, records.called(group)) for entity, group, _ in judgement.groups]
    alone = {name for name, node in records.nodes.items() if node.entity is None}
    alone -= {n for group in case.get("groups", []) for n in group} | case.get("held", {}).keys()
    wanted = [*case.get("groups", []), *([name] for name in alone)]
    assert sorted(group for _, group in groups) == sorted(map(sorted, wanted))
    for name, other in case.get("joins", {}).items():
        assert [entity for entity, group in groups if name in group] == [records.nodes[other].entity]
    assert {records.short[n.name]: code for code, n, _ in judgement.held} == case.get("held", {})
    assert sorted(map(records.pair, judgement.merges)) == case.get("merges", [])
    letters = {".".join(place): letter for letter, place in PLACES.items()}
    found = {records.short[n]: sorted(letters[m] for m in members) for n, members in judgement.open.items()}
    assert found == case.get("open", {})


HERE: Place = ("zoho", "Account")


def _limits(case: Mapping[str, Any]) -> Limits:
    return msgspec.convert(case["limits"], Limits)


@pytest.mark.parametrize("case", cases("brakes"))
def test_brakes(case: Mapping[str, Any]) -> None:
    planned: dict[tuple[Place, Counted], int] = {(HERE, kind): n for kind, n in case["planned"].items()}
    before: dict[tuple[Place, Counted], int] = {(HERE, kind): n for kind, n in case.get("before", {}).items()}
    found = brakes(planned, before, {HERE: case["size"]}, _limits(case))
    assert [brake.kind for brake in found] == case["brakes"]
    assert all(brake.kind in brake.reason and "zoho.Account" in brake.reason for brake in found)


@pytest.mark.parametrize("case", cases("brakes", section="shrunk"))
def test_shrunk(case: Mapping[str, Any]) -> None:
    assert shrunk(case["seen"], case["before"], Limits()) == case.get("is")


@pytest.mark.parametrize("case", cases("conditions"))
def test_conditions(case: Mapping[str, Any]) -> None:
    properties = {path: raw(value) for path, value in case["properties"].items()}
    if isinstance(case["answers"], bool):
        assert compiles(case["when"]) is None
        assert holds(case["when"], properties) is case["answers"]
    else:
        with pytest.raises(BadCondition) as problem:
            holds(case["when"], properties)
        assert case["answers"] in str(problem.value)
        assert "customer" not in str(problem.value).replace(case["when"], "")
