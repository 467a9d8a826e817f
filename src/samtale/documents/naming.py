"""Names: which system, which collection and which property a document means by what it prints.

Documents spell one system in several ways, call one collection by a former name, and name a property as an older version
of the API did. Here each is looked up in what is known of the systems as data. How a system without a name is inferred:
inferring.py.

Must not know: the model, files.
"""

from collections.abc import Iterator, Sequence

import msgspec

from samtale.core.model import EntityType, Member, Model
from samtale.documents.grammar import Document, Label, Section
from samtale.ports.connector import About, CollectionSpec, PropertySpec

#: What documents call the part of a type that is about people.
PERSON_KINDS = frozenset({"person", "human"})


class System(msgspec.Struct, frozen=True, kw_only=True):
    """A system that a document may be about, and what is known of it without asking it."""

    name: str  #: as members bear it: ``zohocrm`` of ``zohocrm.Account``
    about: About
    printed: str = ""  #: as our documents print it; empty: as the connector calls it
    unshared: frozenset[str] = frozenset()  #: collections that are read, and never written
    paused: frozenset[str] = frozenset()  #: collections that are neither read nor written

    @property
    def title(self) -> str:
        """The name in a document."""
        return self.printed or self.about.document_name

    @property
    def spellings(self) -> frozenset[str]:
        """Every name of it, folded."""
        about = self.about
        return frozenset(map(folded, (self.name, self.title, about.connector, about.title, about.document_name)))


class TypeName(msgspec.Struct, frozen=True, kw_only=True):
    """A label of a section, taken apart."""

    system: str  #: the words that name the system, as printed; empty where it is unnamed
    type: str  #: the words that name the type: "Customers"
    kind: str | None  #: the part of the type: "person", "human", "organisation"


def folded(text: str) -> str:
    """A name by its letters and digits alone, so that "PowerOffice GO" is "Powerofficego"."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


# ---------------------------------------------------------------------------------------------------------- systems


def systems_named(text: str, systems: Sequence[System]) -> tuple[System, ...]:
    """The systems that a printed name may mean: the one of that very name, else those whose product is called so."""
    name = folded(text)
    if not name:
        return ()
    exact = tuple(s for s in systems if name in (folded(s.name), folded(s.printed)))
    return exact or tuple(s for s in systems if name in s.spellings)


def type_names(document: Document, section: Section, systems: Sequence[System]) -> tuple[TypeName, TypeName]:
    """Take both labels of a section apart.

    A label may begin with another spelling than the title, or bear a name where the title has none; the header of the
    type column repeats the target's. A label that begins with no name at all belongs to the system of the title.
    """
    printed = ({folded(document.source)}, {folded(document.target), folded(section.target_system)})
    one, other = zip((section.source, section.target), printed, strict=True)
    return _type_name(*one, systems), _type_name(*other, systems)


def _type_name(label: Label, printed: set[str], systems: Sequence[System]) -> TypeName:
    words = label.bare.split(" ")
    for count in range(len(words) - 1, 0, -1):
        head = " ".join(words[:count])
        if folded(head) and (folded(head) in printed or (not label.unnamed and systems_named(head, systems))):
            return TypeName(system=head, type=" ".join(words[count:]), kind=label.kind)
    return TypeName(system="", type=label.bare, kind=label.kind)


# ------------------------------------------------------------------------------------------- collections, properties


def collection_named(about: About, text: str) -> CollectionSpec | None:
    """The collection that documents call so: by its name, a former one, or either in the other number."""
    for name in (folded(text), _other_number(folded(text))):
        for spec in about.collections:
            if name in {folded(n) for n in (spec.name, *spec.former, spec.label) if n}:
                return spec
    return None


def _other_number(name: str) -> str:
    return name[:-1] if name.endswith("s") else f"{name}s"


def property_named(about: About, spec: CollectionSpec, path: str) -> PropertySpec | None:
    """The property that documents call so: by its path, or by a name that older versions of the API gave it."""
    by_path = {p.path: p for p in spec.properties}
    found = by_path.get(path) or next((p for p in spec.properties if path in p.former), None)
    if found is None and about.ignores_case:
        low = path.lower()
        found = next((p for p in spec.properties if low in (p.path.lower(), *map(str.lower, p.former))), None)
    return found


def is_key(about: About, collection: str, path: str) -> bool:
    """Whether a property is what identifies the records of its collection."""
    spec = collection_named(about, collection)
    return spec is not None and spec.key == path


# ---------------------------------------------------------------------------------------------------------- members


def members_named(model: Model, system: System, name: TypeName) -> Iterator[tuple[EntityType, Member]]:
    """The members that a label may mean, the most exact reading alone.

    First the label or an alias of a member, with its kind; then, for a label without one, the collection.
    """
    mine = [(t, m) for t in model.types for m in t.members if m.system == system.name]
    wanted = spelled(name)
    exact = [(t, m) for t, m in mine if wanted & _names(m)]
    if exact or name.kind is not None:
        yield from exact
        return
    spec = collection_named(system.about, name.type)
    yield from ((t, m) for t, m in mine if spec is not None and m.collection == spec.name)


def spelled(name: TypeName) -> set[str]:
    """The ways in which documents of all generations spell a type, folded."""
    if name.kind is None:
        return {folded(name.type)}
    kinds = PERSON_KINDS if name.kind in PERSON_KINDS else {name.kind}
    return {folded(f"{name.type} {kind}") for kind in kinds}


def _names(member: Member) -> set[str]:
    found: set[str] = set()
    for text in (member.label, *member.aliases):
        label = Label(text=text)
        found |= spelled(TypeName(system="", type=label.bare, kind=label.kind))
    return found
