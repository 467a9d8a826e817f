"""Proposals: what a plan consists of. Writes with old value, new value and reason, held items, and what moves when the plan passes.

What lives here: frozen values, in the words in which programs and people meet them. It must not know how anything was decided.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Literal

import msgspec

from samtale.core.kinds import Raw
from samtale.core.link import RecordName
from samtale.core.merge import Verdict
from samtale.core.model import Agreed

WriteKind = Literal["create", "update", "delete", "archive"]

#: Why something is held. Closed list: programs and the documentation rely on it.
HeldCode = Literal[
    "ambiguous",
    "suggested",
    "twin",
    "merge",
    "incomplete",
    "linking",
    "marked",
    "other_type",
    "attempt",
    "unknown",
    "conflict",
    "first_link",
    "unreadable",
    "unwritable",
    "required",
    "waiting",
    "impossible",
    "brake",
    "first_run",
    "oscillation",
    "refused",
    "missing",
    "delete",
    "unavailable",
]


class FieldChange(msgspec.Struct, frozen=True, kw_only=True):
    """One field of one write: what the record shows, what it will show, and why."""

    field: str
    old: str | None  #: for people; None: nothing yet
    new: str
    reason: str
    properties: dict[str, Raw]  #: by path: what is sent
    expected: dict[str, Raw] = {}  #: by path: what the record must still show


class Write(msgspec.Struct, frozen=True, kw_only=True):
    """One record to be created or changed."""

    id: str  #: digest of all that it does: the same write has the same id in every plan
    kind: WriteKind
    type: str
    system: str
    collection: str
    key: str | None  #: None: a create
    entity: str
    fields: tuple[FieldChange, ...]
    version: str | None = None
    origin: RecordName | None = None  #: for a create: the record that it is made for
    clears: bool = False  #: empties at least one property

    @property
    def values(self) -> dict[str, Raw]:
        """Everything that is sent, by path."""
        return {path: raw for change in self.fields for path, raw in change.properties.items()}

    @property
    def expected(self) -> dict[str, Raw]:
        """Everything that the record must still show, by path."""
        return {path: raw for change in self.fields for path, raw in change.expected.items()}


def sealed(
    kind: WriteKind,
    record: tuple[str, str, str | None],
    *,
    type_name: str,
    entity: str,
    fields: tuple[FieldChange, ...] = (),
    version: str | None = None,
    origin: RecordName | None = None,
) -> Write:
    """A write with its id. ``record``: system, collection, and the key, which is None for a create."""
    system, collection, key = record
    content = (kind, system, collection, key, origin, [(c.field, c.properties, c.expected) for c in fields])
    return Write(
        id=blake2b(msgspec.json.encode(content, order="sorted"), digest_size=10).hexdigest(),
        kind=kind,
        type=type_name,
        system=system,
        collection=collection,
        key=key,
        entity=entity,
        fields=fields,
        version=version,
        origin=origin,
        clears=kind == "update" and any(raw in (None, "", []) for c in fields for raw in c.properties.values()),
    )


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is kept back, with its reason; nothing is lost, and it is tried again when its input changes."""

    code: HeldCode
    reason: str  #: a sentence for people; never a value
    refs: tuple[RecordName, ...] = ()
    type: str = ""
    entity: str = ""
    field: str = ""
    candidates: tuple[tuple[str, str], ...] = ()  #: for conflicts: member and its value, for people


class NewLink(msgspec.Struct, frozen=True, kw_only=True):
    """A record that becomes part of the entity."""

    system: str
    collection: str
    key: str
    how: str


class NewBase(msgspec.Struct, frozen=True, kw_only=True):
    """Where one linked record's base stands once the plan has passed."""

    system: str
    collection: str
    key: str
    revs: tuple[int, ...]
    base: tuple[Raw, ...] | None  #: None: what it shows


class EntityPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything proposed for one entity."""

    type: str
    entity: str  #: empty: only held items
    new: bool = False
    links: tuple[NewLink, ...] = ()
    agreed: dict[str, Agreed] = {}  #: fields whose agreed value moves
    bases: tuple[NewBase, ...] = ()
    writes: tuple[Write, ...] = ()
    held: tuple[Held, ...] = ()
    verdicts: tuple[Verdict, ...] = ()  #: those that move something, for history
    looks: tuple[RecordName, ...] = ()  #: the records that this plan is about
    behind: bool = False  #: something waits for a system that is out of reach in this run

    @property
    def settled(self) -> bool:
        """Whether nothing remains to be looked at once it has passed."""
        return not self.writes and not self.held and not self.behind
