"""Connected components: types joined by sections become entity types, properties joined by rows become fields.

What the packaged models keep apart is not joined: two members of different packaged entity types stay where they are,
and the section between them is put to a person.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

import msgspec

from samtale.documents.importing.decisions import Ledger
from samtale.documents.importing.gathering import Gathered, Joint, TypeFacts, TypeKey
from samtale.documents.importing.standard import StandardType
from samtale.documents.naming import folded

Thing = TypeVar("Thing", bound=Hashable)


class Components(Generic[Thing]):
    """Things that are joined, directly or through others. Their order is that in which they were met."""

    def __init__(self) -> None:
        self._leader: dict[Thing, Thing] = {}

    def leader(self, thing: Thing) -> Thing:
        """The thing that stands for all that are joined with this one."""
        self._leader.setdefault(thing, thing)
        while self._leader[thing] != thing:
            self._leader[thing] = thing = self._leader[self._leader[thing]]
        return thing

    def join(self, one: Thing, other: Thing) -> None:
        """These two, and all that are joined with either, belong together."""
        self._leader[self.leader(other)] = self.leader(one)

    def __iter__(self) -> Iterator[tuple[Thing, ...]]:
        found: dict[Thing, list[Thing]] = {}
        for thing in list(self._leader):
            found.setdefault(self.leader(thing), []).append(thing)
        yield from map(tuple, found.values())


class Entity(msgspec.Struct, frozen=True, kw_only=True):
    """An entity type to be: its members, and the sections between them."""

    name: str
    standard: StandardType | None
    types: dict[TypeKey, TypeFacts]
    joints: tuple[Joint, ...]


def entities(gathered: Gathered, standard: Sequence[StandardType], ledger: Ledger) -> list[Entity]:
    """The entity types of all documents, the packaged ones first."""
    types = gathered.types
    joined: Components[TypeKey] = Components()
    names: dict[TypeKey, str] = {}
    kept: dict[int, Joint] = {}
    for key, facts in types.items():
        names[joined.leader(key)] = facts.entity
    # Sections with most rows first: what says most decides where a type without a packaged place belongs.
    for at, joint in sorted(enumerate(gathered.joints), key=lambda numbered: -len(numbered[1].rows)):
        one, other = joined.leader(joint.one), joined.leader(joint.other)
        if one != other and names[one] and names[other] and names[one] != names[other]:
            what = f"{joint.section.heading} joins `{names[one]}` with `{names[other]}`."
            remedy = "Samtale's models keep these apart. If both are meant, move one member to the other's model file."
            ledger.decide("types_apart", what, remedy, joint.place)
            continue
        name = names[one] or names[other]
        joined.join(one, other)
        names[joined.leader(one)] = name
        kept[at] = joint
    inside: dict[TypeKey, list[Joint]] = {}
    for _, joint in sorted(kept.items()):
        inside.setdefault(joined.leader(joint.one), []).append(joint)
    drafts = []
    for group in joined:
        leader = joined.leader(group[0])
        mine = inside.get(leader, [])
        drafts.append((names[leader], _without_twins(group, mine, ledger), mine))
    drafts.sort(key=lambda draft: (not draft[0], draft[0]))
    return list(_named(drafts, types, standard))


def _named(
    drafts: Sequence[tuple[str, list[TypeKey], list[Joint]]],
    types: Mapping[TypeKey, TypeFacts],
    standard: Sequence[StandardType],
) -> Iterator[Entity]:
    """Entity types with their names; one that is joined with nothing is none."""
    taken = {t.name for t in standard}
    for name, keys, joints in drafts:
        members = set(keys)
        mine = tuple(j for j in joints if j.one in members and j.other in members)
        if mine:
            known = next((t for t in standard if t.name == name), None)
            called = name or _name_of(keys, taken)
            taken.add(called)
            yield Entity(name=called, standard=known, types={k: types[k] for k in keys}, joints=mine)


def _without_twins(keys: Iterable[TypeKey], joints: Sequence[Joint], ledger: Ledger) -> list[TypeKey]:
    """Types that can be members of one entity type: one for each collection, that with most rows."""
    rows: Counter[TypeKey] = Counter()
    for joint in joints:
        rows[joint.one] += 1 + len(joint.rows)
        rows[joint.other] += 1 + len(joint.rows)
    found: dict[str, TypeKey] = {}
    for key in keys:
        twin = found.setdefault(key.member, key)
        if twin != key:
            stays, goes = sorted((twin, key), key=lambda k: (-rows[k], k))
            found[key.member] = stays
            what = (
                f"{goes.member}: `{goes.kind or 'the main kind'}` and `{stays.kind or 'the main kind'}` are one type."
            )
            remedy = "Only the one with more rows is used; describe the other by hand, told apart by `where`."
            places = [j.place for j in joints if goes in (j.one, j.other)]
            ledger.decide("types_one_collection", what, remedy, *places)
    return list(found.values())


def _name_of(keys: Sequence[TypeKey], taken: set[str]) -> str:
    """A name for a kind of thing that no packaged model describes: the most frequent among its types."""
    counted = Counter(identifier(_singular(f"{key.collection} {key.kind}".strip())) for key in keys)
    name = min(counted, key=lambda n: (-counted[n], len(n), n))
    return free(name, taken)


def free(name: str, taken: set[str]) -> str:
    """The name, or one made of it that is not taken."""
    number = 2
    found = name
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    return found


def identifier(text: str) -> str:
    """A name as the name of an entity type or field: small letters, digits and underscores."""
    spaced = "".join(f"_{c}" if c.isupper() and i and text[i - 1].islower() else c for i, c in enumerate(text))
    name = "_".join(filter(None, "".join(c if c.isascii() and c.isalnum() else " " for c in spaced).lower().split()))
    return name if name[:1].isalpha() else f"x_{name}".rstrip("_")


def _singular(text: str) -> str:
    if text.endswith("ies") and len(text) > 4:
        return f"{text[:-3]}y"
    return text[:-1] if text.endswith("s") and not text.endswith("ss") and len(folded(text)) > 3 else text
