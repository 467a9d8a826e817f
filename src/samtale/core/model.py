"""The model: entity types, their fields, and how each member's properties show them.

What lives here: the values that a model file becomes once it has been checked against the connectors' schemas. They are frozen,
complete (rights, forms and defaults are filled in), and free of any notion of a master system. It must not know files, YAML,
connectors, or a store.
"""

from __future__ import annotations

from types import EllipsisType
from typing import Literal, NamedTuple

import msgspec

from samtale.core.kinds import Form, Kind, Raw, Value, kind_named

#: What a property shows when the payload does not hold it: no information, neither a value nor empty. No readable raw value
#: equals it, since a NUL is unreadable in every kind.
MISSING: Raw = "\x00"

#: A field's value: one entry per part (a plain field has one part). None is an empty part, Ellipsis a part that this side cannot show.
FieldValue = tuple[Value | EllipsisType | None, ...]


class Agreed(NamedTuple):
    """What an entity's field is now. Times are milliseconds since 1970 UTC."""

    value: FieldValue
    rev: int  #: grows with every new value
    origin: str  #: name of the member that showed it first, or ``person``
    after: int  #: the edit happened after this time,
    until: int  #: and not later than this


Use = Literal["match", "read", "write", "both"]
Clear = Literal["propagate", "ignore"]
OnDelete = Literal["keep", "archive", "delete"]


class Prefer(msgspec.Struct, frozen=True):
    """A rule that lets the first of these systems win that has something to say."""

    systems: tuple[str, ...]


#: How two edits of one field are decided: the newer wins, a person is asked, or named systems go first.
ConflictRule = Literal["newest", "ask"] | Prefer


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One typed value of a field: a plain field has one part named ``""``, a group has several."""

    name: str
    kind: Kind


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A typed value of an entity; merges as one value, also when it is a group of parts."""

    name: str
    parts: tuple[Part, ...]
    required: bool = False  #: never create a record without it
    clear: Clear = "propagate"  #: whether emptying it in one system empties it in the others
    conflict: ConflictRule = "newest"
    to: str | None = None  #: the entity type that a reference leads to

    @property
    def empty(self) -> FieldValue:
        """The field's empty value."""
        return (None,) * len(self.parts)

    def show(self, value: FieldValue | None) -> str:
        """The value on one line, for people."""
        if value is None:
            return ""
        shown = (p.kind.show(v) for p, v in zip(self.parts, value, strict=True) if not (v is None or v is ...))
        separator = " " if all(p.kind.name == "person_name" for p in self.parts) else ", "
        return separator.join(s for s in shown if s)


class Property(msgspec.Struct, frozen=True, kw_only=True):
    """One property of a member as the model uses it: its path, its form, and what may be done with it."""

    path: str
    form: Form = Form()
    readable: bool = True
    creatable: bool = True  #: may be sent when a record is created
    updatable: bool = True  #: may be sent later
    required: bool = False  #: a record cannot be created without it, nor it be emptied
    timed: bool = True  #: whether the record's modified time moves when this property alone changes
    refers: tuple[str, ...] = ()  #: names of the collections, in the same system, whose keys it holds


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """How one part of a field is shown: by one property, or by several joined to one value."""

    part: int  #: index into the field's parts
    properties: tuple[Property, ...]


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a record that shows a field. The first view of a field in a member is the primary, the others follow it."""

    field: str
    number: int  #: 0 the primary, 1 and up the followers
    accesses: tuple[Access, ...]
    use: Use = "both"

    @property
    def reads(self) -> bool:
        return self.use in ("both", "read")

    @property
    def writes(self) -> bool:
        return self.use in ("both", "write")


class CreateRule(msgspec.Struct, frozen=True, kw_only=True):
    """When a record of the origin member gets a counterpart here. Neither condition given: always."""

    when: str | None = None  #: CEL over the origin record's properties
    when_connected: tuple[str, ...] = ()  #: entity types one of whose synchronized records must refer to it


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A collection that takes part in an entity type."""

    entity: str  #: the entity type
    system: str
    collection: str
    label: str  #: as documents and screens call it
    aliases: tuple[str, ...] = ()
    where: tuple[tuple[str, Raw], ...] = ()  #: property path and value that a record must show to belong here
    views: tuple[View, ...] = ()
    create: tuple[tuple[str, CreateRule], ...] = ()  #: origin member's name, and the rule
    on_delete: OnDelete = "keep"

    @property
    def name(self) -> str:
        """``system.collection``; unique within one entity type."""
        return f"{self.system}.{self.collection}"


class MatchRule(msgspec.Struct, frozen=True, kw_only=True):
    """Fields (or ``field.part``) that must all be equal and filled for two records to be the same thing."""

    fields: tuple[str, ...]
    trust: Literal["link", "suggest"] = "link"
    only: tuple[str, ...] = ()  #: members that one side of the pair must belong to


class EntityType(msgspec.Struct, frozen=True, kw_only=True):
    """A shared kind of thing: its fields, how records of it are recognized, and who takes part."""

    name: str
    fields: tuple[Field, ...]
    match: tuple[MatchRule, ...] = ()
    members: tuple[Member, ...] = ()

    def field(self, name: str) -> Field:
        """The field of that name. Raises KeyError."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    def member(self, name: str) -> Member:
        """The member of that name (``system.collection``). Raises KeyError."""
        for member in self.members:
            if member.name == name:
                return member
        raise KeyError(name)


class Switches(msgspec.Struct, frozen=True, kw_only=True):
    """What a system, or one collection of it, takes part in."""

    share: bool = True  #: written to; false: read alone
    full_sync: bool = True  #: records from before the system was connected are created elsewhere too
    pause: bool = False  #: neither read nor written for now


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """All entity types of a project, and the settings that decisions need."""

    types: tuple[EntityType, ...]
    order: tuple[str, ...] = ()  #: systems; breaks ties
    first_link: Literal["ask", "newest"] | Prefer = "ask"
    followers: Literal["equal", "apart"] = "equal"
    timezone: str = "UTC"

    def type(self, name: str) -> EntityType:
        """The entity type of that name. Raises KeyError."""
        for entity_type in self.types:
            if entity_type.name == name:
                return entity_type
        raise KeyError(name)


def plain(name: str, kind: str, **options: object) -> Field:
    """A field of one part, for tests and builders: ``plain("city", "text", required=True)``."""
    return Field(name=name, parts=(Part(name="", kind=kind_named(kind)),), **options)  # type: ignore[arg-type]
