"""Which systems a document is about: by their names, by what a person says, else by their types and properties.

A system without a name, or with one that nobody knows, is inferred once for each document, from all its sections, and
never by the file's name. What it was inferred from is told, so that a person can judge it.

Must not know: the model, files.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from samtale.documents.grammar import Document, Section
from samtale.documents.naming import (
    System,
    TypeName,
    collection_named,
    property_named,
    systems_named,
    type_names,
)
from samtale.ports.connector import About

#: Share of a side's types and properties that a system must know for it to be meant.
ENOUGH = 0.8
#: Types and properties that it must know at the least, where the side has no name, and where it has a strange one.
FEWEST_UNNAMED, FEWEST_RENAMED = 2, 4

Side = Literal["source", "target"]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """How much of what a document says of one side a system knows."""

    system: str
    types: tuple[str, ...]  #: types that it has
    properties: tuple[str, ...]  #: properties that these have
    unknown: tuple[str, ...]  #: types and properties that it does not have

    @property
    def known(self) -> int:
        """Types and properties that speak for it."""
        return len(self.types) + len(self.properties)

    @property
    def share(self) -> float:
        """The part of all types and properties that it knows, 0 to 1."""
        return self.known / max(1, self.known + len(self.unknown))

    @property
    def told(self) -> str:
        """The evidence in a line."""
        types = f"type {self.types[0]}" if len(self.types) == 1 else f"types {', '.join(self.types)}"
        names = self.properties[:6]
        more = f" and {len(self.properties) - len(names)} more" if len(self.properties) > len(names) else ""
        properties = f"; properties {', '.join(names)}{more}" if names else ""
        strange = f"; unknown there: {', '.join(self.unknown[:6])}" if self.unknown else ""
        return f"{types}{properties}{strange}"


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a document: the system that is meant."""

    side: Side
    printed: str  #: the name in the title; may be empty
    system: System | None  #: None: no system that we know
    name: str  #: the system's name for members; made from what is printed where we know none; may be empty
    how: Literal["named", "given", "inferred", "unknown", "ambiguous"]
    evidence: tuple[Evidence, ...] = ()  #: the best first; of an inferred, unknown or ambiguous side


def identify(
    document: Document, systems: Sequence[System], given: Mapping[str, str] | None = None
) -> tuple[Known, Known]:
    """The systems of the source and of the target.

    Args:
        document: A document that was read.
        systems: All that may be meant.
        given: What a person says: `source` or `target` (of a side whose name tells no system) or a name as printed, to
            the name of a system, of a connector, or of a system that is not known.
    """
    told = given or {}
    return _known(document, "source", systems, told), _known(document, "target", systems, told)


def _known(document: Document, this: Side, systems: Sequence[System], given: Mapping[str, str]) -> Known:
    printed = document.source if this == "source" else document.target
    named = systems_named(printed, systems)
    told = given.get(printed) if printed else None
    if told is None and len(named) != 1:
        told = given.get(this)
    if told is not None:
        meant = systems_named(told, systems)
        system = meant[0] if len(meant) == 1 else None
        return Known(side=this, printed=printed, system=system, name=system.name if system else told, how="given")
    if len(named) == 1:
        return Known(side=this, printed=printed, system=named[0], name=named[0].name, how="named")
    evidence = tuple(sorted(weigh(document, this, named or systems), key=lambda e: (-e.known, -e.share)))
    found = _best(evidence, FEWEST_RENAMED if printed and not named else FEWEST_UNNAMED)
    if found is not None:
        system = next(s for s in systems if s.name == found.system)
        return Known(side=this, printed=printed, system=system, name=system.name, how="inferred", evidence=evidence[:2])
    how: Literal["unknown", "ambiguous"] = "ambiguous" if named or not printed else "unknown"
    evidence = tuple(e for e in evidence if e.known)[:3]
    return Known(side=this, printed=printed, system=None, name=_identifier(printed), how=how, evidence=evidence)


def _best(evidence: Sequence[Evidence], fewest: int) -> Evidence | None:
    """The system that knows enough, and more than every other."""
    if not evidence or evidence[0].known < fewest or evidence[0].share < ENOUGH:
        return None
    return evidence[0] if len(evidence) == 1 or evidence[1].known < evidence[0].known else None


def _identifier(printed: str) -> str:
    """A printed name as the name of a system: letters, digits and dashes."""
    name = "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in printed.lower()).strip("-")
    return name if name[:1].isalpha() else f"system-{name}".strip("-") if name else ""


# ---------------------------------------------------------------------------------------------------------- evidence


def weigh(document: Document, side: Side, systems: Sequence[System]) -> Iterator[Evidence]:
    """How much of one side of a document each system knows."""
    said = said_of(document, side, systems)
    for system in systems:
        yield _evidence(said, system)


def said_of(document: Document, side: Side, systems: Sequence[System]) -> dict[TypeName, set[str]]:
    """The types of one side and the properties that the document names of each, over all its sections."""
    said: dict[TypeName, set[str]] = {}
    for section in document.sections:
        name = type_names(document, section, systems)[0 if side == "source" else 1]
        said.setdefault(name, set()).update(_paths(section, side))
    return said


def _paths(section: Section, side: Side) -> Iterator[str]:
    at = 0 if side == "source" else 1
    yield from (pair[at] for pair in section.merge if pair[at])
    yield from (path for row in section.rows if (path := (row.path_from, row.path_to)[at]))


def _evidence(said: Mapping[TypeName, set[str]], system: System) -> Evidence:
    types: list[str] = []
    properties: list[str] = []
    unknown: list[str] = []
    for name, paths in said.items():
        spec = collection_named(system.about, name.type)
        if spec is None:
            unknown += [name.type, *sorted(paths)]
            continue
        types += [name.type] if name.type not in types else []
        for path in sorted(paths):
            known = property_named(system.about, spec, path) is not None
            (properties if known else unknown).append(path)
        if name.system and name.system in _names(system.about):
            properties.append(f"the name {name.system}")
    return Evidence(
        system=system.name, types=tuple(types), properties=tuple(dict.fromkeys(properties)), unknown=tuple(unknown)
    )


def _names(about: About) -> tuple[str, ...]:
    return (about.document_name, about.title, about.connector)
