"""What the engine keeps: what every system shows, what was agreed, what was tried, and what people answered.

Never what is left to do: a ``Look`` says only "look at this record again". All methods work on sets, so that a page of a thousand
records costs a handful of statements. A store handle belongs to one workspace; times are milliseconds since 1970 UTC.

A *shape* names the positions of a list of values: for records the paths and conversions of a member's properties, for entities the
names of the fields. Values are stored as compact lists beside the number of their shape, and a model change is a new shape.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal, NamedTuple, Protocol

from samtale.core.kinds import Raw
from samtale.core.model import Agreed as Agreed  # part of an EntityRow

#: A record, wherever it is mentioned: number of its collection, and its key.
RecordRef = tuple[int, str]


class CollectionRow(NamedTuple):
    """What is known of reading a collection."""

    id: int
    system: str
    name: str
    cursor: Mapping[str, Raw] | None = None  #: where the next incremental read begins
    complete_at: int | None = None  #: end of the last full pass that reached its last page
    pass_started_at: int | None = None  #: beginning of that pass: every record then unchanged was seen after it
    size: int = 0  #: records in that pass
    connected_at: int = 0  #: when the collection was first read
    observed_at: int | None = None  #: last successful read of any kind
    brake: str | None = None  #: why its absences are not believed: ``emptied`` or ``shrunk``


class RecordRow(NamedTuple):
    """What one record showed at the last look."""

    collection: int
    key: str
    digest: bytes  #: of the vendor's own JSON; equal means unchanged
    shape: int
    shown: Sequence[Raw]  #: by the shape's positions; MISSING for what the payload did not hold
    seen_at: int  #: request time of the look that showed this first
    after: int = 0  #: the last look that still showed something else; 0: there was none
    version: str | None = None
    modified: int | None = None  #: the system's own time of change, corrected by its clock offset
    created: int | None = None
    missing_since: int | None = None  #: first look that did not find it; None: it is there
    written_at: int | None = None  #: our last write to it
    before: Mapping[str, Raw] | None = None  #: what the written properties showed before; a lagging read shows it again


class LinkRow(NamedTuple):
    """Entity and record belong together; with the base of the record's properties."""

    type: str  #: entity type
    entity: str
    collection: int
    key: str
    how: str  #: ``rule 1``, ``created``, ``origin``, ``mark``, ``person``
    linked_at: int
    shape: int
    revs: Sequence[int]  #: by the member's views: revision given; -1 no base, -2 apart
    base: Sequence[Raw] | None = None  #: by the shape's positions; None: what the record shows is its base
    state: Literal["active", "suspended", "gone"] = "active"  #: gone: a tombstone, the record was deleted


class EntityRow(NamedTuple):
    """The shared thing."""

    type: str
    id: str
    shape: int
    agreed: Sequence[Agreed | None]  #: by the shape's positions
    merged_into: str | None = None


class Look(NamedTuple):
    """Look at this record again: fetch it first, or only decide."""

    collection: int
    key: str
    due: int = 0  #: not before
    fetch: bool = False


class AttemptRow(NamedTuple):
    """A write that we began."""

    id: str
    kind: Literal["create", "update", "delete", "archive"]
    type: str
    entity: str
    collection: int
    key: str | None  #: unknown for a create until it closes
    mark: str
    values: Mapping[str, Raw]  #: what was sent, by path
    started_at: int
    state: Literal["open", "unknown", "done", "refused", "moved", "adopted", "parked", "none"] = "open"
    due: int = 0  #: an unknown outcome is looked into not before
    closed_at: int | None = None
    approved: bool = False  #: a person approved this very write: it does not count for brakes
    clears: bool = False  #: empties a property
    outcome: str = ""  #: problem code or explanation
    claims: Sequence[int] = ()  #: digests of match values that no other open create in the collection may bear


class DecisionRow(NamedTuple):
    """An answer of a person, remembered."""

    kind: str  #: distinct, nobody, same, first_link, linking_done, approved, believed, ...
    subject: str  #: what it is about; one answer per kind and subject
    answer: Any
    at: int
    by: str = ""


class HistoryRow(NamedTuple):
    """Something that happened. Append-only."""

    at: int
    kind: str  #: observed, linked, unlinked, verdict, conflict, attempt, answer, created, updated, deleted, gone, back, decision, ...
    type: str = ""
    entity: str = ""
    collection: int | None = None
    key: str = ""
    data: Mapping[str, Any] = {}
    seq: int = 0  #: given by the store


class ClaimTaken(Exception):
    """Another open create holds the same (entity, member) or (member, match value)."""

    def __init__(self, ids: Sequence[str]) -> None:
        super().__init__("an open create holds the same entity or match value")
        self.ids = ids  #: attempts of the batch that were refused; none of the batch was stored


class Session(Protocol):
    """One transaction."""

    # collections and shapes
    def collections(self) -> dict[tuple[str, str], CollectionRow]: ...
    def put_collection(self, row: CollectionRow) -> CollectionRow:
        """Insert (id 0: the store numbers it) or replace; returns the row with its id."""
        ...

    def shapes(self) -> dict[int, tuple[str, ...]]: ...
    def shape(self, positions: tuple[str, ...]) -> int:
        """The number of this shape, new if need be."""
        ...

    # records and match keys
    def digests(self, collection: int) -> Iterator[tuple[str, bytes, bool]]:
        """Key, digest, and whether it is there (not missing), of all records of a collection; streamed."""
        ...

    def records(self, refs: Iterable[RecordRef]) -> dict[RecordRef, RecordRow]: ...
    def scan(self, collection: int, after: str = "", limit: int = 1000) -> list[RecordRow]:
        """The next records by key, for going through a whole collection page by page."""
        ...

    def put_records(self, rows: Sequence[RecordRow]) -> None: ...
    def forget_records(self, refs: Iterable[RecordRef]) -> None: ...
    def put_match(self, refs: Iterable[RecordRef], keys: Iterable[tuple[int, int, str]]) -> None:
        """Replace all match keys of ``refs`` with ``keys``: (digest, collection, key). Digests are signed 64-bit integers."""
        ...

    def matching(self, digests: Collection[int], cap: int = 200) -> list[tuple[int, int, str]]:
        """(digest, collection, key) of all records with one of the digests; at most ``cap`` + 1 per digest."""
        ...

    def match_keys(self, refs: Iterable[RecordRef]) -> list[tuple[int, int, str]]: ...
    def count_records(self) -> dict[int, int]:
        """Records that are there, by collection."""
        ...

    def created_since(self, collection: int, since: int) -> list[RecordRow]:
        """Records first seen or created (by the system's time) at or after ``since``."""
        ...

    # entities and links
    def entities(self, ids: Collection[str]) -> dict[str, EntityRow]: ...
    def put_entities(self, rows: Sequence[EntityRow]) -> None: ...
    def forget_entities(self, ids: Collection[str]) -> None: ...
    def links_of(self, refs: Iterable[RecordRef]) -> list[LinkRow]: ...
    def links_in(self, entities: Collection[str]) -> list[LinkRow]: ...
    def put_links(self, rows: Sequence[LinkRow]) -> None:
        """Insert or replace by (type, collection, key). One active record per (entity, collection): an IntegrityError otherwise."""
        ...

    def forget_links(self, links: Iterable[tuple[str, int, str]]) -> None:
        """By (type, collection, key)."""
        ...

    def count_links(self) -> dict[tuple[str, int, str], int]:
        """Links by (type, collection, state)."""
        ...

    def scan_entities(self, type_name: str, after: str = "", limit: int = 1000) -> list[EntityRow]: ...

    # what to look at
    def looks(self, now: int, *, fetch: bool, after: RecordRef | None = None, limit: int = 1000) -> list[Look]:
        """Due looks in order of (collection, key), beginning after ``after``."""
        ...

    def put_looks(self, rows: Sequence[Look]) -> None:
        """Insert; of two looks at one record with the same ``fetch`` the earlier due stays."""
        ...

    def forget_looks(self, refs: Iterable[RecordRef], *, fetch: bool) -> None: ...
    def next_look(self) -> int | None:
        """When the next look with a fetch is due; None: none is waiting."""
        ...

    # attempts
    def begin(self, rows: Sequence[AttemptRow]) -> None:
        """Store open attempts. Raises ClaimTaken if another open create holds one of the (entity, member) or claims; then stores none."""
        ...

    def close(self, rows: Sequence[AttemptRow]) -> None:
        """Replace attempts; states other than open, unknown and parked release their claims."""
        ...

    def attempts(self, states: Collection[str]) -> list[AttemptRow]: ...
    def claimed(self, collection: int, claims: Collection[int]) -> dict[int, str]:
        """Which of these match values an open create holds, and the attempt's id."""
        ...

    def written_since(self, since: int) -> dict[tuple[int, str], int]:
        """Number of unapproved writes that took effect (done, adopted) since then, by (collection, kind); emptying updates count under
        ``clear`` as well as under ``update``."""
        ...

    # decisions and history
    def decisions(self, kind: str | None = None) -> dict[tuple[str, str], DecisionRow]: ...
    def decide(self, row: DecisionRow) -> None: ...
    def undecide(self, kind: str, subject: str) -> None: ...
    def note(self, rows: Sequence[HistoryRow]) -> None: ...
    def history(
        self,
        *,
        entity: str | None = None,
        ref: RecordRef | None = None,
        since: int = 0,
        kinds: Collection[str] = (),
        limit: int = 1000,
    ) -> list[HistoryRow]:
        """Newest last; the last ``limit`` ones."""
        ...

    # one engine at a time
    def lease(self, name: str, owner: str, now: int, ttl_ms: int) -> int | None:
        """Take or renew a lease: its fence (grows with every new owner), or None while another owner holds it."""
        ...

    def release(self, name: str, owner: str) -> None: ...


class Store(Protocol):
    """A place to keep all that, for one workspace."""

    def read(self) -> AbstractContextManager[Session]:
        """A consistent view; writes in it are an error."""
        ...

    def write(self) -> AbstractContextManager[Session]:
        """One transaction: committed at the end, rolled back by an exception. One writer at a time; others wait."""
        ...

    def close(self) -> None: ...
    def analyze(self) -> None:
        """Refresh the database's statistics, after bulk loads."""
        ...
