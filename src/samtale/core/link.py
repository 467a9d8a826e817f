"""Link: which records are the same thing.

Rules are alternatives; all fields of one rule must be equal and filled. The whole connected set is judged at once, and whatever is
not certain is held for a person: a set with two records of one member, a set that joins two entities, and pairs that a rule only
suggests. It must not know how the candidates were found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from hashlib import blake2b
from itertools import chain, combinations
from typing import Literal

import msgspec

from samtale.core.kinds import Raw
from samtale.core.mapping import MemberMap, Unread
from samtale.core.model import EntityType, MatchRule

RecordName = tuple[str, str, str]  #: system, collection, key

#: Rule numbers that stand for certainty beyond the model's rules.
BY_MARK, BY_PERSON = -1, -2

#: Equal values shared by more records than this tell nothing; people say so of e-mail addresses such as post@.
CROWD = 200


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """One record that may be linked."""

    name: RecordName
    member: str
    keys: tuple[tuple[int, str], ...]  #: rule number and the matched value
    entity: str | None = None  #: already linked
    guards: tuple[tuple[str, str], ...] = ()  #: fields that tell records apart when both are filled


class Pairing(msgspec.Struct, frozen=True, kw_only=True):
    """Two records that may be the same thing, for a person to decide."""

    a: RecordName
    b: RecordName
    rule: int


Pairs = dict[frozenset[RecordName], Pairing]


class Judgement(msgspec.Struct, kw_only=True):
    """What a connected set comes to."""

    groups: list[
        tuple[str | None, list[Node], int]
    ] = []  #: entity or None, the records that join (or found) it, the rule that linked them
    held: list[tuple[Literal["ambiguous", "suggested", "twin", "incomplete"], Node, tuple[Pairing, ...]]] = []
    merges: list[Pairing] = []  #: entities that came to match
    #: by record, members in which it may have a counterpart already: nothing is created there for it until that is decided
    open: dict[RecordName, set[str]] = {}


class Answers(msgspec.Struct, kw_only=True):
    """What people said about pairs and values."""

    distinct: frozenset[frozenset[RecordName]] = frozenset()
    nobody: frozenset[tuple[int, str]] = frozenset()  #: rule number and value


class RuleSet:
    """The match rules of one entity type, compiled."""

    def __init__(self, entity_type: EntityType) -> None:
        self.type = entity_type
        self.rules = entity_type.match
        fields = {field.name: i for i, field in enumerate(entity_type.fields)}
        self.terms: tuple[tuple[tuple[int, int], ...], ...] = tuple(
            tuple(_term(entity_type, fields, name) for name in rule.fields) for rule in entity_type.match
        )
        #: fields whose filled difference tells records apart: organisation numbers and family names
        self.guards: tuple[tuple[str, int, int], ...] = tuple(
            (f"{field.name}.{part.name}" if part.name else field.name, i, j)
            for i, field in enumerate(entity_type.fields)
            for j, part in enumerate(field.parts)
            if part.kind.name == "org_number" or part.name == "family"
        )

    @cached_property
    def _needed(self) -> tuple[tuple[int, int], ...]:
        """Every field and part that a rule or a guard reads, once."""
        return tuple(dict.fromkeys((*chain.from_iterable(self.terms), *((i, j) for _, i, j in self.guards))))

    def keys(
        self, record: MemberMap, shown: Sequence[Raw]
    ) -> tuple[tuple[tuple[int, str], ...], tuple[tuple[str, str], ...]]:
        """The match values of a record, by rule number, and its guards."""
        folded = {term: self._fold(record, term, shown) for term in self._needed}
        keys = []
        for number, terms in enumerate(self.terms):
            values = [value for term in terms if (value := folded[term])]
            if values and len(values) == len(terms):
                keys.append((number, "\x1f".join(values)))
        guards = [(name, value) for name, i, j in self.guards if (value := folded[i, j])]
        return tuple(keys), tuple(guards)

    def _fold(self, record: MemberMap, term: tuple[int, int], shown: Sequence[Raw]) -> str | None:
        field, part = term
        numbers = record.by_field[field]
        if not numbers:
            return None
        view = record.views[numbers[0]]
        if view.use == "write":
            return None
        value = record.read(numbers[0], shown)
        if isinstance(value, Unread):
            return None
        wanted = value[part]
        if wanted is None or wanted is ...:
            return None
        return self.type.fields[field].parts[part].kind.key(wanted)

    def digest(self, rule: int, value: str) -> int:
        """A signed 64-bit number for an index; equal values have equal digests, and the values themselves decide.

        It depends on the rule's fields, not on its place: what was indexed stays found when rules come, go, or change places.
        """
        return digest64(f"{self.type.name}\x1e{' '.join(self.rules[rule].fields)}\x1e{value}")


def digest64(text: str) -> int:
    """A signed 64-bit digest."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big", signed=True)


def _term(entity_type: EntityType, fields: Mapping[str, int], name: str) -> tuple[int, int]:
    if name in fields:
        return fields[name], 0
    field, _, part = name.partition(".")
    parts = [p.name for p in entity_type.fields[fields[field]].parts]
    return fields[field], parts.index(part)


def judge(nodes: Sequence[Node], rules: RuleSet, complete: Collection[str], answers: Answers) -> Judgement:
    """What a connected set comes to. ``complete``: members of which every record has been seen."""
    nodes = sorted(nodes, key=lambda n: n.name)
    certain, suggested = _edges(nodes, rules, answers)
    clusters = _clusters(nodes, certain)
    judgement = Judgement()
    home: dict[RecordName, int] = {}
    solo: list[Node] = []
    for number, cluster in enumerate(clusters):
        for node in cluster:
            home[node.name] = number
    inside: dict[int, Pairs] = defaultdict(dict)
    for pair, pairing in certain.items():
        inside[home[pairing.a]][pair] = pairing
    for number, cluster in enumerate(clusters):
        _judge_cluster(cluster, inside[number], complete, answers, judgement, solo)
    _judge_suggestions(clusters, home, suggested, solo, judgement)
    entity = {n.name: n.entity for n in nodes} if certain else {}
    crossing = any(entity[p.a] and entity[p.b] for p in certain.values())
    if suggested or judgement.held or judgement.merges or crossing:
        _leave_open(nodes, certain.values(), suggested, judgement)
    return judgement


def _edges(nodes: Sequence[Node], rules: RuleSet, answers: Answers) -> tuple[Pairs, list[Pairing]]:
    shared: dict[tuple[int, str], list[Node]] = defaultdict(list)
    for node in nodes:
        for key in node.keys:
            if key not in answers.nobody:
                shared[key].append(node)
    certain: Pairs = {}
    suggested: Pairs = {}
    for (number, _), members in sorted(shared.items()):
        rule = rules.rules[number] if number >= 0 else None
        crowded = len(members) > CROWD
        for a, b in _pairs(members):
            pair = frozenset((a.name, b.name))
            if pair in answers.distinct or (a.entity is not None and a.entity == b.entity):
                continue
            if rule is not None and rule.only and a.member not in rule.only and b.member not in rule.only:
                continue
            trusted = rule is None or (rule.trust == "link" and not crowded and not _told_apart(rule, a, b))
            if trusted:
                certain.setdefault(pair, Pairing(a=a.name, b=b.name, rule=number))
            elif rule is not None and not (
                rule.trust == "suggest" and (crowded or _told_apart(rule, a, b)) and (a.entity or b.entity)
            ):
                suggested.setdefault(pair, Pairing(a=a.name, b=b.name, rule=number))
    return certain, [pairing for pair, pairing in suggested.items() if pair not in certain]


def _pairs(members: Sequence[Node]) -> Iterable[tuple[Node, Node]]:
    """All pairs of different members; of a crowd only each record's first partner, which is enough to hold it."""
    if len(members) <= CROWD:
        for i, a in enumerate(members):
            for b in members[i + 1 :]:
                if a.member != b.member:
                    yield a, b
        return
    first: dict[str, Node] = {}
    for node in members:
        first.setdefault(node.member, node)
    for node in members:
        partner = next((n for m, n in first.items() if m != node.member), None)
        if partner is not None:
            yield node, partner


def _told_apart(rule: MatchRule, a: Node, b: Node) -> bool:
    """Whether filled family names or organisation numbers differ, so that another field's equality proves nothing."""
    if rule.only and (a.member in rule.only or b.member in rule.only):
        return False
    return _differ(a, b)


def _differ(a: Node, b: Node) -> bool:
    theirs = dict(b.guards)
    return any(name in theirs and theirs[name] != value for name, value in a.guards)


def _clusters(nodes: Sequence[Node], certain: Mapping[frozenset[RecordName], Pairing]) -> list[list[Node]]:
    parent: dict[RecordName, RecordName] = {n.name: n.name for n in nodes}

    def root(name: RecordName) -> RecordName:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    by_entity: dict[str, RecordName] = {}
    for node in nodes:
        if node.entity is not None:
            first = by_entity.setdefault(node.entity, node.name)
            parent[root(node.name)] = root(first)
    for pairing in certain.values():
        parent[root(pairing.a)] = root(pairing.b)
    clusters: dict[RecordName, list[Node]] = defaultdict(list)
    for node in nodes:
        clusters[root(node.name)].append(node)
    return list(clusters.values())


def _judge_cluster(
    cluster: list[Node],
    mine: Pairs,
    complete: Collection[str],
    answers: Answers,
    judgement: Judgement,
    solo: list[Node],
) -> None:
    fresh = [n for n in cluster if n.entity is None]
    entities = {n.entity for n in cluster if n.entity is not None}
    if len(cluster) == 1:
        solo.extend(fresh)
        return
    if len(entities) > 1:
        judgement.merges.extend(_merges(cluster, mine))
    if not fresh:
        return
    incomplete = any(n.member not in complete for n in cluster)
    if not incomplete and _one_thing(cluster, mine, answers):
        judgement.groups.append(_group(cluster, mine))
        return
    taken = {n.member for n in cluster if n.entity is not None}
    things, left = len(entities), []
    marked = {pair: pairing for pair, pairing in mine.items() if pairing.rule < 0}
    for part in _clusters(cluster, marked):
        joining = [n for n in part if n.entity is None]
        if joining and len(part) > 1 and _one_thing(part, marked, answers):
            judgement.groups.append(_group(part, marked))
            taken.update(n.member for n in part)
            things += all(n.entity is None for n in part)
        else:
            left.extend(joining)
    if incomplete:
        _hold("incomplete", left, mine, judgement)
    elif things == 1 and all(n.member in taken for n in left):
        _hold("twin", left, mine, judgement)
    else:
        _hold("ambiguous", left, mine, judgement)


def _one_thing(cluster: Sequence[Node], pairs: Pairs, answers: Answers) -> bool:
    """Whether all these records can be one entity: one of each member, at most one entity, and no two that are known to differ.

    Two records that match each other directly were compared already; those that meet only through others are compared here.
    """
    if len({n.member for n in cluster}) < len(cluster) or len({n.entity for n in cluster if n.entity is not None}) > 1:
        return False
    for a, b in combinations(cluster, 2):
        pair = frozenset((a.name, b.name))
        if (a.entity is None or b.entity is None) and pair not in pairs and (pair in answers.distinct or _differ(a, b)):
            return False
    return True


def _group(cluster: Sequence[Node], pairs: Pairs) -> tuple[str | None, list[Node], int]:
    fresh = [n for n in cluster if n.entity is None]
    entity = next((n.entity for n in cluster if n.entity is not None), None)
    rule = min((p.rule for pair, p in pairs.items() if any(n.name in pair for n in fresh)), default=0)
    return entity, fresh, rule


def _hold(
    code: Literal["ambiguous", "suggested", "twin", "incomplete"],
    nodes: Iterable[Node],
    pairs: Mapping[frozenset[RecordName], Pairing],
    judgement: Judgement,
) -> None:
    for node in nodes:
        judgement.held.append((code, node, tuple(p for pair, p in pairs.items() if node.name in pair)))


def _merges(cluster: Sequence[Node], pairs: Mapping[frozenset[RecordName], Pairing]) -> list[Pairing]:
    """Pairs of entities that match and could be one, since no member has a record in both."""
    entity = {n.name: n.entity for n in cluster}
    members: dict[str, set[str]] = defaultdict(set)
    for node in cluster:
        if node.entity is not None:
            members[node.entity].add(node.member)
    found: dict[frozenset[str], Pairing] = {}
    for pairing in pairs.values():
        a, b = entity[pairing.a], entity[pairing.b]
        if a is not None and b is not None and a != b and not members[a] & members[b]:
            found.setdefault(frozenset((a, b)), pairing)
    return list(found.values())


def _overlap(a: Sequence[Node], b: Sequence[Node]) -> bool:
    """Whether both have a record of one member, so that they could not be one thing."""
    return bool({n.member for n in a} & {n.member for n in b})


def _judge_suggestions(
    clusters: Sequence[Sequence[Node]],
    home: Mapping[RecordName, int],
    suggested: Sequence[Pairing],
    solo: Sequence[Node],
    judgement: Judgement,
) -> None:
    alone = {n.name: n for n in solo}
    pairs: dict[RecordName, list[Pairing]] = defaultdict(list)
    for pairing in suggested:
        a, b = home[pairing.a], home[pairing.b]
        if a == b:
            continue
        if pairing.a in alone or pairing.b in alone:
            for name in (pairing.a, pairing.b):
                if name in alone:
                    pairs[name].append(pairing)
        elif all(n.entity is not None for n in (*clusters[a], *clusters[b])) and not _overlap(clusters[a], clusters[b]):
            judgement.merges.append(pairing)
    for node in solo:
        if node.name not in pairs:
            judgement.groups.append((None, [node], 0))
            continue
        others = [clusters[home[p.b if p.a == node.name else p.a]] for p in pairs[node.name]]
        twin = all(any(n.member == node.member and n.entity is not None for n in cluster) for cluster in others)
        judgement.held.append(("twin" if twin else "suggested", node, tuple(pairs[node.name])))


def _leave_open(
    nodes: Sequence[Node], certain: Iterable[Pairing], suggested: Iterable[Pairing], judgement: Judgement
) -> None:
    """Note for both sides of every match that did not become one thing where their counterparts may be.

    A suggestion counts only if the two could be one thing. A certain match counts always: the twin of a linked record gets no
    counterpart beside its twin's until a person has told the two apart.
    """
    thing: dict[RecordName, object] = {n.name: n.entity or n.name for n in nodes}
    for entity, group, _ in judgement.groups:
        for node in group:
            thing[node.name] = entity or group[0].name
    members: dict[object, set[str]] = defaultdict(set)
    for node in nodes:
        members[thing[node.name]].add(node.member)
    trusted = list(certain)
    for number, pairing in enumerate([*trusted, *suggested]):
        a, b = thing[pairing.a], thing[pairing.b]
        if a != b and (number < len(trusted) or not members[a] & members[b]):
            judgement.open.setdefault(pairing.a, set()).update(members[b])
            judgement.open.setdefault(pairing.b, set()).update(members[a])
