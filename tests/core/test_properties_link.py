"""Properties of linking: what holds for every set of records that match each other somehow."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from samtale.core.link import BY_MARK, BY_PERSON, Answers, Judgement, Node, Pairing, RecordName, RuleSet, judge
from samtale.core.model import EntityType, MatchRule, plain

MEMBERS = ("alfa.things", "beta.things", "gamma.things")
THING = EntityType(
    name="thing",
    fields=(plain("email", "email"), plain("number", "org_number"), plain("name", "text")),
    match=(
        MatchRule(fields=("number",)),
        MatchRule(fields=("email",)),
        MatchRule(fields=("name",), trust="suggest"),
        MatchRule(fields=("name", "email"), only=("gamma.things",)),
    ),
)
RULES = RuleSet(THING)
KEYS = [(number, value) for number in range(4) for value in ("x", "y")]
FEW_KEYS = st.lists(st.sampled_from([*KEYS, (BY_MARK, "m"), (BY_PERSON, "p")]), max_size=3, unique=True).map(sorted)
GUARDS = st.sampled_from([(), (("family", "holm"),), (("family", "berg"),), (("number", "1"), ("family", "berg"))])


@st.composite
def sets(draw: st.DrawFn) -> list[Node]:
    """Records that match each other by chance; some are linked already, at most one of each member in an entity."""
    nodes: list[Node] = []
    for number in range(draw(st.integers(1, 7))):
        member = draw(st.sampled_from(MEMBERS))
        entity = draw(st.sampled_from([None, None, "e1", "e2"]))
        if any(n.member == member and n.entity == entity for n in nodes):
            entity = None
        system, _, collection = member.partition(".")
        keys = tuple(draw(FEW_KEYS))
        nodes.append(
            Node(name=(system, collection, str(number)), member=member, keys=keys, entity=entity, guards=draw(GUARDS))
        )
    return nodes


@st.composite
def situations(draw: st.DrawFn) -> tuple[list[Node], Answers, set[str]]:
    nodes = draw(sets())
    names = [n.name for n in nodes]
    pairs = st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True).map(frozenset)
    distinct = frozenset(draw(st.lists(pairs, max_size=3))) if len(names) > 1 else frozenset()
    nobody = frozenset(draw(st.lists(st.sampled_from(KEYS), max_size=2)))
    complete = draw(st.sampled_from([set(MEMBERS), set(MEMBERS), set(MEMBERS[:2])]))
    return nodes, Answers(distinct=distinct, nobody=nobody), complete


Situation = tuple[list[Node], Answers, set[str]]


def said(judgement: Judgement) -> object:
    """A judgement without the order of its lists."""

    def pairs(found: Sequence[Pairing]) -> list[tuple[list[RecordName], int]]:
        return sorted((sorted((p.a, p.b)), p.rule) for p in found)

    return (
        sorted((entity or "", sorted(n.name for n in group), rule) for entity, group, rule in judgement.groups),
        sorted((code, node.name, repr(pairs(found))) for code, node, found in judgement.held),
        pairs(judgement.merges),
        judgement.open,
    )


def things(nodes: Sequence[Node], judgement: Judgement) -> dict[RecordName, object]:
    """What each record belongs to once the judgement has passed; a held record stands alone."""
    found: dict[RecordName, object] = {n.name: n.entity or n.name for n in nodes}
    for entity, group, _ in judgement.groups:
        for node in group:
            found[node.name] = entity or group[0].name
    return found


@given(situations(), st.randoms(use_true_random=False))
def test_the_order_of_records_changes_nothing(situation: Situation, random: object) -> None:
    nodes, answers, complete = situation
    before = said(judge(nodes, RULES, complete, answers))
    shuffled = list(nodes)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert said(judge(shuffled, RULES, complete, answers)) == before


@given(situations())
def test_every_new_record_has_one_fate(situation: Situation) -> None:
    nodes, answers, complete = situation
    judgement = judge(nodes, RULES, complete, answers)
    joined = [n.name for _, group, _ in judgement.groups for n in group]
    held = [n.name for _, n, _ in judgement.held]
    assert sorted(joined + held) == sorted(n.name for n in nodes if n.entity is None)


@given(situations())
def test_an_entity_has_one_record_of_each_member(situation: Situation) -> None:
    nodes, answers, complete = situation
    found = things(nodes, judge(nodes, RULES, complete, answers))
    for thing in set(found.values()):
        members = [n.member for n in nodes if found[n.name] == thing]
        assert len(members) == len(set(members))


@given(situations())
def test_what_people_told_apart_is_never_linked(situation: Situation) -> None:
    nodes, answers, complete = situation
    found = things(nodes, judge(nodes, RULES, complete, answers))
    entity = {n.name: n.entity for n in nodes}
    for a, b in map(sorted, answers.distinct):
        assert found[a] != found[b] or (entity[a] is not None and entity[a] == entity[b])


@given(situations())
def test_names_and_numbers_that_differ_keep_records_apart(situation: Situation) -> None:
    """Unless a mark, a person, or a rule for members that know no better says otherwise of these very records."""
    nodes, answers, complete = situation
    found = things(nodes, judge(nodes, RULES, complete, answers))
    for a in nodes:
        for b in nodes:
            if a.name >= b.name or found[a.name] != found[b.name] or (a.entity and b.entity):
                continue
            differ = any(dict(b.guards).get(name, value) != value for name, value in a.guards)
            excused = {k for k in a.keys if k in b.keys and (k[0] < 0 or k[0] == 3)} - answers.nobody
            assert not differ or excused


@given(situations())
def test_rules_link_only_what_was_read_completely(situation: Situation) -> None:
    nodes, answers, complete = situation
    for _, group, rule in judge(nodes, RULES, complete, answers).groups:
        assert len(group) == 1 or rule < 0 or all(n.member in complete for n in group)


@given(situations())
def test_records_of_one_member_stand_alone(situation: Situation) -> None:
    nodes, answers, complete = situation
    of_one = [n for n in nodes if n.member == nodes[0].member and n.entity is None]
    judgement = judge(of_one, RULES, complete, answers)
    assert [(e, [n.name for n in group]) for e, group, _ in judgement.groups] == [
        (None, [n.name]) for n in sorted(of_one, key=lambda n: n.name)
    ]
    assert not judgement.held


@given(situations())
def test_a_twin_freezes_nobody(situation: Situation) -> None:
    """One more record of a member that the entity has a record of is held alone: the rest is judged as if it were not there."""
    nodes, answers, complete = situation
    linked = [n for n in nodes if n.entity == "e1"]
    if not linked:
        return
    keys = tuple(k for k in linked[0].keys if k[0] >= 0)
    twin = Node(name=("alfa", "zz", "t"), member=linked[0].member, keys=keys, guards=linked[0].guards)
    judgement = judge([*linked, twin], RULES, complete, answers)
    assert [n.name for _, n, _ in judgement.held] in ([], [twin.name])
    assert not judgement.merges
    assert all(group == [twin] for _, group, _ in judgement.groups)


@given(situations())
def test_nothing_is_created_where_a_match_is_open(situation: Situation) -> None:
    """A record that is held because of another leaves that one no way to create its counterpart where the first one is."""
    nodes, answers, complete = situation
    judgement = judge(nodes, RULES, complete, answers)
    found = things(nodes, judgement)
    members = {t: {n.member for n in nodes if found[n.name] == t} for t in found.values()}
    for _, node, pairs in judgement.held:
        for pairing in pairs:
            other = pairing.b if pairing.a == node.name else pairing.a
            if found[other] != found[node.name] and members[found[node.name]].isdisjoint(members[found[other]]):
                assert node.member in judgement.open[other]
